"""Reading a TOML file, with changes of single keys, into a checked case."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError

from femsoret.base.errors import CaseError
from femsoret.base.ranks import from_root
from femsoret.case.case import Case
from femsoret.case.messages import case_error
from femsoret.case.values import Context, Units

if TYPE_CHECKING:
    from mpi4py import MPI


_PHYSICS: Final = frozenset(
    {"cell", "fluid", "groups", "solid", "gravity", "condition", "time", "protocol"}
)
"""Tables that state the physics."""

_MESH: Final = ("cell.cells", "cell.grading", "cell.shape", "cell.order")
"""Keys of these tables that state the mesh."""

_MOST_NAMED: Final = 3
"""Largest number of changes that a title names one by one."""

SHORT_NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "tilt": "gravity.tilt",
        "g": "gravity.magnitude",
        **{name: f"groups.{name}" for name in ("Ra", "Pr", "Le", "psi")},
    }
)
"""Short names of keys that are often varied, wherever the command line takes a key."""


def load_case(
    path: str | Path,
    overrides: Sequence[str] = (),
    comm: MPI.Comm | None = None,
    *,
    unsafe_petsc: bool = False,
) -> Case:
    """Read a case file, with the files of fluids and tables that it names; collective.

    Args:
        path: The file.
        overrides: Changes as "key.path=value": the value as in TOML, where quotes around a text
            may be left out; items of lists by their number, from 0: "condition.0.value=300 K".
        comm: The ranks that want the case: rank 0 reads, the others get the case or the error.
            None reads in this process.
        unsafe_petsc: Whether to let any PETSc option through, also those that run code or write
            files; else those of :mod:`femsoret.solve.linear.permitted`.

    Raises:
        CaseError: The file cannot be read, or says something that is not allowed; the message
            names the file, the table and the key. The same on all ranks.
    """
    return from_root(comm, lambda: _load(Path(path), overrides, unsafe_petsc))


def _load(path: Path, overrides: Sequence[str], unsafe_petsc: bool) -> Case:
    table = _read(path)
    changes = {}
    for override in overrides:
        key, equals, text = (part.strip() for part in override.partition("="))
        key = SHORT_NAMES.get(key, key)
        if not equals or not all(key.split(".")):
            raise CaseError(
                f"--set {override}: not of the form key.path=value", "cell.size.0=10 mm"
            )
        _set(table, key.split("."), text, override)
        changes[key] = text
    _add_to_title(table, changes)
    units: Units = "groups" if "groups" in table else "SI"
    context = Context(source=path, units=units, unsafe_petsc=unsafe_petsc)
    try:
        return Case.model_validate(table, context=context)
    except ValidationError as error:
        raise case_error(path, error, table) from error


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))  # editors may mark it
    except FileNotFoundError as error:
        raise CaseError(f"{path}: there is no such file", _neighbours(path)) from error
    except OSError as error:
        raise CaseError(f"{path}: {error.strerror}", "a case is a TOML file") from error
    except UnicodeDecodeError as error:
        raise CaseError(f"{path}: not a text in UTF-8", "a case is a TOML file") from error
    except tomllib.TOMLDecodeError as error:
        raise CaseError(
            f"{path}: {error}", 'texts and quantities stand in quotes: "5 mm"; see toml.io'
        ) from error


def _neighbours(path: Path) -> str:
    names = sorted(f.name for f in path.parent.glob("*.toml") if f.name != "pyproject.toml")
    return f"case files there: {', '.join(names)}" if names else f"looked for {path.absolute()}"


def _set(table: dict[str, Any], keys: Sequence[str], text: str, override: str) -> None:
    """Set one key; the tables above it are made where they are missing."""
    place: Any = table
    for key in keys[:-1]:
        index = _index(place, key, override)
        place = place[index] if isinstance(place, list) else place.setdefault(index, {})
    place[_index(place, keys[-1], override)] = _value(text, override)


def _index(place: object, key: str, override: str) -> Any:
    """Return a key of a table, or the number of an item of a list."""
    if isinstance(place, dict):
        return key
    if not isinstance(place, list):
        raise CaseError(
            f"--set {override}: there is no table for {key!r}", "a single value stands there"
        )
    if not key.isdecimal() or int(key) >= len(place):
        raise CaseError(
            f"--set {override}: {key!r} is not the number of an item",
            f"the list has {len(place)}, counted from 0",
        )
    return int(key)


def _value(text: str, override: str) -> object:
    """Return a TOML value, or the text itself where it is no TOML."""
    try:
        parsed = tomllib.loads(f"value = {text}")
    except tomllib.TOMLDecodeError as error:
        if text.startswith(("[", "{", '"', "'")):
            raise CaseError(f"--set {override}: {error}", "a value as in TOML") from error
        return text
    return parsed["value"] if len(parsed) == 1 else text


def _add_to_title(table: dict[str, Any], changes: Mapping[str, str]) -> None:
    """Add changes of the physics to the title, which may no longer be true without them."""
    title = table.get("title")
    physical = [
        f"{key} = {text}"
        for key, text in changes.items()
        if key.partition(".")[0] in _PHYSICS and not key.startswith(_MESH)
    ]
    if physical and isinstance(title, str) and title.strip() and "title" not in changes:
        rest = len(physical) - _MOST_NAMED
        more = f" and {rest} more" if rest > 0 else ""
        table["title"] = f"{title}, with {', '.join(physical[:_MOST_NAMED])}{more}"
