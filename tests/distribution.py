"""Which tests are slow, run on two ranks or with both DOLFINx, and stay together on one process."""

from __future__ import annotations

from functools import cache
from pathlib import Path, PurePath

import pytest

ON_RANKS = (
    "audit/test_three_dimensions.py",  # solvers that are iterative, states of other meshes
    "case/test_build.py",
    "case/test_errors.py",  # rank 0 reads, all stop
    "case/test_load.py",
    "cells",  # meshes are spread over ranks, and made again from what each has
    "cli/test_audit.py",
    "cli/test_bad_input.py",
    "cli/test_commands.py",
    "cli/test_sweep.py",
    "io",  # files that ranks write together
    "problem",  # assembly, solvers, integrals
    "report/test_history.py",
    "report/test_run_folder.py",
    "report/test_samples.py",
    "report/test_walled.py",
    "transient",
    "verify/test_axisymmetric.py",
    "verify/test_balances.py",
    "verify/test_pressure.py",
    "verify/test_ranks.py",
    "verify/test_scott_vogelius.py",
    "verify/test_second_solve.py",
    "verify/test_solids.py",
)
"""Files and folders of tests of what ranks do together. Others hold numbers that these parts give,
and texts; on more ranks they would tell nothing that verify/test_ranks.py does not. A single test
elsewhere can be marked ``ranks``."""

ALIKE = (
    "cells/test_layers.py",
    "problem/test_column.py",
    "problem/test_contrast_matrix.py",
    "problem/test_functions_of_time.py",
    "problem/test_parallel_flow.py",
    "problem/test_profiles.py",
    "problem/test_rows.py",
    "problem/test_statistics.py",
)
"""Files in these folders whose tests have neither meshes nor messages: each rank does the same."""


def needs_ranks(file: PurePath) -> bool:
    """Return whether the tests of a file run on two ranks, too.

    Args:
        file: Relative to the folder of the tests.
    """
    return _is_among(file, ON_RANKS) and not _is_among(file, ALIKE)


SLOW_LIST = Path(__file__).with_name("slow.txt")
"""The tests that are slow because of what they take; tools/list_slow_tests.py writes the file."""


def listed_as_slow() -> frozenset[str]:
    """Return the names of the tests in the list, such as "cells/test_boxes.py::test_sides[2]"."""
    lines = SLOW_LIST.read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))


WITH_BOTH = (
    "cells",
    "io",
    "problem",  # spaces, forms, matrices
    "test_demos.py",
    "tools",
    "transient",
)
"""Files and folders whose slow tests run with both versions of DOLFINx. Those of others repeat,
many times or on finer meshes, what fast tests solve with both: fits, audits, statistics."""


def needs_both_versions(file: PurePath) -> bool:
    """Return whether the slow tests of a file run with both versions of DOLFINx.

    Args:
        file: Relative to the folder of the tests.
    """
    return _is_among(file, WITH_BOTH)


@cache  # once for each file, not for each of its tests
def _is_among(file: PurePath, places: tuple[str, ...]) -> bool:
    return any(file.is_relative_to(place) for place in places)


def groups(items: list[pytest.Item]) -> dict[pytest.Item, str]:
    """Return a name for each test that shares with others what is made once for a file or for all.

    Tests of one name belong on one process, which otherwise would not be the only one to make it.
    """
    first: dict[str, str] = {}

    def root(name: str) -> str:
        while first.setdefault(name, name) != name:
            name = first[name]
        return name

    shared = {item: shared_fixtures(item) for item in items}
    for one, *others in filter(None, shared.values()):
        for other in others:
            first[root(other)] = root(one)
    return {item: root(names[0]) for item, names in shared.items() if names}


def shared_fixtures(item: pytest.Item) -> list[str]:
    """Return the fixtures of a test that live longer than it, without those of pytest itself."""
    known = item._fixtureinfo.name2fixturedefs if isinstance(item, pytest.Function) else {}
    return sorted(
        f"{fixture.baseid}/{name}"
        for name, fixtures in known.items()
        for fixture in fixtures
        if fixture.baseid and fixture.scope in ("session", "package", "module")
    )
