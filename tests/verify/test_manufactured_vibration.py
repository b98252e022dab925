"""A manufactured solution of a mixture that vibrates fast: full orders of the mean flow.

The mean force is typed as published, rho0 (V^2/2) (w.grad)(B n - w) with w = B n - grad zeta (G. Z.
Gershuni, D. V. Lyubimov, *Thermal Vibrational Convection*, Wiley 1998), and not as the code has it.
The two differ by the gradient of rho0 (V^2/4) w^2, by which the pressure is larger.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import pytest
import revolved
import ufl
from cases import MANUFACTURED, check
from manufactured import (
    conditions,
    errors,
    exact,
    exact_on,
    mixture,
    start_from_exact,
    with_sources,
)

from femsoret.cells import annulus, box, rectangle
from femsoret.physics.closures import Gravity, Mixture, State, Vibration, fluxes
from femsoret.physics.closures.modified import with_vibration
from femsoret.physics.coordinates import Coordinates
from femsoret.physics.forms import CONVECTION, term
from femsoret.physics.forms.wall import Wall
from femsoret.post.fields import integral
from femsoret.problem import Problem
from femsoret.problem.conditions import SideCondition, VibrationSymmetry
from femsoret.solve import NewtonOptions, solve_steady

V = 4.0
"""The mean force is about as large as the gravity of the mixture, which is 5."""

DIRECTIONS = {"2D": (0.8, -0.6), "axisymmetric": (0.0, 1.0), "3D": (0.6, -0.48, 0.64)}


def potential(x: Any) -> Any:
    """Return zeta, which is zero at the bottom and even in the first coordinate."""
    if len(x) == 2:
        return ufl.sin(1.2 * x[1]) * (0.5 + ufl.cos(1.5 * x[0] ** 2)) + 0.3 * x[1] ** 2
    return ufl.sin(1.2 * x[2]) * (0.5 + ufl.cos(1.5 * x[0] ** 2 + x[1])) + 0.3 * x[1] * x[2] ** 2


def pulsation(x: Any, m: Any, coordinates: Coordinates) -> tuple[Any, Any]:
    """Return grad zeta, which is B n - w, and w of the exact fields."""
    fields, (law,) = exact(x, coordinates), m.species
    n = ufl.as_vector(m.gravity.vibration.direction)
    B = m.beta_T * fields["theta"] - law.beta_c * fields["gamma_0"]
    slope = ufl.grad(potential(tuple(x[i] for i in range(len(x)))))
    return slope, B * n - slope


@term()
def vibrational_sources(s: State, v: State, m: Any, dx: Any) -> Any:
    """Return what the mean force and div w = 0 lack, tested."""
    x = ufl.SpatialCoordinate(dx.ufl_domain())
    slope, w = pulsation(x, m, s.coordinates)
    force = 0.5 * m.rho0 * m.gravity.vibration.velocity**2 * ufl.dot(ufl.grad(slope), w)
    divergence = revolved.divergence(w, x[0]) if s.coordinates.has_axis else ufl.div(w)
    return (ufl.inner(force, v.u) - divergence * v.zeta) * dx


@dataclass(frozen=True)
class ExactPulsation(SideCondition):
    """The fluid pulsates through the sides as the exact one does."""

    fields: ClassVar[tuple[str, ...]] = ("zeta",)
    fixes_level: ClassVar[bool] = False

    def term(self, s: State, v: State, m: Any, wall: Wall) -> Any:
        _, w = pulsation(ufl.SpatialCoordinate(wall.ds.ufl_domain()), m, s.coordinates)
        return ufl.inner(w, wall.n) * v.zeta * wall.ds


SHAPES = {
    "quadrilaterals": ("2D", lambda comm, n: rectangle(comm, (1, 1), (n, n))),
    "triangles": ("2D", lambda comm, n: rectangle(comm, (1, 1), (n, n), shape="triangle")),
    "axisymmetric": ("axisymmetric", lambda comm, n: annulus(comm, (0, 1), 1, (n, n))),
    "hexahedra": ("3D", lambda comm, n: box(comm, (1,) * 3, (n,) * 3)),
    "tetrahedra": ("3D", lambda comm, n: box(comm, (1,) * 3, (n,) * 3, shape="tetrahedron")),
}

CELLS = {
    "quadrilaterals": (8, 16),
    "triangles": (8, 16),
    "axisymmetric": (8, 16),
    "hexahedra": (3, 5),
    "tetrahedra": (3, 5),
}


def vibrated(kind: str) -> Mixture:
    """Return the mixture that vibrates, along the axis of a cell that has one."""
    n = DIRECTIONS[kind]
    plain = mixture(len(n))
    if kind == "axisymmetric":
        plain = replace(plain, gravity=Gravity(5.0, (0.0, 1.0)))
    return with_vibration(plain, Vibration(V, n))


def manufactured_errors(
    comm: Any, shape: str, n: int, symmetric: tuple[str, ...] = ()
) -> dict[str, float]:
    """Return the L2 errors of all blocks, and of w.

    Args:
        comm: MPI communicator.
        shape: Key of `SHAPES`.
        n: Mesh cells a side.
        symmetric: Sides at which zeta is held at zero, as it is on planes of symmetry.
    """
    kind, make = SHAPES[shape]
    cell, m = make(comm, n), vibrated(kind)
    coordinates = cell.coordinates
    through = tuple(side for side in cell.sides if side not in symmetric)
    walls = (
        *conditions(cell.dim, closed=False, coordinates=coordinates),
        ExactPulsation(through),
        *((VibrationSymmetry(symmetric),) if symmetric else ()),
    )
    equations = with_sources(CONVECTION.vibrated(), vibrational_sources)
    problem = Problem(cell, m, walls, equations=equations)
    assert ("zeta" in {mean.field for mean in problem.pinned}) != bool(symmetric)
    start_from_exact(problem)
    solve_steady(problem, NewtonOptions(tolerance=1e-6))
    found = errors(problem)
    _, w = pulsation(ufl.SpatialCoordinate(cell.mesh), m, coordinates)
    off = fluxes.pulsation(problem.mixture, problem.state) - w
    found["w"] = math.sqrt(integral(problem, ufl.inner(off, off) * problem.dx))
    pressure = exact_on(problem)["p"] + 0.25 * m.rho0 * V**2 * ufl.inner(w, w)
    above = problem.pressure - pressure
    level = integral(problem, above * problem.dx) / cell.fluid_volume
    found["p"] = math.sqrt(integral(problem, (above - level) ** 2 * problem.dx))
    return found


def orders(comm: Any, shape: str) -> dict[str, float]:
    """Return the orders between the two meshes of a shape: "order of u" and so on."""
    cells = CELLS[shape]
    coarse, fine = (manufactured_errors(comm, shape, n) for n in cells)
    refined = math.log(cells[1] / cells[0])
    return {f"order of {name}": float(np.log(coarse[name] / fine[name])) / refined for name in fine}


SLOW = {"axisymmetric", "hexahedra", "tetrahedra"}


@pytest.mark.parametrize(
    "shape", [pytest.param(shape, marks=[pytest.mark.slow] * (shape in SLOW)) for shape in SHAPES]
)
def test_orders_of_convergence(comm, shape):
    check(MANUFACTURED, f"{shape}, vibrated", orders(comm, shape))


def test_a_plane_of_symmetry_perpendicular_to_the_vibration(comm):
    """Where zeta is held at zero, as it is there, all fields are as good as with given w.n."""
    held, given = (
        manufactured_errors(comm, "triangles", 8, symmetric) for symmetric in (("bottom",), ())
    )
    assert all(held[name] < 1.01 * given[name] for name in given), (held, given)
