"""Inputs: everything that a run depends on, with checksums that reveal changes.

The text of a case file refers to a mesh, a fluid and solids by name. These may change while the
text stays the same: a mesh is regenerated, or a value in a fluid file is corrected.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

import tomli_w

from femsoret.base.errors import CaseError
from femsoret.case.case import Case
from femsoret.case.tables.cell import FileCell
from femsoret.case.values import Context

_COMPANIONS: Final = (".h5", ".hdf5", ".bin", ".node", ".ele")
"""Suffixes of the data files that some mesh formats store next to the main file."""
_REFERENCE: Final = re.compile(r"[^\s<>:\"]+\.(?:h5|hdf5|bin)")
"""Pattern of the references to such data files in an XDMF file."""
_HEAD: Final = """\
# Resolved by femsoret: defaults are written out, paths are absolute.
# Values that follow from the cell and its conditions (gap, T0, readings) appear only if given.
"""


def resolved_toml(case: Case) -> str:
    """Return a case as TOML text with all defaults written out; reading it gives the same case.

    Args:
        case: The case.
    """
    if case.fluid is not None:
        # The database may change; what a run used must not.
        fluid = case.fluid.model_copy(update={"c0": case.fluid.resolved_c0, "x0": None})
        case = case.model_copy(update={"fluid": fluid})
    context = Context(source=case.source, units=case.units)
    text: str = tomli_w.dumps(case.model_dump(mode="json", exclude_none=True, context=context))
    return _HEAD + text


def inputs_of(*cases: Case) -> dict[str, str]:
    """Return the checksum of each input that cases depend on, by name; reads mesh files.

    Args:
        cases: A single case, or all cases of a sweep.

    Raises:
        CaseError: A mesh file cannot be read.
    """
    checksums: dict[str, list[str]] = {}
    meshes: dict[Path, str] = {}  # the points of a sweep share theirs
    for case in cases:
        of_case = {"case": _checksum([resolved_toml(case).encode()])}
        if isinstance(case.cell, FileCell):
            path = case.cell.path
            if path not in meshes:
                meshes[path] = _checksum_of_mesh(path)
            of_case[f"mesh {path}"] = meshes[path]
        if case.fluid is not None:
            name = case.fluid.name or case.fluid.file
            # All its numbers, sources and uncertainties: those of a file, or of the database.
            of_case[f"fluid {name}"] = _checksum([repr(case.fluid.fluid).encode()])
        for region, solid in case.solids.items():
            of_case[f"solid {region}"] = _checksum([repr(solid).encode()])
        for name, checksum in of_case.items():
            checksums.setdefault(name, []).append(checksum)
    return {
        name: parts[0] if len(parts) == 1 else _checksum(part.encode() for part in parts)
        for name, parts in checksums.items()
    }


def data_of(case: Case) -> dict[str, str]:
    """Return the checksum of each file of measured data to which a case is fitted, by name.

    Args:
        case: The case; without a table [fit] there is none.

    Raises:
        CaseError: A file cannot be read.
    """
    files = [] if case.fit is None else [data.file for data in case.fit.data]
    return {f"data {file}": _checksum_of(file, [file]) for file in files}


def digest_of(inputs: Mapping[str, str]) -> str:
    """Return a single checksum over all inputs.

    Args:
        inputs: Checksums by name, from :func:`inputs_of`.
    """
    return _checksum(f"{name}={inputs[name]}\n".encode() for name in sorted(inputs))


def changed_inputs(before: Mapping[str, str], now: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names of inputs that were changed, added or removed, in alphabetical order.

    Args:
        before: Earlier checksums by name, from :func:`inputs_of`.
        now: Present checksums by name.
    """
    names = sorted(before.keys() | now.keys())
    return tuple(name for name in names if before.get(name) != now.get(name))


def _checksum(parts: Iterable[bytes]) -> str:
    checksum = hashlib.sha256()
    for part in parts:
        checksum.update(part)
    return checksum.hexdigest()


def _checksum_of_mesh(path: Path) -> str:
    return _checksum_of(path, _files_of(path))


def _checksum_of(path: Path, files: Iterable[Path]) -> str:
    """Return the checksum of the files of a mesh or of a data set."""
    try:
        return _checksum(_contents(files))
    except OSError as error:
        raise CaseError(f"{path}: {error.strerror}", "the file must remain readable") from error


def _contents(files: Iterable[Path]) -> Iterator[bytes]:
    for file in files:
        with file.open("rb") as opened:
            while part := opened.read(1 << 20):
                yield part


def _files_of(path: Path) -> Iterator[Path]:
    """Yield the files in which a mesh is stored."""
    names = {path.name, *(path.with_suffix(ending).name for ending in _COMPANIONS)}
    if path.suffix.lower() in {".xdmf", ".xmf"}:
        names |= set(_REFERENCE.findall(path.read_text(encoding="utf-8", errors="replace")))
    yield from sorted(path.parent / name for name in names if (path.parent / name).is_file())
