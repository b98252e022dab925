"""Output fields of a problem, with descriptive names and units.

Deviations are written in addition to absolute values, because a separation of 1e-6 would be lost in
the digits of a mass fraction. Fluxes are the same expressions as in the equations.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite
from types import MappingProxyType
from typing import Literal

from dolfinx import fem

from femsoret.base.errors import OutputError, nearest
from femsoret.base.types import Expr
from femsoret.physics.closures import fluxes
from femsoret.problem import Problem
from femsoret.problem.layout import composition

UnitSystem = Literal["SI", "groups"]

_UNITS = MappingProxyType(
    {
        "SI": MappingProxyType(
            {
                "velocity": "m/s",
                "pressure": "Pa",
                "temperature": "K",
                "heat flux": "W/m2",
                "mass flux": "kg/m2/s",
                "entropy production": "W/m3/K",
            }
        ),
        # Cases given by dimensionless groups are scaled by L, alpha, dT, rho; kappa = alpha rho cp.
        "groups": MappingProxyType(
            {
                "velocity": "alpha/L",
                "pressure": "rho alpha2/L2",
                "temperature": "dT",
                "heat flux": "kappa dT/L",
                "mass flux": "rho alpha/L",
                "entropy production": "kappa/L2",
            }
        ),
    }
)


@dataclass(frozen=True, eq=False)
class OutputField:
    """A field to be written to field files.

    Args:
        name: Descriptive name.
        expression: Function or UFL expression that depends on the problem's state.
        degree: Degree of the Lagrange space in which the field is written if the format allows it.
        unit: Unit, or the meaning of the values; empty for a dimensionless number.
        shape: Value shape, () or (dim,).
        continuous: Whether the field is continuous across mesh cells. Fields computed from
            gradients are not; they are written without smoothing.
        in_solids: Whether the field also exists in solid walls.
    """

    name: str
    expression: Expr
    degree: int
    unit: str
    shape: tuple[int, ...] = ()
    continuous: bool = True
    in_solids: bool = False

    @property
    def label(self) -> str:
        """The name and unit used in files, such as "velocity (m/s)"."""
        return f"{self.name} ({self.unit})" if self.unit else self.name


def output_fields(problem: Problem, units: UnitSystem = "SI") -> tuple[OutputField, ...]:
    """Return all output fields of a problem, without those that it does not solve for.

    Args:
        problem: The problem, before or after its solution.
        units: "SI", or "groups" if the problem is defined by dimensionless groups.

    Raises:
        OutputError: The system of units is unknown.
    """
    if units not in _UNITS:
        raise OutputError(f"unknown system of units {units!r}", nearest(units, _UNITS))
    return (*_flow(problem, units), *_scalars(problem, units), *_of_gradients(problem, units))


def region_field(problem: Problem) -> tuple[OutputField, ...]:
    """Return a field with the number of the region (0 is the fluid), or () without solids."""
    if not problem.solids:
        return ()
    region = fem.Function(fem.functionspace(problem.cell.mesh, ("DG", 0)))
    meaning = ["0 fluid"]
    for number, (name, solid) in enumerate(problem.solids.items(), start=1):
        cells = problem.cell.cells_of(name)
        region.x.array[region.function_space.dofmap.list[cells].ravel()] = number
        meaning.append(f"{number} {_safe(name)} of {_safe(solid.name)}")
    unit = ", ".join(meaning)
    return (OutputField("region", region, 0, unit, continuous=False, in_solids=True),)


def perturbation_fields(problem: Problem, units: UnitSystem = "SI") -> tuple[OutputField, ...]:
    """Return the output fields of a perturbation, without absolute values and fluxes.

    Args:
        problem: Problem whose state is the perturbation, such as an eigenmode.
        units: "SI", or "groups" if the problem is defined by dimensionless groups.
    """
    return (*_flow(problem, units), *_scalars(problem, units, absolute=False))


def _flow(problem: Problem, units: UnitSystem) -> Iterator[OutputField]:
    unit, degree, s = _UNITS[units], problem.degree, problem.state
    if problem.layout.flows:
        shape = (problem.cell.dim,)
        yield OutputField("velocity", s.u, degree, unit["velocity"], shape)
    if "p" in problem.layout:
        element = problem.discretisation.element("p", degree)
        degree = degree if element.continuous else element.degree
        pressure = problem.pressure
        yield OutputField("pressure", pressure, degree, unit["pressure"], (), element.continuous)


def _scalars(
    problem: Problem, units: UnitSystem, *, absolute: bool = True
) -> Iterator[OutputField]:
    kelvin, degree = _UNITS[units]["temperature"], problem.degree
    m, s = problem.bound_mixture, problem.state
    # Cases given by dimensionless groups may have no absolute temperature.
    if absolute and isfinite(problem.mixture.T0):
        yield OutputField("temperature", fluxes.temperature(m, s), degree, kelvin, in_solids=True)
    yield OutputField("temperature deviation", s.theta, degree, kelvin, in_solids=True)
    for i, species in _solved_species(problem):
        if absolute:
            c = fluxes.compositions(m, s)[i]
            yield OutputField(f"mass fraction of {species}", c, degree, "")
        yield OutputField(f"composition deviation of {species}", s.gamma[i], degree, "")


def _of_gradients(problem: Problem, units: UnitSystem) -> Iterator[OutputField]:
    m, s, unit = problem.bound_mixture, problem.state, _UNITS[units]
    solved = _solved_species(problem)
    # Gradients of degree k are of degree k - 1; cell averages of a linear solution would say less.
    degree, shape = max(problem.degree - 1, 1), (problem.cell.dim,)
    if len(solved) < len(m.species):
        return  # pure conduction in a mixture: its flux, -kappa_0 grad T, is not the mixture's
    q = problem.heat_flux
    yield OutputField("heat flux", q, degree, unit["heat flux"], shape, False, in_solids=True)
    for i, species in solved:
        name = f"mass flux of {species}"
        yield OutputField(name, fluxes.mass_flux(m, i, s), degree, unit["mass flux"], shape, False)
    T0, thermodynamics = problem.mixture.T0, problem.mixture.reference.G is not None
    if thermodynamics and isfinite(T0) and T0 > 0.0:
        sigma, name = problem.entropy_production, "entropy production by heat and mass"
        sigma_unit = unit["entropy production"]
        yield OutputField(name, sigma, degree, sigma_unit, (), False, in_solids=True)


def _solved_species(problem: Problem) -> list[tuple[int, str]]:
    """Return the index and a unique, safe name of each species that is solved for."""
    names: list[tuple[int, str]] = []
    for i, species in enumerate(problem.mixture.species):
        if composition(i) not in problem.layout:
            continue
        name = _safe(species.name) or "component"
        taken = name in {other for _, other in names}
        names.append((i, f"{name} {i + 1}" if taken else name))
    return names


def _safe(name: str) -> str:
    """Return a name with all characters replaced that are unsafe in XML, HDF5 or ParaView."""
    return re.sub(r"[^A-Za-z0-9 ,.+()-]", "_", name)
