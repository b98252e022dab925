"""Property laws made of other laws."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import prod

from femsoret.base.errors import FluidError
from femsoret.base.parameters import LITERAL
from femsoret.base.types import Value
from femsoret.fluids.mixing import ActivityModel
from femsoret.fluids.properties.formulas import (
    Arrhenius,
    Constant,
    IacopiniPiazza,
    Linear,
    Polynomial,
    Power,
    Proportional,
    VogelFulcherTammann,
)
from femsoret.fluids.properties.gas_mixtures import IdealMixturePotential
from femsoret.fluids.properties.law import Property, first_of
from femsoret.fluids.properties.ranges import Limited, OutOfRange
from femsoret.fluids.properties.tables import Table


@dataclass(frozen=True)
class Sum:
    """The sum of laws.

    Args:
        terms: Laws in the unit of the property.
    """

    terms: tuple[Property, ...]

    def __call__(self, T: Value, c: Value) -> Value:
        """Evaluate the laws at temperature T (K) and composition c."""
        return sum(term(T, c) for term in self.terms)

    def check(self) -> None:
        """Check that there are terms.

        Raises:
            FluidError: There is no term.
        """
        if not self.terms:
            raise FluidError("a sum needs at least one term")


@dataclass(frozen=True)
class Product:
    """The product of laws.

    Args:
        factors: Laws whose product is in the unit of the property. In files their numbers are in SI
            and without units.
    """

    factors: tuple[Property, ...]

    def __call__(self, T: Value, c: Value) -> Value:
        """Evaluate the laws at temperature T (K) and composition c."""
        return prod(factor(T, c) for factor in self.factors)

    def check(self) -> None:
        """Check that there are factors.

        Raises:
            FluidError: There is no factor.
        """
        if not self.factors:
            raise FluidError("a product needs at least one factor")


@dataclass(frozen=True)
class Scaled:
    """A law multiplied by a constant factor.

    Args:
        model: Law to multiply.
        factor: Dimensionless factor; -1 changes the sign of a property that is odd under exchange
            of the components.
    """

    model: Property
    factor: float

    def __call__(self, T: Value, c: Value) -> Value:
        """Evaluate the law at temperature T (K) and composition c."""
        return self.factor * self.model(T, c)


@dataclass(frozen=True)
class Reflected:
    """A law of the mass fraction of component 2 of a binary: model(T, 1 - c).

    Args:
        model: Law as a function of the mass fraction of component 2.
    """

    model: Property

    def __call__(self, T: Value, c: Value) -> Value:
        """Evaluate the law at temperature T (K) and mass fraction c of component 1."""
        try:
            return self.model(T, 1.0 - first_of(c))
        except OutOfRange as error:
            raise error.named("mass fraction of component 2") from error


@dataclass(frozen=True)
class InMoleFraction:
    """A law of mole fractions x in place of mass fractions: model(T, x).

    x_i = (c_i/M_i)/(sum over all components of c_k/M_k).

    Args:
        model: Law as a function of the mole fraction of component 1, or of the tuple of N mole
            fractions; keys such as c_ref and c_range are mole fractions as well.
        molar_masses: Molar masses of all N + 1 components, kg/mol; () for those of the fluid.
    """

    model: Property
    molar_masses: tuple[float, ...] = ()

    def __call__(self, T: Value, c: Value) -> Value:
        """Evaluate the law at temperature T (K) and composition c.

        Raises:
            FluidError: The molar masses are missing, or are not those of all components.
        """
        given = c if isinstance(c, tuple) else (c,)
        if len(self.molar_masses) != len(given) + 1:
            raise FluidError(
                f"a law in mole fractions has {len(self.molar_masses)} molar masses, but there are "
                f"{len(given) + 1} components",
                "give the fluid its molar masses, or the law the key molar_masses",
            )
        *masses, last = self.molar_masses
        moles = [c_i / M for c_i, M in zip(given, masses, strict=True)]
        total = sum(moles) + (1.0 - sum(given)) / last
        x = tuple(n / total for n in moles)
        try:
            return self.model(T, x if isinstance(c, tuple) else x[0])
        except OutOfRange as error:
            raise error.named("mole fraction of component 1") from error

    def check(self) -> None:
        """Check the molar masses.

        Raises:
            FluidError: There is only one, or one is not positive.
        """
        numbers = [M for M in self.molar_masses if isinstance(M, float)]
        if len(self.molar_masses) == 1 or any(M <= 0.0 for M in numbers):
            raise FluidError(
                f"molar_masses = {list(self.molar_masses)} are not those of all components",
                "give a positive number in kg/mol for each component, two for a binary",
            )


@dataclass(frozen=True)
class OfComponent:
    """A law of the mass fraction of one component of several: model(T, c_component).

    Args:
        model: Law of T and of one mass fraction.
        component: Number of the component, from 1 to N.
    """

    model: Property
    component: int = field(metadata=LITERAL)

    def __call__(self, T: Value, c: Value) -> Value:
        """Evaluate the law at temperature T (K) and composition c.

        Raises:
            FluidError: The mixture has no such component.
        """
        given = c if isinstance(c, tuple) else (c,)
        if self.component > len(given):
            raise FluidError(
                f"a law of the mass fraction of component {self.component} is used in a mixture "
                f"with {len(given)} independent mass fractions",
                "the last component is the rest: state the law with the other mass fractions",
            )
        try:
            return self.model(T, given[self.component - 1])
        except OutOfRange as error:
            raise error.named(f"mass fraction of component {self.component}") from error

    def check(self) -> None:
        """Check the number of the component.

        Raises:
            FluidError: It is not positive.
        """
        if self.component < 1:
            raise FluidError(
                f"component = {self.component} is not a component", "count components from 1"
            )


def reflected(p: Property) -> Property:
    """Return the law (T, c) -> p(T, 1 - c), simplified where possible."""
    match p:
        case (
            Constant()
            | Proportional()
            | Power()
            | Arrhenius()
            | VogelFulcherTammann()
            | IacopiniPiazza()
        ):
            return p
        case Polynomial() if not p.depends_on_c:
            return p
        case Table(c=()):
            return p
        case Reflected(model):
            return model
        case Scaled(model, factor):
            return Scaled(reflected(model), factor)
        case ActivityModel():
            return p.swapped()
        case _:
            return Reflected(p)


def negated(p: Property) -> Property:
    """Return the law -p, simplified where possible."""
    match p:
        case Constant(value):
            return Constant(-value)
        case Scaled(model, -1.0):
            return model
        case Scaled(model, factor):
            return Scaled(model, -factor)
        case _:
            return Scaled(p, -1.0)


def is_constant(p: Property) -> bool:
    """Return whether the fields of the law p show that it depends on neither T nor c."""
    match p:
        case Constant():
            return True
        case Linear(slope_T=slope_T, slope_c=slope_c):
            return bool(slope_T == 0.0 and slope_c == 0.0)
        case Polynomial(coefficients):
            return len(coefficients) == 1 and not p.depends_on_c
        case _:
            parts = _parts(p)
            return bool(parts) and all(is_constant(part) for part in parts)


def depends_on_temperature(p: Property) -> bool:
    """Return whether the law p may depend on T; True for a law that is not known here."""
    match p:
        case Linear(slope_T=float(slope)):
            return slope != 0.0
        case Polynomial(coefficients):
            return len(coefficients) > 1
        case Table():
            return bool(p.T)
        case ActivityModel():
            return p.depends_on_temperature
        case _:
            parts = _parts(p)
            return any(map(depends_on_temperature, parts)) if parts else not is_constant(p)


def is_proportional_to_temperature(p: Property) -> bool:
    """Return whether the law p is certain to be a function of composition times T."""
    match p:
        case Power(exponent=exponent):
            return bool(exponent == 1.0)
        case Product(laws):
            of_T = [law for law in laws if depends_on_temperature(law)]
            return len(of_T) == 1 and is_proportional_to_temperature(of_T[0])
        case Limited(T_range=limits, outside=outside) if limits is not None and outside != "error":
            return False
        case Proportional() | IdealMixturePotential():
            return True
        case _:
            parts = _parts(p)
            return bool(parts) and all(map(is_proportional_to_temperature, parts))


def _parts(p: Property) -> tuple[Property, ...]:
    """Return the laws of which p is made; none if p is not made of laws, or not known here."""
    match p:
        case Sum(laws) | Product(laws):
            return laws
        case (
            Reflected(model)
            | Scaled(model)
            | Limited(model)
            | InMoleFraction(model)
            | OfComponent(model)
        ):
            return (model,)
        case _:
            return ()


def with_molar_masses(p: Property, M1: Value, M2: Value) -> Property:
    """Return the law p, in which laws stated in mole fractions have the given molar masses.

    Args:
        p: Any property law; those that are not stated in mole fractions are returned unchanged, as
            are those that have molar masses of their own.
        M1: Molar mass of component 1, kg/mol.
        M2: Molar mass of component 2, kg/mol.
    """
    match p:
        case ActivityModel():
            return replace(p, molar_masses=(M1, M2))
        case InMoleFraction(molar_masses=()):
            return replace(p, molar_masses=(M1, M2))
        case Reflected(model):
            return replace(p, model=with_molar_masses(model, M2, M1))
        case Scaled(model) | Limited(model):
            return replace(p, model=with_molar_masses(model, M1, M2))
        case Sum(laws):
            return Sum(tuple(with_molar_masses(law, M1, M2) for law in laws))
        case Product(laws):
            return Product(tuple(with_molar_masses(law, M1, M2) for law in laws))
        case _:
            return p
