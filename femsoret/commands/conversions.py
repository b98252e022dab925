"""Conversion of a published coefficient of thermodiffusion to all its forms, for a terminal."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from femsoret.base.errors import CaseError, FluidError, nearest
from femsoret.base.units import quantity
from femsoret.commands.databases import find_fluid
from femsoret.fluids.conversions import FORMS, matching, soret_as, soret_from
from femsoret.fluids.mixture_state import STATE_UNITS, MixtureState, state_of
from femsoret.fluids.multicomponent import MulticomponentFluid

EXAMPLE: Final = (
    'femsoret fluids --convert "S_T = 1.273e-3 1/K" --to alpha_T,k_T '
    '--at "T = 300 K, c = 0.9089, M = [39.948, 4.0026] g/mol"'
)
"""A complete command, for help and hints."""

_ASSIGNMENT: Final = re.compile(r"\s*([A-Za-z]\w*)\s*=\s*(.+?)\s*")
_BARE: Final = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_COMMAS: Final = re.compile(r",(?![^\[]*\])")
_PAIR: Final = re.compile(r"\[([^,\]]+),([^,\]]+)\]\s*(.*)")
_COMPOSITION: Final = ("c", "x", "m")


def conversion_table(
    given: str,
    *,
    to: str | None = None,
    at: str | None = None,
    fluid: str | None = None,
    T: float | None = None,
    c: float | None = None,
) -> RenderableType:
    """Return the table of all forms of a coefficient of thermodiffusion.

    Args:
        given: Form, value and unit, such as "S_T = 1.273e-3 1/K".
        to: Names of the wanted forms, separated by commas; None for all.
        at: State of the mixture, such as "T = 300 K, x = 0.5, M = [39.948, 4.0026] g/mol".
        fluid: Name of a fluid of the database, or path of a fluid file, which has the state.
        T: Temperature, K, unless `at` has it.
        c: Mass fraction of component 1, unless `at` has the composition.

    Raises:
        CaseError: A text cannot be read.
        FluidError: A form or a fluid is unknown, or the state lacks what a form needs.
    """
    form, text = _assignment(given, "--convert")
    if form not in FORMS:
        raise FluidError(f"unknown form {form!r}", nearest(form, FORMS))
    value = _quantity(form, text, FORMS[form].unit)
    state = _state(at, fluid, T, c)
    S_T = soret_from(form, value, state)
    wanted = [] if to is None else [part.strip() for part in to.split(",")]
    names = matching(wanted) if wanted else tuple(FORMS)
    shown = f"{value:.6g} {_shown(FORMS[form].unit)}".strip()
    table = Table(title=f"{form} = {shown} {_described(state)}", title_justify="left")
    for heading in ("form", "value", "unit", "definition"):
        table.add_column(heading, overflow="fold")
    unknown: list[str] = []
    for name in names:
        lacking = FORMS[name].lacking(state)
        if lacking and name in wanted:
            soret_as(name, S_T, state)  # which says what is needed
        if lacking:
            unknown.append(f"{name} ({', '.join(lacking)})")
            continue
        try:
            converted = soret_as(name, S_T, state)
        except FluidError as error:
            unknown.append(f"{name} ({error.message})")
            continue
        entry = FORMS[name]
        table.add_row(name, f"{converted:.5g}", _shown(entry.unit), Text(entry.definition))
    if not unknown:
        return table
    return Group(table, f"More with --at: {'; '.join(unknown)}.")


def _assignment(text: str, where: str) -> tuple[str, str]:
    """Return the name and the value of "name = value"."""
    found = _ASSIGNMENT.fullmatch(text)
    if found is None:
        raise CaseError(f"{where}: {text!r} is not name = value", EXAMPLE)
    return found[1], found[2]


def _quantity(name: str, text: str, unit: str) -> float:
    """Return the value of a quantity, which needs its unit here, unless it is a pure number."""
    if unit != "1" and _BARE.fullmatch(text):
        raise CaseError(f"{name} = {text} has no unit", f'write "{name} = {text} {unit}"')
    return quantity(text, unit)


def _given(at: str) -> dict[str, float]:
    """Return the quantities of a state that is written as in :data:`EXAMPLE`."""
    values: dict[str, float] = {}
    for part in _COMMAS.split(at):
        name, text = _assignment(part, "--at")
        pair = _PAIR.fullmatch(text)
        if name == "M" and pair is not None:
            numbers = {f"M{i}": f"{pair[i].strip()} {pair[3]}".strip() for i in (1, 2)}
        elif name == "M":
            raise CaseError(f"--at: M = {text} is not a pair", "M = [18.015, 46.069] g/mol")
        else:
            numbers = {name: text}
        for key, number in numbers.items():
            if key not in STATE_UNITS:
                raise CaseError(f"--at: unknown {key!r}", nearest(key, (*STATE_UNITS, "M")))
            if key in values:
                raise CaseError(f"--at: {key} is given twice", "give it once")
            values[key] = _quantity(key, number, STATE_UNITS[key][0])
    return values


def _state(at: str | None, fluid: str | None, T: float | None, c: float | None) -> MixtureState:
    values = {} if at is None else _given(at)
    for name, option, other in (("T", T, ("T",)), ("c", c, _COMPOSITION)):
        if option is not None:
            if any(key in values for key in other):
                raise CaseError(f"{name} is given by --{name} and by --at", "give it once")
            values[name] = option
    if fluid is None:
        return MixtureState(**values)
    found = find_fluid(fluid)
    if isinstance(found, MulticomponentFluid):
        raise CaseError(
            f"{fluid} has {len(found.components)} components, but conversions are for two",
            "femsoret fluids NAME shows its coefficients with each component as the reference",
        )
    # The composition may be given as x or m, and the data are those at this composition.
    masses = {f"M{i}": found.known().get(f"molar_mass_{i}") for i in (1, 2)}
    if any(key in values for key in _COMPOSITION):
        composed = {key: values.pop(key) for key in _COMPOSITION if key in values}
        c = MixtureState(**{**masses, **values, **composed})["c"]
    return replace(state_of(found, values.get("T"), c), **values)


def _described(state: MixtureState) -> str:
    """Return the state in words, such as "at T = 300 K, c = 0.9089"."""
    given = state.given()
    parts = [
        f"{name} = {value:.5g} {_shown(STATE_UNITS[name][0])}".strip()
        for name, value in given.items()
    ]
    parts += [f"{name} = {state[name]:.5g}" for name in ("c", "x") if _follows(name, state)]
    return f"at {', '.join(parts)}" if parts else ""


def _follows(name: str, state: MixtureState) -> bool:
    return name in state.known() and name not in state.given()


def _shown(unit: str) -> str:
    return "" if unit == "1" else unit
