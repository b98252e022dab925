"""Results of an onset study, while it is running and after it has finished.

While a study is running, its folder has a file of intermediate results. The file is removed when
the study finishes, and remains if the study is stopped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from rich.table import Table

from femsoret.base.log import get_logger
from femsoret.io.fields import UnitSystem
from femsoret.io.files import as_json, on_root, write_atomically
from femsoret.io.folder import RunFolder
from femsoret.report.tables.onset import MODES, mode_kind
from femsoret.report.words.numbers import plain
from femsoret.report.words.units import RATES, Summary
from femsoret.solve import Mode
from femsoret.studies.measure.numerical_error import SAFETY
from femsoret.studies.onset.critical import Critical, GrowthSample
from femsoret.studies.onset.onset import Minimum, Stability

log = get_logger(__name__)

SO_FAR: Final = "onset.so_far.json"
_METHOD: Final = (
    f"{SAFETY:g} times the difference from the same state with a polynomial degree higher by one"
)
ON_TERMINAL: Final = 8
"""Largest number of modes that is shown on a terminal."""


def say_modes(modes: Sequence[Mode]) -> None:
    """Log how many modes have been found; minutes may pass until there are more.

    Args:
        modes: The modes found so far.
    """
    log.info("%d modes found so far", len(modes))


class OnsetProgress:
    """Observer of an onset study that writes intermediate results; collective.

    Args:
        folder: The run folder. It is cleared of an earlier study when the first result is written.
        key: Label of the key that is varied; empty if none is varied.
    """

    def __init__(self, folder: RunFolder, key: str) -> None:
        self.wavenumber: float | None = None
        """Wavenumber of the next results; None outside a scan."""
        self._folder = folder
        self._begun = False
        self._modes: list[list[float]] = []
        self._trials: list[Summary] = []
        self._critical: dict[tuple[float | None, int], Summary] = {}
        self._key = key

    def modes(self, modes: Sequence[Mode]) -> None:
        """Write the modes of the unchanged case."""
        say_modes(modes)
        rates = sorted(((mode.growth_rate, mode.frequency) for mode in modes), reverse=True)
        self._modes = [list(rate) for rate in rates]
        self._write()

    def tried(self, number: int, trial: GrowthSample) -> None:
        """Write a trial value in the search for critical value ``number``, and its growth rate."""
        self._trials.append(
            {
                "wavenumber": self.wavenumber,
                "number": number,
                "value": trial.value,
                "growth_rate": trial.growth_rate,
                "frequency": trial.frequency,
            }
        )
        self._write()

    def turns(self, number: int, value: float) -> None:
        """Write critical value ``number`` before other modes have been sought there."""
        self._add(number, value, looked_for_others=False, others=None)

    def settled(self, critical: Critical) -> None:
        """Write a critical value after other modes have been sought there."""
        self._add(critical.number, critical.value, looked_for_others=True, others=critical.others)

    def _add(self, number: int, value: float, **rest: object) -> None:
        place = {"wavenumber": self.wavenumber, "number": number, "value": value}
        self._critical[self.wavenumber, number] = {**place, **rest}
        self._write()

    def _write(self) -> None:
        folder = self._folder
        if not self._begun:
            folder.clear()
            folder.claim(SO_FAR)
            self._begun = True
        document = as_json(
            {
                "key": self._key,
                "modes": self._modes,
                "critical": list(self._critical.values()),
                "trials": self._trials,
            }
        )
        on_root(folder.path, folder.comm, lambda: write_atomically(folder.path / SO_FAR, document))


@dataclass(frozen=True, eq=False)
class OnsetOutcome:
    """Result of an onset study.

    Args:
        stability: Stability of the unchanged case, or at the first critical value.
        folder: Path of the run folder.
        units: "SI", or "groups" where lengths and temperatures are dimensionless.
        key: Label of the key that was varied; empty if none was varied.
        values: The requested critical values, of the first, second, ... mode.
        value_errors: Estimated numerical errors of the critical values; None if unknown.
        scan: Pairs of wavenumber and critical value, in increasing order of wavenumber.
        lowest: The lowest critical value, interpolated between the wavenumbers; None without a
            scan, or if the lowest one is at an end of the scan.
        finer: The same with a polynomial degree higher by one; None if it was not computed.
        unresolved: Fields of the steady state for which the mesh is too coarse.
    """

    stability: Stability
    folder: Path
    units: UnitSystem
    key: str = ""
    values: tuple[Critical, ...] = ()
    value_errors: tuple[float | None, ...] = ()
    scan: tuple[tuple[float, float], ...] = ()
    lowest: Minimum | None = None
    finer: Stability | None = None
    unresolved: tuple[str, ...] = ()

    @property
    def critical(self) -> Critical | None:
        """The first critical value; None if none was requested."""
        return self.values[0] if self.values else None

    @property
    def value_error(self) -> float | None:
        """Estimated numerical error of the first critical value; None if unknown."""
        return self.value_errors[0] if self.value_errors else None

    def _mode_errors(self) -> tuple[float | None, float | None]:
        """Return the estimated errors of the leading growth rate and angular frequency."""
        if self.finer is None:
            return None, None
        coarse, fine = self.stability.leading, self.finer.leading
        return (
            SAFETY * abs(fine.growth_rate - coarse.growth_rate),
            SAFETY * abs(fine.frequency - coarse.frequency),
        )

    @property
    def is_resolved(self) -> bool:
        """Whether both polynomial degrees, if two were used, agree on the stability."""
        if self.finer is None or self.critical is not None:
            return True
        return self.finer.spectrum.is_stable == self.stability.spectrum.is_stable

    def record(self) -> dict[str, Any]:
        """Return the content of onset.json."""
        spectrum, critical, lowest = self.stability.spectrum, self.critical, self.lowest
        growth_rate, frequency = self._mode_errors()
        return {
            "title": self.stability.experiment.title,
            "finding": self.finding(),
            "unit_of_rates": "1/s" if self.units == "SI" else "alpha/L2",
            "perturbations": self.perturbations(),
            "stable": self.stability.stable,
            "count": self._count(),
            "modes": [
                {
                    "growth_rate": mode.growth_rate,
                    "frequency": mode.frequency,
                    "oscillatory": mode.oscillates,
                    "residual": mode.residual,
                }
                for mode in spectrum.modes
            ],
            "shifts": [
                {"at": [r.shift.real, r.shift.imag], "found": r.found, "converged": r.converged}
                for r in spectrum.shifts
            ],
            "critical": critical
            and {
                "key": self.key,
                "value": critical.value,
                "trials": [[t.value, t.growth_rate, t.frequency] for t in critical.trials],
                "unresolved": [list(t.unresolved) for t in critical.trials],
            },
            "critical_values": [
                {
                    "number": value.number,
                    "value": value.value,
                    "error": error,
                    "frequency": value.mode.frequency,
                    "others": value.others,
                }
                for value, error in zip(self.values, self.value_errors, strict=True)
            ],
            "scan": [list(point) for point in self.scan],
            "lowest": lowest
            and {
                "wavenumber": lowest.at,
                "value": lowest.solved,
                "interpolated": lowest.value,
            },
            "numerical_error": {
                "growth_rate": growth_rate,
                "frequency": frequency,
                "value": self.value_error,
                "resolved": self.is_resolved,
                "method": _METHOD if self.finer else "not asked for, or in 3D",
            },
            "unresolved": list(self.unresolved),
            "unknowns": self.stability.problem.num_dofs,
        }

    def _count(self) -> Summary:
        """Return the part of onset.json on the count of growing eigenvalues."""
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

    def table(self) -> Table:
        """Return the table of the leading modes for a terminal."""
        study = self.record() | {"unit_of_rates": RATES[self.units].label}
        study["modes"] = study["modes"][:ON_TERMINAL]
        modes = MODES.table(study)
        if modes is None:
            raise ValueError("a stability study has at least one mode")
        note = f"perturbations: {self.perturbations()}"
        return replace(modes, note=note).for_terminal(self.finding(), labels=0)

    def perturbations(self) -> str:
        """Return a description of the perturbations that the mesh of the cell can represent."""
        cell, particles = self.stability.problem.cell, self.stability.experiment.particles
        names = " and ".join(of.name for of in particles)
        states = f", with all internal states of {names}" if particles else ""
        if cell.coordinates.has_axis:
            where = "axisymmetric, without swirl; those that depend on the angle may grow earlier"
        else:
            where = "all" if cell.dim == 3 else "in the plane"
        return where + states

    def finding(self) -> str:
        """Return the result of the study as a clause in one line."""
        if self.critical is not None:
            kind = mode_kind(oscillates=self.critical.mode.oscillates)
            if self.lowest is not None:
                kind = f"the lowest, at the wavenumber {self.lowest.at:.5g}; {kind}"
            return (
                f"critical {self.key} = {self.critical.value:.7g}{_plus_minus(self.value_error)}, "
                f"{kind}{_other_modes(self.critical)}{self._further_values()}"
            )
        if self.finer is not None and not self.is_resolved:
            return "this mesh is too coarse to decide: with a polynomial degree higher by one, " + (
                "no mode grows" if self.finer.spectrum.is_stable else "modes grow"
            )
        return stability_clause(self.stability, RATES[self.units].label)

    def _further_values(self) -> str:
        """Return the end of a sentence: the critical values after the first, if any."""
        texts = [
            f"{value.value:.7g}{_plus_minus(error)} (mode {value.number}, "
            f"{mode_kind(oscillates=value.mode.oscillates)}{_other_modes(value)})"
            for value, error in zip(self.values[1:], self.value_errors[1:], strict=True)
        ]
        return f"; then {', '.join(texts)}" if texts else ""


def stability_clause(stability: Stability, unit: str) -> str:
    """Return the clause on whether a state is stable, and on the basis of this statement.

    Args:
        stability: Stability of the state.
        unit: Unit of growth rates, for the text.
    """
    spectrum = stability.spectrum
    growing = spectrum.found_growing
    if spectrum.count is None:
        basis = f"not counted: {spectrum.uncounted}"
        if growing:
            return f"unstable: {_that_grow(growing)} among those found ({basis})"
        return (
            f"no growing mode found among {len(spectrum.modes)}, sought up to "
            f"{plain(spectrum.highest, 3)} {unit} ({basis})"
        )
    counted, reach = spectrum.count.growing, f"{plain(spectrum.count.reach, 3)} {unit}"
    if not counted and not growing:
        beyond = ", and none beyond can" if stability.bound else ""
        return f"stable: no eigenvalue up to {reach} grows, counted{beyond}"
    missing = f", {growing} of them found" if spectrum.missing else ""
    return f"unstable: {_that_grow(max(counted, growing))}, counted up to {reach}{missing}"


def _other_modes(critical: Critical) -> str:
    """Return the end of a sentence: how many other modes grow at a critical value."""
    if critical.others is None:
        return f" (others were not counted: {critical.stability.spectrum.uncounted})"
    if critical.others:
        return f"; {_that_grow(critical.others)} there already (counted)"
    return "; no other grows there, counted"


def _plus_minus(bound: float | None) -> str:
    return "" if bound is None else f" ± {bound:.1g}"


def _that_grow(number: int) -> str:
    return "1 eigenvalue grows" if number == 1 else f"{number} eigenvalues grow"
