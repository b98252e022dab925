"""Property laws by name: from tables of TOML files to laws, and the checks of their numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, fields
from math import isfinite
from typing import Any, Final, TypeAlias, get_args, get_type_hints

import numpy as np

from femsoret.base.errors import FluidError, nearest
from femsoret.fluids.mixing import KEY, NRTL, ActivityModel, Margules, RedlichKister, VanLaar
from femsoret.fluids.properties.composed import (
    InMoleFraction,
    OfComponent,
    Product,
    Reflected,
    Scaled,
    Sum,
)
from femsoret.fluids.properties.formulas import (
    Arrhenius,
    Constant,
    IacopiniPiazza,
    Linear,
    Polynomial,
    Power,
    Proportional,
    StokesEinstein,
    VogelFulcherTammann,
)
from femsoret.fluids.properties.gas_mixtures import (
    GasExpansion,
    IdealMixtureDensity,
    IdealMixtureExpansion,
    IdealMixturePotential,
)
from femsoret.fluids.properties.gases import (
    GasPolynomial,
    IdealGasDensity,
    IdealGasExpansion,
    IdealGasSolutalExpansion,
    MassWeighted,
)
from femsoret.fluids.properties.law import Property
from femsoret.fluids.properties.nrtl_mixtures import NRTLPotential
from femsoret.fluids.properties.packages import CoolPropTable
from femsoret.fluids.properties.ranges import Limited, Outside
from femsoret.fluids.properties.tables import Table

Model: TypeAlias = (
    Constant
    | Linear
    | Proportional
    | Polynomial
    | Power
    | Arrhenius
    | VogelFulcherTammann
    | StokesEinstein
    | IacopiniPiazza
    | Table
    | Sum
    | Product
    | Scaled
    | Reflected
    | InMoleFraction
    | OfComponent
    | Limited
    | GasPolynomial
    | IdealGasDensity
    | IdealGasExpansion
    | IdealGasSolutalExpansion
    | MassWeighted
    | GasExpansion
    | IdealMixtureDensity
    | IdealMixtureExpansion
    | IdealMixturePotential
    | NRTLPotential
    | ActivityModel
)

MODELS: Final[Mapping[str, type[Model | CoolPropTable]]] = {
    "constant": Constant,
    "linear": Linear,
    "proportional": Proportional,
    "polynomial": Polynomial,
    "power": Power,
    "arrhenius": Arrhenius,
    "vogel-fulcher-tammann": VogelFulcherTammann,
    "stokes-einstein": StokesEinstein,
    "iacopini-piazza": IacopiniPiazza,
    "table": Table,
    "coolprop": CoolPropTable,
    "sum": Sum,
    "product": Product,
    "scaled": Scaled,
    "reflected": Reflected,
    "in-mole-fraction": InMoleFraction,
    "of-component": OfComponent,
    "limited": Limited,
    Margules.name: Margules,
    VanLaar.name: VanLaar,
    RedlichKister.name: RedlichKister,
    NRTL.name: NRTL,
    "gas-polynomial": GasPolynomial,
    "ideal-gas-density": IdealGasDensity,
    "ideal-gas-expansion": IdealGasExpansion,
    "ideal-gas-solutal-expansion": IdealGasSolutalExpansion,
    "mass-weighted": MassWeighted,
    "gas-expansion": GasExpansion,
    "ideal-mixture-density": IdealMixtureDensity,
    "ideal-mixture-solutal-expansion": IdealMixtureExpansion,
    "ideal-mixture-potential": IdealMixturePotential,
    "nrtl-potential": NRTLPotential,
}
"""The property laws by the names used in TOML files."""

TEXT: Final = ""
"""Unit of a key that is a text."""

NO_UNITS: Final = "?"
"""Unit of a key whose numbers are plain numbers in SI, because their units are not known."""

KEY_UNITS: Final[Mapping[str, str]] = {
    "value": "{unit}",
    "T_ref": "K",
    "slope_T": "{unit}/K",
    "c_ref": "1",
    "slope_c": "{unit}",
    "coefficients": NO_UNITS,
    "exponent": "1",
    "activation": "J/mol",
    "B": "K",
    "viscosity": "Pa s",
    "S_inf": "{unit}",
    "T_star": "K",
    "T_0": "K",
    "values": "{unit}",
    "T": "K",
    "c": "1",
    "outside": TEXT,
    "origin": TEXT,
    "substance": TEXT,
    "quantity": TEXT,
    "pressure": "Pa",
    "T_range": "K",
    "c_range": "1",
    "terms": "{unit}",
    "factors": NO_UNITS,
    "model": "{unit}",
    "factor": "1",
    "molar_masses": "kg/mol",
    "component": NO_UNITS,
    "row": NO_UNITS,
    "column": NO_UNITS,
    "A12": "1",
    "A21": "1",
    "a": "1",
    "b": "K",
    "tau12": "1",
    "tau21": "1",
    "alpha": "1",
    "M1": "kg/mol",
    "M2": "kg/mol",
    "first": "{unit}",
    "second": "{unit}",
    "alike": "1",
}
"""The SI units of the keys of all property laws, in which case files may give numbers with units;
{unit} stands for that of the property. coefficients[k] is in {unit}/K^k, without a unit."""


def kind(p: Property) -> str:
    """Return a description of the law p, such as "arrhenius" or "-1 times linear"."""
    match p:
        case Reflected(model):
            return f"reflected {kind(model)}"
        case Scaled(model, factor):
            return f"{factor:g} times {kind(model)}"
        case Limited(model):
            return kind(model)
        case Sum(laws):
            return " + ".join(kind(law) for law in laws)
        case Product(laws):
            return " x ".join(kind(law) for law in laws)
        case InMoleFraction(model):
            return f"{kind(model)} in mole fraction"
        case OfComponent(model, component):
            return f"{kind(model)} in component {component}"
        case _:
            names = (name for name, model in MODELS.items() if type(p) is model)
            return next(names, type(p).__name__)


def validate(p: Property) -> None:
    """Check the fields of a property law that are floats, and those of the laws it is made of.

    Fields of other types, such as UFL constants, and user-defined laws are not checked.

    Raises:
        FluidError: A field is not finite, an absolute temperature is not positive, or what the law
            itself requires does not hold.
    """
    if type(p) not in MODELS.values():
        return  # a user-defined callable
    name = next(name for name, model in MODELS.items() if type(p) is model)
    for field in fields(p):  # type: ignore[arg-type]
        value = getattr(p, field.name)
        for leaf in _leaves(value):
            if isinstance(leaf, float):
                if not isfinite(leaf):
                    raise FluidError(f"{name}: {field.name} = {leaf} is not finite")
            elif callable(leaf):
                validate(leaf)
        if field.name in {"T_ref", "T_star"} and isinstance(value, float) and value <= 0.0:
            raise FluidError(
                f"{name}: {field.name} = {value} K is not an absolute temperature",
                "give temperatures in kelvin: 25 C is 298.15",
            )
    own_check = getattr(p, "check", None)
    if own_check is not None:
        try:
            own_check()
        except FluidError as error:
            raise FluidError(f"{name}: {error.message}", error.hint) from error


def origins(p: Property) -> tuple[str, ...]:
    """Return the packages, with their versions, that computed tables of a law."""
    if isinstance(p, Table):
        return (p.origin,) if p.origin else ()
    if type(p) not in MODELS.values():
        return ()
    parts = (leaf for field in fields(p) for leaf in _leaves(getattr(p, field.name)))  # type: ignore[arg-type]
    return tuple(origin for part in parts if callable(part) for origin in origins(part))


def _leaves(value: object) -> Iterator[object]:
    if isinstance(value, tuple):
        for part in value:
            yield from _leaves(part)
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
    law = model(**{k: _field(name, k, types[k], spec[k]) for k in allowed if k in spec})
    return law.tabulated() if isinstance(law, CoolPropTable) else law


def keys_of(model: type[Model | CoolPropTable]) -> dict[str, Field[Any]]:
    """Return the fields of a property law that are keys in a file, by name."""
    return {field.name: field for field in fields(model) if field.metadata.get(KEY, True)}


def _field(model: str, key: str, wanted: object, value: Any) -> Any:
    """Return the value of a key in the type of the field, with lists as tuples."""
    if wanted == Property:
        return make_property(value)
    if wanted == tuple[Property, ...] and isinstance(value, list | tuple):
        return tuple(make_property(each) for each in value)
    if wanted is float and _is_number(value):
        return float(value)
    if wanted is int and isinstance(value, int) and not isinstance(value, bool):
        return value
    if wanted is str and isinstance(value, str):
        return value
    if wanted == Outside:
        if value not in get_args(Outside):
            raise FluidError(
                f"{model}: unknown {key} {value!r}", nearest(str(value), get_args(Outside))
            )
        return value
    if wanted == tuple[float, ...] and _is_number(value):
        return (float(value),)
    numbers = _numbers(value) if isinstance(value, list | tuple) else None
    if numbers is not None and _fits(numbers, wanted):
        return numbers
    raise FluidError(
        f"{model}: {key} = {value!r} is not {_WANTED.get(wanted, 'a list of numbers')}"
    )


_WANTED: Final[Mapping[object, str]] = {
    float: "a number",
    int: "an integer",
    str: "a text",
    tuple[Property, ...]: "a list of property laws",
    tuple[float, ...]: "a number or a list of numbers",
    tuple[tuple[float, ...], ...]: "a list of lists of numbers",
    tuple[float, float]: "a list of two numbers",
    tuple[float, float] | None: "a list of two numbers",
}
"""What the types of fields are called in messages."""


def _numbers(value: list[Any] | tuple[Any, ...]) -> tuple[Any, ...] | None:
    """Return a list of numbers and of lists of numbers as tuples of floats; None for others."""
    found: list[Any] = []
    for each in value:
        if _is_number(each):
            found.append(float(each))
        elif isinstance(each, list | tuple) and all(_is_number(x) for x in each):
            found.append(tuple(float(x) for x in each))
        else:
            return None
    return tuple(found)


def _fits(numbers: tuple[Any, ...], wanted: object) -> bool:
    flat = all(isinstance(x, float) for x in numbers)
    if wanted == tuple[tuple[float, ...], ...]:
        return not any(isinstance(x, float) for x in numbers)
    if wanted in {tuple[float, float], tuple[float, float] | None}:
        return flat and len(numbers) == 2
    return flat or wanted != tuple[float, ...]
