# Everything runs through tools/fenicsx, which finds DOLFINx or sets it up.
RUN := tools/fenicsx

# The whole suite on one rank, tests side by side on the cores (pytest-xdist), then on two ranks, where
# tests/conftest.py skips what needs one and lets only rank 0 print.
PYTEST_1 := python3 -m pytest -n auto --maxprocesses 8 --dist worksteal
# Ranks that wait for one another for ever end after half an hour; mpirun's terminal is none for colours.
PYTEST_2 := timeout 30m mpirun -n 2 python3 -m pytest --color=no

.DEFAULT_GOAL := help
.PHONY: help demo test test-all test-1 test-2 test-sid lint format types bench docs doctor clean
.NOTPARALLEL: # the order of what is printed is part of the result: the closing line of pytest comes last

help: ## show this
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/\1	\2/p' Makefile | expand -t 12

demo: ## solve the demo cell with and without gravity: table, figures, ParaView files
	$(RUN) python3 demos/run_demo.py

test: lint types test-1 test-2 ## lint, types and the whole test suite

test-all: test test-sid ## the same, then the suite again with the second DOLFINx (Debian sid)

test-1:
	$(RUN) $(PYTEST_1)

test-2:
	$(RUN) $(PYTEST_2)

test-sid:
	FEMSORET_SUITE=sid $(MAKE) test-1 test-2

lint: ## ruff: rules and format
	@$(RUN) sh -c 'command -v ruff' >/dev/null || { echo "lint: ruff is missing here; install it, or see the warning of tools/fenicsx" >&2; exit 1; }
	$(RUN) ruff check .
	$(RUN) ruff format --check .

format: ## let ruff change the files
	$(RUN) ruff check --fix .
	$(RUN) ruff format .

types: ## mypy
	$(RUN) mypy femsoret

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
