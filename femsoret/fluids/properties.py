"""Property models: how one property of a fluid depends on temperature and composition.

A model is a frozen dataclass that is called with the temperature T (K) and the mass fraction c of
component 1. The call works for floats, numpy arrays and UFL expressions alike, and the fields may
themselves be UFL constants (so that a solver can change them without compiling again). That is why
nothing here converts, compares or checks a field when a model is made: :func:`validate` does.

A model that ignores T or c returns a scalar for array arguments; numpy broadcasting does the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from math import isfinite
from typing import Any, Final, Protocol, TypeAlias, get_type_hints, runtime_checkable

import numpy as np

from femsoret.base.errors import FluidError, nearest
from femsoret.base.types import Value

R: Final = 8.31446261815324
"""Molar gas constant, J/(mol K), exact since the SI of 2019."""


@runtime_checkable
class Property(Protocol):
    """A property of a fluid as a function of temperature and composition."""

    def __call__(self, T: Value, c: Value) -> Value:
        """Evaluate the property.

        Args:
            T: Temperature, K.
            c: Mass fraction of component 1.
        """
        ...


def _is_ufl(x: Value) -> bool:
    """Whether x is a UFL expression, found without importing UFL."""
    return any(cls.__module__.partition(".")[0] == "ufl" for cls in type(x).__mro__)


def _exp(x: Value) -> Value:
    # An expression is UFL as soon as one of its ingredients is, so looking at x is enough.
    if _is_ufl(x):
        import ufl

        return ufl.exp(x)
    return np.exp(x)


@dataclass(frozen=True)
class Constant:
    """The same value everywhere.

    Args:
        value: The value, in the unit of the property.
    """

    value: float

    def __call__(self, T: Value, c: Value) -> Value:
        """Return the value."""
        return self.value


@dataclass(frozen=True)
class Linear:
    """value + slope_T (T - T_ref) + slope_c (c - c_ref).

    Args:
        value: Value at T_ref and c_ref, in the unit of the property.
        T_ref: Reference temperature, K.
        slope_T: Derivative with respect to temperature, unit per K.
        c_ref: Reference mass fraction of component 1.
        slope_c: Derivative with respect to the mass fraction of component 1, unit.
    """

    value: float
    T_ref: float
    slope_T: float
    c_ref: float = 0.0
    slope_c: float = 0.0

    def __call__(self, T: Value, c: Value) -> Value:
        """Evaluate at T (K) and c."""
        return self.value + self.slope_T * (T - self.T_ref) + self.slope_c * (c - self.c_ref)


@dataclass(frozen=True)
class Polynomial:
    """The sum of coefficients[k] (T - T_ref)^k.

    Args:
        coefficients: From the constant term upwards, unit per K^k.
        T_ref: Temperature at which the polynomial is centred, K (273.15 for a fit in Celsius).
    """

    coefficients: tuple[float, ...]
    T_ref: float

    def __call__(self, T: Value, c: Value) -> Value:
        """Evaluate at T (K) by Horner's rule."""
        *lower, result = self.coefficients
        for coefficient in reversed(lower):
            result = result * (T - self.T_ref) + coefficient
        return result


@dataclass(frozen=True)
class Arrhenius:
    """value exp[-(activation/R) (1/T - 1/T_ref)].

    A positive activation energy makes the property grow with temperature, as a diffusion
    coefficient does; a viscosity, which falls, has a negative one.

    Args:
        value: Value at T_ref, in the unit of the property.
        T_ref: Reference temperature, K.
        activation: Activation energy, J/mol.
    """

    value: float
    T_ref: float
    activation: float

    def __call__(self, T: Value, c: Value) -> Value:
        """Evaluate at T (K)."""
        return self.value * _exp(-self.activation / R * (1.0 / T - 1.0 / self.T_ref))


@dataclass(frozen=True)
class StokesEinstein:
    """value (T/T_ref) mu(T_ref, c)/mu(T, c): D mu/T does not change with temperature.

    Args:
        value: Diffusion coefficient at T_ref, m2/s.
        T_ref: Reference temperature, K.
        viscosity: Model of the viscosity mu; only its ratio at two temperatures matters.
    """

    value: float
    T_ref: float
    viscosity: Property

    def __call__(self, T: Value, c: Value) -> Value:
        """Evaluate at T (K) and c."""
        return self.value * (T / self.T_ref) * self.viscosity(self.T_ref, c) / self.viscosity(T, c)


