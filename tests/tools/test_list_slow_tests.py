"""The list of slow tests: what is in it exists, and what was measured changes it."""

from __future__ import annotations

import importlib.util
import re

import pytest
from distribution import SLOW_LIST, listed_as_slow

pytestmark = pytest.mark.serial


@pytest.fixture(scope="module")
def tool(pytestconfig):
    path = pytestconfig.rootpath / "tools" / "list_slow_tests.py"
    spec = importlib.util.spec_from_file_location("list_slow_tests", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_line_names_a_test():
    names = listed_as_slow()
    assert names
    for name in names:
        file, _, test = name.partition("::")
        function = test.partition("[")[0]
        text = (SLOW_LIST.parent / file).read_text(encoding="utf-8")
        assert re.search(rf"^def {function}\(", text, re.MULTILINE), name


def test_times_are_read_from_a_report_of_pytest(tool, tmp_path):
    report = tmp_path / "report.xml"
    report.write_text(
        '<testsuites><testsuite><testcase classname="tests.io.test_a" name="test_b[1-x]" '
        'time="0.25"/><testcase classname="tests.test_c" name="test_d@tests/cli/shared" '
        'time="2"/></testsuite></testsuites>'
    )
    assert dict(tool.times(report)) == {"io/test_a.py::test_b[1-x]": 0.25, "test_c.py::test_d": 2.0}


def test_what_was_measured_counts_and_what_was_not_stays(tool):
    listed = frozenset({"a.py::quick_by_now", "a.py::not_measured", "b.py::still"})
    measured = {"a.py::quick_by_now": 0.1, "b.py::still": 4.0, "b.py::new": 3.0, "b.py::quick": 0.0}
    expected = ["a.py::not_measured", "b.py::new", "b.py::still"]
    assert tool.updated(listed, measured) == expected


def test_one_test_of_each_file_stays_fast(tool):
    measured = {"a.py::first": 5.0, "a.py::second": 4.0, "a.py::third": 6.0}
    assert tool.updated(frozenset(), measured) == ["a.py::first", "a.py::third"]
