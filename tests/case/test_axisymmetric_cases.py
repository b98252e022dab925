"""Case files of cells of revolution: what they state, and what they may not."""

from __future__ import annotations

import pytest
from case_texts import condition
from mesh_files import msh

from femsoret.base.errors import CaseError, ConditionError, MeshError
from femsoret.case import load_case, resolved_toml
from femsoret.physics.coordinates import AXISYMMETRIC, CARTESIAN

COLUMN = (
    """
[cell]
kind = "annulus"
inner_radius = "5 mm"
outer_radius = "6 mm"
height = "20 mm"
cells = [2, 4]
[fluid]
name = "water-ethanol"
"""
    + condition("temperature", "inner", '"300.15 K"')
    + condition("temperature", "outer", '"296.15 K"')
)
"""A column with its hot wall inside."""

CYLINDER = COLUMN.replace('inner_radius = "5 mm"\n', "").replace('"inner"', '"top"')

TRANSIENT = (
    '[time]\nend = "1 tau"\n[[protocol]]\nkind = "tilt"\nramp = { initial = 0, duration = 1 }\n'
)


def test_gravity_points_down_unless_said(write, comm):
    case = load_case(write(COLUMN))
    assert case.gravity.direction == (0.0, -1.0)
    experiment = case.build(comm).experiment
    assert experiment.cell.coordinates is AXISYMMETRIC
    assert experiment.mixture.gravity.up == (0.0, 1.0)
    # The gap is across the annulus, not from an axis to itself.
    assert experiment.orientation.gap == pytest.approx(1e-3)
    assert experiment.orientation.axis == pytest.approx((-1.0, 0.0))
    again = load_case(write(resolved_toml(case), "resolved.toml"))
    assert again.gravity == case.gravity
    assert again.cell == case.cell


@pytest.mark.parametrize(
    ("overrides", "up"),
    [
        (["gravity.direction=[0, 1]"], (0.0, -1.0)),
        (["gravity.magnitude=0.0"], (0.0, 1.0)),
        (["gravity.tilt='0 deg'", "condition.1.sides=['bottom']"], (0.0, 1.0)),
        (["gravity.tilt='180 deg'", "condition.1.sides=['bottom']"], (0.0, -1.0)),
    ],
)
def test_gravity_along_the_axis(write, comm, overrides, up):
    built = load_case(write(CYLINDER), overrides).build(comm)
    assert built.experiment.mixture.gravity.up == pytest.approx(up)
    assert list(built.experiment.cell.sides) == ["outer", "bottom", "top"]


@pytest.mark.parametrize(
    ("overrides", "where", "parts"),
    [
        (["gravity.tilt='5 deg'"], "[gravity] tilt", ["a tilt of 5 deg", "must be 3D"]),
        (["gravity.tilt='90 deg'"], "[gravity] tilt", ["omit the tilt"]),
        (["gravity.tilt='0 deg'"], "[gravity]", ["is not axisymmetric", "(0, -1)"]),
        (["gravity.direction=[0.1, -1]"], "[gravity]", ["is not axisymmetric"]),
        (["solver.start_tilt='5 deg'"], "[solver] start_tilt", ["is not axisymmetric"]),
        (["condition.0.sides=['axis']"], "[condition.0] sides", ["no side 'axis'", "inner"]),
        (["cell.rotation='90 deg'"], "[cell] rotation", ["unknown key"]),
        (["cell.inner_radius='7 mm'"], "[cell]", ["not smaller than the outer"]),
    ],
)
def test_what_an_axisymmetric_cell_cannot_be(write, comm, overrides, where, parts):
    with pytest.raises((CaseError, ConditionError, MeshError)) as caught:
        load_case(write(COLUMN), overrides).build(comm)
    said = str(caught.value)
    assert where in said
    assert [part for part in parts if part not in said] == []


def test_a_tilt_in_time_is_refused(write, comm):
    with pytest.raises(CaseError, match="an axisymmetric cell cannot be tilted"):
        load_case(write(COLUMN + TRANSIENT)).build(comm)


def test_mesh_file(write, comm):
    write(msh(), "half.msh")
    _, tail = COLUMN.split("[fluid]")
    text = '[cell]\nkind = "file"\npath = "half.msh"\nscale = "1 mm"\n'
    sides = tail.replace('"inner"', '"top"').replace('"outer"', '"bottom"')
    plane = load_case(write(f"{text}[fluid]{sides}"))
    assert plane.gravity.tilt == 0.0
    assert plane.build(comm).experiment.cell.coordinates is CARTESIAN
    revolved = load_case(write(f'{text}coordinates = "axisymmetric"\n[fluid]{sides}'))
    assert revolved.gravity.direction == (0.0, -1.0)
    cell = revolved.build(comm).experiment.cell
    assert cell.coordinates is AXISYMMETRIC
    assert set(cell.sides) == {"bottom", "right", "top"}
