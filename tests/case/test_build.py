"""From a case to an experiment: cells, conditions, gravity, mixtures by data and by groups."""

from __future__ import annotations

from dataclasses import replace
from math import sqrt
from pathlib import Path

import pytest
from case_texts import DOUBLE, GROUPS, PHYSICAL, condition

from femsoret.base.errors import CaseError, ConditionError
from femsoret.case import load_case
from femsoret.experiment import Experiment
from femsoret.fluids import Groups, load_fluid, property_values
from femsoret.fluids.groups import groups
from femsoret.fluids.values import PropertyValues
from femsoret.physics.closures import CLOSURES, ProportionalMixing
from femsoret.post.readings import LineMean, Point, WallMean
from femsoret.problem import conditions as bc
from femsoret.problem.bodies import RigidBody
from femsoret.problem.discretisation import DISCRETISATIONS
from femsoret.problem.orientation import up_vector
from femsoret.studies.measure.state import dimensionless_groups

MESH = Path(__file__).parents[2] / "meshes" / "soret_rectangle.msh"
PAIR = Path(__file__).parents[2] / "demos" / "slip_pair.toml"

SIDE_HEATED = ["condition.0.sides=['left']", "condition.1.sides=['right']"]
IN_3D = ["cell.kind=box", "cell.size=['1 cm', '5 mm', '4 mm']", "cell.cells=[2, 2, 2]"]


def values_of(experiment: Experiment) -> PropertyValues:
    """Return the numbers of a mixture at its reference state."""
    m = experiment.mixture
    (law,) = m.species
    state = (m.T0, law.c0)
    at = load_fluid("water-ethanol").at()
    return replace(
        at,
        T=m.T0,
        c=law.c0,
        rho=m.rho0,
        cp=m.cp,
        beta_T=m.beta_T,
        beta_c=law.beta_c,
        mu=m.viscosity(*state),
        kappa=m.conductivity(*state),
        D=law.diffusion(*state),
        S_T=law.soret(*state),
        Qs=0.0 if law.mixing is None else m.T0 * law.soret(*state) * law.mixing.g(*state),
    )


def groups_of(experiment: Experiment) -> Groups:
    frame = experiment.orientation
    g = experiment.mixture.gravity.magnitude
    return groups(values_of(experiment), L=frame.gap, dT=frame.dT, g=g)


# -- cells -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("overrides", "volume", "sides", "number"),
    [
        ([], 5e-5, {"left", "right", "bottom", "top"}, 8),
        (["cell.shape=triangle"], 5e-5, {"left", "right", "bottom", "top"}, 32),
        (IN_3D, 2e-7, {"left", "right", "bottom", "top", "back", "front"}, 8),
    ],
)
def test_cells(write, comm, overrides, volume, sides, number):
    run = load_case(write(PHYSICAL), overrides).build(comm)
    cell = run.experiment.cell
    assert cell.volume == pytest.approx(volume, rel=1e-12)
    assert set(cell.sides) == sides
    assert cell.num_cells == number


def test_cylinder(write, comm):
    pytest.importorskip("gmsh")
    table = (
        "cell={kind='cylinder', radius='5 mm', height='2 mm', cells=[2, 1], axis='z', order=1,"
        " grading=[1, 2]}"
    )
    cell = load_case(write(PHYSICAL), [table]).build(comm).experiment.cell
    assert cell.volume == pytest.approx(2 * 25e-6 * 2e-3)  # a square: the order is 1
    assert cell.centroid("top")[2] == pytest.approx(2e-3)


def test_file_relative_to_the_case(write, comm, shared_tmp):
    if comm.rank == 0:
        (shared_tmp / "mesh.msh").symlink_to(MESH)
    path = write(PHYSICAL)
    named = "cell={kind='file', path='mesh.msh'}"
    full = load_case(path, [named]).build(comm).experiment.cell
    half = load_case(path, [named, "cell.scale=50 cm"]).build(comm).experiment.cell
    assert half.volume == pytest.approx(full.volume / 4, rel=1e-12)


