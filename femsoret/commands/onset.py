"""Onset of convection: the leading modes of a case, and where it turns unstable."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from mpi4py import MPI

from rich.table import Table

from femsoret.base.errors import CaseError, NotConverged
from femsoret.base.log import get_logger
from femsoret.case import Case, CaseRun, load_case
from femsoret.case.sweep import SweepAxis
from femsoret.experiment import Experiment
from femsoret.io import open_fields, perturbation_fields
from femsoret.io.fields import UnitSystem
from femsoret.io.folder import RunFolder, begin_run
from femsoret.post.decay import unresolved
from femsoret.report.onset_estimate import looks_again, onset_cost
from femsoret.report.onset_folder import write_onset
from femsoret.report.onset_so_far import SoFar
from femsoret.report.rounding import plain
from femsoret.report.run_record import first_record
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
_HOW: Final = (
    f"{SAFETY:g} times the difference from the same state with polynomials of one degree more"
)
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


@dataclass(frozen=True, eq=False)
class OnsetRun:
    """What an onset run gave.

    Args:
        stability: The state of the case, or at the critical value.
        critical: Where it turns unstable; None where that was not asked for.
        scan: Wavenumber and critical value, in order of wavenumber.
        lowest: The lowest critical value between the wavenumbers; None without a scan, or where
            the lowest is at an end.
        folder: The folder.
        units: Units of the case.
        key: Label of the key that was varied.
        again: The same state with polynomials of one degree more; None where it was not sought.
        unresolved: Fields of the state for which the mesh is too coarse.
        values: The critical values of the first, second, ... mode, as many as were asked for.
        value_errors: Their estimated numerical errors; None for what is not known.
    """

    stability: Stability
    critical: Critical | None
    scan: tuple[tuple[float, float], ...]
    lowest: Minimum | None
    folder: Path
    units: UnitSystem
    key: str = ""
    again: Stability | None = None
    unresolved: tuple[str, ...] = ()
    values: tuple[Critical, ...] = ()
    value_errors: tuple[float | None, ...] = ()

    @property
    def rate_error(self) -> float | None:
        """Estimated numerical error of the leading growth rate; None where it is not known."""
        if self.again is None:
            return None
        return SAFETY * abs(self.again.leading.growth_rate - self.stability.leading.growth_rate)

    @property
    def frequency_error(self) -> float | None:
        """Likewise of its angular frequency."""
        if self.again is None:
            return None
        return SAFETY * abs(self.again.leading.frequency - self.stability.leading.frequency)

    @property
    def value_error(self) -> float | None:
        """Likewise of the first critical value."""
        return self.value_errors[0] if self.value_errors else None

    @property
    def is_resolved(self) -> bool:
        """Whether both degrees, if there are two, agree on whether anything grows."""
        if self.again is None or self.critical is not None:
            return True
        return self.again.spectrum.is_stable == self.stability.spectrum.is_stable

    def record(self) -> dict[str, Any]:
        """Return what onset.json holds."""
        return {
            "title": self.stability.experiment.title,
            "finding": self.title(),
            "unit_of_rates": "1/s" if self.units == "SI" else "alpha/L2",
            "perturbations": self.perturbations(),
            "stable": self.stability.stable,
            "count": self._count(),
            "modes": [_of_mode(mode) for mode in self.stability.spectrum.modes],
            "shifts": [
                {"at": [r.shift.real, r.shift.imag], "found": r.found, "converged": r.converged}
                for r in self.stability.spectrum.shifts
            ],
            "critical": None
            if self.critical is None
            else {
                "key": self.key,
                "value": self.critical.value,
                "trials": [[t.value, t.growth_rate, t.frequency] for t in self.critical.trials],
                "unresolved": [list(t.unresolved) for t in self.critical.trials],
            },
            "critical_values": [
                _of_value(value, error)
                for value, error in zip(self.values, self.value_errors, strict=True)
            ],
            "scan": [list(point) for point in self.scan],
            "lowest": None
            if self.lowest is None
            else {
                "wavenumber": self.lowest.at,
                "value": self.lowest.solved,
                "interpolated": self.lowest.value,
            },
            "numerical_error": {
                "growth_rate": self.rate_error,
                "frequency": self.frequency_error,
                "value": self.value_error,
                "resolved": self.is_resolved,
                "method": _HOW if self.again else "not asked for, or in 3D",
            },
            "unresolved": list(self.unresolved),
            "unknowns": self.stability.problem.num_dofs,
        }

    def table(self) -> Table:
        """Return the leading modes for a terminal."""
        unit = self._unit
        table = Table(title=self.title(), caption=f"perturbations: {self.perturbations()}")
        for heading in (f"growth rate ({unit})", f"frequency ({unit})", "kind", "residual"):
            table.add_column(heading, justify="right")
        for mode in self.stability.spectrum.modes[:8]:
            kind = _kind(mode)
            residual = f"{mode.residual:.0e}"
            table.add_row(plain(mode.growth_rate, 6), plain(mode.frequency, 6), kind, residual)
        return table

    def perturbations(self) -> str:
        """Return which perturbations the modes are among: those that the cell's mesh can hold."""
        cell = self.stability.problem.cell
        if cell.coordinates.has_axis:
            return "axisymmetric, without swirl; those that depend on the angle may grow sooner"
        return "all" if cell.dim == 3 else "in the plane"

    def title(self) -> str:
        """Return the answer in one line."""
        if self.critical is not None:
            kind = _kind(self.critical.mode)
            error = _plus_minus(self.value_error)
            if self.lowest is not None:
                kind = f"the lowest, at the wavenumber {self.lowest.at:.5g}; {kind}"
            there = others_in_words(self.critical)
            first = f"critical {self.key} = {self.critical.value:.7g}{error}, {kind}{there}"
            return first + _further(self.values[1:], self.value_errors[1:])
        if self.again is not None and not self.is_resolved:
            return "this mesh is too coarse to say: with polynomials of one degree more " + (
                "nothing grows" if self.again.spectrum.is_stable else "modes grow"
            )
        return in_words(self.stability, self._unit)

    def _count(self) -> dict[str, Any] | None:
        """Return the count of what grows, as plain data."""
        spectrum = self.stability.spectrum
        if spectrum.count is None:
            return {"growing": None, "reach": None, "others": None, "reason": spectrum.uncounted}
        return {
            "growing": spectrum.count.growing,
            "reach": spectrum.count.reach,
            "bound": self.stability.bound,
            "found": spectrum.found_growing,
            "others": None if self.critical is None else self.critical.others,
            "factorisations": spectrum.count.factorisations,
        }

    @property
    def _unit(self) -> str:
        return "1/s" if self.units == "SI" else "α/L²"


