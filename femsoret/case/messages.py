"""Messages about case files: which file, which key, what is wrong, what is allowed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from femsoret.base.errors import CaseError, FemsoretError, nearest

Location = Sequence[str | int]

_TABLES: Final = frozenset(
    {
        "audit",
        "audit.plates",
        "audit.side_walls",
        "cell",
        "condition",
        "fluid",
        "fluid.overrides",
        "gravity",
        "groups",
        "output",
        "protocol",
        "readings",
        "readings.extra",
        "readings.gradient",
        "solid",
        "solver",
        "solver.petsc",
        "time",
        "time.checkpoint",
        "time.evaluation",
    }
)
"""What a case file writes in brackets."""
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
"""pydantic's words for what a value is not, and those of this package."""


def where(location: Location) -> str:
    """Return "[table] key" for the place of a value, list items counted from 0."""
    parts = [str(part) for part in location]
    for length in range(len(parts), 0, -1):
        if ".".join(part for part in parts[:length] if not part.isdigit()) in _TABLES:
            return f"[{'.'.join(parts[:length])}] {'.'.join(parts[length:])}".rstrip()
    return ".".join(parts)


@contextmanager
def located(source: Path, *location: str | int) -> Iterator[None]:
    """Add the file and the key to errors that arise inside.

    Args:
        source: The case file.
        *location: Place of the value.
    """
    try:
        yield
    except FemsoretError as error:
        raise type(error)(f"{source}: {where(location)}: {error.message}", error.hint) from error


def case_error(source: Path, error: ValidationError, raw: Any) -> CaseError:
    """Return what a validation found, as one error.

    Args:
        source: The case file.
        error: The findings.
        raw: What was validated.
    """
    lines, hints = [], []
    for details in error.errors():
        location = _location(details)
        what, hint = _explained(details, location, raw)
        place = where(location)
        lines.append(f"{source}: {place}: {what}" if place else f"{source}: {what}")
        hints.append(hint)
    also = [f"also {line} ({hint})" for line, hint in zip(lines[1:], hints[1:], strict=True)]
    return CaseError(lines[0], "\n  ".join([hints[0], *also]).strip())


def _location(details: Mapping[str, Any]) -> list[str | int]:
    """Return where it is in the file; pydantic also names the class that it chose by the kind."""
    location = list(details["loc"])
    if location[:1] in (["cell"], ["groups"]):
        del location[1:2]
    elif location[:1] in (["condition"], ["protocol"]):
        del location[2:3]
    key = details.get("ctx", {}).get("key", "")
    return location + (key.split(".") if key else [])


def _explained(details: Mapping[str, Any], location: Location, raw: Any) -> tuple[str, str]:
    """Return what is wrong, and what is allowed."""
    kind, message = details["type"], str(details["msg"])
    context = details.get("ctx", {})
    given = _given(raw, location, details["input"])
    if kind == "case":
        return str(context["what"]), str(context["hint"])
    if kind == "literal_error":
        allowed = re.findall(r"'([^']*)'", context["expected"]) or [context["expected"]]
        return f"{given!r} is not allowed", nearest(str(given), allowed)
    if kind in _WORDS:
        return f"{given!r} is not {_WORDS[kind]}", ""
    if kind == "missing":
        return f"value {int(location[-1]) + 1} of the list is missing", ""
    if kind in {"too_long", "too_short"}:
        counts = {"too_long": "max_length", "too_short": "min_length"}
        word = "many" if kind == "too_long" else "few"
        return (
            f"too {word} values: {context['actual_length']}",
            f"{context[counts[kind]]} of them",
        )
    if message.startswith(_SENTENCE):
        return f"{given!r} is not allowed", message.removeprefix(_SENTENCE)
    return message, ""


def _given(raw: Any, location: Location, fallback: Any) -> Any:
    """Return what the file says, which may have a unit that the validated value has not."""
    for part in location:
        try:
            raw = raw[part]
        except (KeyError, IndexError, TypeError):
            return fallback
    return raw
