"""Reading case files: defaults, changes of single keys, the way back to a file."""

from __future__ import annotations

import tomllib
from importlib.resources import files

import pytest
from case_texts import DOUBLE, GROUPS, PHYSICAL

from femsoret.base.errors import CaseError
from femsoret.case import load_case, resolved_toml
from femsoret.fluids import load_fluid

FULL = """
title = "everything that can be said"
[cell]
kind = "box"
size = ["10 mm", "5 mm", "3 mm"]
cells = [4, 2, 2]
grading = [3, 1, 2.5]
shape = "tetrahedron"
rotation = "30 deg"
gap = "5 mm"
[fluid]
file = "mine.toml"
c0 = "60 %"
T0 = "25 degC"
closure = "dilute"
[fluid.overrides]
soret = { kind = "iacopini-piazza", S_inf = "0.02 1/K", T_star = "278 K", T_0 = "15 K" }
viscosity = "2.5 mPa s"
solutal_expansion = 0.2
diffusion = { kind = "stokes-einstein", value = "4e-6 cm2/s", T_ref = "25 degC", viscosity = \
{ kind = "linear", value = "2.5 mPa s", T_ref = 298.15, slope_T = "-0.1 mPa s/K" } }
conductivity_kind = "no-flux"
molar_masses = ["18 g/mol", 0.046]
[gravity]
magnitude = "1e-3 g0"
direction = [0, -1, 0]
[[condition]]
kind = "robin"
sides = ["top"]
h = "500 W/m^2/K"
T_outside = "30 degC"
[[condition]]
kind = "temperature"
sides = ["bottom"]
value = "20 degC"
[[condition]]
kind = "heat-flux"
sides = ["left"]
value = "10 W/m^2"
[[condition]]
kind = "insulated"
sides = ["all"]
[[condition]]
kind = "free-slip"
sides = ["back", "front"]
[[condition]]
kind = "no-slip"
sides = ["all"]
[[condition]]
kind = "composition"
sides = ["top"]
value = 0.61
[[condition]]
kind = "closed"
sides = ["bottom"]
[readings]
name = "beam"
hot = { line = [["1 mm", "4 mm", 0], ["9 mm", "4 mm", 0]] }
cold = { point = ["5 mm", "1 mm", "1 mm"] }
[[readings.extra]]
name = "across"
hot = { wall = "left" }
cold = { wall = "right" }
[solver]
degree = 3
tolerance = 1e-6
max_iterations = 7
numerical_error = false
petsc = { mat_mumps_icntl_14 = 50, ksp_type = "fgmres", ksp_monitor = true }
[output]
formats = ["xdmf"]
figures = false
"""


@pytest.fixture
def own_fluid(write):
    """Put a fluid file next to the cases."""
    text = (files("femsoret.fluids") / "data" / "thn-ibb.toml").read_text(encoding="utf-8")
    return write(text, "mine.toml")


def test_petsc_options_that_say_how_to_solve_and_any_other_when_asked(write):
    path = write(PHYSICAL)
    how = (
        "solver.petsc={mg_levels_flow_u_pc_sor_its=5, coarse_mat_mumps_icntl_14=9, ksp_rtol='1e-4'}"
    )
    assert len(load_case(path, [how]).solver.petsc) == 3
    assert load_case(path, ["solver.preset=multigrid", how]).solver.petsc["ksp_rtol"] == "1e-4"
    dangerous = "solver.petsc={pc_type='python', ksp_view='ascii:file'}"
    case = load_case(path, [dangerous], unsafe_petsc=True)
    assert case.solver.petsc == {"pc_type": "python", "ksp_view": "ascii:file"}
    # What a run wrote down is asked again where it is resumed.
    again = write(resolved_toml(case), "again.toml")
    with pytest.raises(CaseError, match="'python' is not allowed"):
        load_case(again)
    assert load_case(again, unsafe_petsc=True).solver.petsc == case.solver.petsc


