"""Conditions: what they pin, and what they refuse."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

from mpi4py import MPI

import numpy as np
import pytest
import ufl
from everything import liquid

from femsoret.base.errors import CaseError, ConditionError
from femsoret.cells import alfeld_split, rectangle
from femsoret.physics.forms import CONDUCTION, CONVECTION, DIFFUSION, PLAIN_CONVECTION
from femsoret.post.fields import integral
from femsoret.post.wall_flows import wall_flows
from femsoret.problem import Problem
from femsoret.problem.conditions import (
    Ambient,
    Closed,
    Composition,
    FreeSlip,
    HeatFlux,
    Insulated,
    NoSlip,
    Robin,
    SideCondition,
    Slip,
    Temperature,
)
from femsoret.solve import solve_steady

WARM = Temperature(("top",), 303.15)
ROBIN = Robin(("top",), 300.0, 303.15)


def problem(*conditions, equations=CONVECTION, mixture=None, angle=0.0):
    cell = rectangle(MPI.COMM_WORLD, (6e-3, 5e-3), (2, 2))
    cell = cell.rotated(angle) if angle else cell
    return Problem(cell, mixture or liquid(), conditions, equations=equations)


def two_species():
    m = liquid()
    return replace(m, species=(m.species[0], replace(m.species[0], name="second", c0=0.1)))


@pytest.mark.parametrize(
    ("conditions", "pinned"),
    [
        ([WARM], ["p", "phi", "chi", "gamma_0"]),
        ([ROBIN], ["p", "phi", "chi", "gamma_0"]),
        (
            [WARM, Closed(("all",)), Insulated(("bottom",)), NoSlip(("all",))],
            ["p", "phi", "chi", "gamma_0"],
        ),
        ([WARM, FreeSlip(("left", "right"))], ["p", "phi", "chi", "gamma_0"]),
        ([WARM, Composition(("left",), 0.4)], ["p", "phi", "chi"]),
        ([WARM, Composition(("all",), lambda x: 0.4 + x[0])], ["p", "phi", "chi"]),
    ],
)
def test_what_must_be_pinned_follows_from_the_conditions(conditions, pinned):
    assert [mean.field for mean in problem(*conditions).pinned] == pinned


@pytest.mark.parametrize(
    ("equations", "fixed", "pinned"),
    [
        (CONVECTION, None, ["p", "phi", "chi", "gamma_0", "gamma_1"]),
        (CONVECTION, 1, ["p", "phi", "chi", "gamma_0"]),
        (PLAIN_CONVECTION, 0, ["p", "gamma_1"]),
        (DIFFUSION, None, ["gamma_0", "gamma_1"]),
        (DIFFUSION, 0, ["gamma_1"]),
        (CONDUCTION, None, []),
    ],
)
def test_each_species_is_pinned_on_its_own(equations, fixed, pinned):
    given = [] if fixed is None else [Composition(("left",), 0.4, species=fixed)]
    p = problem(WARM, *given, equations=equations, mixture=two_species())
    assert [mean.field for mean in p.pinned] == pinned


@pytest.mark.parametrize(
    ("conditions", "message"),
    [
        ([WARM, NoSlip(("lid",))], r"no side 'lid'(.|\n)*allowed: .*bottom"),
        ([Temperature(("tpo",), 300.0)], r"no side 'tpo'(.|\n)*did you mean 'top'"),
        ([WARM, HeatFlux(("top", "left"), 1.0)], r"'top' has two conditions for the temperature"),
        ([WARM, Insulated(("top",))], r"HeatFlux|Insulated and Temperature"),
        ([WARM, NoSlip(("left",)), FreeSlip(("left",))], r"'left' has two .* for the velocity"),
        ([WARM, Closed(("left",)), Composition(("left",), 0.4)], r"two .* for the composition"),
        ([WARM, NoSlip(("all",)), FreeSlip(("all",))], r"'all' has two conditions"),
        ([], "no temperature is fixed"),
        ([HeatFlux(("top",), 1.0), Insulated(("bottom",))], "no temperature is fixed"),
    ],
)
def test_contradictions_are_refused_with_a_reason(conditions, message):
    with pytest.raises(ConditionError, match=message) as refused:
        problem(*conditions)
    assert refused.value.hint


@pytest.mark.parametrize(
    ("kind", "arguments", "message"),
    [
        (Composition, ("left", 1.4), r"on left: the mass fraction 1.4 is outside 0..1"),
        (Composition, ("left", -1e-3), "outside 0..1"),
        (Composition, ("left", float("nan")), "outside 0..1"),
        (Temperature, (("left", "all"), 300.0), 'combines "all" with other sides'),
        (NoSlip, ((),), "NoSlip has no sides"),
    ],
)
def test_a_condition_that_makes_no_sense_is_refused_where_it_is_written(kind, arguments, message):
    with pytest.raises(ConditionError, match=message) as refused:
        kind(*arguments)
    assert refused.value.hint


@pytest.mark.parametrize("condition", [Composition("left", 0.4, species=3), Closed("left", 3)])
def test_a_species_that_the_mixture_does_not_have_is_refused(condition):
    with pytest.raises(ConditionError, match="on left: the mixture has no species 3") as refused:
        problem(WARM, condition, mixture=two_species())
    assert refused.value.hint == "species are counted from 0; allowed: 0, 1"
    with pytest.raises(ConditionError, match=r"no species 3(.|\n)*pure fluid"):
        problem(WARM, condition, mixture=replace(liquid(), species=()))
    # Where only heat is solved for, what is said about the species there are holds its peace.
    problem(WARM, replace(condition, species=1), mixture=two_species(), equations=CONDUCTION)


def test_a_single_side_may_be_given_as_it_is():
    assert Temperature("left", 300.0) == Temperature(("left",), 300.0)
    assert NoSlip("all") == NoSlip(("all",))
    assert Insulated(["left", "top"]).sides == ("left", "top")
    assert problem(Temperature("top", 303.15)).orientation.hot == "top"


@dataclass(frozen=True)
class Bath:
    """A user's own condition, derived from nothing: half of the side is in a bath."""

    sides: tuple[str, ...]
    T: float
    fields: ClassVar[tuple[str, ...]] = ("theta",)
    fixes_level: ClassVar[bool] = True
    essential: ClassVar[bool] = False
    unbound: ClassVar[tuple[str, ...]] = ()

    def on(self, sides):
        return replace(self, sides=sides)

    def temperature(self, cell, side):
        return self.T

    def dirichlet(self, problem) -> list[Any]:
        return []

    def term(self, s, v, m, wall):
        return 50.0 * (m.T0 + s.theta - self.T) * v.theta * wall.ds