def in_words(stability: Stability, unit: str) -> str:
    """Return whether a state is stable, and what that rests on, a clause.

    Args:
        stability: The state.
        unit: Of growth rates.
    """
    spectrum = stability.spectrum
    found = spectrum.found_growing
    if spectrum.count is None:
        rests = f"not counted: {spectrum.uncounted}"
        if found:
            return f"unstable: {_that_grow(found)} among those found ({rests})"
        return (
            f"no growing mode found among {len(spectrum.modes)}, sought up to "
            f"{plain(spectrum.highest, 3)} {unit} ({rests})"
        )
    grows, reach = spectrum.count.growing, f"{plain(spectrum.count.reach, 3)} {unit}"
    beyond = ", and none beyond can" if stability.bound else ""
    if not grows and not found:
        return f"stable: no eigenvalue up to {reach} grows, counted{beyond}"
    missing = f", {found} of them found" if spectrum.missing else ""
    return f"unstable: {_that_grow(max(grows, found))}, counted up to {reach}{missing}"


def others_in_words(critical: Critical) -> str:
    """Return what is known of other modes at a critical value, the end of a sentence.

    Args:
        critical: The value.
    """
    if critical.others is None:
        return f" (others were not counted: {critical.stability.spectrum.uncounted})"
    if critical.others:
        return f"; {_that_grow(critical.others)} there already, counted"
    return "; no other grows there, counted"


