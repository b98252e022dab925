"""Tangents of marches and steady states are the derivatives of what the solver returns.

Marches take fixed steps, so that they are smooth functions of every unknown; the reference is a
central difference of whole marches, extrapolated from two steps.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from mpi4py import MPI

import numpy as np
import pytest
from everything import full_problem
from test_march import PROTOCOL
from test_multigrid import MESHES, soret_cell
from tolerances import REPEATED
from walled import solid, walled_cell, water_ethanol

from femsoret.base.errors import CaseError
from femsoret.base.functions_of_time import PiecewiseLinear, ramp
from femsoret.cells import annulus, rectangle
from femsoret.fluids import load_fluid
from femsoret.fluids.properties import Constant, Scaled
from femsoret.physics.closures import (
    Component,
    Gravity,
    MulticomponentMixture,
    SoretTransport,
    mixture_of,
)
from femsoret.problem import Problem
from femsoret.problem.conditions import Robin, Temperature
from femsoret.problem.orientation import up_vector
from femsoret.problem.protocol import GravityDirection, Protocol, WallValue
from femsoret.problem.variation import Setting, Variation
from femsoret.solve import Held, Newton, NewtonOptions, find_steady
from femsoret.solve.march import Clock, March, MarchOptions, Tangents
from femsoret.solve.steady.tangents import steady_tangents

CONVERGED = NewtonOptions(tolerance=1e-10)
"""Differences of states divide the error of Newton's method by the step."""

EXACT = 3e-6 if MPI.COMM_WORLD.size == 1 else 1e-5
"""Error of a tangent over its largest entry, compared with differences of states. These have the
round-off of their solves: on two ranks up to 3.4e-6 of the small potential phi, where the tangents
themselves are those of one rank to 1e-11."""

Settings = Callable[[float], Setting]


@dataclass(frozen=True)
class Marching:
    """A march, and how its problem depends on unknowns.

    Args:
        problem: The problem.
        base: Its setting.
        unknowns: Name -> setting as a function of the change of the unknown, and a step.
        dt: Length of the steps, s.
        steps: Their number.
        preset: Preset of the linear solver.
    """

    problem: Problem
    base: Setting
    unknowns: dict[str, tuple[Settings, float]]
    dt: float
    steps: int = 4
    preset: str = "automatic"

    def variations(self) -> list[Variation]:
        return [Variation.around(of, 0.0, step) for of, step in self.unknowns.values()]

    def run(self, setting: Setting, tangents: Tangents | None = None, **options) -> list:
        """March from a uniform state; return it, or with tangents their arrays."""
        problem = self.problem
        for function in problem.functions:
            function.x.array[:] = 0.0
        self.base.apply(problem)
        setting.apply(problem)
        chosen = MarchOptions(**{"fixed_step": self.dt, "preset": self.preset, **options})
        with March(problem, chosen, setting.protocol, tangents=tangents) as march:
            for _ in march.until(self.steps * self.dt):
                pass
            if tangents is None:
                return problem.get_state()
            return [tangents.arrays(k) for k in range(len(self.unknowns))]

    def difference(self, name: str, **options) -> list:
        """Return the extrapolated central difference of two pairs of marches."""
        of, step = self.unknowns[name]
        found = []
        for h in (step, 0.5 * step):
            ends = [self.run(of(sign * h), **options) for sign in (1.0, -1.0)]
            found.append([(a - b) / (2.0 * h) for a, b in zip(*ends, strict=True)])
        return [(4.0 * b - a) / 3.0 for a, b in zip(*found, strict=True)]


def of_parameters(problem: Problem, names: list[str], protocol: Protocol) -> dict:
    """Return relative changes of parameters as unknowns."""

    def setting(name: str) -> Settings:
        value = float(problem.parameters[name].value)
        return lambda by: Setting({name: value * (1.0 + by)}, {}, protocol)

    return {name: (setting(name), 5e-3) for name in names}


def base_of(problem: Problem, protocol: Protocol) -> Setting:
    """Return the setting of a problem as it was made."""
    return Setting(
        {name: float(constant.value) for name, constant in problem.parameters.items()},
        {key: values.x.array.copy() for key, values in problem.wall_values.items()},
        protocol,
    )


