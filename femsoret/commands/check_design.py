"""What `femsoret check` says of the plan of an experiment: what may be chosen, what it costs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from mpi4py import MPI

from femsoret.case import Case
from femsoret.commands.design_inputs import CellsOfCase, design_cells
from femsoret.commands.fit_inputs import sought_text
from femsoret.report.summary.fit import unit_of
from femsoret.report.words.fitted import in_unit
from femsoret.report.words.planned import NAMES
from femsoret.report.words.units import duration
from femsoret.studies.design.response import MAY_CURVE
from femsoret.studies.design.space import Span

MOST_REASONS: Final = 3
"""Largest number of reasons why cells are not allowed."""


def design_lines(case: Case, comm: MPI.Comm) -> list[str]:
    """Return the lines on a plan; no lines without a table [design]; collective.

    Args:
        case: The case.
        comm: Communicator that would solve the case.

    Raises:
        FemsoretError: Any error that the plan would raise before it solves anything.
    """
    if case.design is None:
        return []
    cells = design_cells(case, comm)
    return [
        "# femsoret design chooses:",
        *(f"#   {line}" for line in (*_of_cells(cells), *_of_records(cells))),
        "# so that an unknown is least uncertain (--for soret, or a name):",
        *(f"#   {sought_text(each, cells.built.units)}" for each in cells.built.unknowns),
        _cost(cells),
    ]


def _of_cells(cells: CellsOfCase) -> list[str]:
    lines = [
        f"{NAMES.get(axis.name, axis.name)}: {in_unit(_listed(axis.values), axis.unit)}"
        for axis in cells.axes
    ]
    number = math.prod(len(axis.values) for axis in cells.axes)
    refused = cells.refused
    text = _counted(number, "cell")
    if refused:
        text += f", of which the case does not allow {len(refused)}"
    more = cells.plan.options.refinements
    if more and any(axis.is_continuous for axis in cells.axes):
        text += f"; and up to {more} between them"
    lines.append(text)
    reasons = list(dict.fromkeys(error.message for error in refused.values()))
    lines += [f"  not allowed: {reason}" for reason in reasons[:MOST_REASONS]]
    return lines


def _of_records(cells: CellsOfCase) -> list[str]:
    plan, tau, units = cells.plan, cells.stated.tau, cells.built.units
    choices = plan.choices
    noise = [
        f"{name} (noise {in_unit(f'{u:.3g}', unit_of(plan.units[name], units))})"
        for name, u in plan.noise.items()
        if name in choices.every_signal
    ]

    def until(span: Span) -> str:
        text = duration(units, span.seconds(tau))
        return f"{span.number:.4g} tau ({text} as stated)" if span.in_tau else text

    lines = [
        "signals: " + ", ".join(noise),
        "recorded: " + ", or ".join(" with ".join(names) for names in choices.signals),
    ]
    if choices.durations:
        lines.append(f"until: {', '.join(map(until, choices.durations))}")
        lines.append(f"samples: {_listed(choices.samples)}, spaced {', '.join(choices.spacings)}")
    else:
        lines.append(f"readings of the steady state: {_listed(choices.samples)}")
    levels = [u for u in choices.levellings if u is not None]
    if levels:
        lines.append(f"levelled to: {_listed(levels)} deg (standard uncertainty of the tilt)")
    number = len(list(choices.recordings(tau)))
    return [*lines, f"{_counted(number, 'record')} of each cell"]


def _cost(cells: CellsOfCase) -> str:
    curved = [each.name for each in cells.built.unknowns if each.quantity in MAY_CURVE]
    text = "# a cell takes one run with a tangent for each unknown and one for the fluid data"
    if curved:
        text += (
            "; where the signals are not linear in an unknown "
            f"(possible: {', '.join(curved)}), one or two more for it and each levelling"
        )
    if cells.plan.options.stability:
        text += "; and its steady state, with a search for growing modes (design.stability)"
    return text


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _listed(values: Sequence[float]) -> str:
    return ", ".join(f"{value:.4g}" for value in values)