@dataclass(frozen=True)
class IacopiniPiazza:
    """S_T(T) = S_inf [1 - exp((T_star - T)/T_0)], with a sign change at T_star.

    S. Iacopini, R. Piazza, Europhys. Lett. 63 (2003) 247, for lysozyme in water.

    Args:
        S_inf: Soret coefficient far above T_star, 1/K.
        T_star: Temperature at which the Soret coefficient changes sign, K.
        T_0: Temperature range over which it saturates, K.
    """

    S_inf: float
    T_star: float
    T_0: float

    def __call__(self, T: Value, c: Value) -> Value:
        """Evaluate at T (K)."""
        return self.S_inf * (1.0 - _exp((self.T_star - T) / self.T_0))


@dataclass(frozen=True)
class Reflected:
    """The model for the other naming of the components: model(T, 1 - c).

    Args:
        model: The model as a function of the mass fraction of the other component.
    """

    model: Property

    def __call__(self, T: Value, c: Value) -> Value:
        """Evaluate at T (K) and c."""
        return self.model(T, 1.0 - c)


@dataclass(frozen=True)
class Scaled:
    """The model times a number.

    Args:
        model: The model to scale.
        factor: The number; -1 for the sign that a property has under the other naming.
    """

    model: Property
    factor: float

    def __call__(self, T: Value, c: Value) -> Value:
        """Evaluate at T (K) and c."""
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
"""The models by the names that TOML files use."""


def reflected(p: Property) -> Property:
    """Return p as a function of the other component's mass fraction, as simple as possible."""
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
    """Return p with the opposite sign, as simple as possible."""
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
    """Whether p can be seen, without evaluating it, to depend on neither T nor c."""
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
    """Return the name of the model of p as TOML files spell it, with what was done to it."""
    match p:
        case Reflected(model):
            return f"reflected {kind(model)}"
        case Scaled(model, factor):
            return f"{factor:g} times {kind(model)}"
        case _:
            names = (name for name, model in MODELS.items() if type(p) is model)
            return next(names, type(p).__name__)


def validate(p: Property) -> None:
    """Check the numbers inside a model; fields that are no plain floats are left alone.

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
            raise FluidError("iacopini-piazza: T_0 is 0 K", "T_0 is a range of temperature, not 0")
    if type(p) not in MODELS.values():
        return  # a callable of the user's own
    for field in fields(p):  # type: ignore[arg-type]
        value = getattr(p, field.name)
        for number in value if isinstance(value, tuple) else (value,):
            if isinstance(number, float) and not isfinite(number):
                raise FluidError(f"{kind(p)}: {field.name} = {number} is not finite")
        if field.name in {"T_ref", "T_star"} and isinstance(value, float) and value <= 0.0:
            raise FluidError(
                f"{kind(p)}: {field.name} = {value} K is not an absolute temperature",
                "temperatures are in kelvin: 25 C is 298.15",
            )


def make_property(spec: Mapping[str, Any] | float | Property) -> Property:
    """Make a model from a number or from a table with a kind, as TOML files give it.

    Args:
        spec: A number (a constant, SI), a table such as
            ``{"kind": "arrhenius", "value": 1e-9, "T_ref": 298.15, "activation": 2e4}``,
            or a model, which is returned as it is.

    Raises:
        FluidError: Unknown kind or key, missing key, or a value that is not a number.
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
            "give a number in SI units, or a table with a kind: " + ", ".join(sorted(MODELS)),
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
        raise FluidError(f"a property table has no kind: {dict(spec)}", nearest("", MODELS).strip())
    if name not in MODELS:
        raise FluidError(f"unknown property model {name!r}", nearest(str(name), MODELS))
    model = MODELS[name]
    allowed = {field.name: field for field in fields(model)}
    for key in spec:
        if key != "kind" and key not in allowed:
            raise FluidError(f"{name}: unknown key {key!r}", nearest(key, allowed))
    missing = [k for k, f in allowed.items() if f.default is MISSING and k not in spec]
    if missing:
        raise FluidError(f"{name}: missing {', '.join(missing)}", f"needed: {', '.join(allowed)}")
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
