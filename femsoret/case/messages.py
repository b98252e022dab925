"""Error messages about case files: the file, the key, what is wrong, and what is allowed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from pydantic import ValidationError
from pydantic_core import PydanticCustomError

from femsoret.base.errors import CaseError, FemsoretError, nearest

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

Location: TypeAlias = Sequence[str | int]
"""Path of keys from the top level of a case file; items of lists are numbered from 0."""

_TABLES: Final = frozenset(
    {
        "audit",
        "audit.plates",
        "audit.side_walls",
        "cell",
        "condition",
        "design",
        "fit",
        "fit.data",
        "fit.data.columns",
        "fit.unknown",
        "fit.unknown.prior",
        "fluid",
        "fluid.overrides",
        "fluid.overrides.component",
        "gravity",
        "groups",
        "heat_source",
        "output",
        "particle",
        "particle.state",
        "particle.transition",
        "protocol",
        "readings",
        "readings.extra",
        "readings.gradient",
        "readings.thermometer",
        "solid",
        "solver",
        "solver.petsc",
        "time",
        "time.checkpoint",
        "time.evaluation",
        "time.record",
        "tracer",
        "tracer.state",
        "tracer.transition",
        "vibration",
    }
)
"""Tables that have a heading in brackets in a case file."""
UNSEEN: Final = "<"
"""Beginning of names in pydantic's locations that are not keys of the file."""
_TYPE: Final = re.compile(
    r"(function-\w+|tuple|list|dict|literal|nullable|chain)\[.*\]|(constrained-)?(float|int|str)|bool"
)
"""Names of types in pydantic's locations, where a value may have one of several."""
_SENTENCE: Final = "Input should be "
_WORDS: Final = {
    "float_type": "a number",
    "int_type": "an integer",
    "int_from_float": "an integer",
    "bool_type": "true or false",
    "string_type": "a text in quotes",
    "tuple_type": "a list",
    "dict_type": "a table",
    "model_type": "a table",
    "model_attributes_type": "a table",
    "finite_number": "a finite number",
    "path_type": "a path in quotes",
}
"""What the value should have been, by the type of pydantic's error."""


# -- while a file is read ----------------------------------------------------------------------


def wrong(what: str, hint: str = "", key: str = "") -> PydanticCustomError:
    """Return the error to raise in a validator.

    Args:
        what: Description of the problem.
        hint: What is allowed, or what to try.
        key: The wrong key, relative to the table that is being validated; "" for the whole table.
    """
    return PydanticCustomError("case", "{what}", {"what": what, "hint": hint, "key": key})


def case_error(source: Path, error: ValidationError, raw: Any) -> CaseError:
    """Return a single error that reports everything a validation found.

    Args:
        source: Path of the case file.
        error: The error that pydantic raised.
        raw: The contents of the file that were validated.
    """
    lines, hints = [], []
    for details, location in _without_alternatives(error, raw):
        what, hint = _explained(details, location, raw)
        lines.append(_with_place(source, location, what))
        hints.append(hint)
    also = [f"also {line} ({hint})" for line, hint in zip(lines[1:], hints[1:], strict=True)]
    return CaseError(lines[0], "\n  ".join([hints[0], *also]).strip())


def _without_alternatives(
    error: ValidationError, raw: Any
) -> list[tuple[ErrorDetails, list[str | int]]]:
    """Return the errors of a validation with their locations, one for each wrong value.

    A key that takes a number or a list has one error for either. The one that says more than that
    the value is of another type counts; if there is none, the first does.
    """
    found = [(details, _location(details, raw)) for details in error.errors()]

    def of_type(details: ErrorDetails) -> bool:
        return details["type"] in _WORDS

    kept: list[tuple[ErrorDetails, list[str | int]]] = []
    for details, location in found:
        others = (
            other[: len(location)] == location
            for of, other in found
            if of is not details and not of_type(of)
        )
        twice = any(location == other and of_type(of) for of, other in kept)
        if not (of_type(details) and (twice or any(others))):
            kept.append((details, location))
    return kept