def test_a_condition_of_ones_own_may_fix_the_temperature():
    p = problem(Bath(("top",), 303.0), Temperature("bottom", 300.0))
    assert (p.orientation.hot, p.orientation.cold) == ("top", "bottom")
    assert p.orientation.dT == pytest.approx(3.0)
    assert "conditions.0.T" in p.parameters


@dataclass(frozen=True)
class WetGlass(SideCondition):
    """A condition of several fields, essential and natural at once: at rest, and it loses heat."""

    h: float
    fields: ClassVar[tuple[str, ...]] = ("u", "theta")
    fixes_level: ClassVar[bool] = False

    def dirichlet(self, problem):
        return problem.fix_velocity(self.sides, component=None) if "u" in problem.layout else []

    def term(self, s, v, m, wall):
        return self.h * (s.theta - 1.0) * v.theta * wall.ds


def test_a_condition_may_be_essential_and_natural_at_once_and_over_several_fields():
    glass = WetGlass("left", 50.0)
    p = problem(WARM, FreeSlip("all"), glass)
    # On "left" it holds the velocity, in place of the condition on "all".
    held = [bc for block, bc in p.dirichlet if block == "u"]
    assert sorted(len(bc.dof_indices()[0]) for bc in held) == [5, 5, 5, 2 * 5]
    # Its term counts, with its number, also where nothing flows.
    still = problem(WARM, glass, equations=CONDUCTION)
    still.parameters["conditions.1.h"].value = 20.0
    solve_steady(still)
    left, s = still.wall("left"), still.state
    lost = 20.0 * integral(still, (s.theta - 1.0) * left.ds)
    flows = wall_flows(still, "theta")
    assert flows["left"] == pytest.approx(lost, rel=1e-9)
    assert flows["top"] == pytest.approx(-lost, rel=1e-9)
    with pytest.raises(ConditionError, match=r"'left' has two conditions for the temperature"):
        problem(WARM, glass, Insulated("left"))


def test_a_term_sees_the_normal_and_the_height_of_the_mesh_cells():
    p = problem(WARM, angle=30.0)
    x = ufl.SpatialCoordinate(p.cell.mesh)
    for side, height in (("right", 3e-3), ("top", 2.5e-3)):
        wall, area = p.wall(side), p.cell.area(side)
        assert integral(p, wall.h * wall.ds) == pytest.approx(height * area, rel=1e-12)
        # Where the normal points is known from elsewhere: the side's distance from the origin.
        distance = integral(p, ufl.inner(x, wall.n) * wall.ds) / area
        assert distance == pytest.approx(2.0 * height, rel=1e-12)


def test_dirichlet_values_are_no_parameters():
    # They would change nothing: what is imposed was evaluated when the problem was stated.
    p = problem(WARM, Composition("left", 0.4), HeatFlux("bottom", 3.0))
    names = [name for name in p.parameters if name.startswith("conditions.")]
    assert names == ["conditions.2.value"]


