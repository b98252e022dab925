"""Discretisations of the flow.

They differ in how a buoyancy force that is a gradient affects the discrete flow. In the continuous
equations the pressure balances such a force, and it drives no flow. With elements whose velocities
are divergence-free only on average, it drives a spurious flow (V. John, A. Linke, C. Merdon,
M. Neilan, L. G. Rebholz, SIAM Review 59 (2017) 492).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

from femsoret.base.errors import CaseError
from femsoret.physics.closures import Mixture
from femsoret.physics.coordinates import Coordinates
from femsoret.physics.forms import (
    CONVECTION,
    DIFFUSION,
    PLAIN_CONVECTION,
    PLAIN_STOKES,
    STOKES,
    Equations,
)
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
    """Properties of a cell that a discretisation depends on."""

    @property
    def dim(self) -> int:
        """Dimension of the mesh, 2 or 3."""

    @property
    def alfeld(self) -> bool:
        """Whether the mesh is an Alfeld split: each simplex split at its barycentre."""

    @property
    def coordinates(self) -> Coordinates:
        """Coordinate system of the mesh: Cartesian or axisymmetric."""


@dataclass(frozen=True)
class Discretisation:
    """A discretisation of the flow.

    Below, k is the polynomial degree of velocity, temperature and compositions.

    Args:
        name: Name of the discretisation in case files.
        convection: Coupled equations of flow, heat and species.
        stokes: Equations of slow flow driven by given temperature and compositions.
        continuous_pressure: Whether the pressure, of degree k - 1, is continuous.
        potential: Degree of the buoyancy and velocity potentials minus k. If it is 1, the gradient
            of the buoyancy potential can represent a buoyancy of degree k, and the velocity
            potential makes the advection of fields that are linear in the height exact, as if div u
            were zero.
        smallest_degree: Smallest k for which the pressure is stable, in 2D and in 3D.
        alfeld: Whether the mesh must be the Alfeld split of a simplicial mesh.
    """

    name: str
    convection: Equations
    stokes: Equations
    continuous_pressure: bool = True
    potential: int = 1
    smallest_degree: tuple[int, int] = (2, 2)
    alfeld: bool = False

    def element(self, block: str, degree: int) -> Element:
        """Return the element of a block.

        Args:
            block: Name of the block.
            degree: Polynomial degree k.
        """
        if block == "p":
            return Element(degree - 1, self.continuous_pressure)
        return Element(degree + self.potential if block in POTENTIALS else degree)

    def convection_of(self, mixture: Mixture) -> Equations:
        """Return the equations of convection, with the mean force of a vibration if there is one.

        Args:
            mixture: The mixture, with gravity and vibration.
        """
        vibrates = mixture.gravity.vibration is not None
        return self.convection.vibrated() if vibrates else self.convection

    @property
    def flows(self) -> bool:
        """Whether the equations include a flow."""
        return "u" in self.convection.fields

    @property
    def lean(self) -> Discretisation:
        """A variant with potentials of degree k and hence fewer unknowns, for initial guesses."""
        return replace(self, potential=0)

    def check_degree(self, dim: int, degree: int) -> None:
        """Check that the pressure is stable at a polynomial degree.

        Args:
            dim: Dimension of the mesh, 2 or 3.
            degree: Polynomial degree k.

        Raises:
            CaseError: The degree is too low.
        """
        smallest = self.smallest_degree[dim - 2]
        if degree < smallest:
            raise CaseError(
                f"the discretisation {self.name!r} is not stable at degree {degree} in {dim}D",
                f"use degree {smallest} or higher, or another discretisation",
            )

    def check_coordinates(self, coordinates: Coordinates) -> None:
        """Check that velocities are as divergence-free as intended in the given coordinates.

        In (r, z), the divergence of a polynomial velocity contains u_r/r, which is not in the space
        of the pressure. Scott-Vogelius velocities are then divergence-free on average only, and a
        cell at rest does not stay at rest (table in docs/evidence.md).

        Args:
            coordinates: Coordinate system of the mesh.

        Raises:
            CaseError: The discretisation requires Cartesian coordinates.
        """
        if self.alfeld and coordinates.has_axis:
            raise CaseError(
                f"the discretisation {self.name!r} is divergence-free at every point in Cartesian "
                f"coordinates only, but the cell is {coordinates.name}",
                "use the discretisation 'well-balanced', the default",
            )

    def check(self, cell: Meshed, degree: int) -> None:
        """Check that the degree, the coordinates and the mesh suit the discretisation.

        Args:
            cell: The cell.
            degree: Polynomial degree k.

        Raises:
            CaseError: The degree is too low, or the discretisation requires Cartesian coordinates
                or an Alfeld split.
        """
        self.check_degree(cell.dim, degree)
        self.check_coordinates(cell.coordinates)
        if self.alfeld and not cell.alfeld:
            raise CaseError(
                f"the discretisation {self.name!r} is not stable on a mesh that is not an Alfeld "
                "split",
                "use cells.alfeld_split(cell), or an Experiment, which splits the mesh itself",
            )


WELL_BALANCED = Discretisation("well-balanced", CONVECTION, STOKES)
"""Taylor-Hood elements in which a potential balances the gradient part of buoyancy; the default."""

TAYLOR_HOOD = Discretisation("taylor-hood", PLAIN_CONVECTION, PLAIN_STOKES)
"""Standard Taylor-Hood elements, for comparison; they produce spurious flows."""

SCOTT_VOGELIUS = Discretisation(
    "scott-vogelius",
    PLAIN_CONVECTION,
    PLAIN_STOKES,
    continuous_pressure=False,
    smallest_degree=(2, 3),
    alfeld=True,
)
"""Scott-Vogelius elements, whose velocities are divergence-free at every point.

They have a discontinuous pressure of degree k - 1 on an Alfeld split and are stable for k >= d
(D. N. Arnold, J. Qin, in Advances in Computer Methods for Partial Differential Equations VII (1992)
28, in 2D; S. Zhang, Math. Comp. 74 (2005) 543, in 3D). For reference solutions, as they have
4.5 times the unknowns in 2D."""

NO_FLOW = Discretisation("no flow", DIFFUSION, DIFFUSION)
"""Heat and species alone, for solids in which a species moves."""

DISCRETISATIONS = {d.name: d for d in (WELL_BALANCED, TAYLOR_HOOD, SCOTT_VOGELIUS)}
"""Name -> discretisation of a flow."""
