"""Onset of convection: the leading modes of a case, and where it turns unstable."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

from mpi4py import MPI

from femsoret.base.errors import CaseError, NotConverged
from femsoret.base.log import get_logger
from femsoret.case import Case, CaseRun, load_case, resolved_toml
from femsoret.case.sweep import SweepAxis
from femsoret.commands.estimates import onset_cost, searches_twice
from femsoret.commands.onset_results import OnsetOutcome, OnsetProgress
from femsoret.commands.record import first_record
from femsoret.experiment import Experiment
from femsoret.io import open_fields, perturbation_fields
from femsoret.io.folder import RunFolder, begin_run
from femsoret.post.decay import unresolved
from femsoret.report.folder import write_case, write_results
from femsoret.report.onset import RESULTS
from femsoret.solve import Mode
from femsoret.studies.measure.numerical_error import SAFETY
from femsoret.studies.onset.critical import Critical, critical_value, critical_values
from femsoret.studies.onset.onset import (
    Minimum,
    Stability,
    again_at_higher_degree,
    half_wavelength,
    minimum,
    stability,
    wavenumbers,
)

log = get_logger(__name__)

MODES: Final = "modes"
WIDTH: Final = "cell.size.0"
"""Key of the case that a wavenumber sets."""


@dataclass(frozen=True)
class Range:
    """A key and the two values between which the state turns unstable.

    Args:
        axis: The key with its two ends.
    """

    axis: SweepAxis

    def __post_init__(self) -> None:
        if len(self.axis.values) != 2:
            raise CaseError(
                f"--critical {self.axis.key}: {len(self.axis.values)} values",
                "give two, between which the state turns unstable: Ra=1000,3000",
            )


def run_onset(
    path: Path,
    comm: MPI.Comm,
    folder: Path,
    overrides: Sequence[str] = (),
    *,
    critical: Range | None = None,
    values: int = 1,
    scan: tuple[float, float, int] | None = None,
    number: int = 6,
    unsafe_petsc: bool = False,
    force: bool = False,
) -> OnsetOutcome:
    """Find leading modes of a case and, if asked, where it turns unstable; collective.

    Args:
        path: The case file.
        comm: The ranks.
        folder: Where results go.
        overrides: Changes of single keys.
        critical: What to vary until the growth rate is zero; None takes the case as it is.
        values: How many critical values are sought, one a mode.
        scan: Smallest and largest wavenumber and their number: the cell's width is set to half a
            wavelength each time, and the lowest critical value is sought.
        number: Modes sought around each shift.
        unsafe_petsc: As for :func:`~femsoret.case.load_case`.
        force: Whether what is finished in the folder, or could go on, may be replaced.

    Raises:
        FemsoretError: The case, its mesh, a state or a mode; the same on all ranks.
    """
    started = datetime.now().astimezone()
    cases = _Cases(path, comm, tuple(overrides), unsafe_petsc)
    if critical is None and scan is not None:
        raise CaseError(
            "a scan over wavenumbers needs something critical", "--critical Ra=1000,3000"
        )
    if values > 1 and (critical is None or scan is not None):
        raise CaseError(
            "several critical values are sought of one cell, with something critical and without "
            "a scan over wavenumbers",
            "--critical Ra=1000,3000 --count 3",
        )
    built = cases.build()
    record = first_record("onset", comm, built.case, started=started)
    # Before anything is solved: a folder that cannot be used costs no hours.
    with begin_run(folder, comm, record, force=force) as target:
        outcome = _study(cases, built, target, _Search(critical, values, scan, number))
        _write(outcome, target, built.case)
        return outcome


@dataclass(frozen=True)
class _Search:
    """What is sought; see :func:`run_onset`."""

    critical: Range | None
    values: int
    scan: tuple[float, float, int] | None
    number: int


def _study(cases: _Cases, built: CaseRun, target: RunFolder, search: _Search) -> OnsetOutcome:
    """Find what was asked for; collective."""
    critical = search.critical
    key = critical.axis.label if critical else ""
    progress = OnsetProgress(target, key)
    _log_cost(built, search)
    values, points, lowest = tuple[Critical, ...](), list[tuple[float, float]](), None
    if critical is None:
        state = stability(built.experiment, modes=search.number, observer=progress.modes)
    elif search.scan is None:
        along, ends = cases.along(critical.axis), critical.axis.values
        values = critical_values(along, *ends, count=search.values, observer=progress)
        state = values[0].stability
    else:
        value, points, lowest = _scan(cases, critical, search.scan, progress)
        values, state = (value,), value.stability
    finer = list[Stability | None]()
    if searches_twice(built):  # in 3D it costs too much
        states: list[tuple[Stability, Mode | None]] = [(v.stability, v.mode) for v in values]
        finer = [
            _at_higher_degree(there, search.number, mode)
            for there, mode in states or [(state, None)]
        ]
    outcome = OnsetOutcome(
        state,
        target.path,
        built.units,
        key,
        values,
        tuple(map(_error_of, values, finer or [None] * len(values))),
        tuple(points),
        lowest,
        finer[0] if finer else None,
        unresolved(state.problem),
    )
    if outcome.unresolved:
        log.warning(
            "warning: the mesh is too coarse for the %s of the steady state: modes of a state that "
            "is not resolved are those of the mesh; take more cells, or a higher solver.degree",
            " and the ".join(outcome.unresolved),
        )
    if not outcome.is_resolved:
        log.warning(
            "warning: what grows depends on the mesh; take more cells, or a higher solver.degree"
        )
    return outcome


def _log_cost(built: CaseRun, search: _Search) -> None:
    """Log the estimated cost of the study."""
    sought = search.values if search.critical else 0
    if search.scan is not None:
        sought = search.scan[2] + 1  # and where the lowest is expected
    cost = onset_cost(built, built.experiment.problem(), critical=sought)
    log.info("onset: %s (estimate)", cost)


def _scan(
    cases: _Cases, critical: Range, scan: tuple[float, float, int], progress: OnsetProgress
) -> tuple[Critical, list[tuple[float, float]], Minimum | None]:
    """Return the lowest critical value, the values at all wavenumbers, and the minimum."""
    states, points = list[Critical](), list[tuple[float, float]]()

    def solve_at(k: float) -> Critical:
        progress.wavenumber = k
        experiment_of = cases.along(critical.axis, _width(k))
        return critical_value(experiment_of, *critical.axis.values, observer=progress)

    for k in wavenumbers(*scan):
        log.info("wavenumber %.5g", k)
        states.append(solve_at(k))
        points.append((k, states[-1].value))
    lowest = minimum(*zip(*points, strict=True))
    if lowest is not None:
        log.info("wavenumber %.5g, where the lowest is expected", lowest.at)
        states.append(solve_at(lowest.at))
    first = min(states, key=lambda state: state.value)
    if lowest is not None:  # a point of the scan may lie lower still, by next to nothing
        where = [*(k for k, _ in points), lowest.at][states.index(first)]
        lowest = replace(lowest, at=where, solved=first.value)
    return first, points, lowest


def _error_of(critical: Critical, finer: Stability | None) -> float | None:
    """Return the estimated numerical error of a critical value; None where it is not known."""
    if finer is None:
        return None
    mode = critical.mode
    rate = min(finer.spectrum.modes, key=lambda other: abs(other.eigenvalue - mode.eigenvalue))
    return SAFETY * abs(rate.growth_rate - mode.growth_rate) / abs(critical.slope)


def _width(wavenumber: float) -> str:
    """Return the override of a case that sets its width to half a wavelength."""
    return f"{WIDTH}={half_wavelength(wavenumber)!r}"


def _at_higher_degree(state: Stability, number: int, near: Mode | None) -> Stability | None:
    """Return a state with polynomials of one degree more; None where that fails."""
    log.info("again with polynomials of degree %d", state.experiment.degree + 1)
    try:
        return again_at_higher_degree(state, near=near, modes=number)
    except NotConverged as failure:
        log.warning("warning: no numerical error: %s", failure.message)
        return None


def parse_scan(text: str) -> tuple[float, float, int]:
    """Return smallest and largest wavenumber, and their number, of "from:to:n".

    Raises:
        CaseError: It is of another form.
    """
    try:
        low, high, number = text.split(":")
        scan = float(low), float(high), int(number)
    except ValueError:
        scan = (0.0, 0.0, 0)
    if not 0.0 < scan[0] < scan[1] or scan[2] < 3:
        raise CaseError(f"--wavenumbers {text}: not of the form from:to:n with n from 3", "2.5:4:7")
    return scan


class _Cases:
    """Builds a case with changes, on the same mesh as long as the cell stays the same."""

    def __init__(
        self, path: Path, comm: MPI.Comm, overrides: tuple[str, ...], unsafe_petsc: bool
    ) -> None:
        self._path, self._comm, self._overrides = path, comm, overrides
        self._unsafe_petsc = unsafe_petsc
        self._built: CaseRun | None = None

    def build(self, *changes: str) -> CaseRun:
        """Return the case with changes."""
        changed = [*self._overrides, *changes]
        case = load_case(self._path, changed, self._comm, unsafe_petsc=self._unsafe_petsc)
        before = self._built
        same = before is not None and before.case.cell == case.cell
        cell = before.experiment.cell if before is not None and same else None
        self._built = case.build(self._comm, cell)
        return self._built

    def along(self, axis: SweepAxis, *changes: str) -> Callable[[float], Experiment]:
        """Return the experiment as a function of the value of a key."""

        def at(value: float) -> Experiment:
            return self.build(
                *changes, SweepAxis(axis.key, (value,), axis.unit).override(0)
            ).experiment

        return at


def _write(outcome: OnsetOutcome, target: RunFolder, case: Case) -> None:
    """Write the record, the case, the page, and the leading mode in the case's formats."""
    problem = outcome.stability.problem
    mode = outcome.stability.leading
    before = problem.get_state()
    parts = {"real": mode.real, **({"imaginary": mode.imaginary} if mode.oscillates else {})}
    for name, values in parts.items():
        problem.set_state(values)
        place = target.staged / MODES / name
        fields = perturbation_fields(problem, outcome.units)
        for format_ in case.output.formats:
            with open_fields(
                problem, place, format=format_, units=outcome.units, fields=fields
            ) as series:
                series.write()
    problem.set_state(before)
    write_case(target, case)
    # Also what was found on the way goes.
    write_results(
        target, "onset", {RESULTS: outcome.record()}, case=resolved_toml(case), replace_all=True
    )
