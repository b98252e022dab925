"""Onset of convection: the leading modes of a case, and the value at which it becomes unstable."""

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
from femsoret.case.axes import SweepAxis
from femsoret.commands.estimates import onset_cost, searches_twice
from femsoret.commands.onset_results import OnsetOutcome, OnsetProgress, say_modes
from femsoret.commands.record import first_record
from femsoret.experiment import Experiment
from femsoret.io import open_fields, perturbation_fields
from femsoret.io.folder import RunFolder, begin_run
from femsoret.io.kinds import ONSET
from femsoret.post.decay import unresolved
from femsoret.report.folder import write_case, write_results
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
"""Key of the case file that a scan over wavenumbers sets."""


@dataclass(frozen=True)
class Range:
    """A key of the case, and two values between which the state becomes unstable.

    Args:
        axis: The key with the two values.

    Raises:
        CaseError: There are not exactly two values.
    """

    axis: SweepAxis

    def __post_init__(self) -> None:
        if len(self.axis.values) != 2:
            number = len(self.axis.values)
            raise CaseError(
                f"--critical {self.axis.key}: {number} value{'s' if number > 1 else ''}",
                "give two values between which the state becomes unstable, as in Ra=1000,3000",
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
    """Compute the leading modes of a case or its critical values, and write them; collective.

    Args:
        path: Path of the case file.
        comm: Communicator to solve on.
        folder: The run folder; created if missing.
        overrides: Changes of single keys, as "key.path=value".
        critical: Key to vary until the growth rate is zero, with its range; None to compute the
            modes of the unchanged case.
        values: Number of critical values to compute, one per mode.
        scan: Smallest wavenumber, largest wavenumber, and their number. For each wavenumber, the
            width of the cell is set to half a wavelength; the lowest critical value is reported.
        number: Number of modes to compute around each shift.
        unsafe_petsc: See :func:`~femsoret.case.load_case`.
        force: Whether to replace a finished or resumable run in the folder.

    Raises:
        FemsoretError: The case or its mesh is invalid, or a steady state or mode was not found.
            It is raised on all ranks.
    """
    started = datetime.now().astimezone()
    cases = _Cases(path, comm, tuple(overrides), unsafe_petsc)
    if critical is None and scan is not None:
        raise CaseError(
            "--wavenumbers requires --critical", "add for example --critical Ra=1000,3000"
        )
    if values > 1 and (critical is None or scan is not None):
        raise CaseError(
            "several critical values (--count) require --critical and exclude --wavenumbers",
            "for example --critical Ra=1000,3000 --count 3",
        )
    built = cases.build()
    if scan is not None and not hasattr(built.case.cell, "size"):
        raise CaseError(
            f"--wavenumbers sets the width of the cell, but a cell of kind "
            f'"{built.case.cell.kind}" has no such key',
            'it needs a cell of kind "rectangle" or "box"',
        )
    built.experiment.check_flow("an onset study")
    record = first_record("onset", comm, built.case, started=started)
    # Before anything is solved: a folder that cannot be used costs no hours.
    with begin_run(folder, comm, record, force=force) as target:
        outcome = _study(cases, built, target, _Search(critical, values, scan, number))
        _write(outcome, target, built.case)
        return outcome


@dataclass(frozen=True)
class _Search:
    """What an onset study computes; see :func:`run_onset`."""

    critical: Range | None
    values: int
    scan: tuple[float, float, int] | None
    number: int


def _study(cases: _Cases, built: CaseRun, target: RunFolder, search: _Search) -> OnsetOutcome:
    """Compute the modes or critical values; collective."""
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
            "warning: the mesh is too coarse for the %s of the steady state, so that the modes "
            "depend on the mesh; use more cells, or a higher solver.degree",
            " and the ".join(outcome.unresolved),
        )
    if not outcome.is_resolved:
        log.warning(
            "warning: whether a mode grows depends on the mesh; use more cells, or a higher "
            "solver.degree"
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
        log.info("wavenumber %.5g, where the lowest critical value is expected", lowest.at)
        states.append(solve_at(lowest.at))
    first = min(states, key=lambda state: state.value)
    if lowest is not None:  # a point of the scan may lie lower still, by next to nothing
        where = [*(k for k, _ in points), lowest.at][states.index(first)]
        lowest = replace(lowest, at=where, solved=first.value)
    return first, points, lowest


def _error_of(critical: Critical, finer: Stability | None) -> float | None:
    """Return the estimated numerical error of a critical value; None if unknown."""
    if finer is None:
        return None
    mode = critical.mode
    rate = min(finer.spectrum.modes, key=lambda other: abs(other.eigenvalue - mode.eigenvalue))
    return SAFETY * abs(rate.growth_rate - mode.growth_rate) / abs(critical.slope)


def _width(wavenumber: float) -> str:
    """Return the override that sets the width of a cell to half a wavelength."""
    return f"{WIDTH}={half_wavelength(wavenumber)!r}"


def _at_higher_degree(state: Stability, number: int, near: Mode | None) -> Stability | None:
    """Return the stability with a polynomial degree higher by one; None if the solve fails."""
    log.info("repeating with polynomials of degree %d", state.experiment.degree + 1)
    try:
        return again_at_higher_degree(state, near=near, modes=number, observer=say_modes)
    except NotConverged as failure:
        log.warning("warning: no numerical error: %s", failure.message)
        return None


def parse_scan(text: str) -> tuple[float, float, int]:
    """Return the smallest wavenumber, the largest one and their number from "from:to:n".

    Args:
        text: The text, with n of at least 3, such as "2.5:4:7".

    Raises:
        CaseError: The text is not of this form.
    """
    try:
        low, high, number = text.split(":")
        scan = float(low), float(high), int(number)
    except ValueError:
        scan = (0.0, 0.0, 0)
    if not 0.0 < scan[0] < scan[1] or scan[2] < 3:
        raise CaseError(f"--wavenumbers {text}: not of the form from:to:n with n >= 3", "2.5:4:7")
    return scan


class _Cases:
    """Builder of a case with changed keys, which reuses the mesh while the cell is unchanged."""

    def __init__(
        self, path: Path, comm: MPI.Comm, overrides: tuple[str, ...], unsafe_petsc: bool
    ) -> None:
        self._path, self._comm, self._overrides = path, comm, overrides
        self._unsafe_petsc = unsafe_petsc
        self._built: CaseRun | None = None

    def build(self, *changes: str) -> CaseRun:
        """Return the case with changes of single keys, on its mesh; collective."""
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
    """Write the record, the case, the page and the leading mode; collective."""
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
    # The file of intermediate results is removed, too.
    write_results(
        target, "onset", {ONSET: outcome.record()}, case=resolved_toml(case), replace_all=True
    )