def test_grading_reaches_the_mesh(write, comm):
    path = write(PHYSICAL)
    even = load_case(path).build(comm).experiment.cell.h_range
    graded = load_case(path, ["cell.grading=[9, 1]"]).build(comm).experiment.cell.h_range
    assert even[0] == pytest.approx(even[1])
    assert graded[0] < 0.9 * graded[1]


def test_rotation_turns_the_cell_and_what_is_read_in_it(write, comm):
    readings = (
        "readings={hot={point=['10 mm', '5 mm']}, cold={line=[[0, 0], ['10 mm', 0]]},"
        " extra=[{name='across', hot={wall='left'}, cold={wall='right'}}],"
        " gradient=[{name='up', point=['1 mm', '2 mm']},"
        " {name='along', line=[[0, 0], ['10 mm', 0]], direction=[1, 0]}]}"
    )
    run = load_case(write(PHYSICAL), [readings, "cell.rotation=90 deg"]).build(comm)
    experiment = run.experiment
    assert experiment.orientation.axis == pytest.approx((-1.0, 0.0), abs=1e-12)
    hot, cold = experiment.readings.hot, experiment.readings.cold
    assert isinstance(hot, Point)
    assert hot.x == pytest.approx((-5e-3, 10e-3))
    assert isinstance(cold, LineMean)
    assert cold.end == pytest.approx((0.0, 10e-3))
    up, along = experiment.gradients["up"], experiment.gradients["along"]
    assert up.start == up.end == pytest.approx((-2e-3, 1e-3))
    assert up.direction == experiment.mixture.gravity.up
    assert along.end == pytest.approx((0.0, 10e-3))
    assert along.direction == pytest.approx((0.0, 1.0))
    (across,) = experiment.extra_readings
    assert (across.name, across.hot, across.cold) == ("across", WallMean("left"), WallMean("right"))


@pytest.mark.parametrize(
    ("gravity", "expected"),
    [
        ("gravity.tilt=180 deg", up_vector((0.0, 1.0), 183.0)),
        ("gravity.direction=[0, 1]", up_vector((0.0, 1.0), 183.0)),
        ("gravity.direction=[1, 0]", up_vector((0.0, 1.0), 93.0)),
    ],
)
def test_start_tilt_is_added_to_that_of_gravity(write, comm, gravity, expected):
    path = write(PHYSICAL)
    experiment = load_case(path, [gravity, "solver.start_tilt=3 deg"]).build(comm).experiment
    assert experiment.start_up == pytest.approx(expected)
    assert load_case(path, [gravity]).build(comm).experiment.start_up is None


def test_default_readings(write, comm):
    pair = load_case(write(PHYSICAL)).build(comm).experiment.pair
    assert (pair.hot, pair.cold) == (WallMean("top"), WallMean("bottom"))


def test_gap(write, comm):
    path = write(PHYSICAL)
    assert load_case(path).build(comm).experiment.orientation.gap == pytest.approx(5e-3)
    given = load_case(path, ["cell.gap=4 mm"]).build(comm).experiment
    assert given.orientation.gap == given.gap == 4e-3


