"""The budget: each cause beside what is known of it, and all of them together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from mpi4py import MPI

import numpy as np
import pytest

import femsoret as fs
from femsoret.base.errors import CaseError
from femsoret.experiment.schedule import relaxation_time
from femsoret.fluids.properties import Arrhenius, Constant, Polynomial
from femsoret.post.evaluation import Layer
from femsoret.problem.conditions import Ambient, SideCondition
from femsoret.solids import solid_of
from femsoret.studies.audit.budget import budget
from femsoret.studies.audit.causes import FiniteTime, Plates, SideWalls, Tilt, all_onto, tilt_of
from femsoret.studies.audit.ideal import causes_in, ideal_of, with_surroundings
from femsoret.studies.measure.solution import solve

HOT, COLD, GAP, S_T, C0 = 300.65, 290.65, 5e-3, 3.171e-3, 0.6088
CURVED = Polynomial((S_T, 0.0, 1e-2 * S_T / 25.0), 295.65)
"""S_T that is 1 % larger at the plates than in the middle."""
VISCOUS = Arrhenius(2.54e-3, 295.65, -24e3)
COPPER = Plates((("top", 8e4), ("bottom", 8e4)))
ROOM = SideWalls((Ambient(("left", "right"), 5.0, 293.15),))


def experiment(tilt=1.0, extra=(), fluid=None, g=9.80665, cells=(16, 12)):
    fluid = fluid or fs.load_fluid("water-ethanol")
    cell = fs.rectangle(MPI.COMM_WORLD, (10e-3, GAP), cells, grading=3.0)
    walls = (fs.Temperature("top", HOT), fs.Temperature("bottom", COLD), *extra)
    up = fs.up_vector((0.0, 1.0), tilt)
    mixture = fs.mixture_of(fluid, T0=295.65, c0=C0, up=up, g=g)
    return fs.Experiment("cell", cell, mixture, walls, fluid=fluid)


@dataclass(frozen=True)
class Radiating(SideCondition):
    """A wall that loses heat by radiation."""

    fields: ClassVar[tuple[str, ...]] = ("theta",)


def reported(solution):
    """Return the bias from the readings by the formula."""
    c_hot, c_cold = (C0 + g for g in (solution.soret.at.gamma_hot, solution.soret.at.gamma_cold))
    logit = np.log(c_hot / (1 - c_hot)) - np.log(c_cold / (1 - c_cold))
    return -logit / (HOT - COLD) / S_T - 1.0


@pytest.fixture(scope="module")
def cell():
    return experiment(fluid=fs.load_fluid("water-ethanol").with_(soret=CURVED, viscosity=VISCOUS))


@pytest.fixture(scope="module")
def found(cell):
    tau = relaxation_time(cell.mixture, GAP)
    late = FiniteTime(4.0 * tau, tau)
    causes = (*causes_in(cell), ROOM, COPPER, late)
    return budget(ideal_of(cell), causes, with_numerical_error=False)


def value(found, name):
    return next(term.entry.value for term in found.terms if term.cause.name == name)


def test_it_adds_up(found):
    terms = [term.entry.value for term in found.terms]
    names = [term.cause.name for term in found.terms]
    assert names == ["tilt", "properties", "side_walls", "plates", "finite_time"]
    together = found.shape.value + sum(terms) + found.interaction.value
    assert together == pytest.approx(found.total.value, abs=1e-15)
    assert 0.0 < abs(found.interaction.value) < 0.1 * abs(found.total.value)
    assert found.dominant.cause.name == "finite_time"


def test_the_ideal_cell_reports_what_the_fluid_has(found):
    assert abs(found.shape.value) < 1e-9


def test_tilt_alone(found):
    assert value(found, "tilt") == pytest.approx(reported(solve(experiment())), rel=1e-6)
    assert value(found, "tilt") < -5e-3


def test_heat_through_the_side_walls_alone(found):
    walls = (fs.Robin(("left", "right"), 5.0, 293.15),)
    direct = reported(solve(experiment(0.0, walls)))
    assert value(found, "side_walls") == pytest.approx(direct, rel=1e-6)
    assert direct < 0.0


def test_plates_alone_are_resistances_in_series(found, cell):
    kappa = cell.mixture.reference.kappa
    series = 1.0 / (1.0 + 2.0 * kappa / (GAP * 8e4)) - 1.0
    # The Dufour effect carries no heat where nothing is carried by mass.
    assert value(found, "plates") == pytest.approx(series, rel=1e-4)


def test_properties_alone_are_the_mean_over_the_temperature(found):
    assert value(found, "properties") == pytest.approx(1e-2 / 3.0, rel=1e-4)


def test_finite_time_alone_is_the_series_of_a_quiet_layer(found):
    series = float(Layer.between(GAP).approach(4.0)) - 1.0
    assert value(found, "finite_time") == pytest.approx(series, rel=5e-3)
    slower = found.state.reported.time / relaxation_time(found.real.experiment.mixture, GAP)
    assert 1.0 < slower < 1.1  # what flows mixes, and holds the separation back


def test_what_properties_change_in_the_flow(found):
    # More viscous in the cold, less in the hot: to first order nothing, but not nothing.
    part = found.flow_by_properties.value
    assert 1e-7 < abs(part) < abs(found.interaction.value)


def test_data_uncertainty_of_the_total(found):
    entries = {c.entry: c.sensitivity for c in found.uncertainty.contributions}
    # A larger D shortens the relaxation, and weakens what the flow does: both raise the total.
    late = (1.0 + found.total.value) * 4.0 * 8.0 / np.pi**2 * np.exp(-4.0)
    assert entries["diffusion"] > 0.9 * late
    assert found.uncertainty.total > 0.0


def test_causes_are_found_and_taken_out_again():
    walls = (fs.Robin("left", 5.0, 293.15), fs.HeatFlux("right", 2.0))
    real = experiment(2.0, walls)
    causes = causes_in(real)
    assert [cause.name for cause in causes] == ["tilt", "side_walls"]
    assert causes[0].sentence(real) == "tilted by 2°"
    ideal = ideal_of(real)
    assert causes_in(ideal.experiment) == ()
    assert tilt_of(real, ideal.experiment.mixture.gravity.up) == pytest.approx(0.0, abs=1e-9)
    assert causes_in(all_onto(causes, ideal).experiment)[0] == causes[0]


def test_robin_plates_are_plates_and_their_temperatures_what_is_set():
    cell = experiment()
    plates = (fs.Robin("top", 8e4, HOT), fs.Robin("bottom", 8e4, COLD))
    causes = causes_in(replace(cell, conditions=plates))
    assert Plates((("top", 8e4), ("bottom", 8e4))) in causes
    assert ideal_of(replace(cell, conditions=plates)).experiment.orientation.dT == HOT - COLD


def test_no_ideal_is_made_of_a_condition_that_audits_do_not_know():
    with pytest.raises(CaseError, match="Radiating on left"):
        ideal_of(experiment(extra=(Radiating("left"),)))


def test_a_cold_room_makes_no_cold_plate():
    ideal = ideal_of(experiment())
    cold = SideWalls((Ambient(("left", "right"), 5.0, 273.15),)).onto(ideal).experiment
    assert cold.orientation.cold == "bottom"


def test_one_failure_does_not_stop_the_rest(cell):
    class Impossible:
        name, label, assumed = "impossible", "nothing", False

        def sentence(self, ideal):
            return ""

        def onto(self, cell):
            mixture = replace(cell.experiment.mixture, conductivity=Constant(float("nan")))
            return replace(cell, experiment=replace(cell.experiment, mixture=mixture))

    found = budget(
        ideal_of(experiment(0.0, cells=(4, 3))), (Impossible(), COPPER), with_numerical_error=True
    )
    impossible, copper = found.terms
    assert impossible.entry.value is None
    assert impossible.entry.failure
    assert copper.entry.value < 0.0
    assert copper.entry.error < 1e-9
    assert found.total.value is None
    assert found.dominant is copper


def test_upside_down_is_a_tilt():
    assert causes_in(experiment(180.0)) == (Tilt(experiment(180.0).mixture.gravity.up),)


def test_without_gravity_there_is_no_tilt():
    assert causes_in(experiment(g=0.0)) == ()


def test_solid_walls_are_causes_of_their_own(comm):
    # A plate is a resistance in series, but for its end above the glass; glass bends nothing while
    # the plate is perfect.
    walls = {"top": fs.Wall(2e-3, 1), "left": fs.Wall(1e-4, 1)}
    cell = fs.rectangle(comm, (1e-2, GAP), (6, 6), grading=2.0, walls=walls)
    level = experiment(tilt=0.0)
    kappa = level.mixture.reference.kappa
    plate = solid_of("plate", conductivity=20.0 * kappa, density=1.0, heat_capacity=1.0)
    glass = solid_of("glass", conductivity=3.0 * kappa, density=1.0, heat_capacity=1.0)
    walled = replace(level, cell=cell, solids={"top wall": plate, "left wall": glass})
    causes = causes_in(walled)
    assert {(c.name, c.is_plate) for c in causes} == {("top_wall", True), ("left_wall", False)}
    found = budget(ideal_of(walled), causes, with_numerical_error=False)
    series = 1.0 / (1.0 + 2e-3 / GAP / 20.0) - 1.0
    assert value(found, "top_wall") == pytest.approx(series, rel=1e-2)
    assert abs(value(found, "left_wall")) < 1e-5
    assert abs(found.shape.value) < 1e-5
    assert found.total.value < series


def behind_glass(comm):
    """Return a cell between glass side walls, in a room 20 K colder than its middle."""
    glass = {"left": fs.Wall(3e-3, 2), "right": fs.Wall(3e-3, 2)}
    cell = fs.rectangle(comm, (1e-2, GAP), (8, 6), grading=2.0, walls=glass)
    level = experiment(tilt=0.0, extra=(Ambient(("left outside", "right outside"), 20.0, 275.65),))
    solids = dict.fromkeys(cell.walls.solids, fs.load_solid("borosilicate"))
    return replace(level, cell=cell, solids=solids)


def test_glass_and_the_room_behind_it_are_one_cause(comm):
    real = behind_glass(comm)
    causes = causes_in(real)
    assert [cause.name for cause in causes] == ["side_walls"]
    together = causes[0]
    for words in ("left wall: ", "right wall: ", "20 W/(m² K) to surroundings at 275.65 K"):
        assert words in together.sentence(ideal_of(real).experiment)
    found = budget(
        ideal_of(real), (*causes, Tilt(fs.up_vector((0.0, 1.0), 0.3))), with_numerical_error=False
    )
    both = value(found, "side_walls")
    assert both < -1e-3
    assert abs(found.interaction.value) < 0.1 * abs(found.total.value)
    # Apart each does next to nothing, and what they do together is left over.
    apart = budget(ideal_of(real), (*together.walls, together.room), with_numerical_error=False)
    assert sum(abs(term.entry.value) for term in apart.terms) < 0.1 * abs(both)
    assert apart.interaction.value == pytest.approx(both, rel=0.1)


def test_a_plate_before_a_room_stays_a_resistance_in_series(comm):
    real = behind_glass(comm)
    copper = {"top": fs.Wall(2e-3, 1)}
    cell = fs.rectangle(comm, (1e-2, GAP), (6, 6), grading=2.0, walls=copper)
    plate = replace(real, cell=cell, solids={"top wall": fs.load_solid("copper")})
    room = SideWalls((Ambient(("left", "right"), 10.0, 292.65),))
    kept = with_surroundings(
        (*causes_in(replace(plate, conditions=plate.conditions[:2])), room), plate
    )
    assert {cause.name for cause in kept} == {"top_wall", "side_walls"}
    assert room in kept
