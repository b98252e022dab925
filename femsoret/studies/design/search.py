"""The search for the record of a cell that makes an unknown least uncertain.

All cells and records of a coarse grid are tried, and then cells between those of the grid about the
best one, by the simplex of J. A. Nelder and R. Mead (Computer Journal 7 (1965) 308) on the
logarithms of their numbers, within the range of the grid. A record needs no march of its own, so
that the best one is sought for each cell. Since the last few per cent of an uncertainty may cost
days, the plan is the cheapest design whose uncertainty is close to the smallest.

Designs are ranked by the uncertainty that noise, priors and fluid data make together. What fluid
data make takes a further run: it is left out where noise and priors alone make a design worse than
another one with all three.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Final

import numpy as np
from scipy.optimize import minimize, minimize_scalar

from femsoret.base.errors import CaseError, FemsoretError
from femsoret.base.log import get_logger
from femsoret.base.types import Array
from femsoret.studies.design.fluid_data import FluidShare, together
from femsoret.studies.design.information import Promise, promise
from femsoret.studies.design.recording import Recording
from femsoret.studies.design.response import Response
from femsoret.studies.design.space import CandidateCell, Cells, RecordChoices

log = get_logger(__name__)

CLOSE: Final = 0.02
"""Smallest step of the logarithm of a number."""

SAME: Final = 1e-9
"""Relative difference of two values of a number that are one."""


@dataclass(frozen=True, eq=False)
class Design:
    """A cell with a record of it, and what it promises.

    Args:
        cell: The cell.
        recording: The record.
        promise: What noise and priors promise.
        doubts: Why it is not recommended, clauses.
        fluid: What the fluid data make of the uncertainty; None where this was not looked at.
    """

    cell: CandidateCell
    recording: Recording
    promise: Promise
    doubts: tuple[str, ...] = ()
    fluid: tuple[FluidShare, ...] | None = None

    @property
    def uncertainty(self) -> float:
        """Promised standard uncertainty of the target by noise and priors, in its unit."""
        return self.promise.uncertainty

    @property
    def total(self) -> float:
        """The same with the fluid data; where these were not looked at it is at least this."""
        return math.hypot(self.uncertainty, together(self.fluid or ()))


@dataclass(frozen=True)
class Failed:
    """A cell that promises nothing.

    Args:
        values: Values of the numbers that may be chosen.
        reason: Why, a clause.
    """

    values: tuple[float, ...]
    reason: str


def best_of_each(designs: Sequence[Design]) -> dict[tuple[float, ...], Design]:
    """Return the least uncertain design of each cell, by the values of the cell.

    Args:
        designs: The designs.
    """
    best: dict[tuple[float, ...], Design] = {}
    for each in designs:
        known = best.get(each.cell.values)
        if known is None or each.total < known.total:
            best[each.cell.values] = each
    return best


Respond = Callable[[CandidateCell], Response]
"""Function that returns the response of a cell; collective."""

Doubt = Callable[[CandidateCell], tuple[str, ...]]
"""Function that returns why a cell is not recommended; collective."""

OfFluid = Callable[[CandidateCell, Response, Recording], tuple[FluidShare, ...]]
"""Function that returns what the fluid data make of the uncertainty; collective."""


@dataclass(eq=False)
class Search:
    """The designs that were tried.

    Args:
        cells: The cells among which one is chosen.
        choices: The records among which one is chosen.
        noise: Column of the history -> standard uncertainty of its values.
        target: Number of the unknown that is to be least uncertain.
        respond: What a cell shows.
        doubt: Why a cell is not recommended.
        of_fluid: What the fluid data make of the uncertainty.
        gain: Relative decrease of the uncertainty below which nothing is gained.
    """

    cells: Cells
    choices: RecordChoices
    noise: Mapping[str, float]
    target: int
    respond: Respond
    doubt: Doubt
    of_fluid: OfFluid
    gain: float
    designs: list[Design] = field(default_factory=list)
    failed: list[Failed] = field(default_factory=list)
    responses: dict[tuple[float, ...], Response] = field(default_factory=dict)

    def grid(self) -> None:
        """Try all cells of the grid with all records; collective.

        Raises:
            CaseError: None of the cells promises anything.
        """
        for values in product(*(axis.values for axis in self.cells.axes)):
            self._try(tuple(map(float, values)))
        if not self.designs:
            raise CaseError(
                "no design promises anything: "
                + "; ".join(dict.fromkeys(each.reason for each in self.failed)),
                "choose other cells in [design]",
            )

    def _try(self, values: tuple[float, ...]) -> list[Design]:
        """Return the designs of a cell with all records; collective."""
        known = [each for each in self.designs if each.cell.values == values]
        if known or any(each.values == values for each in self.failed):
            return known
        try:
            cell = self.cells.at(values)
            response = self.respond(cell)
            doubts = (*cell.doubts, *self.doubt(cell))
            found = self._designs(cell, response, doubts)
        except FemsoretError as error:
            log.info("no design with %s: %s", values, error.message)
            self.failed.append(Failed(values, error.message))
            return []
        self.responses[values] = response
        self.designs += found
        log.info(
            "cell %s: smallest uncertainty %.4g%s",
            values,
            min(each.total for each in found),
            f" ({'; '.join(doubts)})" if doubts else "",
        )
        return found

    def _designs(
        self, cell: CandidateCell, response: Response, doubts: tuple[str, ...]
    ) -> list[Design]:
        """Return the designs of a cell with all records, the best first; collective."""
        found = [
            Design(cell, recording, promise(response, recording, self.noise, self.target), doubts)
            for recording in self.choices.recordings(cell.tau)
        ]
        if doubts:
            return sorted(found, key=lambda each: each.uncertainty)
        least, ranked = math.inf if self.best is None else self.best.total, list[Design]()
        for each in sorted(found, key=lambda each: each.uncertainty):
            if math.isfinite(each.uncertainty) and each.uncertainty <= (1.0 + self.gain) * least:
                shares = self.of_fluid(cell, response, each.recording)
                each = replace(each, fluid=shares)
                least = min(least, each.total)
            ranked.append(each)
        return sorted(ranked, key=lambda each: each.total)

    @property
    def best(self) -> Design | None:
        """The recommended design of the smallest uncertainty; None without any."""
        good = [each for each in self.designs if not each.doubts]
        found = min(good, key=lambda each: each.total, default=None)
        return None if found is None or math.isinf(found.total) else found

    def refine(self, most: int) -> bool:
        """Try cells and durations about the best design; collective.

        Args:
            most: Largest number of further cells.

        Returns:
            Whether the search ended because nothing more was gained.
        """
        best = self.best
        if best is None:
            return True
        axes = self.cells.axes
        free = [i for i, axis in enumerate(axes) if axis.is_continuous]
        settled = True
        if free and most:
            low = np.log([min(axes[i].values) for i in free])
            high = np.log([max(axes[i].values) for i in free])
            settled = self._by_simplex(best, free, low, high, most)
        self._refine_duration()
        return settled

    def _by_simplex(
        self, best: Design, free: Sequence[int], low: Array, high: Array, most: int
    ) -> bool:
        x0 = np.log([best.cell.values[i] for i in free])

        def objective(x: Array) -> float:
            values = list(best.cell.values)
            for i, of in zip(free, np.exp(np.clip(x, low, high)), strict=True):
                values[i] = _rounded(float(of), self.cells.axes[i].values)
            found = [each for each in self._try(tuple(values)) if not each.doubts]
            return math.log(min((each.total for each in found), default=math.inf))

        def finite(x: Array) -> float:
            value = objective(x)
            return value if math.isfinite(value) else 50.0

        simplex = [x0]
        for i in range(len(free)):
            step = x0.copy()
            width = 0.3 * (high[i] - low[i])
            step[i] += width if x0[i] + width <= high[i] else -width
            simplex.append(step)
        found = minimize(
            finite,
            x0,
            method="Nelder-Mead",
            bounds=list(zip(low, high, strict=True)),
            options={
                "initial_simplex": np.array(simplex),
                "maxfev": most,
                "fatol": self.gain,
                "xatol": np.inf,
            },
        )
        return bool(found.success)

    def _refine_duration(self) -> None:
        """Try durations between those of the grid for the best design."""
        best, durations = self.best, self.choices.durations
        if best is None or len(durations) < 2:
            return
        tau, response = best.cell.tau, self.responses[best.cell.values]
        spans = [span.seconds(tau) for span in durations]

        def of(log_of_time: float) -> Design:
            end = float(f"{math.exp(log_of_time):.3g}")
            recording = replace(best.recording, duration=end)
            found = promise(response, recording, self.noise, self.target)
            shares = self.of_fluid(best.cell, response, recording)
            return replace(best, recording=recording, promise=found, fluid=shares)

        found = minimize_scalar(
            lambda x: of(float(x)).total,
            bounds=(math.log(min(spans)), math.log(max(spans))),
            method="bounded",
            options={"xatol": CLOSE},
        )
        between = of(float(found.x))
        if between.total < best.total:  # the search ends beside an end of its range, not at it
            self.designs.append(between)

    def plan(self) -> Design | None:
        """Return the cheapest recommended design close to the best one; None without any."""
        best = self.best
        if best is None:
            return None
        good = [
            each
            for each in self.designs
            if not each.doubts and each.total <= (1.0 + self.gain) * best.total
        ]
        return min(good, key=lambda each: (*each.recording.effort, each.total))


def _rounded(value: float, grid: Sequence[float]) -> float:
    """Return a value with three digits, or that of the grid which it is, within the grid."""
    for each in grid:
        if math.isclose(value, each, rel_tol=SAME):
            return each
    return min(max(float(f"{value:.3g}"), min(grid)), max(grid))
