"""Walls whose temperature varies, in case files: what runs make of them, and what is refused."""

from __future__ import annotations

from mpi4py import MPI

import pytest

from femsoret import measure
from femsoret.base.errors import CaseError, FemsoretError
from femsoret.case import load_case
from femsoret.studies.audit.audit import audit

CASE = """
[cell]
kind = "rectangle"
size = ["10 mm", "5 mm"]
cells = [4, 4]
{cell}

[fluid]
name = "water-ethanol"

[gravity]
magnitude = 0
{gravity}
{conditions}
"""

ENDS = """
[[condition]]
kind = "temperature"
sides = ["top"]
value = "300 K"

[[condition]]
kind = "temperature"
sides = ["bottom"]
value = "290 K"
"""


def profile(sides, text):
    return f"""
[[condition]]
kind = "temperature"
sides = [{", ".join(f'"{side}"' for side in sides)}]
profile = {{ {text} }}
"""


def built(tmp_path, conditions, cell="", gravity=""):
    path = tmp_path / "case.toml"
    text = CASE.format(cell=cell, gravity=gravity, conditions=conditions)
    path.write_text(text, encoding="utf-8")
    return load_case(path).build(MPI.COMM_WORLD)


# A harmonic function, so that it is the temperature everywhere, and of degree 2, so that the
# elements have it exactly.
HARMONIC = 'expression = "295 + x + 2*y + 0.2*(x^2 - y^2)", length_unit = "mm"'
READ = """
[readings]
hot = { point = ["7 mm", "4 mm"] }
cold = { point = ["2 mm", "1 mm"] }
"""


def harmonic(x, y):
    return 295.0 + x + 2.0 * y + 0.2 * (x**2 - y**2)


@pytest.mark.parametrize("rotation", [0, 30])
def test_the_temperature_in_the_cell_is_that_of_its_walls(tmp_path, rotation):
    walls = profile(["all"], HARMONIC)
    run = built(tmp_path, walls + READ, cell=f'rotation = "{rotation} deg"')
    found = measure(run.experiment, with_numerical_error=False).solution.soret
    T0 = run.experiment.mixture.T0
    assert T0 + found.at.theta_hot == pytest.approx(harmonic(7.0, 4.0), abs=1e-8)
    assert T0 + found.at.theta_cold == pytest.approx(harmonic(2.0, 1.0), abs=1e-8)
    # At rest composition follows the temperature, whatever the walls: the true S_T is read.
    assert abs(found.bias) < 1e-4  # c is not of degree 2


def test_a_table_that_is_a_straight_line_is_one_dimensional(tmp_path):
    table = 'along = "y", at = ["0 mm", "2 mm", "5 mm"], temperature = ["290 K", "294 K", "300 K"]'
    walls = profile(["left", "right"], f'{table}, interpolation = "linear"')
    run = built(tmp_path, ENDS + walls + READ)
    found = measure(run.experiment, with_numerical_error=False).solution.soret
    T0 = run.experiment.mixture.T0
    assert T0 + found.at.theta_hot == pytest.approx(298.0, abs=1e-9)
    assert T0 + found.at.theta_cold == pytest.approx(292.0, abs=1e-9)


def test_hot_and_cold_wall_count_their_mean(tmp_path):
    hot = profile(
        ["top"], 'expression = "26 + x^2/100", length_unit = "mm", temperature_unit = "degC"'
    )
    run = built(tmp_path, hot + ENDS[ENDS.index("[[condition]]", 5) :])
    frame = run.experiment.orientation
    assert (frame.hot, frame.cold) == ("top", "bottom")
    assert frame.T_hot == pytest.approx(273.15 + 26.0 + 1.0 / 3.0, abs=1e-10)
    assert frame.gap == pytest.approx(5e-3, rel=1e-12)
    (said,) = [w for w in run.warnings if "varies along it" in w]
    assert "'top'" in said
    assert "its mean, 299.483 K" in said


def test_a_side_wall_that_varies_needs_no_warning(tmp_path):
    run = built(tmp_path, ENDS + profile(["left", "right"], 'expression = "290 + 2000*y"'))
    frame = run.experiment.orientation
    assert (frame.hot, frame.cold, frame.T_hot, frame.T_cold) == ("top", "bottom", 300.0, 290.0)
    assert not [w for w in run.warnings if "varies along it" in w]


CYLINDER = """
[cell]
kind = "annulus"
outer_radius = "5 mm"
height = "5 mm"
cells = [2, 4]

[fluid]
name = "water-ethanol"
"""


