"""Gases of any number of components in the terms of this package: D, D'_T and G.

With mass fractions c_1 ... c_N of all components but the last, which is the rest,

    j_i = -rho [sum_k D_ik grad c_k + D'_T,i grad T],    G_ik = d(mu_i - mu_(N+1))/dc_k.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from femsoret.base.types import Array
from femsoret.fluids.gases.kinetic import Gas
from femsoret.fluids.properties import R


@dataclass(frozen=True, eq=False, kw_only=True)
class FickValues:
    """Transport and thermodynamics of a gas of N + 1 components at one state.

    Args:
        D: Diffusion matrix in the barycentric frame, m2/s, shape (N, N).
        D_T: Thermodiffusion coefficients D'_T, m2/(s K), shape (N,).
        G: Derivatives of the chemical potentials of an ideal gas, J/kg, shape (N, N).
    """

    D: Array
    D_T: Array
    G: Array

    @property
    def soret(self) -> Array:
        """S'_T = D^-1 D'_T = -dc/dT in a closed cell at rest, 1/K, shape (N,)."""
        return np.asarray(np.linalg.solve(self.D, self.D_T))


def fick_values(gas: Gas, T: float, p: float, x: Sequence[float]) -> FickValues:
    """Return the matrices of a gas, from Cantera's coefficients of its multicomponent fluxes.

    Args:
        gas: The gas.
        T: Temperature, K.
        p: Pressure, Pa.
        x: Mole fractions of the N + 1 components, all positive.
    """
    at, M = gas.at(T, p, x), gas.molar_masses
    mean = float(1.0 / np.sum(at.c / M))
    slope = _mole_fractions_by_mass(at.c, M)
    D = -(M[:, None] / mean**2) * (at.D_multi * M) @ slope
    potentials = R * T * slope / (np.asarray(x) * M)[:, None]
    return FickValues(
        D=D[:-1], D_T=np.asarray(at.D_T[:-1] / (at.rho * T)), G=potentials[:-1] - potentials[-1]
    )


def _mole_fractions_by_mass(c: Array, M: Array) -> Array:
    """Return dx_k/dc_l at constant mass fractions of all others but the last, shape (N + 1, N).

    Args:
        c: Mass fractions, shape (N + 1,).
        M: Molar masses, kg/mol, shape (N + 1,).
    """
    mean = 1.0 / np.sum(c / M)
    by_one = mean * np.diag(1.0 / M) - mean**2 * np.outer(c / M, 1.0 / M)
    return np.asarray(by_one[:, :-1] - by_one[:, -1:])
