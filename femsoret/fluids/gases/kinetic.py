"""Gases of any number of components by kinetic theory, computed with Cantera.

Cantera solves the first approximation of Chapman and Enskog for multicomponent gases of
Lennard-Jones or Stockmayer molecules with internal degrees of freedom (G. Dixon-Lewis, Proc. R.
Soc. A 307 (1968) 111; R. J. Kee, M. E. Coltrin, P. Glarborg, Chemically Reacting Flow, Wiley 2003,
section 12.5). It states fluxes in this way, with d_k = grad x_k at uniform pressure:

    j_i = rho M_i/M^2 sum_k M_k D_ik grad x_k - D^T_i grad ln T

D^T, in kg/(m s), is positive for a component that goes to the cold side; the sum over all
components is 0. For two components, in the terms of this package,

    j_1 = -rho [D grad c + D S_T c(1-c) grad T],    S_T = D^T_1/(rho D T c(1-c)),

and the conductivity is kappa_0, at uniform composition.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from scipy.constants import atm

from femsoret.base.errors import FluidError, MissingDependency, nearest
from femsoret.base.types import Array
from femsoret.fluids.gases.molecules import Molecule, molecules

MECHANISM: Final = "gri30.yaml"
"""File of Cantera from which molecules are taken that molecules.toml does not have."""

_HEATS: Final = "nasa_gas.yaml"
"""File of Cantera with heat capacities from 200 K on; those of gri30.yaml often begin at 300 K."""

_HOTTEST: Final = 1500.0
"""Highest temperature of the gases, K. Cantera fits polynomials to the collision integrals over the
whole range of the heat capacities; up to 6000 K the fit would cost 1.6 % of alpha_T of Ne-Ar."""


@dataclass(frozen=True, eq=False, kw_only=True)
class GasValues:
    """Properties of a gas of n components at one state.

    Args:
        rho: Density, kg/m3.
        mu: Dynamic viscosity, Pa s.
        kappa_0: Thermal conductivity at uniform composition, W/m/K.
        cp: Specific heat capacity at constant pressure, J/kg/K.
        c: Mass fractions, shape (n,).
        D: Binary diffusion coefficients of all pairs, m2/s, shape (n, n).
        D_multi: Multicomponent diffusion coefficients of Cantera, m2/s, shape (n, n).
        D_T: Thermal diffusion coefficients of Cantera, kg/m/s, shape (n,).
    """

    rho: float
    mu: float
    kappa_0: float
    cp: float
    c: Array
    D: Array
    D_multi: Array
    D_T: Array


@dataclass(frozen=True)
class Gas:
    """A mixture of gases.

    Args:
        names: Names of the components: those of molecules.toml, or those of the mechanism.
        mechanism: File of Cantera's format with molecules and their parameters of transport, by
            name if it belongs to Cantera, or by path. None for the molecules of this package, and
            gri30.yaml for all others.

    Raises:
        MissingDependency: Cantera is not installed.
        FluidError: A molecule is unknown or has no parameters of transport, a name occurs twice,
            or the mechanism cannot be read.
    """

    names: tuple[str, ...]
    mechanism: str | None = None

    def __post_init__(self) -> None:
        if len(self.names) < 2 or len(set(self.names)) < len(self.names):
            raise FluidError(
                f"gas {'-'.join(self.names)!r}: the names of two or more different molecules are "
                "needed",
                'give them with a hyphen between: "He-Ar"',
            )
        _ = self._solution

    @property
    def name(self) -> str:
        """The names of the components with hyphens between."""
        return "-".join(self.names)

    @cached_property
    def own(self) -> dict[str, Molecule]:
        """The components whose parameters are those of molecules.toml, by name."""
        if self.mechanism is not None:
            return {}
        return {name: m for name, m in molecules().items() if name in self.names}

    @property
    def file(self) -> str:
        """The file of Cantera from which the other components are taken."""
        return self.mechanism or MECHANISM

    @property
    def source(self) -> str:
        """Package, version and origin of the parameters."""
        others = [name for name in self.names if name not in self.own]
        origin = [f"{', '.join(others)}: mechanism {self.file}"] if others else []
        for source in dict.fromkeys(molecule.source for molecule in self.own.values()):
            of = ", ".join(name for name, m in self.own.items() if m.source == source)
            origin.append(f"{of}: Lennard-Jones parameters of {source}")
        return f"computed with {self.package}; {'; '.join(origin)}"

    @property
    def package(self) -> str:
        """Cantera and its version."""
        return f"Cantera {_cantera().__version__}"

    @cached_property
    def molar_masses(self) -> Array:
        """Molar masses of the components, kg/mol, shape (n,)."""
        return np.asarray(self._solution.molecular_weights, dtype=float) * 1e-3

    @property
    def T_range(self) -> tuple[float, float]:
        """Lowest and highest temperature for which there are heat capacities, K."""
        return float(self._solution.min_temp), float(self._solution.max_temp)

    def at(self, T: float, p: float, x: Sequence[float]) -> GasValues:
        """Return the properties at a state.

        Args:
            T: Temperature, K.
            p: Pressure, Pa.
            x: Mole fractions of the components, all positive: a gas without one of its components
                has no coefficient of thermal diffusion for it.
        """
        gas = self._solution
        gas.TPX = T, p, np.asarray(x, dtype=float)
        return GasValues(
            rho=float(gas.density),
            mu=float(gas.viscosity),
            kappa_0=float(gas.thermal_conductivity),
            cp=float(gas.cp_mass),
            c=np.array(gas.Y),
            D=np.array(gas.binary_diff_coeffs),
            D_multi=np.array(gas.multi_diff_coeffs),
            D_T=np.array(gas.thermal_diff_coeffs),
        )

    def heat_capacity(self, T: float, component: int) -> float:
        """Return the specific heat capacity of a pure component, J/kg/K.

        Args:
            T: Temperature, K.
            component: Its place in `names`.
        """
        molar = self._solution.species(component).thermo.cp(T) * 1e-3  # J/kmol/K
        return float(molar / self.molar_masses[component])

    def alpha_T(self, T: float, x: float) -> float:
        """Return alpha_T = T S_T of two gases, dimensionless; positive if the first goes to cold.

        It depends on the pressure of no ideal gas.

        Args:
            T: Temperature, K.
            x: Mole fraction of the first gas, between 0 and 1.
        """
        at = self.at(T, atm, (x, 1.0 - x))
        c = at.c[0]
        return float(at.D_T[0] / (at.rho * at.D[0, 1] * c * (1.0 - c)))

    @cached_property
    def _solution(self) -> Any:
        """Cantera's object; its state is set before it is asked for anything."""
        ct = _cantera()
        own = self.own
        from_file = self._species_of(self.file) if len(own) < len(self.names) else {}
        heats = self._species_of(_HEATS) if self.mechanism is None else {}
        species = []
        for name in self.names:
            if name not in own and name not in from_file:
                known = (*from_file, *(molecules() if self.mechanism is None else ()))
                raise FluidError(
                    f"gas {self.name!r}: no molecule {name!r} in {self.file}"
                    + ("" if self.mechanism else " or in femsoret"),
                    nearest(name, known),
                )
            one = heats[name] if name in own else from_file[name]
            if name in own:
                one.transport = _transport(ct, own[name])
            if one.transport is None:
                raise FluidError(
                    f"gas {self.name!r}: {self.file} has no parameters of transport for {name!r}",
                    "give a mechanism that has a transport entry for it",
                )
            one.thermo = _limited(ct, heats.get(name, one).thermo)
            species.append(one)
        solution = ct.Solution(thermo="ideal-gas", species=species)
        solution.transport_model = "multicomponent"
        return solution

    def _species_of(self, file: str) -> dict[str, Any]:
        ct = _cantera()
        try:
            # Species alone: reactions of a mechanism, and extensions that it names, are not loaded.
            return {one.name: one for one in ct.Species.list_from_file(file)}
        except (ct.CanteraError, OSError) as error:
            raise FluidError(
                f"gas {self.name!r}: the mechanism {file!r} cannot be read: " + _reason(error),
                "give the name of a file of Cantera, such as gri30.yaml, or the path of one",
            ) from error


def _reason(error: Exception) -> str:
    """Return what Cantera says of an error, without the frame that it draws around it."""
    lines = (line.strip("* ") for line in str(error).splitlines())
    return " ".join(line for line in lines if line)


def _limited(ct: Any, thermo: Any) -> Any:
    """Return the heat capacity of a molecule without the temperatures above _HOTTEST."""
    if not isinstance(thermo, ct.NasaPoly2):
        return thermo
    highest = min(thermo.max_temp, _HOTTEST)
    return ct.NasaPoly2(thermo.min_temp, highest, thermo.reference_pressure, thermo.coeffs)


def _transport(ct: Any, molecule: Molecule) -> Any:
    data = ct.GasTransportData()
    data.set_customary_units(
        molecule.geometry,
        molecule.diameter,
        molecule.well_depth,
        0.0,
        molecule.polarizability,
        molecule.rotational_relaxation,
    )
    return data


def _cantera() -> Any:
    try:
        import cantera
    except ImportError as error:
        raise MissingDependency(
            "the properties of gases are computed with Cantera, which is not installed",
            "pip install cantera, or conda install -c conda-forge cantera. A fluid file written "
            "on a machine that has it needs it no more",
        ) from error
    return cantera