def test_short_names_of_keys_that_are_often_varied(write):
    case = load_case(write(PHYSICAL), ["tilt=3 deg", "g=0.5 g0"])
    assert (case.gravity.tilt, case.gravity.magnitude) == pytest.approx((3.0, 4.903325))
    assert load_case(write(GROUPS, "groups.toml"), ["Ra=17"]).groups.Ra == 17.0
    with pytest.raises(CaseError, match="tilr: unknown key") as found:
        load_case(write(PHYSICAL), ["tilr=3 deg"])
    assert "did you mean 'tilt'?" in found.value.hint


def test_groups_that_follow_from_the_fluid_cannot_be_set(write):
    with pytest.raises(CaseError, match=r"groups\.Ra cannot be set: in a case with \[fluid\]"):
        load_case(write(PHYSICAL), ["Ra=1e4"])


def test_quantities_are_si(write):
    case = load_case(write(PHYSICAL))
    assert case.cell.size == (0.01, 0.005)
    assert [condition.value for condition in case.condition] == [303.15, 293.15]


def test_defaults(write):
    case = load_case(write(PHYSICAL, "slot.toml"))
    assert case.title == "slot"
    assert case.units == "SI"
    assert case.cell.grading == (1.0, 1.0)
    assert case.cell.shape == "quadrilateral"
    assert case.cell.gap is None
    assert case.fluid.closure == "full"
    assert case.fluid.mean_fractions == (load_fluid("water-ethanol").c,)
    assert (case.gravity.magnitude, case.gravity.tilt, case.gravity.azimuth) == (9.80665, 0, 0)
    assert case.readings.hot is None
    assert (case.solver.degree, case.solver.preset, case.solver.tolerance) == (2, "automatic", 1e-8)
    assert case.solver.numerical_error
    assert case.output.formats == ("vtx", "xdmf")
    assert case.output.figures


def test_full_case(write, own_fluid):
    case = load_case(write(FULL))
    assert case.cell.grading == (3.0, 1.0, 2.5)
    assert case.fluid.file == own_fluid
    assert case.fluid.c0 == 0.6
    assert case.fluid.T0 == 298.15
    assert case.gravity.magnitude == pytest.approx(9.80665e-3)
    assert case.gravity.tilt is None
    assert case.readings.cold.point == (0.005, 0.001, 0.001)
    fluid = case.fluid.fluid
    assert fluid.viscosity.value(300.0, 0.5) == 2.5e-3
    assert fluid.soret.value(278.0, 0.5) == 0.0
    assert fluid.diffusion.value(298.15, 0.5) == pytest.approx(4e-10)
    assert fluid.molar_masses[0].value(300.0, 0.5) == 0.018
    assert fluid.conductivity_kind == "no-flux"
    assert fluid.density == load_fluid("thn-ibb").density
    assert fluid.soret.source == "given in the case, not from the database"


def test_grading_by_one_number(write):
    assert load_case(write(PHYSICAL), ["cell.grading=3"]).cell.grading == (3.0, 3.0)


def test_case_is_frozen(write):
    case = load_case(write(PHYSICAL))
    with pytest.raises(ValueError, match="frozen"):
        case.cell.rotation = 3.0


# -- resolved ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", [PHYSICAL, FULL, GROUPS, DOUBLE], ids=["physical", "full", "groups", "double-diffusive"]
)
def test_round_trip(write, own_fluid, text):
    case = load_case(write(text))
    resolved = resolved_toml(case)
    again = load_case(write(resolved, "again.toml"))
    if case.fluid is not None:
        assert (again.fluid.c0,) == case.fluid.mean_fractions
        fluid = case.fluid.model_copy(update={"c0": again.fluid.c0})
        case = case.model_copy(update={"fluid": fluid})
    assert again.model_dump() == case.model_dump()
    assert resolved_toml(again) == resolved


def test_resolved_case_has_all_defaults(write):
    table = tomllib.loads(resolved_toml(load_case(write(PHYSICAL))))
    assert table["title"] == "case"
    assert table["cell"]["size"] == ["0.01 m", "0.005 m"]
    assert table["cell"]["shape"] == "quadrilateral"
    assert table["fluid"] == {
        "name": "water-ethanol", "c0": 0.6088, "closure": "full", "sources": {}, "overrides": {},
        "any_density_change": False, "reciprocity": "measured",
    }  # fmt: skip
    assert table["gravity"] == {
        "magnitude": "9.80665 m/s^2", "tilt": "0.0 deg", "azimuth": "0.0 deg",
    }  # fmt: skip
    assert table["condition"][0] == {
        "kind": "temperature", "sides": ["top"], "value": "303.15 K",
    }  # fmt: skip
    assert table["solver"]["max_iterations"] == 20
    assert table["output"] == {"formats": ["vtx", "xdmf"], "figures": True}


