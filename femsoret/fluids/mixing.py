"""Models of the thermodynamic factor Gamma of a binary mixture, from its activity coefficients.

Each model is an excess Gibbs energy g^E(T, x1), from which follows, by the Gibbs-Duhem relation,

    Gamma = 1 + x1 d ln gamma_1/dx1 = 1 + x1 x2 d2(g^E/RT)/dx1^2

at constant temperature and pressure, here in closed form (J. M. Prausnitz, R. N. Lichtenthaler,
E. Gomes de Azevedo, Molecular Thermodynamics of Fluid-Phase Equilibria, 3rd ed. 1999, ch. 6). The
same Gamma belongs to both components. The mixture is stable where Gamma > 0, and Gamma = 0 on the
spinodal curve.

The models are property models: they are called with T (K) and the mass fraction c of component 1,
as floats, numpy arrays or UFL expressions. Since they are stated in mole fractions, they require
molar masses; a fluid gives them its own (:func:`femsoret.fluids.properties.with_molar_masses`).

Parameters are lists of up to four coefficients (a, b, c, d) of

    a + b/T + c ln T + d T,

T in kelvin, the form in which collections of such parameters state them. A parameter with one
coefficient does not depend on temperature, and neither does then Gamma.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field, replace
from typing import ClassVar, Final, TypeAlias

from femsoret.base.errors import FluidError
from femsoret.base.types import Value
from femsoret.fluids.composition import mole_fraction
from femsoret.fluids.elementary import exp, log

Coefficients: TypeAlias = tuple[float, ...]
"""Coefficients (a, b, c, d) of a + b/T + c ln T + d T; trailing ones may be left out."""

KEY: Final = "key"
"""Metadata of a field of a model: False if files cannot set it."""


def interaction(coefficients: Coefficients, T: Value) -> Value:
    """Return a + b/T + c ln T + d T, dimensionless.

    Args:
        coefficients: One to four coefficients, in units of 1, K, 1 and 1/K.
        T: Temperature, K.
    """
    result, *others = coefficients
    for coefficient, function in zip(others, (_reciprocal, log, _identity), strict=False):
        result = result + coefficient * function(T)
    return result


def _reciprocal(T: Value) -> Value:
    return 1.0 / T


def _identity(T: Value) -> Value:
    return T


@dataclass(frozen=True)
class ActivityModel(ABC):
    """Base class of models of Gamma that are functions of the mole fraction.

    Args:
        molar_masses: Molar masses of components 1 and 2, kg/mol; () until a fluid gives its own.
    """

    molar_masses: tuple[float, ...] = field(default=(), kw_only=True, metadata={KEY: False})
    name: ClassVar[str]
    interactions: ClassVar[tuple[str, ...]] = ()

    def __call__(self, T: Value, c: Value) -> Value:
        """Return Gamma at temperature T (K) and mass fraction c of component 1.

        Raises:
            FluidError: The molar masses are missing.
        """
        if not self.molar_masses:
            raise FluidError(
                f"{self.name} is a model of the thermodynamic factor, stated in mole fractions; "
                "without molar masses it cannot be evaluated",
                "use it as thermodynamic_factor of a fluid, which has molar masses",
            )
        return self.of_mole_fraction(T, mole_fraction(c, *self.molar_masses))

    @abstractmethod
    def of_mole_fraction(self, T: Value, x1: Value) -> Value:
        """Return Gamma at temperature T (K) and mole fraction x1 of component 1."""

    @abstractmethod
    def exchanged(self) -> ActivityModel:
        """Return the model with the parameters of components 1 and 2 exchanged."""

    def swapped(self) -> ActivityModel:
        """Return the same model with components 1 and 2 exchanged."""
        return replace(self.exchanged(), molar_masses=self.molar_masses[::-1])

    @property
    def depends_on_temperature(self) -> bool:
        """Whether a parameter, and with it Gamma, depends on temperature."""
        return any(len(getattr(self, name)) > 1 for name in self.interactions)

    def check(self) -> None:
        """Check the number of coefficients of each parameter.

        Raises:
            FluidError: A parameter has no coefficient, or more than four.
        """
        for name in self.interactions:
            if not 1 <= (number := len(getattr(self, name))) <= 4:
                raise FluidError(
                    f"{self.name}: {name} has {number} coefficients",
                    "give a number, or one to four coefficients [a, b, c, d] of "
                    "a + b/T + c ln T + d T, T in kelvin",
                )


@dataclass(frozen=True)
class Margules(ActivityModel):
    """Margules' equation: g^E/RT = x1 x2 (A21 x1 + A12 x2).

    Args:
        A12: ln gamma_1 at infinite dilution of component 1.
        A21: ln gamma_2 at infinite dilution of component 2.
    """

    A12: Coefficients
    A21: Coefficients
    name: ClassVar[str] = "margules"
    interactions: ClassVar[tuple[str, ...]] = ("A12", "A21")

    def of_mole_fraction(self, T: Value, x1: Value) -> Value:
        """Return 1 + x1 x2 [2 (A21 - 2 A12) - 6 (A21 - A12) x1]."""
        A12, A21 = interaction(self.A12, T), interaction(self.A21, T)
        return 1.0 + x1 * (1.0 - x1) * (2.0 * (A21 - 2.0 * A12) - 6.0 * (A21 - A12) * x1)

    def exchanged(self) -> Margules:
        """Return the model with A12 and A21 exchanged."""
        return replace(self, A12=self.A21, A21=self.A12)


@dataclass(frozen=True)
class VanLaar(ActivityModel):
    """Van Laar's equation: g^E/RT = A12 A21 x1 x2/(A12 x1 + A21 x2).

    Args:
        A12: ln gamma_1 at infinite dilution of component 1, of the sign of A21.
        A21: ln gamma_2 at infinite dilution of component 2.
    """

    A12: Coefficients
    A21: Coefficients
    name: ClassVar[str] = "van-laar"
    interactions: ClassVar[tuple[str, ...]] = ("A12", "A21")

    def of_mole_fraction(self, T: Value, x1: Value) -> Value:
        """Return 1 - 2 x1 x2 (A12 A21)^2/(A12 x1 + A21 x2)^3."""
        A12, A21 = interaction(self.A12, T), interaction(self.A21, T)
        mean = A12 * x1 + A21 * (1.0 - x1)
        return 1.0 - 2.0 * x1 * (1.0 - x1) * (A12 * A21) ** 2 / mean**3

    def exchanged(self) -> VanLaar:
        """Return the model with A12 and A21 exchanged."""
        return replace(self, A12=self.A21, A21=self.A12)


@dataclass(frozen=True)
class RedlichKister(ActivityModel):
    """The Redlich-Kister expansion: g^E/RT = x1 x2 sum (a_k + b_k/T) (x1 - x2)^k.

    Args:
        a: Coefficients a_k, from k = 0.
        b: Coefficients b_k, K, as many as a_k; () for none.
    """

    a: tuple[float, ...]
    b: tuple[float, ...] = ()
    name: ClassVar[str] = "redlich-kister"

    def of_mole_fraction(self, T: Value, x1: Value) -> Value:
        """Return 1 + x1 x2 sum (k+1)(k+2)(B_(k+2) - B_k) (x1 - x2)^k with B_k = a_k + b_k/T."""
        B: list[Value] = [a + b / T for a, b in zip(self.a, self.b, strict=True)]
        B = [*(B or self.a), 0.0, 0.0]
        y, series = 2.0 * x1 - 1.0, 0.0
        for k in reversed(range(len(self.a))):
            series = series * y + (k + 1) * (k + 2) * (B[k + 2] - B[k])
        return 1.0 + x1 * (1.0 - x1) * series

    def exchanged(self) -> RedlichKister:
        """Return the model with the odd coefficients negated."""
        a, b = (tuple(-v if k % 2 else v for k, v in enumerate(of)) for of in (self.a, self.b))
        return replace(self, a=a, b=b)

    @property
    def depends_on_temperature(self) -> bool:
        """Whether there are coefficients of 1/T."""
        return bool(self.b)

    def check(self) -> None:
        """Check the numbers of coefficients.

        Raises:
            FluidError: There are none, or not as many b as a.
        """
        if not self.a or len(self.b) not in (0, len(self.a)):
            raise FluidError(
                f"{self.name}: there are {len(self.a)} coefficients a and {len(self.b)} "
                "coefficients b",
                "give at least one a and, if the coefficients depend on temperature as a + b/T, "
                "as many b, some of which may be 0",
            )


@dataclass(frozen=True)
class NRTL(ActivityModel):
    """The non-random two-liquid model of H. Renon and J. M. Prausnitz, AIChE J. 14 (1968) 135.

    g^E/RT = x1 x2 [tau21 G21/(x1 + x2 G21) + tau12 G12/(x2 + x1 G12)], G = exp(-alpha tau).

    Args:
        tau12: Interaction parameter tau_12; energies (g12 - g22)/R are its coefficient b, in K.
        tau21: Interaction parameter tau_21.
        alpha: Non-randomness, mostly 0.2 to 0.47.
    """

    tau12: Coefficients
    tau21: Coefficients
    alpha: float
    name: ClassVar[str] = "nrtl"
    interactions: ClassVar[tuple[str, ...]] = ("tau12", "tau21")

    def of_mole_fraction(self, T: Value, x1: Value) -> Value:
        """Return 1 - 2 x1 x2 [tau21 G21^2/(x1 + x2 G21)^3 + tau12 G12^2/(x2 + x1 G12)^3]."""
        tau12, tau21 = interaction(self.tau12, T), interaction(self.tau21, T)
        G12, G21 = exp(-self.alpha * tau12), exp(-self.alpha * tau21)
        x2 = 1.0 - x1
        first = tau21 * G21**2 / (x1 + x2 * G21) ** 3
        second = tau12 * G12**2 / (x2 + x1 * G12) ** 3
        return 1.0 - 2.0 * x1 * x2 * (first + second)

    def exchanged(self) -> NRTL:
        """Return the model with tau12 and tau21 exchanged."""
        return replace(self, tau12=self.tau21, tau21=self.tau12)
