r"""Update tests/slow.txt, the tests that `make test` leaves out because of what they take.

    tools/fenicsx python3 -m pytest -n auto --maxprocesses 8 --dist loadgroup -m "not alone" \
        -o junit_duration_report=call --junitxml=FILE
    python3 tools/list_slow_tests.py FILE

The time of a test is that of its call: what its fixtures take, others may share. Times are those of
a machine with nothing beside the tests, and everything compiled. Entries of tests that the report
does not have stay.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from distribution import SLOW_LIST, listed_as_slow

LIMIT = 1.0
"""Time, in seconds, above which a test is slow."""

HEADER = f"""\
# Tests whose call takes more than {LIMIT:g} s, all but one of a file. Tests that are marked slow in
# their files need no line. Written by tools/list_slow_tests.py; see docs/testing.md.
"""
_GROUP = re.compile(r"@tests\b.*$")


def times(report: Path) -> Iterator[tuple[str, float]]:
    """Yield the name of each test in a JUnit report of pytest, and its time in seconds.

    Args:
        report: The XML file.
    """
    for case in ET.parse(report).iter("testcase"):
        file = case.attrib["classname"].removeprefix("tests.").replace(".", "/")
        name = _GROUP.sub("", case.attrib["name"])  # pytest-xdist adds the group
        yield f"{file}.py::{name}", float(case.attrib["time"])


def updated(listed: frozenset[str], measured: dict[str, float]) -> list[str]:
    """Return the names of slow tests in order. Of each file that was measured one test stays fast.

    Args:
        listed: Names of the tests that are listed already.
        measured: Name of a test -> its time, s.
    """
    fastest: dict[str, str] = {}
    for name in sorted(measured, key=lambda name: measured[name]):
        fastest.setdefault(name.partition("::")[0], name)
    slow = {name for name, time in measured.items() if time > LIMIT} - {*fastest.values()}
    return sorted((listed - measured.keys()) | slow)


def main(report: str) -> None:
    """Update the list by a report."""
    names = updated(listed_as_slow(), dict(times(Path(report))))
    SLOW_LIST.write_text(HEADER + "".join(f"{name}\n" for name in names), encoding="utf-8")
    print(f"{len(names)} tests in {SLOW_LIST}")


if __name__ == "__main__":
    main(*sys.argv[1:])