def with_everything() -> Marching:
    """All kinds of walls, all of which change in time; Dufour, free slip, laws of T and c."""
    problem = full_problem((3, 2))
    base = base_of(problem, PROTOCOL)
    names = ["conditions.1.h", "conditions.2.value", "cp", "rho0", "species.0.soret.S_inf"]
    unknowns = of_parameters(problem, names, PROTOCOL)

    def wall(by: float) -> Setting:
        first, *others = PROTOCOL.changes
        moved = replace(first, time_function=replace(first.time_function, mean=303.15 + by))
        return Setting({}, {}, Protocol((moved, *others)))

    def surroundings(by: float) -> Setting:
        first, second, *others = PROTOCOL.changes
        values = tuple(v + by for v in second.time_function.values)
        moved = replace(second, time_function=replace(second.time_function, values=values))
        return Setting({}, {}, Protocol((first, moved, *others)))

    return Marching(
        problem, base, {**unknowns, "wall": (wall, 0.1), "outside": (surroundings, 0.1)}, dt=10.0
    )


def turning() -> Marching:
    """Water and ethanol in a cell that is turned while it is heated: triangles."""
    fluid, gap = load_fluid("water-ethanol"), 5e-3
    mixture = mixture_of(fluid, T0=fluid.T, c0=fluid.c, up=up_vector((0.0, 1.0), 3.0))
    walls = (Temperature("top", fluid.T + 5.0), Temperature("bottom", fluid.T - 5.0))
    cell = rectangle(MPI.COMM_WORLD, (gap, gap), (3, 3), shape="triangle")
    problem = Problem(cell, mixture, walls)

    def protocol(tilt: float, offset: float) -> Protocol:
        angle = PiecewiseLinear((0.0, 15.0), (3.0 + tilt, 9.0 + tilt))
        return Protocol(
            (
                GravityDirection((0.0, 1.0), (-1.0, 0.0), angle),
                WallValue("top", ramp(fluid.T + offset, fluid.T + 5.0 + offset, 8.0)),
            )
        )

    unknowns = {
        "tilt": (lambda by: Setting({}, {}, protocol(by, 0.0)), 3e-3),
        "offset": (lambda by: Setting({}, {}, protocol(0.0, by)), 1e-2),
        **of_parameters(problem, ["species.0.soret.factor"], protocol(0.0, 0.0)),
    }
    return Marching(problem, base_of(problem, protocol(0.0, 0.0)), unknowns, dt=4.0)


def level() -> Marching:
    """A level symmetric cell with a step of the walls: no flow at first, by any tangent but one."""
    fluid, gap = load_fluid("water-ethanol"), 5e-3
    mixture = mixture_of(fluid, T0=fluid.T, c0=fluid.c, up=(0.0, 1.0))
    walls = (
        Temperature("top", fluid.T + 5.0),
        Temperature("bottom", fluid.T - 5.0),
        Robin(("left", "right"), 2.0, fluid.T),
    )
    problem = Problem(
        rectangle(MPI.COMM_WORLD, (2 * gap, gap), (4, 3), grading=2.0), mixture, walls
    )
    top = problem.wall_values["theta", "top"].x.array.copy()

    def tilted(by: float) -> Setting:
        up = up_vector((0.0, 1.0), by)
        return Setting({f"gravity.up.{i}": value for i, value in enumerate(up)})

    unknowns = {
        "tilt": (tilted, 3e-3),
        "offset": (lambda by: Setting({}, {("theta", "top"): top + by}), 1e-2),
        **of_parameters(problem, ["species.0.diffusion.factor", "conditions.2.h"], Protocol()),
    }
    return Marching(problem, base_of(problem, Protocol()), unknowns, dt=4.0)


def axisymmetric() -> Marching:
    """A full cylinder in axisymmetric coordinates, heated at its round wall."""
    fluid = load_fluid("water-ethanol")
    mixture = mixture_of(fluid, T0=fluid.T, c0=fluid.c, up=(0.0, 1.0))
    walls = (Temperature("outer", fluid.T + 1.0), Temperature("bottom", fluid.T - 1.0))
    cell = annulus(MPI.COMM_WORLD, (0.0, 3e-3), 3e-3, (3, 3))
    problem = Problem(cell, mixture, walls)
    names = ["species.0.soret.factor", "gravity.magnitude", "viscosity.factor"]
    unknowns = of_parameters(problem, names, Protocol())
    return Marching(problem, base_of(problem, Protocol()), unknowns, dt=2.0)


def walled() -> Marching:
    """A cell between plates that conduct heat, tilted."""
    plates = {"bottom wall": solid(0.5, 4e6), "top wall": solid(3.0, 2e6)}
    cell = walled_cell(MPI.COMM_WORLD, (3, 3), sides=("bottom", "top"))
    # The cell is 1 m high: gravity is small in proportion, and steps are long.
    experiment = water_ethanol(cell, plates, g=1e-9)
    mixture = replace(
        experiment.mixture,
        gravity=replace(experiment.mixture.gravity, up=up_vector((0.0, 1.0), 5.0)),
    )
    problem = replace(experiment, mixture=mixture).problem()
    names = [
        "solids.bottom wall.conductivity.factor",
        "solids.top wall.cp",
        "species.0.soret.factor",
    ]
    unknowns = of_parameters(problem, names, Protocol())
    return Marching(problem, base_of(problem, Protocol()), unknowns, dt=2e5)