def _further(values: Sequence[Critical], errors: Sequence[float | None]) -> str:
    """Return the critical values after the first, the end of a sentence; empty without any."""
    said = [
        f"{value.value:.7g}{_plus_minus(error)} (mode {value.number}, {_kind(value.mode)}"
        f"{others_in_words(value)})"
        for value, error in zip(values, errors, strict=True)
    ]
    return f"; then {', '.join(said)}" if said else ""


def _plus_minus(bound: float | None) -> str:
    return "" if bound is None else f" ± {bound:.1g}"


def _kind(mode: Mode) -> str:
    return "oscillatory" if mode.oscillates else "stationary"


def _of_value(critical: Critical, error: float | None) -> dict[str, Any]:
    return {
        "number": critical.number,
        "value": critical.value,
        "error": error,
        "frequency": critical.mode.frequency,
        "others": critical.others,
    }


def _that_grow(number: int) -> str:
    return "1 eigenvalue grows" if number == 1 else f"{number} eigenvalues grow"


def _of_mode(mode: Mode) -> dict[str, Any]:
    return {
        "growth_rate": mode.growth_rate,
        "frequency": mode.frequency,
        "oscillatory": mode.oscillates,
        "residual": mode.residual,
    }


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
) -> OnsetRun:
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
    built = cases.at()
    record = first_record("onset", comm, built.case, started=started, command=sys.argv)
    # Before anything is solved: a folder that cannot be used costs no hours.
    with begin_run(folder, comm, record, force=force) as target:
        run = _study(cases, built, target, _Wanted(critical, values, scan, number))
        _write(run, target, built.case)
        return run


@dataclass(frozen=True)
class _Wanted:
    """What was asked for; see :func:`run_onset`."""

    critical: Range | None
    values: int
    scan: tuple[float, float, int] | None
    number: int


def _study(cases: _Cases, built: CaseRun, target: RunFolder, wanted: _Wanted) -> OnsetRun:
    """Find what was asked for; collective."""
    critical, number = wanted.critical, wanted.number
    key = critical.axis.label if critical else ""
    so_far = SoFar(target, key)
    _say_cost(built, wanted)
    values, points, lowest = tuple[Critical, ...](), list[tuple[float, float]](), None
    if critical is None:
        state = stability(built.experiment, modes=number, observer=so_far.modes)
    elif wanted.scan is None:
        along, ends = cases.along(critical.axis), critical.axis.values
        values = critical_values(along, *ends, count=wanted.values, observer=so_far)
        state = values[0].stability
    else:
        found, points, lowest = _scan(cases, critical, wanted.scan, so_far)
        values, state = (found,), found.stability
    twice = looks_again(built)  # in 3D it costs too much
    again = list[Stability | None]()
    if twice:
        near: list[tuple[Stability, Mode | None]] = [(each.stability, each.mode) for each in values]
        near = near or [(state, None)]
        again = [_again(there, number, mode) for there, mode in near]
    run = OnsetRun(
        state,
        values[0] if values else None,
        tuple(points),
        lowest,
        target.path,
        built.units,
        key,
        again=again[0] if again else None,
        unresolved=unresolved(state.problem),
        values=values,
        value_errors=tuple(map(_error_of, values, again or [None] * len(values))),
    )
    if run.unresolved:
        log.warning(
            "warning: the mesh is too coarse for the %s of the steady state: modes of a state that "
            "is not resolved are those of the mesh; take more cells, or a higher solver.degree",
            " and the ".join(run.unresolved),
        )
    if not run.is_resolved:
        log.warning(
            "warning: what grows depends on the mesh; take more cells, or a higher solver.degree"
        )
    return run


def _say_cost(built: CaseRun, wanted: _Wanted) -> None:
    """Log what the study will cost, about."""
    sought = wanted.values if wanted.critical else 0
    if wanted.scan is not None:
        sought = wanted.scan[2] + 1  # and where the lowest is expected
    cost = onset_cost(built, built.experiment.problem(), critical=sought)
    log.info("onset: %s (estimate)", cost)


