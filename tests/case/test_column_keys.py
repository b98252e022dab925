"""The table [column]: when a cell is a column, and what is refused."""

from __future__ import annotations

import pytest

from femsoret.base.errors import FemsoretError
from femsoret.case import load_case
from femsoret.experiment.column import Column, NoColumn
from femsoret.post.readings import LineMean, Point

COLUMN = """
[cell]
kind = "rectangle"
size = ["1 mm", "10 mm"]
cells = [2, 4]

[fluid]
name = "water-ethanol"

[gravity]
direction = [0, -1]

[[condition]]
kind = "temperature"
sides = ["left"]
value = "25 degC"

[[condition]]
kind = "temperature"
sides = ["right"]
value = "20 degC"
"""


@pytest.fixture
def column_in(tmp_path, comm):
    """Return a function that builds the case with changes and returns its column."""

    def build(*changes):
        path = tmp_path / "case.toml"
        path.write_text(COLUMN)
        return load_case(path, changes).build(comm).experiment.column

    return build


def test_a_column_has_five_ports(column_in):
    column = column_in()
    assert isinstance(column, Column)
    assert (column.gap, column.height) == pytest.approx((1e-3, 1e-2))
    assert column.ratio == 1.0
    assert column.lean < 1e-9
    heights = [port.height for port in column.ports]
    assert heights == pytest.approx([i * 1e-2 / 6.0 for i in range(1, 6)])
    assert all(isinstance(port.reading, LineMean) for port in column.ports)
    assert column.ports[0].reading.start[1] == pytest.approx(1e-2 / 6.0)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        (["cell.size=['1 mm', '4 mm']"], "it is 4 gaps high, less than 5"),
        (["gravity.direction=[0.3, -1]"], "its walls lean by 16.7 degrees"),
        (["gravity.direction=[1, 0]"], "do not stand upright"),
        (["gravity.magnitude=0"], "there is no gravity"),
        (["column.evaluate=false"], "not wanted"),
        (["condition.1.sides=['top']"], "no hot and cold wall face each other"),
    ],
)
def test_what_is_no_column(column_in, changes, reason):
    column = column_in(*changes)
    assert isinstance(column, NoColumn)
    assert reason in column.reason


def test_short_and_leaning_columns_on_request(column_in):
    wanted = "column.evaluate=true"
    assert isinstance(column_in(wanted, "cell.size=['1 mm', '4 mm']"), Column)
    column = column_in(wanted, "gravity.direction=[0.3, -1]")
    assert column.lean == pytest.approx(16.699, abs=1e-3)
    assert column.height == pytest.approx(1e-2)


def test_ports(column_in):
    column = column_in(
        "column.heights=['8 mm', '2 mm']",
        "column.ports=[{point=['0.5 mm', '5 mm']}, {line=[['0 mm', '1 mm'], ['1 mm', '1 mm']]}]",
    )
    assert [port.height for port in column.ports] == pytest.approx([1e-3, 2e-3, 5e-3, 8e-3])
    assert isinstance(column.ports[2].reading, Point)


@pytest.mark.parametrize("hot", ["inner", "outer"])
def test_tubes(column_in, hot):
    cold = {"inner": "outer", "outer": "inner"}[hot]
    column = column_in(
        "cell={kind='annulus',inner_radius='2 mm',outer_radius='3 mm',height='9 mm',cells=[2, 4]}",
        f"condition.0.sides=['{hot}']",
        f"condition.1.sides=['{cold}']",
    )
    assert column.ratio == pytest.approx(1.5)
    assert (column.gap, column.height) == pytest.approx((1e-3, 9e-3))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (["column.heights=['5 mm']"], "one port gives no slope"),
        (["column.heights=['5 mm', '5 mm']"], "all at one height"),
        (["column.heights=['5 mm', '12 mm']"], "is outside the column"),
        (["column.evaluate=true", "gravity.magnitude=0"], "cannot be evaluated as a column"),
        (
            ["column.evaluate=false", "column.heights=['2 mm', '5 mm']"],
            "evaluation as a column is refused",
        ),
    ],
)
def test_what_is_refused(column_in, changes, message):
    with pytest.raises(FemsoretError, match=message):
        column_in(*changes)