def test_resolved_groups_have_no_units(write):
    table = tomllib.loads(resolved_toml(load_case(write(GROUPS))))
    assert table["cell"]["size"] == [2.0, 1.0]
    assert table["condition"][0]["value"] == 1.0
    assert table["gravity"] == {"tilt": "0.0 deg", "azimuth": "0.0 deg"}
    assert table["groups"] == {
        "Ra": 1e5, "Pr": 10.0, "Le": 100.0, "psi": 0.2,
        "closure": "linearised", "S_T_dT": 0.01, "c0": 0.5,
    }  # fmt: skip


# -- single keys -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("override", "read", "value"),
    [
        ("condition.0.value=300 K", lambda case: case.condition[0].value, 300.0),
        ('condition.1.value="20 degC"', lambda case: case.condition[1].value, 293.15),
        ("cell.cells=[8, 6]", lambda case: case.cell.cells, (8, 6)),
        ("cell.size.1 = 7 mm", lambda case: case.cell.size, (0.01, 0.007)),
        ("solver.numerical_error=false", lambda case: case.solver.numerical_error, False),
        ("solver.petsc.pc_type=ilu", lambda case: case.solver.petsc, {"pc_type": "ilu"}),
        ("gravity.tilt=1e-1", lambda case: case.gravity.tilt, 0.1),
        ("title=a = b", lambda case: case.title, "a = b"),
        ("fluid.overrides.soret=5e-3 1/K", lambda case: case.fluid.overrides.soret, 5e-3),
        ("readings.hot={ wall = 'top' }", lambda case: case.readings.hot.wall, "top"),
    ],
)
def test_overrides(write, override, read, value):
    path = write(PHYSICAL)
    cold = [] if "readings" not in override else ["readings.cold={ wall = 'bottom' }"]
    assert read(load_case(path, [override, *cold])) == value


def test_the_last_override_holds(write):
    assert load_case(write(PHYSICAL), ["title=one", "title=two"]).title == "two"


def test_a_title_says_what_was_changed(write):
    """A title that states a number must not go on stating it."""
    path = write('title = "Square, Ra = 1e5"\n' + GROUPS)
    found = load_case(path, ["groups.Ra=1e4", "solver.degree=3", "groups.Ra=1e6"])
    assert found.title == "Square, Ra = 1e5, with groups.Ra = 1e6"
    assert load_case(path, ["Ra=1e6"]).title == found.title
    assert load_case(path, ["solver.degree=3", "cell.cells=[4, 4]"]).title == "Square, Ra = 1e5"
    assert load_case(path, ["groups.Ra=1e6", "title=Mine"]).title == "Mine"
    many = [f"groups.{name}=7" for name in ("Ra", "Pr", "Le", "psi")]
    assert load_case(path, many).title.endswith("groups.Le = 7 and 1 more")
    assert load_case(write(GROUPS), ["groups.Ra=1e6"]).title == "case"


@pytest.mark.parametrize(
    ("override", "parts"),
    [
        ("tilt", ["--set tilt", "key.path=value"]),
        ("=3", ["key.path=value"]),
        ("condition.2.value=300 K", ["'2' is not the number of an item", "the list has 2"]),
        ("condition.-1.value=300 K", ["'-1' is not the number"]),
        ("condition.top.value=300 K", ["'top' is not the number"]),
        ("fluid.name.x=3", ["there is no table that could hold 'x'"]),
        ("fluid.name.x.y=3", ["there is no table that could hold 'x'"]),
        ("cell.cells=[8, 6", ["--set cell.cells=[8, 6", "at end of document"]),
    ],
)
def test_wrong_overrides(write, override, parts):
    path = write(PHYSICAL)
    with pytest.raises(CaseError) as caught:
        load_case(path, [override])
    for part in parts:
        assert part in str(caught.value)
