"""Measures of the composition of a binary mixture, in terms of the mass fraction of component 1.

c/(1-c) = (M1/M2) x/(1-x) and m = c/((1-c) M1) follow from the definitions. The functions accept
floats and numpy arrays.
"""

from __future__ import annotations

from femsoret.base.types import Value


def mole_fraction(c: Value, M1: Value, M2: Value) -> Value:
    """Return the mole fraction x of component 1.

    Args:
        c: Mass fraction of component 1.
        M1: Molar mass of component 1, kg/mol.
        M2: Molar mass of component 2, kg/mol.
    """
    return c * M2 / (c * M2 + (1.0 - c) * M1)


def mass_fraction(x: Value, M1: Value, M2: Value) -> Value:
    """Return the mass fraction c of component 1.

    Args:
        x: Mole fraction of component 1.
        M1: Molar mass of component 1, kg/mol.
        M2: Molar mass of component 2, kg/mol.
    """
    return x * M1 / (x * M1 + (1.0 - x) * M2)


def mean_molar_mass(c: Value, M1: Value, M2: Value) -> Value:
    """Return the mean molar mass M in kg/mol, defined by 1/M = c/M1 + (1-c)/M2.

    Args:
        c: Mass fraction of component 1.
        M1: Molar mass of component 1, kg/mol.
        M2: Molar mass of component 2, kg/mol.
    """
    return 1.0 / (c / M1 + (1.0 - c) / M2)


def molality(c: Value, M1: Value) -> Value:
    """Return the molality m of component 1 in component 2, mol/kg.

    Args:
        c: Mass fraction of component 1.
        M1: Molar mass of component 1, kg/mol.
    """
    return c / ((1.0 - c) * M1)


def mass_fraction_at_molality(m: Value, M1: Value) -> Value:
    """Return the mass fraction c of component 1.

    Args:
        m: Molality of component 1 in component 2, mol/kg.
        M1: Molar mass of component 1, kg/mol.
    """
    return m * M1 / (1.0 + m * M1)


def molarity(c: Value, rho: Value, M1: Value) -> Value:
    """Return the molarity C1 of component 1, mol/m3.

    Args:
        c: Mass fraction of component 1.
        rho: Density of the mixture, kg/m3.
        M1: Molar mass of component 1, kg/mol.
    """
    return rho * c / M1


def mass_fraction_at_molarity(C1: Value, rho: Value, M1: Value) -> Value:
    """Return the mass fraction c of component 1.

    Args:
        C1: Molarity of component 1, mol/m3.
        rho: Density of the mixture, kg/m3.
        M1: Molar mass of component 1, kg/mol.
    """
    return C1 * M1 / rho


def volume_fraction(c: Value, rho1: Value, rho2: Value) -> Value:
    """Return the volume fraction of component 1 if volumes are additive (ideal).

    Args:
        c: Mass fraction of component 1.
        rho1: Density of pure component 1, kg/m3.
        rho2: Density of pure component 2, kg/m3.
    """
    return c * rho2 / (c * rho2 + (1.0 - c) * rho1)


def mass_fraction_at_volume_fraction(phi: Value, rho1: Value, rho2: Value) -> Value:
    """Return the mass fraction c of component 1 if volumes are additive (ideal).

    Args:
        phi: Volume fraction of component 1.
        rho1: Density of pure component 1, kg/m3.
        rho2: Density of pure component 2, kg/m3.
    """
    return phi * rho1 / (phi * rho1 + (1.0 - phi) * rho2)
