"""Property laws made of other laws."""

from __future__ import annotations

from dataclasses import dataclass, replace

from femsoret.base.types import Value
from femsoret.fluids.mixing import ActivityModel
from femsoret.fluids.properties.formulas import (
    Arrhenius,
    Constant,
    IacopiniPiazza,
    Linear,
    Polynomial,
    Proportional,
)
from femsoret.fluids.properties.law import Property


@dataclass(frozen=True)
class Reflected:
    """A model after exchanging components 1 and 2: model(T, 1 - c).

    Args:
        model: Model as a function of the mass fraction of component 2.
    """

    model: Property

    def __call__(self, T: Value, c: Value) -> Value:
        """Evaluate the model at temperature T (K) and mass fraction c."""
        return self.model(T, 1.0 - c)


@dataclass(frozen=True)
class Scaled:
    """A model multiplied by a constant factor.

    Args:
        model: Model to multiply.
        factor: Dimensionless factor; -1 changes the sign of a property that is odd under exchange
            of the components.
    """

    model: Property
    factor: float

    def __call__(self, T: Value, c: Value) -> Value:
        """Evaluate the model at temperature T (K) and mass fraction c."""
        return self.factor * self.model(T, c)


def reflected(p: Property) -> Property:
    """Return the model (T, c) -> p(T, 1 - c), simplified where possible."""
    match p:
        case Constant() | Proportional() | Polynomial() | Arrhenius() | IacopiniPiazza():
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
    """Return the model -p, simplified where possible."""
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
    """Return whether the fields of the model p show that it depends on neither T nor c."""
    match p:
        case Constant():
            return True
        case Linear(slope_T=slope_T, slope_c=slope_c):
            return bool(slope_T == 0.0 and slope_c == 0.0)
        case Polynomial(coefficients):
            return len(coefficients) == 1
        case Reflected(model) | Scaled(model):
            return is_constant(model)
        case _:
            return False


def depends_on_temperature(p: Property) -> bool:
    """Return whether the model p may depend on T; True for a model that is not known here."""
    match p:
        case Reflected(model) | Scaled(model):
            return depends_on_temperature(model)
        case Linear(slope_T=float(slope)):
            return slope != 0.0
        case ActivityModel():
            return p.depends_on_temperature
        case _:
            return not is_constant(p)


def is_proportional_to_temperature(p: Property) -> bool:
    """Return whether the model p is certain to be a function of composition times T."""
    match p:
        case Reflected(model) | Scaled(model):
            return is_proportional_to_temperature(model)
        case _:
            return isinstance(p, Proportional)


def with_molar_masses(p: Property, M1: Value, M2: Value) -> Property:
    """Return the model p, in which models stated in mole fractions have the given molar masses.

    Args:
        p: Any property model; those that are not stated in mole fractions are returned unchanged.
        M1: Molar mass of component 1, kg/mol.
        M2: Molar mass of component 2, kg/mol.
    """
    match p:
        case ActivityModel():
            return replace(p, molar_masses=(M1, M2))
        case Reflected(model):
            return replace(p, model=with_molar_masses(model, M2, M1))
        case Scaled(model):
            return replace(p, model=with_molar_masses(model, M1, M2))
        case _:
            return p