# -- conditions --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "condition"),
    [
        ("{kind='temperature', sides=['left'], value='300 K'}", bc.Temperature(("left",), 300.0)),
        (
            "{kind='heat-flux', sides=['left', 'right'], value='1 mW/cm2'}",
            bc.HeatFlux(("left", "right"), 10.0),
        ),
        (
            "{kind='robin', sides=['left'], h=500, T_outside='20 degC'}",
            bc.Robin(("left",), h=500.0, T_outside=293.15),
        ),
        ("{kind='insulated', sides=['left']}", bc.Insulated(("left",))),
        ("{kind='no-slip', sides=['left']}", bc.NoSlip(("left",))),
        ("{kind='free-slip', sides=['left']}", bc.FreeSlip(("left",))),
        (
            "{kind='free-slip', sides=['left'], weakly=true}",
            bc.FreeSlip(("left",), weakly=True),
        ),
        (
            "{kind='slip', sides=['left'], mu_s='2e-6 cm2/s/K', mu_c={water='3 um2/s'}, b='5 nm'}",
            bc.Slip(("left",), mu_s=2e-10, mu_c=(3e-12,), b=5e-9),
        ),
        ("{kind='slip', sides=['left']}", bc.Slip(("left",))),
        ("{kind='composition', sides=['left'], value='62 %'}", bc.Composition(("left",), 0.62)),
        ("{kind='closed', sides=['left']}", bc.Closed(("left",))),
    ],
)
def test_conditions(write, comm, table, condition):
    path = write(PHYSICAL + "\n[[condition]]\nkind = 'closed'\nsides = ['top']\n")
    run = load_case(path, [f"condition.2={table}"]).build(comm)
    assert condition in run.experiment.conditions
    run.experiment.problem()  # takes them all


def test_a_body_turns_about_the_middle_of_its_surface(comm):
    conditions = load_case(PAIR, comm=comm).build(comm).experiment.conditions
    small, large = (each for each in conditions if isinstance(each, RigidBody))
    assert (small.sides, small.mu_s) == (("small",), 1e-11)
    # Chords replace the circles.
    assert small.centre == pytest.approx((0.0, -0.75e-6, 0.0), abs=1e-11)
    assert large.centre == pytest.approx((0.0, 1e-6, 0.0), abs=1e-11)


def test_a_wall_of_the_cell_is_no_body(write, comm):
    body = "\n[[condition]]\nkind = 'body'\nsides = ['left']\nmu_s = '1e-10 m2/s/K'\n"
    with pytest.raises(ConditionError, match="'left' are not a closed surface"):
        load_case(write(PHYSICAL + body)).build(comm)


def test_slip_is_by_name_and_says_what_it_leaves_out(write, comm):
    slip = "\n[[condition]]\nkind = 'slip'\nsides = ['left']\nmu_s = '1e-10 m2/s/K'\n"
    slip += "mu_c = {KEY = 1e-9}\n"
    built = load_case(write(PHYSICAL + slip.replace("KEY", "water"))).build(comm)
    (said,) = [text for text in built.warnings if "Onsager" in text]
    # mu_s^2 T mu/(kappa L^2) = 1e-20 x 298 x 2.5e-3/(0.38 x 2.5e-5)
    assert "'left'" in said
    assert "8e-16" in said
    with pytest.raises(ConditionError, match=r"(?s)condition.*mu_c.*'ethanol'"):
        load_case(write(PHYSICAL + slip.replace("KEY", "ethanol"))).build(comm)


def test_a_named_side_has_precedence_over_all(write, comm):
    # The default stands last, where it would win if the order counted.
    more = "\n[[condition]]\nkind = 'temperature'\nsides = ['all']\nvalue = '310 K'\n"
    frame = load_case(write(PHYSICAL + more)).build(comm).experiment.orientation
    assert frame.hot in {"left", "right"}
    assert (frame.T_hot, frame.T_cold) == (310.0, 293.15)


# -- gravity -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tilt", "heated", "up"),
    [
        (0, [], (0, 1)),
        (90, [], (-1, 0)),
        (180, [], (0, -1)),
        (30, [], (-0.5, sqrt(0.75))),
        # Hot on the left: the axis points to -x, and turning it by 90 degrees points down.
        (0, SIDE_HEATED, (-1, 0)),
        (90, SIDE_HEATED, (0, -1)),
        (-90, SIDE_HEATED, (0, 1)),
        (180, SIDE_HEATED, (1, 0)),
    ],
)
def test_tilt(write, comm, tilt, heated, up):
    run = load_case(write(PHYSICAL), [f"gravity.tilt={tilt} deg", *heated]).build(comm)
    gravity = run.experiment.mixture.gravity
    assert gravity.up == pytest.approx(up, abs=1e-15)
    assert gravity.magnitude == 9.80665


