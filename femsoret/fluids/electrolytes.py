"""Electrolytes: thermodynamic factors of salts, and the electric field of a salt that separates."""

from __future__ import annotations

from typing import Final

from femsoret.base.types import Value

ELEMENTARY_CHARGE: Final = 1.602176634e-19
"""Elementary charge, C, exact in the 2019 SI."""

AVOGADRO: Final = 6.02214076e23
"""Avogadro constant, 1/mol, exact in the 2019 SI."""


def mixture_thermodynamic_factor(Gamma_el: Value, ions: Value, x: Value) -> Value:
    """Return Gamma = ions Gamma_el/(1-x) of an undissociated salt.

    Gamma_el = 1 + d ln gamma/d ln m is that of the electrolyte, with its mean activity coefficient.

    Args:
        Gamma_el: Thermodynamic factor of the electrolyte, dimensionless.
        ions: Number of ions of a formula unit of the salt.
        x: Mole fraction of the undissociated salt.
    """
    return ions * Gamma_el / (1.0 - x)


def electrolyte_thermodynamic_factor(Gamma: Value, ions: Value, x: Value) -> Value:
    """Return Gamma_el = 1 + d ln gamma/d ln m, the inverse of the function before.

    Args:
        Gamma: Thermodynamic factor with the salt as an undissociated component, dimensionless.
        ions: Number of ions of a formula unit of the salt.
        x: Mole fraction of the undissociated salt.
    """
    return Gamma * (1.0 - x) / ions


def seebeck_coefficient(Q_cation: float, Q_anion: float, T: float) -> float:
    """Return the field coefficient S_e = (Q_C - Q_A)/(2 e T) of a symmetric salt, V/K.

    In a closed cell ions that go to the cold side unequally leave a field E = S_e grad T.
    S. A. Putnam, D. G. Cahill, Langmuir 21 (2005) 5317.

    Args:
        Q_cation: Heat of transport of the cation, J/mol.
        Q_anion: Heat of transport of the anion, J/mol.
        T: Temperature, K.
    """
    return (Q_cation - Q_anion) / (2.0 * ELEMENTARY_CHARGE * AVOGADRO * T)


def electrophoretic_thermodiffusion(seebeck: float, mobility: float) -> float:
    """Return D_T = -S_e mu_E of a charged particle in the field of the salt, m2/(s K).

    S. A. Putnam, D. G. Cahill, Langmuir 21 (2005) 5317.

    Args:
        seebeck: Field coefficient S_e, V/K; see :func:`seebeck_coefficient`.
        mobility: Electrophoretic mobility mu_E, m2/(V s).
    """
    return -seebeck * mobility