def ternary() -> Marching:
    """Three components with cross diffusion and Dufour effect, tilted."""

    def constants(*values: float) -> tuple[Scaled, ...]:
        return tuple(Scaled(Constant(value), 1.0) for value in values)

    mixture = MulticomponentMixture(
        T0=300.0,
        rho0=900.0,
        cp=1800.0,
        beta_T=8.5e-4,
        viscosity=Constant(1.5e-3),
        conductivity=Constant(0.13),
        gravity=Gravity(9.81, up_vector((0.0, 1.0), 2.0)),
        species=(Component("a", 0.5, 0.25), Component("b", 0.3, 0.1)),
        transport=SoretTransport(
            D=(constants(7e-10, 1e-10), constants(3e-11, 9e-10)),
            S=constants(1.2e-3, -3e-4),
            G=(constants(1.2e5, 5e4), constants(5e4, 2e5)),
        ),
    )
    walls = (Temperature("top", 305.0), Temperature("bottom", 295.0))
    problem = Problem(rectangle(MPI.COMM_WORLD, (5e-3, 5e-3), (3, 3)), mixture, walls)
    names = ["transport.S.1.factor", "transport.D.0.1.factor", "transport.D.1.1.factor"]
    unknowns = of_parameters(problem, names, Protocol())
    return Marching(problem, base_of(problem, Protocol()), unknowns, dt=1.0)


def box(cells: int, steps: int, preset: str) -> Marching:
    """A small box in groups, by a factorisation or by multigrid."""
    problem = soret_cell(MESHES["hexahedra"](MPI.COMM_WORLD, cells), 1e3)

    def turned(by: float) -> Setting:
        up = up_vector((0.0, 1.0, 0.0), 5.0, by)
        return Setting({f"gravity.up.{i}": value for i, value in enumerate(up)})

    unknowns = {"azimuth": (turned, 1e-1)}
    base = base_of(problem, Protocol())
    return Marching(problem, base, unknowns, dt=0.02, steps=steps, preset=preset)


CASES = {
    "everything": with_everything,
    "turning": turning,
    "level": level,
    "axisymmetric": axisymmetric,
    "walled": walled,
    "ternary": ternary,
}
FEW = ("turning", "level")
"""Cases that take few seconds."""


def assert_derivative(problem: Problem, found: list, expected: list, exact: float) -> None:
    """Compare tangents block by block; blocks that are round-off on all ranks are left out."""
    comm = problem.cell.comm
    for name, one, other in zip(problem.layout.names, found, expected, strict=True):
        size = comm.allreduce(float(np.abs(other).max(initial=0.0)), op=MPI.MAX)
        wrong = comm.allreduce(float(np.abs(one - other).max(initial=0.0)), op=MPI.MAX)
        assert wrong <= exact * size, (name, wrong / size)


def check(marching: Marching, exact: float = EXACT) -> None:
    problem = marching.problem
    plain = marching.run(marching.base)
    tangents = Tangents(problem, marching.base, marching.variations())
    found = marching.run(marching.base, tangents)
    # Tangents leave the march alone.
    assert_derivative(problem, problem.get_state(), plain, REPEATED)
    for name, tangent in zip(marching.unknowns, found, strict=True):
        assert_derivative(problem, tangent, marching.difference(name), exact)


@pytest.mark.parametrize(
    "case",
    [name if name in FEW else pytest.param(name, marks=pytest.mark.slow) for name in CASES],
)
def test_tangents_are_the_derivatives_of_fixed_steps(case):
    check(CASES[case]())


@pytest.mark.slow
def test_tangents_in_3d():
    check(box(2, 3, "direct"))


@pytest.mark.slow
def test_tangents_by_multigrid():
    """Those of the direct solver, which are compared with differences.

    Differences of marches by multigrid are no reference: they amplify the 1e-9 that is left of each
    residual to 5e-5 of gamma.
    """
    found = []
    for preset in ("multigrid", "direct"):
        marching = box(4, 2, preset)
        tangents = Tangents(marching.problem, marching.base, marching.variations())
        found.append(marching.run(marching.base, tangents))
    for by_multigrid, direct in zip(*found, strict=True):
        assert_derivative(marching.problem, by_multigrid, direct, 1e-6)