def test_azimuth(write, comm):
    path = write(PHYSICAL)
    up = load_case(path, [*IN_3D, "gravity={tilt=90, azimuth='90 deg'}"]).build(comm)
    assert up.experiment.mixture.gravity.up == pytest.approx((0, 0, 1), abs=1e-15)


def test_direction(write, comm):
    run = load_case(write(PHYSICAL), ["gravity.direction=[3, -4]"]).build(comm)
    assert run.experiment.mixture.gravity.up == pytest.approx((-0.6, 0.8))


def test_magnitude(write, comm):
    run = load_case(write(PHYSICAL), ["gravity.magnitude=0.5 g0"]).build(comm)
    assert run.experiment.mixture.gravity.magnitude == pytest.approx(9.80665 / 2)


# -- fluids ------------------------------------------------------------------------------------


def test_reference_state(write, comm):
    path = write(PHYSICAL)
    mixture = load_case(path).build(comm).experiment.mixture
    assert pytest.approx(298.15) == mixture.T0
    assert mixture.species[0].c0 == 0.6088
    given = load_case(path, ["fluid.T0=22.5 degC", "fluid.c0=0.6"]).build(comm).experiment.mixture
    assert pytest.approx(295.65) == given.T0
    assert given.species[0].c0 == 0.6


def test_override_reaches_the_mixture(write, comm):
    run = load_case(
        write(PHYSICAL),
        ["fluid.overrides.soret={kind='linear', value='1e-3 1/K', T_ref='20 degC', slope_T=1e-4}"],
    ).build(comm)
    assert run.experiment.mixture.species[0].soret(303.15, 0.6) == pytest.approx(2e-3)
    assert run.experiment.fluid.soret.source == "given in the case, not from the database"


@pytest.mark.parametrize("closure", list(CLOSURES))
def test_closure(write, comm, closure):
    run = load_case(write(PHYSICAL), [f"fluid.closure={closure}"]).build(comm)
    assert run.experiment.mixture.closure is CLOSURES[closure]


def test_run_of_a_fluid(write, comm):
    run = load_case(write(PHYSICAL)).build(comm)
    assert (run.units, run.experiment.absolute_temperature, run.numerical_error) == (
        "SI",
        True,
        True,
    )
    assert run.output.formats == ("vtx", "xdmf")
    assert run.experiment.fluid == load_fluid("water-ethanol")


def test_kelvin_that_look_like_degrees_celsius_are_asked_about(write, comm):
    cold = ["condition.0.value=28 K", "condition.1.value=18 K"]
    question = load_case(write(PHYSICAL), cold).build(comm).warnings[0]
    assert "28 K (-245.1 °C) in condition.0.value" in question
    assert question.endswith('meant "28 degC", "18 degC"?')
    timed = ["time.end=1 h", "time.start_temperature=20 K"]
    (question,) = (
        w for w in load_case(write(PHYSICAL), timed).build(comm).warnings if "meant" in w
    )
    assert "time.start_temperature" in question
    ordinary = load_case(write(PHYSICAL)).build(comm).warnings
    assert not any("meant" in warning for warning in ordinary)


def test_warnings_cover_the_wall_temperatures(write, comm):
    # The sources of this fluid end at 300.65 K: the mean is inside, the hot wall is not.
    path = write(PHYSICAL)
    warnings = load_case(path).build(comm).warnings
    (warning,) = (sentence for sentence in warnings if "used at T = 293.15 to 303.15 K" in sentence)
    # One range, one sentence: it was one for each of nine properties.
    assert warning.count("used at") == 1
    for name in ("density", "viscosity", "solutal expansion", "soret and thermodynamic factor"):
        assert name in warning
    assert load_case(path, ["condition.0.value=300 K"]).build(comm).warnings == ()
    assert (
        load_case(path, ["condition.0.value=300 K", "gravity.tilt=90"]).build(comm).warnings == ()
    )
    upside_down = ["condition.0.value=300 K", "gravity.tilt=120"]
    (warning,) = load_case(path, upside_down).build(comm).warnings
    assert "stable" in warning


