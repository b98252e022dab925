"""Property models: the dependence of a fluid property on temperature and composition.

A model is a frozen dataclass that is called with the temperature T (K) and the mass fraction c of
component 1. The arguments may be floats, numpy arrays or UFL expressions, and the fields may
themselves be UFL constants, whose values a solver can change without recompiling. Constructors
therefore neither convert nor check fields; call :func:`validate` to check them.

Array arguments must have shapes that broadcast together. A model that does not depend on an
argument does not broadcast its result over it: a constant returns a scalar for any arguments.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from math import isfinite
from typing import Any, Final, Protocol, TypeAlias, get_type_hints, runtime_checkable

import numpy as np

from femsoret.base.errors import FluidError, nearest
from femsoret.base.types import Value
from femsoret.fluids.elementary import exp

R: Final = 8.31446261815324
"""Molar gas constant, J/(mol K), exact in the 2019 SI."""


@runtime_checkable
class Property(Protocol):
    """A property of a fluid as a function of temperature and composition."""

    def __call__(self, T: Value, c: Value) -> Value:
        """Evaluate the property.

        Args:
            T: Temperature, K.
            c: Mass fraction of component 1, with a shape that broadcasts with T.

        Returns:
            The property in its SI unit.
        """
        ...


@dataclass(frozen=True)
class Constant:
    """A constant property.

    Args:
        value: Value in the unit of the property.
    """

    value: float

    def __call__(self, T: Value, c: Value) -> Value:
        """Return the value, whatever T and c are."""
        return self.value


@dataclass(frozen=True)
class Linear:
    """A linear model: value + slope_T (T - T_ref) + slope_c (c - c_ref).

    Args:
        value: Value at T_ref and c_ref, in the unit of the property.
        T_ref: Reference temperature, K.
        slope_T: Derivative with respect to temperature, in the unit of the property per K.
        c_ref: Reference mass fraction of component 1.
        slope_c: Derivative with respect to the mass fraction of component 1, in the unit of the
            property.
    """

    value: float
    T_ref: float
    slope_T: float
    c_ref: float = 0.0
    slope_c: float = 0.0

    def __call__(self, T: Value, c: Value) -> Value:
        """Evaluate the model at temperature T (K) and mass fraction c."""
        return self.value + self.slope_T * (T - self.T_ref) + self.slope_c * (c - self.c_ref)


@dataclass(frozen=True)
class Polynomial:
    """A polynomial in temperature: the sum of coefficients[k] (T - T_ref)^k.

    Args:
        coefficients: Coefficients from the constant term upwards; the k-th one is in the unit of
            the property per K^k.
        T_ref: Temperature at which the polynomial is centred, K; 273.15 for a fit in Celsius.
    """

    coefficients: tuple[float, ...]
    T_ref: float

    def __call__(self, T: Value, c: Value) -> Value:
        """Evaluate the model at temperature T (K) by Horner's rule; c is ignored."""
        *lower, result = self.coefficients
        for coefficient in reversed(lower):
            result = result * (T - self.T_ref) + coefficient
        return result


@dataclass(frozen=True)
class Arrhenius:
    """An Arrhenius law: value exp[-(activation/R) (1/T - 1/T_ref)].

    With a positive activation energy the property increases with temperature, as diffusion
    coefficients do; with a negative one it decreases, as viscosities of liquids do.

    Args:
        value: Value at T_ref, in the unit of the property.
        T_ref: Reference temperature, K.
        activation: Activation energy, J/mol.
    """

    value: float
    T_ref: float
    activation: float

    def __call__(self, T: Value, c: Value) -> Value:
        """Evaluate the model at temperature T (K); c is ignored."""
        return self.value * exp(-self.activation / R * (1.0 / T - 1.0 / self.T_ref))


@dataclass(frozen=True)
class StokesEinstein:
    """The Stokes-Einstein relation: D = value (T/T_ref) mu(T_ref, c)/mu(T, c).

    At a given composition D mu/T is then independent of temperature.

    Args:
        value: Diffusion coefficient at T_ref, m2/s.
        T_ref: Reference temperature, K.
        viscosity: Model of the viscosity mu; only ratios of its values are used.
    """

    value: float
    T_ref: float
    viscosity: Property

    def __call__(self, T: Value, c: Value) -> Value:
        """Evaluate the model at temperature T (K) and mass fraction c."""
        return self.value * (T / self.T_ref) * self.viscosity(self.T_ref, c) / self.viscosity(T, c)


@dataclass(frozen=True)
class IacopiniPiazza:
    """The Iacopini-Piazza law S_T(T) = S_inf [1 - exp((T_star - T)/T_0)].

    S. Iacopini, R. Piazza, Europhys. Lett. 63 (2003) 247, for lysozyme in water.

    Args:
        S_inf: Soret coefficient far above T_star, 1/K.
        T_star: Temperature at which the Soret coefficient changes sign, K.
        T_0: Temperature scale over which the Soret coefficient approaches S_inf, K.
    """

    S_inf: float
    T_star: float
    T_0: float

    def __call__(self, T: Value, c: Value) -> Value:
        """Evaluate the model at temperature T (K); c is ignored."""
        return self.S_inf * (1.0 - exp((self.T_star - T) / self.T_0))


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


Model: TypeAlias = Constant | Linear | Polynomial | Arrhenius | StokesEinstein | IacopiniPiazza

