"""What is said of a case's axis, of its gap, and of gravity that follows the hot side."""

from __future__ import annotations

import pytest
from case_texts import GROUPS, PHYSICAL, condition
from mesh_files import strip
from test_build import IN_3D, SIDE_HEATED

from femsoret.base.errors import CaseError
from femsoret.case import load_case
from femsoret.commands.check import check_report

COOL = ["condition.0.value=300 K"]
"""Within the range of the fluid's sources, about which there is nothing to say."""

HOT_BOTTOM = [*COOL, "condition.0.sides=['bottom']", "condition.1.sides=['top']"]


def warnings(write, comm, overrides, text=PHYSICAL):
    return load_case(write(text), overrides).build(comm).warnings


# -- gravity that follows the hot side ---------------------------------------------------------


@pytest.mark.parametrize(
    ("overrides", "side", "down"),
    [
        (HOT_BOTTOM, "bottom", "[0.0, -1.0]"),
        ([*HOT_BOTTOM, "gravity.tilt=1 deg"], "bottom", "[0.0, -1.0]"),
        ([*COOL, *SIDE_HEATED], "left", "[0.0, -1.0]"),
        ([*HOT_BOTTOM, *IN_3D], "bottom", "[0.0, -1.0, 0.0]"),
        ([*HOT_BOTTOM, "cell.rotation=90 deg"], "bottom", "[1.0, 0.0]"),
    ],
)
def test_up_that_follows_a_hot_side_that_is_not_the_upper_one_is_said(
    write, comm, overrides, side, down
):
    (warning,) = warnings(write, comm, overrides)
    assert f"heated from above, and up is towards {side!r}" in warning
    assert f"gravity.direction = {down}" in warning


@pytest.mark.parametrize(
    "overrides",
    [
        COOL,
        [*COOL, "cell.rotation=90 deg"],
        [*HOT_BOTTOM, "gravity.direction=[0, 1]"],
        [*COOL, *SIDE_HEATED, "gravity.tilt=90 deg"],
        [*HOT_BOTTOM, "gravity.magnitude=0"],
    ],
)
def test_nothing_is_said_where_gravity_is_as_it_looks(write, comm, overrides):
    assert warnings(write, comm, overrides) == ()


def test_a_cylinder_stands_along_its_own_axis(write, comm):
    pytest.importorskip("gmsh")
    table = "cell={kind='cylinder', radius='5 mm', height='2 mm', cells=[2, 1], order=1, axis='z'}"
    assert warnings(write, comm, [*COOL, table]) == ()
    (warning,) = warnings(write, comm, [*HOT_BOTTOM, table])
    assert "gravity.direction = [0.0, 0.0, -1.0]" in warning


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (COOL, "heated from above; up is towards 'top'"),
        (HOT_BOTTOM, "heated from above; up is towards 'bottom'"),
        ([*COOL, "gravity.tilt=180 deg"], "heated from below; up is towards 'bottom'"),
        (
            [*COOL, *SIDE_HEATED, "gravity.direction=[0, -1]"],
            "heated from the side; up is towards 'top'",
        ),
        ([*COOL, "gravity.magnitude=0"], "without gravity"),
    ],
)
def test_check_says_where_the_cell_is_heated_from(write, comm, overrides, said):
    assert f"# orientation: {said}\n" in check_report(load_case(write(PHYSICAL), overrides), comm)


# -- gap and axis ------------------------------------------------------------------------------


def test_a_gap_that_is_not_the_distance_of_the_walls_is_said_with_both_numbers(write, comm):
    (warning,) = warnings(write, comm, [*COOL, "cell.gap=9 mm"])
    assert "cell.gap is 9 mm" in warning
    assert "are 5 mm apart" in warning
    assert warnings(write, comm, [*COOL, "cell.gap=5.1 mm"]) == ()
    (warning,) = warnings(write, comm, ["cell.size=[2, 2]", "cell.gap=1"], GROUPS)
    assert "are 2 apart" in warning


LEVEL = [(x, 0.0) for x in range(9)]
PLATES = (
    '[cell]\nkind = "file"\npath = "cell.msh"\nscale = "1 mm"\n[fluid]\nname = "water-ethanol"\n'
    + condition("temperature", "top", '"299 K"')
    + condition("temperature", "bottom", '"295 K"')
)


@pytest.mark.parametrize(
    ("top", "names", "parts"),
    [
        (0.0, ["top"] * 8, None),
        (0.0, ["top"] * 7 + ["walls"], ["shifted sideways", "14 degrees off", "(0.0000, 1.0000)"]),
        (0.01, ["top"] * 8, ["not parallel but 0.573 degrees askew", "bisects the angle"]),
    ],
)
def test_walls_that_do_not_lie_as_they_look(write, comm, top, names, parts):
    write(strip(LEVEL, [(x, 2.0 + top * x) for x, _ in LEVEL], top_names=names), "cell.msh")
    found = warnings(write, comm, [], PLATES)
    if parts is None:
        assert found == ()
        return
    (warning,) = found
    assert all(part in warning for part in parts)


def test_walls_around_a_corner_are_said_to_be_so(write, comm):
    found = warnings(write, comm, [*COOL, "condition.1.sides=['left']"])
    assert "do not face each other (they are 90 degrees askew)" in found[0]


def test_concentric_walls_need_a_direction_of_gravity(write, comm):
    angles = [(1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0)]
    names = {"bottom_names": ["bottom"] * 4, "top_names": ["top"] * 4}
    write(strip(angles, [(2 * x, 2 * y) for x, y in angles], closed=True, **names), "cell.msh")
    case = write(PLATES)
    with pytest.raises(CaseError, match="no axis from which a tilt could be measured"):
        load_case(case, ["cell.gap=1 mm"]).build(comm)
    run = load_case(case, ["cell.gap=1 mm", "gravity.direction=[0, -1]"]).build(comm)
    assert run.experiment.orientation.gap == 1e-3
    assert run.experiment.mixture.gravity.up == (0.0, 1.0)
    assert run.warnings == ()