def test_a_cylinder_has_r_and_z(tmp_path):
    path = tmp_path / "case.toml"
    walls = ENDS + profile(["outer"], 'expression = "290 + 2000*z + 0*r"')
    path.write_text(CYLINDER + walls, encoding="utf-8")
    assert load_case(path).build(MPI.COMM_WORLD).experiment.orientation.dT == pytest.approx(10.0)
    path.write_text(CYLINDER + walls.replace("0*r", "0*x"), encoding="utf-8")
    with pytest.raises(CaseError, match="unknown name 'x'"):
        load_case(path).build(MPI.COMM_WORLD)


TABLE = 'along = "y", at = ["0 mm", "5 mm"], temperature = ["290 K", "300 K"]'


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('expression = "290 + q"', "unknown name 'q'"),
        ('expression = "290 + 2000*z"', "unknown name 'z'"),
        ('expression = "log(x - 0.1)"', "not a finite number everywhere on side 'left'"),
        ('expression = "300 + sqrt(0.004 - x)"', "not a finite number everywhere in the cell"),
        ('expression = "20 + y"', None),
        ('expression = "-20 + 1000*y"', "K on side 'left'"),
        ('expression = "290 + 2*y", length_unit = "kg"', "kg"),
        ('expression = "290", along = "y"', "neither an expression nor a whole table"),
        ('along = "y"', "neither an expression nor a whole table"),
        (TABLE.replace('"y"', '"z"'), "no coordinate 'z'"),
        (TABLE.replace("5 mm", "4 mm"), "the table covers y = 0 to 0.004 m"),
        (TABLE.replace('"0 mm"', '"6 mm"'), "ascending order"),
        (TABLE.replace('"0 mm", ', ""), "a value for each"),
        (TABLE.replace("290 K", "-290 K"), "not an absolute temperature"),
    ],
)
def test_profiles_that_are_refused(tmp_path, text, says):
    walls = ENDS + profile(["left"], text)
    if says is None:
        assert any("20 K" in w or "varies" in w or w for w in built(tmp_path, walls).warnings)
        return
    with pytest.raises(FemsoretError) as error:
        built(tmp_path, walls)
    assert says in str(error.value)
    assert "condition.2" in str(error.value)


def test_value_and_profile_exclude_each_other(tmp_path):
    both = ENDS.replace("[[condition]]", '[[condition]]\nprofile = { expression = "290" }', 1)
    neither = ENDS.replace('value = "300 K"', "")
    for walls in (both, neither):
        with pytest.raises(CaseError, match=r"condition\.0"):
            built(tmp_path, walls)


def test_walls_of_one_mean_temperature_define_no_hot_and_cold_wall(tmp_path):
    walls = profile(["left", "right"], 'expression = "290 + 2000*y"')
    with pytest.raises(CaseError, match="the mean temperature of all walls is the same, 295 K"):
        built(tmp_path, walls)


def test_an_audit_knows_no_ideal_cell_for_them(tmp_path):
    tilted = "direction = [0.1, -1]"
    walls = ENDS + profile(["left", "right"], 'expression = "290 + 2000*y"')
    run = built(tmp_path, walls, gravity=tilted)
    with pytest.raises(CaseError, match="varies along it: an audit"):
        audit(run.experiment, run.audit)


IN_TIME = """
[time]
end = "4 h"

[[protocol]]
kind = "heating"
rest = "280 K"
ramp = { initial = 0, final = 1, at = "1 h", duration = "2 h" }
"""


def test_heating_scales_a_temperature_that_varies(tmp_path):
    walls = ENDS + profile(["left", "right"], 'expression = "290 + 2000*y"')
    run = built(tmp_path, walls + IN_TIME)
    assert run.schedule.protocol.initial_temperatures()["left"] == pytest.approx(280.0)
    problem = run.experiment.problem()
    T0 = run.experiment.mixture.T0
    for hours, factor in ((0.5, 0.0), (2.0, 0.5), (4.0, 1.0)):
        run.schedule.protocol.apply(problem, 3600.0 * hours, 3600.0 * hours)
        values = problem.wall_values["theta", "left"]
        y = values.function_space.tabulate_dof_coordinates()[:, 1]
        expected = 280.0 + factor * (10.0 + 2000.0 * y)
        assert T0 + values.x.array == pytest.approx(expected, abs=1e-10)


def test_one_temperature_of_a_wall_that_varies_cannot_change(tmp_path):
    walls = ENDS + profile(["left", "right"], 'expression = "290 + 2000*y"')
    change = IN_TIME.replace('"heating"', '"temperature"\nsides = ["left"]').replace(
        'rest = "280 K"', ""
    )
    change = change.replace("initial = 0, final = 1", 'initial = "280 K"')
    with pytest.raises(CaseError, match="has no single value to change"):
        built(tmp_path, walls + change)
