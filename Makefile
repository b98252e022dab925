# Everything runs through tools/fenicsx, which finds DOLFINx or sets it up.
RUN := tools/fenicsx
# Where tools/fenicsx keeps environments, too: what is kept here serves every checkout.
CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/femsoret

# Tests start hundreds of processes, each of which would compile all modules anew. `make clean` removes what they write.
export PYTHONDONTWRITEBYTECODE :=

# docs/testing.md says which test runs where. Tests side by side on the cores (pytest-xdist); those that share what is
# solved once stay together (tests/conftest.py). Ranks that wait for one another for ever end after half an hour.
ONE := $(RUN) python3 -m pytest -n auto --maxprocesses 8 --dist loadgroup
ALONE := $(RUN) python3 -m pytest -m alone
TWO := $(RUN) timeout 30m mpirun -n 2 python3 -m pytest --color=no
ENVIRONMENT := environment '$(RUN) --vtk' 'optional packages' '$(RUN) --packages' header '$(RUN) --header'
# Forms of the second DOLFINx are compiled with its own arguments: tests see both kinds of code, and it takes less time.
SID := FEMSORET_SUITE=sid FEMSORET_CFLAGS="-O2 -g0"

FAST := "one rank" '$(ONE) -m "not slow and not alone"' "two ranks" '$(TWO) -m "ranks and not slow and not alone"'
# All tests, with the words that choose a DOLFINx, what follows the names of stages, and what is left out on one rank
# and on two.
all = "one rank$2" '$1 $(ONE) -m "not alone$3"' "more ranks than cores$2" '$1 $(ALONE)' "two ranks$2" '$1 $(TWO) -m "ranks$4"'
# Slow tests run on two ranks with the first DOLFINx only, and on one rank only those that depend on its version.
ALL := $(call all)
ALL_SID := $(call all,$(SID), (sid), and not once, and not slow)

.DEFAULT_GOAL := help
.PHONY: help demo test test-all test-here lint format types bench docs doctor clean
.NOTPARALLEL: # the order of what is printed is part of the result: the closing line of pytest comes last

help: ## show this
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/\1	\2/p' Makefile | expand -t 12

demo: ## solve the demo cell with and without gravity: table, figures, ParaView files
	$(RUN) python3 demos/run_demo.py

test: ## lint, types and the fast tests, on one rank and on two; each stage, whatever became of the others
	@tools/stages $(ENVIRONMENT) lint 'make -s lint' types 'make -s types' $(FAST)

test-all: ## lint, types and all tests, with both versions of DOLFINx (slow ones where versions or ranks matter)
	@tools/stages $(ENVIRONMENT) lint 'make -s lint' types 'make -s types' $(ALL) 'header (sid)' '$(SID) $(RUN) --header' $(ALL_SID)

test-here: ## the same, with one version
	@tools/stages $(ENVIRONMENT) lint 'make -s lint' types 'make -s types' $(ALL)

lint: ## ruff: rules and format
	@$(RUN) sh -c 'command -v ruff' >/dev/null || { echo "lint: ruff is missing here; install it, or see the warning of tools/fenicsx" >&2; exit 1; }
	$(RUN) ruff check .
	$(RUN) ruff format --check .

format: ## let ruff change the files
	$(RUN) ruff check --fix .
	$(RUN) ruff format .

types: ## mypy
	$(RUN) mypy --cache-dir "$(CACHE)/mypy" femsoret

bench: ## every benchmark, quick sizes; goals missed are named
	@status=0; for file in $(filter-out bench/harness.py,$(wildcard bench/*.py)); do echo "== $$file"; $(RUN) python3 $$file --quick || status=1; done; exit $$status

docs: ## write the pages of docs/ that are made from code and tests
	@for tool in tools/make_docs.py tools/make_verification.py; do \
	    [ ! -e $$tool ] || $(RUN) python3 $$tool || exit 1; done

doctor: ## versions, and which BLAS is really used
	$(RUN) python3 tools/doctor.py

clean: ## remove what was made here; environments in the cache stay
	rm -rf build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
