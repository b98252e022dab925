"""Discretisations of flow.

They differ in what a buoyancy that is a gradient does to the discrete flow. In the continuous
equations it does nothing, since the pressure balances it; with elements whose velocities are
divergence-free only on average it drives a flow that does not exist (V. John, A. Linke, C. Merdon,
M. Neilan, L. G. Rebholz, SIAM Review 59 (2017) 492).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

from femsoret.base.errors import CaseError
from femsoret.physics.coordinates import Coordinates
from femsoret.physics.forms import CONVECTION, PLAIN_CONVECTION, PLAIN_STOKES, STOKES, Equations
from femsoret.problem.layout import POTENTIALS


@dataclass(frozen=True)
class Element:
    """A Lagrange element.

    Args:
        degree: Polynomial degree.
        continuous: Whether the functions are continuous across mesh cells.
    """

    degree: int
    continuous: bool = True


class Meshed(Protocol):
    """What a discretisation needs of a cell."""

    @property
    def dim(self) -> int:
        """The dimension, 2 or 3."""

    @property
    def alfeld(self) -> bool:
        """Whether the mesh is an Alfeld split."""

    @property
    def coordinates(self) -> Coordinates:
        """Meaning of the coordinates of the mesh."""


@dataclass(frozen=True)
class Discretisation:
    """How flow is discretised; k is the degree of velocity, temperature and compositions.

    Args:
        name: Its name in case files.
        convection: Flow, heat and species together.
        stokes: Slow flow driven by given heat and species.
        continuous_pressure: Whether the pressure, of degree k - 1, is continuous.
        potential: Degree of the potentials of buoyancy and velocity, less k. With 1 the gradient of
            the first represents a buoyancy of the scalars' degree, and the second makes advection
            of layers that are linear in the height exact, as if div u were zero.
        smallest_degree: Smallest k with a stable pressure, in 2D and in 3D.
        alfeld: Whether the mesh must be the Alfeld split of simplices.
    """

    name: str
    convection: Equations
    stokes: Equations
    continuous_pressure: bool = True
    potential: int = 1
    smallest_degree: tuple[int, int] = (2, 2)
    alfeld: bool = False

    def element(self, block: str, degree: int) -> Element:
        """Return the element of a block."""
        if block == "p":
            return Element(degree - 1, self.continuous_pressure)
        return Element(degree + self.potential if block in POTENTIALS else degree)

    @property
    def lean(self) -> Discretisation:
        """The discretisation with potentials of degree k, which has fewer unknowns; for guesses."""
        return replace(self, potential=0)

    def check_degree(self, dim: int, degree: int) -> None:
        """Refuse a degree that has no stable pressure.

        Raises:
            CaseError: The degree is too low.
        """
        smallest = self.smallest_degree[dim - 2]
        if degree < smallest:
            raise CaseError(
                f"the discretisation {self.name!r} is not stable at degree {degree} in {dim}D",
                f"take degree {smallest} or more, or another discretisation",
            )

    def check_coordinates(self, coordinates: Coordinates) -> None:
        """Refuse coordinates in which the method loses its purpose.

        In (r, z) the divergence of a polynomial velocity has u_r/r in it, which no pressure of
        degree k - 1 tests at every point: Scott-Vogelius elements are divergence-free on average
        only, and a cell at rest does not rest (table in docs/evidence.md).

        Raises:
            CaseError: The method is for Cartesian coordinates.
        """
        if self.alfeld and coordinates.has_axis:
            raise CaseError(
                f"the discretisation {self.name!r} is divergence-free at every point in Cartesian "
                f"coordinates only; the cell is {coordinates.name}",
                "take 'well-balanced', the default",
            )

    def check(self, cell: Meshed, degree: int) -> None:
        """Refuse a degree, coordinates or a mesh that do not suit the discretisation.

        Args:
            cell: The cell.
            degree: The degree k.

        Raises:
            CaseError: The degree is too low, the coordinates are not Cartesian, or the mesh is not
                split.
        """
        self.check_degree(cell.dim, degree)
        self.check_coordinates(cell.coordinates)
        if self.alfeld and not cell.alfeld:
            raise CaseError(
                f"the discretisation {self.name!r} is not stable on a mesh that is not split",
                "take cells.alfeld_split(cell), or an Experiment, which does so itself",
            )


WELL_BALANCED = Discretisation("well-balanced", CONVECTION, STOKES)
"""Taylor-Hood elements with the gradient part of the buoyancy taken out; the default."""

TAYLOR_HOOD = Discretisation("taylor-hood", PLAIN_CONVECTION, PLAIN_STOKES)
"""Plain Taylor-Hood elements, for comparison: they have spurious flows."""

SCOTT_VOGELIUS = Discretisation(
    "scott-vogelius",
    PLAIN_CONVECTION,
    PLAIN_STOKES,
    continuous_pressure=False,
    smallest_degree=(2, 3),
    alfeld=True,
)
"""Velocities that are divergence-free at every point, by a discontinuous pressure of degree k - 1
on the Alfeld split: k >= d is stable there (D. N. Arnold, J. Qin, in Advances in Computer Methods
for Partial Differential Equations VII (1992) 28, in 2D; S. Zhang, Math. Comp. 74 (2005) 543, in
3D). A reference: 4.5 times the unknowns in 2D."""

DISCRETISATIONS = {d.name: d for d in (WELL_BALANCED, TAYLOR_HOOD, SCOTT_VOGELIUS)}
"""All of them by name."""
