"""The reference page of all keys of a case file, generated from the table classes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from inspect import cleandoc
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Final, Literal, TypeVar, Union, cast, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from femsoret.base.units import what_in
from femsoret.case.case import Case
from femsoret.case.values import Duration, InUnit, PropertyIn, Table, parts_of, units_of
from femsoret.fluids import MODELS
from femsoret.fluids.properties import keys_of

_HEAD: Final = """\
# The case file

A case file is a [TOML](https://toml.io) file. It has a `[cell]`, either a `[fluid]` or `[groups]`,
and one `[[condition]]` for each boundary condition. Everything else has defaults. Unknown keys are
errors.

**Quantities** are texts with a unit, such as `"5 mm"`, `"25 degC"` or `"5e-3 1/K"`, or plain
numbers in the unit given in the tables below: SI, and degrees for angles. With `[groups]`, only
plain numbers are allowed: lengths in units of the gap L between the hot and the cold wall,
temperatures in units of their temperature difference dT, heat fluxes in units of kappa dT/L, and
heat transfer coefficients in units of kappa/L. The gap and the temperature difference must then
be 1; the zero of the temperature scale does not matter.

**Times** are texts with a unit, such as `"20 h"`, plain numbers in seconds (with `[groups]` in
units of L^2/alpha), or multiples of the relaxation time tau = L^2/(pi^2 D) of the cell at its
reference state, such as `"5 tau"`.

**Transient runs** have a table `[time]`. Each `[[protocol]]` describes one quantity that changes
during the run:

```toml
[time]
end = "5 tau"

[[protocol]]                     # the temperature difference is applied within five minutes
kind = "heating"
ramp = { initial = 0, duration = "5 min" }

[[protocol]]                     # g-jitter
kind = "gravity"
oscillation = [
    { amplitude = "1e-3 g0", frequency = "0.1 Hz" },
    { amplitude = "5e-4 g0", frequency = "1 Hz", phase = "90 deg" },
]
```

**Single keys** are changed on the command line by `--set key.path=value`, with items of lists
numbered from 0: `--set condition.0.value="300 K"`, `--set cell.cells=[48,24]`. Error messages refer
to keys in the same way.

This page is generated from the code by `tools/make_docs.py`.
"""

_WORDS: Final[Mapping[object, str]] = {
    float: "number",
    int: "integer",
    bool: "true or false",
    str: "text",
    Path: "path",
}

_MODELS: Final = """\
## Property models

A property in `[fluid.overrides]` or in a fluid file may be a table of one of these kinds. In case
files its numbers may have units, except coefficients of polynomials and the factors of a product.
Laws are made of laws, as here S_T = -alpha/T with alpha(x, T), which takes the molar masses of the
fluid:

```toml
[fluid.overrides.soret]
kind = "in-mole-fraction"
[fluid.overrides.soret.model]
kind = "product"
factors = [
    { kind = "polynomial", coefficients = [[-1.831, 0.181], [0.0104, -0.0008]], T_ref = 298.15 },
    { kind = "power", value = -1.0, T_ref = 1.0, exponent = -1 },
]
```

A table in T and c has one row of `values` for each T:

```toml
[fluid.overrides.diffusion]
kind = "table"
T = ["20 degC", "40 degC"]
c = [0.1, 0.5, 0.9]
values = [[4.1e-10, 4.3e-10, 5.0e-10], [6.0e-10, 6.4e-10, 7.5e-10]]
```

**Ranges.** A table holds between its first and its last knot, and a `limited` law in its `T_range`
and `c_range`. Outside is an error: at the reference state, between the temperatures of the walls
before a solve, and in the computed state after it. `outside = "constant"` continues a law by its
value at the end of the range, `outside = "linear"` by the tangent there. Other formulas hold
everywhere. The `T_range` beside a value in a fluid file is that of its *source*, and leads to a
warning only.

A table is part of the compiled equations: each form that contains a new table of 20 temperatures
takes about a second to compile, once; with 20 temperatures and 8 compositions it is about 5 s.

Models of the thermodynamic factor (`margules` to `nrtl`) are stated in mole fractions, with the
molar masses of the fluid. Their `A12`, `A21`, `tau12` and `tau21` are numbers or lists of up to
four coefficients [a, b, c, d] of a + b/T + c ln T + d T, T in kelvin; `a` and `b` of
`redlich-kister` are lists of the coefficients of a_k + b_k/T.

| kind | keys | meaning |
|---|---|---|
"""


def case_reference() -> str:
    """Return the reference page of all keys of a case file, as Markdown."""
    sections = [_section("Top level", Case)]
    seen: set[type[Table]] = set()
    for name, field in Case.model_fields.items():
        origin = get_origin(field.annotation)
        brackets = f"[[{name}]]" if origin is tuple else f"[{name}]"
        if origin is dict:
            brackets = f"[{name}.NAME]"
        sections += _sections(brackets, field, seen)
    return "\n\n".join([_HEAD.strip(), *sections, _property_models()]) + "\n"


def _sections(brackets: str, field: FieldInfo, seen: set[type[Table]]) -> Iterator[str]:
    """Yield the sections of a field's tables and, recursively, of the tables inside them."""
    for table in _tables(field.annotation):
        if table in seen:
            continue
        seen.add(table)
        yield _section(f"`{brackets}`{_variant(table)}", table)
        for key, inner in table.model_fields.items():
            path = f"{brackets.strip('[]')}.{key}"
            if get_origin(inner.annotation) is dict:
                named = get_origin(get_args(inner.annotation)[0]) is Literal
                path += ".SIDE" if named else ".NAME"
            listed = get_origin(inner.annotation) is tuple
            yield from _sections(f"[[{path}]]" if listed else f"[{path}]", inner, seen)


def _variant(table: type[Table]) -> str:
    """Return the part of a heading that distinguishes tables of the same name."""
    kind = table.model_fields.get("kind")
    if kind is not None:
        return f" of kind `{get_args(kind.annotation)[0]}`"
    title = table.model_config.get("title")
    return f" ({title})" if title else ""


def _section(title: str, table: type[Table]) -> str:
    lines = [f"## {title}", "", cleandoc(table.__doc__ or ""), ""]
    lines += ["| key | type | unit | default | meaning |", "|---|---|---|---|---|"]
    for key, field in table.model_fields.items():
        kind = _type(field.annotation, field.metadata)
        cells = (f"`{key}`", kind, _unit(field), _default(field), field.description or "")
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines)