def test_the_order_of_unknowns_does_not_matter():
    marching = turning()
    tangents = Tangents(marching.problem, marching.base, marching.variations())
    found = marching.run(marching.base, tangents)
    names = list(marching.unknowns)[::-1]
    other = replace(marching, unknowns={name: marching.unknowns[name] for name in names})
    again = other.run(other.base, Tangents(other.problem, other.base, other.variations()))
    for one, same in zip(found, again[::-1], strict=True):
        assert_derivative(marching.problem, same, one, 1e-9)


def test_rejected_steps_do_not_touch_tangents():
    """A first step that is far too long is rejected; the same steps, without it, give the same."""
    marching, kept = turning(), []
    for first in (40.0, None):
        tangents = Tangents(marching.problem, marching.base, marching.variations())
        options = {"fixed_step": None, "tolerance": 1e-2, "first_step": first or kept[0]}
        for function in marching.problem.functions:
            function.x.array[:] = 0.0
        marching.base.apply(marching.problem)
        chosen = MarchOptions(**options)
        protocol = marching.base.protocol
        with March(marching.problem, chosen, protocol, tangents=tangents) as march:
            step = next(march.until(8.0))
            kept += [step.dt, tangents.arrays(0)]
        assert bool(step.rejected) == (first is not None)
    assert kept[0] == pytest.approx(kept[2], rel=REPEATED)
    assert_derivative(marching.problem, kept[3], kept[1], 1e-9)


@pytest.mark.slow
def test_with_error_control_tangents_are_derivatives_within_the_tolerance():
    """A difference of marches has steps of other lengths, and with them another error in time."""
    marching = replace(level(), steps=40)
    wrong = []
    for tolerance in (1e-2, 1e-4):
        options = {"fixed_step": None, "tolerance": tolerance}
        tangents = Tangents(marching.problem, marching.base, marching.variations())
        found = marching.run(marching.base, tangents, **options)[-1]
        fine = {"fixed_step": None, "tolerance": 1e-6}
        expected = marching.difference("conditions.2.h", **fine)
        i = marching.problem.layout.index("theta")
        size = np.abs(expected[i]).max()
        wrong.append(np.abs(found[i] - expected[i]).max() / size)
    assert wrong[0] < 1e-2
    assert wrong[1] < min(1e-4, 0.2 * wrong[0])


def steady_state(marching: Marching, setting: Setting) -> list:
    marching.base.apply(marching.problem)
    setting.apply(marching.problem, 1e9, 1e9)
    find_steady(marching.problem, CONVERGED)
    return marching.problem.get_state()


@pytest.mark.parametrize("case", ["level", "axisymmetric", "walled", "ternary"])
def test_tangents_of_a_steady_state(case):
    marching = CASES[case]()
    problem = marching.problem
    before = steady_state(marching, marching.base)
    with Newton(problem) as newton:
        found = steady_tangents(newton, marching.base, marching.variations())
    for one, other in zip(problem.get_state(), before, strict=True):
        assert np.array_equal(one, other)
    for tangent, (of, step) in zip(found, marching.unknowns.values(), strict=True):
        parts = []
        for h in (step, 0.5 * step):
            ends = []
            for sign in (1.0, -1.0):
                problem.set_state(before)
                ends.append(steady_state(marching, of(sign * h)))
            parts.append([(a - b) / (2.0 * h) for a, b in zip(*ends, strict=True)])
        expected = [(4.0 * b - a) / 3.0 for a, b in zip(*parts, strict=True)]
        assert_derivative(problem, tangent, expected, EXACT)


def test_what_has_no_tangents_is_refused():
    marching = level()
    problem, base = marching.problem, marching.base
    tangents = Tangents(problem, base, marching.variations())
    with pytest.raises(CaseError, match="resumed"):
        March(problem, clock=Clock(t=1.0), tangents=tangents)
    with pytest.raises(CaseError, match="free bodies"):
        March(problem, free=lambda solver: Held(solver), tangents=tangents)
    with pytest.raises(CaseError, match="another problem"):
        March(turning().problem, tangents=tangents)
    with pytest.raises(CaseError, match="times"):
        Variation(
            Setting({}, {}, Protocol((WallValue("top", ramp(300.0, 301.0, 9.0)),))),
            Setting({}, {}, Protocol((WallValue("top", ramp(300.0, 301.0, 9.1)),))),
            0.1,
        )
    with pytest.raises(CaseError, match="positive difference"):
        Variation(Setting(), Setting(), 0.0)