MODELS: Final[Mapping[str, type[Model]]] = {
    "constant": Constant,
    "linear": Linear,
    "polynomial": Polynomial,
    "arrhenius": Arrhenius,
    "stokes-einstein": StokesEinstein,
    "iacopini-piazza": IacopiniPiazza,
}
"""The property models by the names used in TOML files."""

KEY_UNITS: Final[Mapping[str, str]] = {
    "value": "{unit}",
    "T_ref": "K",
    "slope_T": "{unit}/K",
    "c_ref": "1",
    "slope_c": "{unit}",
    "coefficients": "{unit}",
    "activation": "J/mol",
    "viscosity": "Pa s",
    "S_inf": "{unit}",
    "T_star": "K",
    "T_0": "K",
}
"""The SI units of the keys of all property models, in which case files may give numbers with units;
{unit} stands for that of the property. Numbers in a list have no units: coefficients[k] is in
{unit}/K^k."""


def reflected(p: Property) -> Property:
    """Return the model (T, c) -> p(T, 1 - c), simplified where possible."""
    match p:
        case Constant() | Polynomial() | Arrhenius() | IacopiniPiazza():
            return p
        case Reflected(model):
            return model
        case Scaled(model, factor):
            return Scaled(reflected(model), factor)
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


def kind(p: Property) -> str:
    """Return a description of the model p, such as "arrhenius" or "-1 times linear"."""
    match p:
        case Reflected(model):
            return f"reflected {kind(model)}"
        case Scaled(model, factor):
            return f"{factor:g} times {kind(model)}"
        case _:
            names = (name for name, model in MODELS.items() if type(p) is model)
            return next(names, type(p).__name__)


def validate(p: Property) -> None:
    """Check the fields of a property model that are floats.

    Fields of other types, such as UFL constants, and user-defined models are not checked.

    Raises:
        FluidError: A field is not finite, an absolute temperature is not positive, a polynomial
            has no coefficients, or T_0 is zero.
    """
    match p:
        case Reflected(model) | Scaled(model):
            validate(model)
            return
        case Polynomial(()):
            raise FluidError("a polynomial needs at least one coefficient")
        case StokesEinstein(viscosity=viscosity):
            validate(viscosity)
        case IacopiniPiazza(T_0=0.0):
            raise FluidError(
                "iacopini-piazza: T_0 is 0 K",
                "T_0 is the temperature scale of the exponential and must not be 0",
            )
    if type(p) not in MODELS.values():
        return  # a user-defined callable
    for field in fields(p):  # type: ignore[arg-type]
        value = getattr(p, field.name)
        for number in value if isinstance(value, tuple) else (value,):
            if isinstance(number, float) and not isfinite(number):
                raise FluidError(f"{kind(p)}: {field.name} = {number} is not finite")
        if field.name in {"T_ref", "T_star"} and isinstance(value, float) and value <= 0.0:
            raise FluidError(
                f"{kind(p)}: {field.name} = {value} K is not an absolute temperature",
                "give temperatures in kelvin: 25 C is 298.15",
            )


def make_property(spec: Mapping[str, Any] | float | Property) -> Property:
    """Return a validated property model, made from a number or from a table of a TOML file.

    Args:
        spec: A number in SI units, for a constant; a table such as
            ``{"kind": "arrhenius", "value": 1e-9, "T_ref": 298.15, "activation": 2e4}``;
            or a model, which is returned unchanged.

    Raises:
        FluidError: The kind or a key is unknown, a key is missing, or a value is not a number or is
            out of range.
    """
    if isinstance(spec, Mapping):
        model = _from_table(spec)
    elif _is_number(spec):
        model = Constant(float(spec))  # type: ignore[arg-type]
    elif callable(spec):
        model = spec
    else:
        raise FluidError(
            f"{spec!r} is not a property",
            "give a number in SI units, or a table whose kind is one of: "
            + ", ".join(sorted(MODELS)),
        )
    validate(model)
    return model


def _is_number(x: object) -> bool:
    # bool is an int in Python, but `soret = true` in a TOML file is a mistake. A zero-dimensional
    # numpy number is a number; a fem.Constant is not: it stays what it is, inside a model.
    return isinstance(x, int | float | np.integer | np.floating) and not isinstance(x, bool)


def _from_table(spec: Mapping[str, Any]) -> Property:
    name = spec.get("kind")
    if name is None:
        raise FluidError(f"the key 'kind' is missing in {dict(spec)}", nearest("", MODELS).strip())
    if name not in MODELS:
        raise FluidError(f"unknown property model {name!r}", nearest(str(name), MODELS))
    model = MODELS[name]
    allowed = {field.name: field for field in fields(model)}
    for key in spec:
        if key != "kind" and key not in allowed:
            raise FluidError(f"{name}: unknown key {key!r}", nearest(key, allowed))
    missing = [k for k, f in allowed.items() if f.default is MISSING and k not in spec]
    if missing:
        raise FluidError(f"{name}: missing {', '.join(missing)}", f"allowed: {', '.join(allowed)}")
    types = get_type_hints(model)
    return model(**{k: _field(name, k, types[k], spec[k]) for k in allowed if k in spec})


def _field(model: str, key: str, wanted: object, value: Any) -> Any:
    if wanted is Property:
        return make_property(value)
    if wanted is float and _is_number(value):
        return float(value)
    many = isinstance(value, list | tuple) and all(_is_number(x) for x in value)
    if wanted == tuple[float, ...] and many:
        return tuple(float(x) for x in value)
    what = "a number" if wanted is float else "a list of numbers"
    raise FluidError(f"{model}: {key} = {value!r} is not {what}")
