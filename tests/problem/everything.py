"""One problem with everything in it, for the tests of problem and solve.

Properties depend on T and c, with Dufour effect, both buoyancies, tilted gravity, and one side
each with a temperature, a heat loss, a heat flux and free slip. It is stated in any system of
units, and at any strength of gravity, with one and the same compiled form.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from mpi4py import MPI

import numpy as np

from femsoret.cells import rectangle
from femsoret.fluids.properties import IacopiniPiazza, Linear
from femsoret.physics.closures import BoussinesqMixture, Full, Gravity, ProportionalMixing, Species
from femsoret.physics.forms import CONVECTION, Equations
from femsoret.problem import Problem
from femsoret.problem.conditions import FreeSlip, HeatFlux, Robin, Temperature
from femsoret.problem.orientation import up_vector

C0 = 0.35
UP = up_vector((0.0, 1.0), 150.0)


@dataclass(frozen=True)
class Units:
    """How many SI units one unit is."""

    metre: float = 1.0
    kilogram: float = 1.0
    second: float = 1.0
    kelvin: float = 1.0

    def of(self, value: float, m: int = 0, kg: int = 0, s: int = 0, K: int = 0) -> float:
        """Return an SI value of dimension m^m kg^kg s^s K^K in these units."""
        return value / (self.metre**m * self.kilogram**kg * self.second**s * self.kelvin**K)


SI = Units()


def liquid(units: Units = SI, *, g: float = 0.02, S_T: float = 8e-3) -> BoussinesqMixture:
    """Return an organic liquid with T- and c-dependent properties.

    Args:
        units: System of units.
        g: Gravity, m/s2.
        S_T: Soret coefficient far above its change of sign, 1/K.
    """
    of = units.of
    T0 = of(298.15, K=1)
    viscosity = {"m": -1, "kg": 1, "s": -1}
    conductivity = {"m": 1, "kg": 1, "s": -3, "K": -1}
    diffusion = {"m": 2, "s": -1}

    def linear(value: float, slope_T: float, slope_c: float, dimension: dict[str, int]) -> Linear:
        per_kelvin = {**dimension, "K": dimension.get("K", 0) - 1}
        return Linear(
            of(value, **dimension), T0, of(slope_T, **per_kelvin), C0, of(slope_c, **dimension)
        )

    return BoussinesqMixture(
        T0=T0,
        rho0=of(870.0, kg=1, m=-3),
        cp=of(1800.0, m=2, s=-2, K=-1),
        beta_T=of(9e-4, K=-1),
        viscosity=linear(1.2e-3, -1.5e-5, 4e-4, viscosity),
        conductivity=linear(0.13, -2e-4, 0.03, conductivity),
        gravity=Gravity(of(g, m=1, s=-2), UP),
        species=(
            Species(
                name="first",
                c0=C0,
                beta_c=0.21,
                diffusion=linear(6e-9, 1e-10, -3e-9, diffusion),
                soret=IacopiniPiazza(of(S_T, K=-1), of(285.0, K=1), of(18.0, K=1)),
                mixing=ProportionalMixing(of(1.2e4, m=2, s=-2), T0),
            ),
        ),
        closure=Full(),
    )


def conditions(units: Units = SI) -> tuple[Any, ...]:
    """Return a condition of each kind; the composition is left free."""
    of = units.of
    return (
        Temperature(("bottom",), of(303.15, K=1)),
        Robin(("top",), of(300.0, kg=1, s=-3, K=-1), of(293.15, K=1)),
        HeatFlux(("left",), of(40.0, kg=1, s=-3)),
        FreeSlip(("right",)),
    )


def full_problem(
    cells: tuple[int, int] = (4, 3),
    *,
    comm: MPI.Comm = MPI.COMM_WORLD,
    units: Units = SI,
    g: float = 0.02,
    S_T: float = 8e-3,
    equations: Equations = CONVECTION,
) -> Problem:
    """Return the problem on a rectangle of 6 mm x 5 mm."""
    size = (units.of(6e-3, m=1), units.of(5e-3, m=1))
    cell = rectangle(comm, size, cells)
    return Problem(cell, liquid(units, g=g, S_T=S_T), conditions(units), equations=equations)


@dataclass(frozen=True)
class Wave:
    """A smooth field that no symmetry favours.

    Args:
        seed: Different seeds give different fields.
    """

    seed: int
    numbers: Any = field(init=False)

    def __post_init__(self) -> None:
        draw = np.random.default_rng(self.seed)
        object.__setattr__(self, "numbers", draw.uniform(0.5, 3.0, (2, 4)))

    def on(self, extent: float, components: int) -> Callable[[Any], Any]:
        """Return the field as a function of coordinates; one row a component."""

        def values(x: Any) -> Any:
            a, b, c, d = self.numbers[:components].T[..., None]
            result = np.sin(a + (b * x[0] + c * x[1]) / extent) * np.cos(d * x[1] / extent)
            return result if components > 1 else result[0]

        return values


def put_waves(problem: Problem, seed: int, blocks: tuple[str, ...] | None = None) -> None:
    """Make the state a set of waves of natural size, zero in the blocks that are not named."""
    extent = problem.orientation.gap
    for i, name in enumerate(problem.layout.names):
        function = problem.function(name)
        components = problem.cell.dim if name == "u" else 1
        function.interpolate(Wave(10 * seed + i).on(extent, components))
        wanted = blocks is None or name in blocks
        function.x.array[:] *= problem.scales.largest(name) if wanted else 0.0
