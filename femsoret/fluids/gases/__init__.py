"""Gases: kinetic theory with Cantera, and gases as fluids."""

from femsoret.fluids.gases.first_approximation import (
    ISOTOPIC_LIMIT,
    BinaryGas,
    Collision,
    hard_spheres,
)
from femsoret.fluids.gases.fluid import gas_fluid
from femsoret.fluids.gases.kinetic import Gas, GasValues
from femsoret.fluids.gases.mixture import gas_mixture, gas_of

__all__ = [
    "ISOTOPIC_LIMIT",
    "BinaryGas",
    "Collision",
    "Gas",
    "GasValues",
    "gas_fluid",
    "gas_mixture",
    "gas_of",
    "hard_spheres",
]