def _scan(
    cases: _Cases, critical: Range, scan: tuple[float, float, int], so_far: SoFar
) -> tuple[Critical, list[tuple[float, float]], Minimum | None]:
    """Return the lowest critical value over wavenumbers, those of all, and where it is."""
    states, points = list[Critical](), list[tuple[float, float]]()

    def solve_at(k: float) -> Critical:
        so_far.at_wavenumber(k)
        at = cases.along(critical.axis, _width(k))
        return critical_value(at, *critical.axis.values, observer=so_far)

    for k in wavenumbers(*scan):
        log.info("wavenumber %.5g", k)
        states.append(solve_at(k))
        points.append((k, states[-1].value))
    lowest = minimum(*zip(*points, strict=True))
    if lowest is not None:
        log.info("wavenumber %.5g, where the lowest is expected", lowest.at)
        states.append(solve_at(lowest.at))
    found = min(states, key=lambda each: each.value)
    if lowest is not None:  # a point of the scan may lie lower still, by next to nothing
        where = [*(k for k, _ in points), lowest.at][states.index(found)]
        lowest = replace(lowest, at=where, solved=found.value)
    return found, points, lowest


def _error_of(critical: Critical, again: Stability | None) -> float | None:
    """Return the estimated numerical error of a critical value; None where it is not known."""
    if again is None:
        return None
    mode = critical.mode
    rate = min(again.spectrum.modes, key=lambda other: abs(other.eigenvalue - mode.eigenvalue))
    return SAFETY * abs(rate.growth_rate - mode.growth_rate) / abs(critical.slope)


def _width(wavenumber: float) -> str:
    """Return the change of a case that sets its width to half a wavelength."""
    return f"{WIDTH}={half_wavelength(wavenumber)!r}"


def _again(state: Stability, number: int, near: Mode | None = None) -> Stability | None:
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
        found = float(low), float(high), int(number)
    except ValueError:
        found = (0.0, 0.0, 0)
    if not 0.0 < found[0] < found[1] or found[2] < 3:
        raise CaseError(f"--wavenumbers {text}: not of the form from:to:n with n from 3", "2.5:4:7")
    return found


class _Cases:
    """One case with changes, built on one mesh as long as the cell stays the same."""

    def __init__(
        self, path: Path, comm: MPI.Comm, overrides: tuple[str, ...], unsafe_petsc: bool
    ) -> None:
        self._path, self._comm, self._overrides = path, comm, overrides
        self._unsafe_petsc = unsafe_petsc
        self._built: CaseRun | None = None

    def case(self, *changes: str) -> Case:
        changed = [*self._overrides, *changes]
        return load_case(self._path, changed, self._comm, unsafe_petsc=self._unsafe_petsc)

    def at(self, *changes: str) -> CaseRun:
        case, before = self.case(*changes), self._built
        same = before is not None and before.case.cell == case.cell
        cell = before.experiment.cell if before is not None and same else None
        self._built = case.build(self._comm, cell)
        return self._built

    def along(self, axis: SweepAxis, *changes: str) -> Callable[[float], Experiment]:
        """Return the experiment as a function of the value of a key."""

        def at(value: float) -> Experiment:
            return self.at(
                *changes, SweepAxis(axis.key, (value,), axis.unit).override(0)
            ).experiment

        return at


def _write(run: OnsetRun, target: RunFolder, case: Case) -> None:
    """Write the record, the case, the page, and the leading mode in the case's formats."""
    problem = run.stability.problem
    mode = run.stability.leading
    before = problem.get_state()
    parts = {"real": mode.real, **({"imaginary": mode.imaginary} if mode.oscillates else {})}
    for name, values in parts.items():
        problem.set_state(values)
        place = target.staged / MODES / name
        fields = perturbation_fields(problem, run.units)
        for format_ in case.output.formats:
            with open_fields(
                problem, place, format=format_, units=run.units, fields=fields
            ) as series:
                series.write()
    problem.set_state(before)
    write_onset(target, run.record(), case)