def test_solver_options(write, comm):
    options = ["tolerance=1e-5", "max_iterations=3", "degree=3", "petsc={mat_mumps_icntl_14=50}"]
    run = load_case(write(PHYSICAL), [f"solver.{option}" for option in options]).build(comm)
    newton = run.experiment.newton
    assert (newton.tolerance, newton.max_iterations, newton.preset) == (1e-5, 3, "automatic")
    assert newton.petsc == {"mat_mumps_icntl_14": 50}
    assert run.experiment.degree == 3


def test_discretisation(write, comm):
    run = load_case(write(PHYSICAL)).build(comm)
    assert run.experiment.discretisation is DISCRETISATIONS["well-balanced"]
    chosen = ["cell.shape='triangle'", "solver.discretisation='scott-vogelius'"]
    whole = load_case(write(PHYSICAL), chosen[:1]).build(comm).experiment
    split = load_case(write(PHYSICAL), chosen).build(comm).experiment
    assert split.discretisation is DISCRETISATIONS["scott-vogelius"]
    assert split.cell.num_cells == 3 * whole.cell.num_cells
    assert split.problem().layout.names == ("u", "p", "theta", "gamma")


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ((), "of the shape 'quadrilateral'"),
        ((*IN_3D, "cell.shape=tetrahedron"), "not stable at degree 2 in 3D"),
    ],
    ids=["shape", "degree"],
)
def test_what_scott_vogelius_cannot_do(write, comm, options, what):
    chosen = [*options, "solver.discretisation='scott-vogelius'"]
    with pytest.raises(CaseError, match=rf"\[solver\].*scott-vogelius.*{what}"):
        load_case(write(PHYSICAL), chosen).build(comm)


# -- groups ------------------------------------------------------------------------------------


def test_groups_give_the_numbers_of_property_values(write, comm):
    run = load_case(write(GROUPS)).build(comm)
    wanted, g = property_values(Groups(Ra=1e5, Pr=10, Le=100, psi=0.2), c0=0.5, S_T_dT=0.01)
    got = values_of(run.experiment)
    for name in ("c", "rho", "mu", "kappa", "cp", "beta_T", "beta_c", "D", "S_T"):
        assert getattr(got, name) == getattr(wanted, name)
    assert run.experiment.mixture.gravity.magnitude == g == 1e6
    assert run.experiment.mixture.closure is CLOSURES["linearised"]
    assert run.experiment.mixture.species[0].mixing is None
    assert (run.units, run.experiment.absolute_temperature) == ("groups", False)
    assert run.experiment.fluid is None
    assert run.experiment.mixture.T0 == 0.5  # the mean of the walls


@pytest.mark.parametrize("tilt", [0, 30])
@pytest.mark.parametrize("closure", list(CLOSURES))
def test_a_physical_case_and_its_groups_are_the_same_case(write, comm, tilt, closure):
    tilted = [f"gravity.tilt={tilt}"]
    physical = load_case(write(PHYSICAL), [f"fluid.closure={closure}", *tilted]).build(comm)
    frame, p = physical.experiment.orientation, physical.experiment.mixture
    at = load_fluid("water-ethanol").at(p.T0, p.species[0].c0)
    wanted = groups_of(physical.experiment)
    given = {
        "Ra": wanted.Ra,
        "Pr": wanted.Pr,
        "Le": wanted.Le,
        "psi": wanted.psi,
        "S_T_dT": at.S_T * frame.dT,
        "c0": at.c,
        "T0_dT": at.T / frame.dT,
        "mu_c": at.mu_c / (at.cp * frame.dT),
    }
    overrides = [f"groups.{key}={value!r}" for key, value in given.items()]
    overrides += [f"groups.closure={closure}", *tilted]
    scaled = load_case(write(GROUPS, "groups.toml"), overrides).build(comm)
    got = groups_of(scaled.experiment)
    for name in ("Ra", "Pr", "Le", "psi"):
        assert getattr(got, name) == pytest.approx(getattr(wanted, name), rel=1e-12)
    assert scaled.experiment.absolute_temperature
    assert scaled.experiment.mixture.gravity.up == pytest.approx(p.gravity.up, abs=1e-12)
    # The Dufour effect too: mu_c f, in units of cp dT, at and away from the reference.
    s = scaled.experiment.mixture
    for theta in (0.0, 0.5):
        ours = s.species[0].mixing.g(s.T0 + theta, at.c)
        theirs = p.species[0].mixing.g(p.T0 + theta * frame.dT, at.c)
        assert ours == pytest.approx(theirs / (at.cp * frame.dT), rel=1e-12)


