"""Chapman and Enskog's first approximation for binary gases of known collision integrals.

Formulas: J. O. Hirschfelder, C. F. Curtiss, R. B. Bird, Molecular Theory of Gases and Liquids,
Wiley 1954, sections 8.2a (viscosity), 8.2d (diffusion) and 8.2e (thermal diffusion). Collision
integrals are reduced: they are 1 for hard spheres, for which the formulas need nothing else. Any
potential can be used whose integrals are known.

Properties of gases in a case come from Cantera (:mod:`femsoret.fluids.gases.kinetic`). This module
has exact limits, with which these are compared.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import pi, sqrt
from typing import Final

from scipy.constants import N_A, k


@dataclass(frozen=True)
class Collision:
    """A pair of like or unlike molecules; by default hard spheres.

    Args:
        diameter: Collision diameter sigma, m.
        omega_11: Reduced collision integral Omega*(1,1).
        omega_22: Reduced collision integral Omega*(2,2).
        B: Ratio B* = [5 Omega*(1,2) - 4 Omega*(1,3)]/Omega*(1,1).
        C: Ratio C* = Omega*(1,2)/Omega*(1,1).
    """

    diameter: float
    omega_11: float = 1.0
    omega_22: float = 1.0
    B: float = 1.0
    C: float = 1.0

    @property
    def A(self) -> float:
        """Ratio A* = Omega*(2,2)/Omega*(1,1)."""
        return self.omega_22 / self.omega_11


@dataclass(frozen=True)
class BinaryGas:
    """Two gases and the collisions of their molecules.

    Args:
        M1: Molar mass of component 1, kg/mol.
        M2: Molar mass of component 2, kg/mol.
        like: Collisions of molecules of component 1 and of component 2 with their own kind.
        unlike: Collisions of a molecule of component 1 with one of component 2.
    """

    M1: float
    M2: float
    like: tuple[Collision, Collision]
    unlike: Collision

    def diffusion(self, T: float, p: float) -> float:
        """Return the diffusion coefficient, m2/s, which does not depend on the composition.

        Args:
            T: Temperature, K.
            p: Pressure, Pa.
        """
        reduced = self.M1 * self.M2 / (self.M1 + self.M2) / N_A
        area = pi * self.unlike.diameter**2 * self.unlike.omega_11
        return 3.0 / 16.0 * sqrt(2.0 * pi * (k * T) ** 3 / reduced) / (p * area)

    def thermal_diffusion_factor(self, x: float) -> float:
        """Return alpha_T = T S_T, dimensionless; positive if component 1 goes to the cold side.

        It is that of HCB (8.2-50), k_T = x (1-x) alpha_T. The collision integrals are those at the
        temperature of the gas; alpha_T of hard spheres does not depend on the temperature.

        Args:
            x: Mole fraction of component 1, 0 to 1.
        """
        M1, M2, y = self.M1, self.M2, 1.0 - x
        A, B = self.unlike.A, self.unlike.B
        first, second = (_conductivity(M, c) for M, c in zip((M1, M2), self.like, strict=True))
        unlike = _conductivity(2.0 * M1 * M2 / (M1 + M2), self.unlike)
        bracket = (12.0 / 5.0 * B + 1.0) / 12.0
        heavy = (M1 - M2) ** 2 / (M1 * M2)
        ratio = (M1 + M2) ** 2 / (4.0 * M1 * M2)
        U1 = 4.0 / 15.0 * A - bracket * M1 / M2 + 0.5 * heavy
        U2 = 4.0 / 15.0 * A - bracket * M2 / M1 + 0.5 * heavy
        U = (
            4.0 / 15.0 * A * ratio * unlike**2 / (first * second)
            - bracket
            - 5.0 / (32.0 * A) * (12.0 / 5.0 * B - 5.0) * heavy
        )
        X = x * x / first + 2.0 * x * y / unlike + y * y / second
        Y = x * x * U1 / first + 2.0 * x * y * U / unlike + y * y * U2 / second
        S1 = (M1 + M2) / (2.0 * M2) * unlike / first - 15.0 / (8.0 * A) * (M2 - M1) / M1 - 1.0
        S2 = (M1 + M2) / (2.0 * M1) * unlike / second - 15.0 / (8.0 * A) * (M1 - M2) / M2 - 1.0
        return (6.0 * self.unlike.C - 5.0) * (S1 * x - S2 * y) / (6.0 * unlike * (X + Y))


ISOTOPIC_LIMIT: Final = 105.0 / 118.0
"""alpha_T (M1 + M2)/(M1 - M2) of hard spheres whose masses differ little (HCB, section 8.2e)."""


def hard_spheres(M1: float, M2: float, diameters: tuple[float, float]) -> BinaryGas:
    """Return a gas of hard spheres.

    Args:
        M1: Molar mass of component 1, kg/mol.
        M2: Molar mass of component 2, kg/mol.
        diameters: Diameters of the two spheres, m.
    """
    first, second = (Collision(diameter) for diameter in diameters)
    return BinaryGas(M1, M2, (first, second), Collision(0.5 * sum(diameters)))


def _conductivity(M: float, collision: Collision) -> float:
    """Return the conductivity of a gas of atoms, in a unit common to all; only ratios matter."""
    return 1.0 / (sqrt(M) * collision.diameter**2 * collision.omega_22)