def _location(details: ErrorDetails, raw: Any) -> list[str | int]:
    """Return the path of keys in the file.

    pydantic's location also contains the kind of a table, the names of the types that a value may
    have, and an item number where the file has a single table in place of a list; all of them are
    removed.
    """
    whole = [part for part in details["loc"] if not str(part).startswith(UNSEEN)]
    if whole[:1] in (["cell"], ["groups"]):
        del whole[1:2]
    elif whole[:1] in (["condition"], ["heat_source"], ["protocol"]):
        del whole[2:3]
    location: list[str | int] = []
    for part in whole:
        value = _given(raw, location, None)
        is_key = isinstance(value, Mapping) and part in value
        if isinstance(part, str) and not is_key and _TYPE.fullmatch(part):
            continue
        if not (isinstance(part, int) and isinstance(value, Mapping)):
            location.append(part)
    key = details.get("ctx", {}).get("key", "")
    return location + (key.split(".") if key else [])


def _explained(details: ErrorDetails, location: Location, raw: Any) -> tuple[str, str]:
    """Return a description of the problem and a hint on what is allowed."""
    kind, message = details["type"], details["msg"]
    context = details.get("ctx", {})
    given = _given(raw, location, details["input"])
    match kind:
        case "case":
            return context["what"], context["hint"]
        case "kind":  # of femsoret.case.values.ByKind
            if "kind" not in details["input"]:
                return "missing", nearest("", context["kinds"].split())
            return f"unknown kind {given!r}", nearest(str(given), context["kinds"].split())
        case "literal_error":
            allowed = re.findall(r"'([^']*)'", context["expected"]) or [context["expected"]]
            return f"{given!r} is not allowed", nearest(str(given), allowed)
        case "missing":
            return f"item {int(location[-1]) + 1} of the list is missing", ""
        case "too_long" | "too_short":
            if kind == "too_long":
                word, bound = "many", f"at most {context['max_length']}"
            else:
                word, bound = "few", f"at least {context['min_length']}"
            return f"too {word} values: {context['actual_length']}", f"expected {bound}"
    if kind in _WORDS:
        return f"{given!r} is not {_WORDS[kind]}", ""
    if message.startswith(_SENTENCE):
        return f"{given!r} is not allowed", message.removeprefix(_SENTENCE)
    return message, ""


def _given(raw: Any, location: Location, fallback: Any) -> Any:
    """Return the value as written in the file, possibly with a unit."""
    for part in location:
        try:
            raw = raw[part]
        except (KeyError, IndexError, TypeError):
            return fallback
    return raw


# -- while a case is built ---------------------------------------------------------------------


@contextmanager
def at_key(*location: str | int) -> Iterator[None]:
    """Prepend keys to the location of errors raised inside; use it within :func:`in_file`.

    Args:
        *location: Keys, relative to those of the enclosing ``at_key``.
    """
    try:
        yield
    except FemsoretError as error:
        error.location = (*location, *error.location)
        raise


@contextmanager
def in_file(source: Path) -> Iterator[None]:
    """Prefix the messages of errors raised inside with the file and the key.

    Args:
        source: Path of the case file.
    """
    try:
        yield
    except FemsoretError as error:
        message = _with_place(source, error.location, error.message)
        raise type(error)(message, error.hint) from error


def _with_place(source: Path, location: Location, message: str) -> str:
    """Return a message prefixed with the file and "[table] key"."""
    parts = [str(part) for part in location]
    place = ".".join(parts)
    for length in range(len(parts), 0, -1):
        if ".".join(part for part in parts[:length] if not part.isdigit()) in _TABLES:
            place = f"[{'.'.join(parts[:length])}] {'.'.join(parts[length:])}".rstrip()
            break
    return f"{source}: {place}: {message}" if place else f"{source}: {message}"
