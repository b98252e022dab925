"""Reading a TOML file, with overrides of single keys, into a validated case."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError

from femsoret.base.errors import CaseError, nearest
from femsoret.base.ranks import from_root
from femsoret.case.axes import SHORT_NAMES
from femsoret.case.case import Case
from femsoret.case.messages import case_error
from femsoret.case.values import Context, Units

if TYPE_CHECKING:
    from mpi4py import MPI


_PHYSICS: Final = frozenset(
    {
        "cell",
        "fluid",
        "groups",
        "particle",
        "tracer",
        "solid",
        "gravity",
        "condition",
        "time",
        "protocol",
    }
)
"""Tables that define the physics."""

_MESH: Final = ("cell.cells", "cell.grading", "cell.shape", "cell.order")
"""Keys in these tables that only affect the mesh."""

OF_RUNS: Final = (
    "audit",
    "design",
    "fit.data",
    "time.settled",
    "time.stop",
    "time.fields_at",
    "time.fields_every",
    "time.rows_at",
    "time.rows_every",
    "time.record",
    "time.evaluation.end",
    "output",
)
"""Keys of what commands ask of a case, what a run writes and when it ends: predictions of signals
do not need them."""

_MOST_NAMED: Final = 3
"""Largest number of changes that are listed in a title."""


def load_case(
    path: str | Path,
    overrides: Sequence[str] = (),
    comm: MPI.Comm | None = None,
    *,
    unsafe_petsc: bool = False,
) -> Case:
    """Read a case file and the fluid and data files that it refers to; collective.

    Args:
        path: Path of the case file.
        overrides: Changes of the form "key.path=value". The value is written as in TOML, but quotes
            around a text may be omitted. Items of lists are numbered from 0, as in
            "condition.0.value=300 K".
        comm: Communicator; rank 0 reads the file and broadcasts the case or the error. With None
            only the calling process reads it.
        unsafe_petsc: Whether to allow any PETSc option, including those that run code or write
            files; by default only those of :mod:`femsoret.solve.linear.permitted` are allowed.

    Raises:
        CaseError: The file cannot be read or its contents are invalid; the message names the file,
            the table and the key. It is raised on all ranks.
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
                f"--set {override}: not of the form key.path=value",
                'for example --set cell.size.0="10 mm"',
            )
        _check_first(key, table, path)
        _set(table, key.split("."), _value(text, override), f"--set {override}")
        changes[key] = text
    _add_to_title(table, changes)
    return _validated(table, path, unsafe_petsc=unsafe_petsc)


def _check_first(key: str, table: Mapping[str, Any], path: Path) -> None:
    """Raise an error if the table of a key is in no case, or is not to be added to this one."""
    first, _, rest = key.partition(".")
    if not rest and first not in Case.model_fields:
        hint = nearest(first, (*Case.model_fields, *SHORT_NAMES))
        raise CaseError(f"{path}: {first}: unknown key", hint)
    if first == "groups" and rest and "groups" not in table and "fluid" in table:
        raise CaseError(
            f"{path}: {key} cannot be set: in a case with [fluid] the groups follow from it",
            "change what they follow from, such as gravity.magnitude, condition.0.value or the "
            "size of the cell; `femsoret check` shows the groups",
        )


def changed_case(
    case: Case, changes: Mapping[str, object], *, without: Sequence[str] = (), what: str = ""
) -> Case:
    """Return a case with some of its keys changed.

    Args:
        case: The case.
        changes: Dotted key, or short name -> its value as in a case file.
        without: Dotted keys that are removed first, if they are there.
        what: What the changes belong to, for messages.

    Raises:
        CaseError: There is no place for a key, or a value is not allowed.
    """
    context = Context(source=case.source, units=case.units)
    table = case.model_dump(mode="json", exclude_none=True, context=context)
    for key in without:
        place: Any = table
        *parents, last = key.split(".")
        for parent in parents:
            place = place.get(parent, {})
        place.pop(last, None)
    for key, value in changes.items():
        key = SHORT_NAMES.get(key, key)
        _check_first(key, table, case.source)
        _set(table, key.split("."), value, f"{what}{key} = {value!r}")
    # PETSc options were checked when the case was read.
    return _validated(table, case.source, unsafe_petsc=True)


def _validated(table: dict[str, Any], path: Path, *, unsafe_petsc: bool) -> Case:
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
        raise CaseError(f"{path}: not a UTF-8 text", "a case is a TOML file") from error
    except tomllib.TOMLDecodeError as error:
        raise CaseError(
            f"{path}: {error}", 'texts and quantities need quotes, as in "5 mm"; see toml.io'
        ) from error


def _neighbours(path: Path) -> str:
    names = sorted(f.name for f in path.parent.glob("*.toml") if f.name != "pyproject.toml")
    if names:
        return f"case files in that folder: {', '.join(names)}"
    return f"looked for {path.absolute()}"


def _set(table: dict[str, Any], keys: Sequence[str], value: object, what: str) -> None:
    """Set one key; missing parent tables are created. What is done is said in messages."""
    place: Any = table
    for key in keys[:-1]:
        index = _index(place, key, what)
        place = place[index] if isinstance(place, list) else place.setdefault(index, {})
    place[_index(place, keys[-1], what)] = value


def _index(place: object, key: str, what: str) -> Any:
    """Return a key of a table, or the number of an item of a list."""
    if isinstance(place, dict):
        return key
    if not isinstance(place, list):
        raise CaseError(
            f"{what}: there is no table that could hold {key!r}",
            "the key before it has a single value",
        )
    if not key.isdecimal() or int(key) >= len(place):
        raise CaseError(
            f"{what}: {key!r} is not the number of an item",
            f"the list has {len(place)} items, numbered from 0",
        )
    return int(key)


def _value(text: str, override: str) -> object:
    """Return the TOML value of a text, or the text itself if it is not valid TOML."""
    try:
        parsed = tomllib.loads(f"value = {text}")
    except tomllib.TOMLDecodeError as error:
        if text.startswith(("[", "{", '"', "'")):
            raise CaseError(f"--set {override}: {error}", "write the value as in TOML") from error
        return text
    return parsed["value"] if len(parsed) == 1 else text


def _add_to_title(table: dict[str, Any], changes: Mapping[str, str]) -> None:
    """Add changes of the physics to the title, which may otherwise no longer be correct."""
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