def test_temperatures_are_moved_to_the_absolute_mean(write, comm):
    known = ["groups.T0_dT=30", "groups.mu_c=5"]
    run = load_case(write(GROUPS), known).build(comm)
    assert run.experiment.mixture.T0 == 30.0
    frame = run.experiment.orientation
    assert (frame.T_hot, frame.T_cold) == (30.5, 29.5)
    assert run.experiment.absolute_temperature


@pytest.mark.parametrize("level", [-0.5, 0.0, 7.0])
def test_double_diffusive_groups(write, comm, level):
    # N, Sr, Df come back from the mixture, wherever temperatures are counted from.
    walls = [f"condition.0.value={level + 1}", f"condition.1.value={level}"]
    run = load_case(write(DOUBLE), walls).build(comm)
    m = run.experiment.mixture
    (law,) = m.species
    v = values_of(run.experiment)
    kappa_0 = v.kappa + v.rho * v.D * v.S_T * v.f * v.Qs
    assert isinstance(law.mixing, ProportionalMixing)
    assert kappa_0 == pytest.approx(1.0)
    assert v.S_T * v.f == pytest.approx(0.3)
    assert v.rho * v.D * v.Qs / kappa_0 == pytest.approx(0.1)
    assert -v.beta_c / v.beta_T == pytest.approx(-0.5)
    frame = run.experiment.orientation
    assert frame.dT == pytest.approx(1.0)
    assert frame.T_mean == pytest.approx(m.T0)
    assert not run.experiment.absolute_temperature


def test_without_dufour_there_is_no_mixing_law(write, comm):
    run = load_case(write(DOUBLE), ["groups.Df=0"]).build(comm)
    assert run.experiment.mixture.species[0].mixing is None


def test_gap_of_an_arbitrary_mesh_is_stated(write, comm):
    run = load_case(write(GROUPS), ["cell.size=[2, 2]", "cell.gap=1"]).build(comm)
    assert run.experiment.orientation.gap == 1.0


def test_a_heat_flux_sets_the_scale_of_temperature(write, comm):
    flux = "condition.0={kind='heat-flux', sides=['top'], value=1}"
    run = load_case(write(GROUPS), [flux, "cell.gap=1"]).build(comm)
    assert bc.HeatFlux(("top",), 1.0) in run.experiment.conditions


def test_groups_without_a_soret_effect_are_a_pure_fluid(write, comm):
    text = GROUPS.replace("psi = 0.2", "psi = 0")
    path = write(text + '[[condition]]\nkind = "closed"\nsides = ["left"]\n')
    experiment = load_case(path, ["groups.S_T_dT=0"]).build(comm).experiment
    assert experiment.mixture.species == ()
    assert "gamma" not in experiment.problem().layout
    assert set(dimensionless_groups(experiment)) == {"Ra", "Pr"}
    # c does not weigh, but it separates.
    passive = load_case(path).build(comm).experiment
    assert len(passive.mixture.species) == 1
    # A wall feeds what the liquid carries.
    path = write(text + condition("composition", "left", 0.6), "fed.toml")
    fed = load_case(path, ["groups.S_T_dT=0"]).build(comm).experiment
    assert len(fed.mixture.species) == 1