def _tables(annotation: object) -> list[type[Table]]:
    """Return the table classes in an annotation, generic classes without their parameters."""
    tables = [x for x in parts_of(annotation) if isinstance(x, type) and issubclass(x, Table)]
    return [cast(type[Table], x.__pydantic_generic_metadata__["origin"] or x) for x in tables]


def _unit(field: FieldInfo) -> str:
    if any(isinstance(part, TypeVar) for part in parts_of(field.annotation)):
        return "of the kind"
    units = units_of(field)
    return units[0].unit if units and units[0].unit != "1" else ""


def _type(annotation: object, metadata: Sequence[object] = ()) -> str:
    """Return a plain description of the type and bounds of an annotation."""
    return _word(annotation, metadata) + _bounds(metadata)


def _bounds(metadata: Sequence[object]) -> str:
    """Return the bounds in annotation metadata, including those nested in pydantic fields."""
    marks = [inner for mark in metadata for inner in getattr(mark, "metadata", [mark])]
    signs = (("gt", ">"), ("ge", ">="), ("lt", "<"), ("le", "<="))
    bounds = [
        f"{sign} {getattr(mark, name):g}"
        for name, sign in signs
        for mark in marks
        if hasattr(mark, name)
    ]
    return f" {', '.join(bounds)}" if bounds else ""


def _word(annotation: object, metadata: Sequence[object]) -> str:
    for mark in metadata:
        if isinstance(mark, PropertyIn):
            return "quantity or table"
        if isinstance(mark, InUnit):
            return what_in(mark.unit) if mark.unit in {"m", "K", "s", "deg", "1"} else "quantity"
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _type(arguments[0], arguments[1:])
    if origin is Literal:
        return " or ".join(f'`"{x}"`' if isinstance(x, str) else f"`{x}`" for x in arguments)
    if origin in (Union, UnionType):
        return " or ".join(dict.fromkeys(_type(x) for x in arguments if x is not NoneType))
    if origin is tuple:
        number = "" if Ellipsis in arguments else f"{len(arguments)} "
        return f"list of {number}{_plural(_type(arguments[0]))}"
    if origin is dict or (isinstance(annotation, type) and issubclass(annotation, Table)):
        return "table"
    return "quantity" if isinstance(annotation, TypeVar) else _WORDS[annotation]


def _plural(word: str) -> str:
    first, *rest = word.split(" ", maxsplit=1)
    if first.startswith("`"):
        return word
    return " ".join([f"{first.removesuffix('y')}ies" if first[-1] == "y" else f"{first}s", *rest])


def _default(field: FieldInfo) -> str:
    if isinstance(field.json_schema_extra, Mapping):
        return str(field.json_schema_extra["default"])
    if field.is_required():
        return "required"
    value = field.default
    if value is None or field.default_factory is not None or isinstance(value, BaseModel):
        return ""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, str):
        return f'`"{value}"`'
    if isinstance(value, Duration):
        return f"`{value.number:g} s`"
    if isinstance(value, tuple):
        return f"`{list(value)}`".replace("'", '"')
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`"


def _property_models() -> str:
    rows = []
    for kind, model in MODELS.items():
        keys = ", ".join(f"`{key}`" for key in keys_of(model))
        meaning = cleandoc(model.__doc__ or "").splitlines()[0]
        rows.append(f"| `{kind}` | {keys} | {meaning.replace('|', chr(92) + '|')} |")
    return _MODELS + "\n".join(rows)
