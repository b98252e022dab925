"""Property laws by name: from tables of TOML files to laws, and the checks of their numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, fields
from math import isfinite
from typing import Any, Final, TypeAlias, get_type_hints

import numpy as np

from femsoret.base.errors import FluidError, nearest
from femsoret.fluids.mixing import KEY, NRTL, ActivityModel, Margules, RedlichKister, VanLaar
from femsoret.fluids.properties.composed import Reflected, Scaled
from femsoret.fluids.properties.formulas import (
    Arrhenius,
    Constant,
    IacopiniPiazza,
    Linear,
    Polynomial,
    Proportional,
    StokesEinstein,
)
from femsoret.fluids.properties.gases import (
    GasPolynomial,
    IdealGasDensity,
    IdealGasExpansion,
    IdealGasSolutalExpansion,
    MassWeighted,
)
from femsoret.fluids.properties.law import Property

Model: TypeAlias = (
    Constant
    | Linear
    | Proportional
    | Polynomial
    | Arrhenius
    | StokesEinstein
    | IacopiniPiazza
    | GasPolynomial
    | IdealGasDensity
    | IdealGasExpansion
    | IdealGasSolutalExpansion
    | MassWeighted
    | ActivityModel
)

MODELS: Final[Mapping[str, type[Model]]] = {
    "constant": Constant,
    "linear": Linear,
    "proportional": Proportional,
    "polynomial": Polynomial,
    "arrhenius": Arrhenius,
    "stokes-einstein": StokesEinstein,
    "iacopini-piazza": IacopiniPiazza,
    Margules.name: Margules,
    VanLaar.name: VanLaar,
    RedlichKister.name: RedlichKister,
    NRTL.name: NRTL,
    "gas-polynomial": GasPolynomial,
    "ideal-gas-density": IdealGasDensity,
    "ideal-gas-expansion": IdealGasExpansion,
    "ideal-gas-solutal-expansion": IdealGasSolutalExpansion,
    "mass-weighted": MassWeighted,
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
    "A12": "1",
    "A21": "1",
    "a": "1",
    "b": "K",
    "tau12": "1",
    "tau21": "1",
    "alpha": "1",
    "exponent": "1",
    "M1": "kg/mol",
    "M2": "kg/mol",
    "pressure": "Pa",
    "first": "{unit}",
    "second": "{unit}",
}
"""The SI units of the keys of all property models, in which case files may give numbers with units;
{unit} stands for that of the property. Numbers in a list have no units: coefficients[k] is in
{unit}/K^k."""


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
        case GasPolynomial(coefficients) if not (coefficients and all(coefficients)):
            raise FluidError("a gas-polynomial needs at least one coefficient in each row")
        case StokesEinstein(viscosity=viscosity):
            validate(viscosity)
        case ActivityModel():
            p.check()
        case MassWeighted(first, second):
            validate(first)
            validate(second)
        case IacopiniPiazza(T_0=0.0):
            raise FluidError(
                "iacopini-piazza: T_0 is 0 K",
                "T_0 is the temperature scale of the exponential and must not be 0",
            )
    if type(p) not in MODELS.values():
        return  # a user-defined callable
    for field in fields(p):  # type: ignore[arg-type]
        value = getattr(p, field.name)
        for number in _numbers_in(value):
            if isinstance(number, float) and not isfinite(number):
                raise FluidError(f"{kind(p)}: {field.name} = {number} is not finite")
        if field.name in {"T_ref", "T_star"} and isinstance(value, float) and value <= 0.0:
            raise FluidError(
                f"{kind(p)}: {field.name} = {value} K is not an absolute temperature",
                "give temperatures in kelvin: 25 C is 298.15",
            )


def _numbers_in(value: object) -> Iterator[object]:
    """Yield a value, or what tuples of any depth contain."""
    if isinstance(value, tuple):
        for item in value:
            yield from _numbers_in(item)
    else:
        yield value


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
    allowed = keys_of(model)
    for key in spec:
        if key != "kind" and key not in allowed:
            raise FluidError(f"{name}: unknown key {key!r}", nearest(key, allowed))
    missing = [k for k, f in allowed.items() if f.default is MISSING and k not in spec]
    if missing:
        raise FluidError(f"{name}: missing {', '.join(missing)}", f"allowed: {', '.join(allowed)}")
    types = get_type_hints(model)
    return model(**{k: _field(name, k, types[k], spec[k]) for k in allowed if k in spec})


def keys_of(model: type[Model]) -> dict[str, Field[Any]]:
    """Return the fields of a property model that are keys in a file, by name."""
    return {field.name: field for field in fields(model) if field.metadata.get(KEY, True)}


def _field(model: str, key: str, wanted: object, value: Any) -> Any:
    if wanted is Property:
        return make_property(value)
    if wanted is float and _is_number(value):
        return float(value)
    if wanted == tuple[float, ...] and _is_list(value):
        return tuple(float(x) for x in value)
    if wanted == tuple[float, ...] and _is_number(value):
        return (float(value),)
    if (
        wanted == tuple[tuple[float, ...], ...]
        and isinstance(value, list | tuple)
        and all(_is_list(row) for row in value)
    ):
        return tuple(tuple(float(x) for x in row) for row in value)
    what = "a number" if wanted is float else "a number or a list of numbers"
    if wanted == tuple[tuple[float, ...], ...]:
        what = "a list of lists of numbers"
    raise FluidError(f"{model}: {key} = {value!r} is not {what}")


def _is_list(value: object) -> bool:
    """Return whether a value is a list of numbers."""
    return isinstance(value, list | tuple) and all(_is_number(x) for x in value)