def test_a_named_side_takes_precedence_over_all():
    p = problem(Temperature(("all",), 300.0), Temperature(("left",), 310.0))
    p.impose()
    theta, x = p.function("theta"), p.space("theta").tabulate_dof_coordinates()
    left = x[:, 0] < 1e-9
    assert theta.x.array[left] == pytest.approx(310.0 - 298.15, abs=1e-12)
    right = x[:, 0] > 6e-3 - 1e-9
    assert theta.x.array[right] == pytest.approx(300.0 - 298.15, abs=1e-12)


def test_values_may_be_functions_of_place():
    p = problem(
        Temperature(("top", "bottom"), lambda x: 300.0 + 1e3 * x[0]),
        Composition(("left",), lambda x: 0.3 + 10.0 * x[1]),
    )
    p.impose()
    for name, value, on in (
        ("theta", lambda x: 300.0 + 1e3 * x[:, 0] - 298.15, lambda x: x[:, 1] > 5e-3 - 1e-9),
        ("gamma_0", lambda x: 0.3 + 10.0 * x[:, 1] - 0.35, lambda x: x[:, 0] < 1e-9),
    ):
        x = p.space(name).tabulate_dof_coordinates()
        assert p.function(name).x.array[on(x)] == pytest.approx(value(x[on(x)]), abs=1e-12)


def test_free_slip_leaves_the_tangential_velocity_free():
    p = problem(WARM, FreeSlip(("left", "right", "top", "bottom")))
    u = p.function("u")
    u.x.array[:] = 1.0
    p.impose()
    values, x = u.x.array.reshape(-1, 2), p.space("u").tabulate_dof_coordinates()
    x = x[: len(values)]
    vertical = (x[:, 0] < 1e-9) | (x[:, 0] > 6e-3 - 1e-9)
    level = (x[:, 1] < 1e-9) | (x[:, 1] > 5e-3 - 1e-9)
    assert np.array_equal(values, 1.0 - np.stack([vertical, level], axis=1))


def test_free_slip_is_strong_in_coordinate_planes_and_weak_elsewhere():
    """What is held at zero on "left" is one component there, and a term where it leans."""
    for angle, weakly, held in ((90.0, False, True), (90.0, True, False), (30.0, False, False)):
        p = problem(WARM, NoSlip("right"), FreeSlip("all", weakly=weakly), angle=angle)
        blocks = [block for block, _ in p.dirichlet]
        assert blocks.count("u") == (4 if held else 1)
        assert (p.wall_ufl is None) == held


def test_ranks_agree_on_the_dofs_of_a_side(comm):
    # From six ranks on some hold a corner of a side as a ghost without being its facets' neighbour.
    cell = alfeld_split(rectangle(comm, (1.0, 1.0), (1, 1), shape="triangle"))
    p = Problem(cell, liquid(), (Temperature("all", 300.0),), equations=CONDUCTION)
    dofs, index_map = p.dofs_on("theta", ("all",)), p.space("theta").dofmap.index_map
    every = np.arange(index_map.size_local + index_map.num_ghosts, dtype=np.int32)
    here, fixed = index_map.local_to_global(every), index_map.local_to_global(dofs)
    anywhere = np.unique(np.concatenate(comm.allgather(fixed)))
    assert len(anywhere) == 8  # corners and midpoints of four edges
    assert np.array_equal(np.sort(fixed), np.intersect1d(here, anywhere))


def test_temperatures_that_drive_a_cell_are_changed_those_of_the_room_are_not():
    def up(T):
        return T + 2.0

    assert WARM.with_temperatures(up) == Temperature(("top",), 305.15)
    assert ROBIN.with_temperatures(up) == Robin(("top",), 300.0, 305.15)
    varying = Temperature("top", lambda x: 300.0 + x[0]).with_temperatures(up)
    assert varying.value(np.array([[1.0, 3.0]])) == pytest.approx([303.0, 305.0], rel=1e-15)
    for same in (Ambient("left", 5.0, 295.0), HeatFlux("left", 3.0), NoSlip("all")):
        assert same.with_temperatures(up) == same


@pytest.mark.parametrize(
    ("given", "at_plate", "elsewhere"),
    [
        (WARM, WARM, WARM),
        (ROBIN, WARM, Insulated(("top",))),
        (HeatFlux("top", 3.0), Insulated("top"), Insulated("top")),
        (Insulated("top"), Insulated("top"), Insulated("top")),
        (NoSlip("all"), NoSlip("all"), NoSlip("all")),
        (Closed("all"), Closed("all"), Closed("all")),
    ],
    ids=lambda condition: type(condition).__name__,
)
def test_every_condition_has_one_in_its_place_in_an_ideal_cell(given, at_plate, elsewhere):
    assert given.ideal(at_plate=True) == at_plate
    assert given.ideal(at_plate=False) == elsewhere


@pytest.mark.parametrize("given", [Slip("left", mu_s=1e-10), WetGlass("left", 50.0)])
def test_an_ideal_cell_refuses_conditions_that_it_does_not_know(given):
    with pytest.raises(CaseError, match=rf"{type(given).__name__} on left"):
        given.ideal(at_plate=False)
