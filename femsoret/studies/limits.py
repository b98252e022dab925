"""Limits: how far a knob may be turned before the bias of a cell exceeds a target.

The root of log(|bias|/target) over log(value) is sought on a coarser mesh, from the present value
outwards. One solve on the cell's own mesh at the root, from the coarse state there and with its
relaxation time, corrects it along the slope that the coarse mesh has.

A state that does not last has no bias that a laboratory would see: it counts as one whose bias is
too large, and a limit may be where the steady state stops being stable.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from scipy.optimize import brentq

from femsoret.errors import FemsoretError, NotConverged
from femsoret.experiment import Experiment
from femsoret.log import get_logger
from femsoret.solve.pseudo_transient import PseudoTransient
from femsoret.solve.stage import Plain
from femsoret.studies.causes import Measurement
from femsoret.studies.ideal import ideal_of
from femsoret.studies.knobs import Knob
from femsoret.studies.reported import Measured, measured
from femsoret.studies.stability_check import stability_check

log = get_logger(__name__)

Kind = Literal["at most", "at least", "always", "never", "none"]
"""The bias is below the target up to the limit, from it on, everywhere, nowhere; not known."""

FIRST: Final = math.log(1.5)
"""First step of the search for a bracket, of log(value)."""

SHORTEST: Final = math.log(1.2)
"""Shortest step."""

LONGEST: Final = math.log(2.0)
"""Longest step: one that Newton's method follows."""

QUICK: Final = (Plain(10), PseudoTransient(max_steps=40))
"""What is tried for the state at one value: with the state next to it at hand, little is needed,
and where there is no steady state a search should not take minutes."""

CLOSE: Final = 1e-3
"""Accuracy of a root on the coarse mesh, relative."""

EDGE: Final = math.log(1.05)
"""Accuracy of a limit where the steady state stops being stable, of log(value)."""

ONE_BRANCH: Final = math.log(2.0)
"""Largest |log| of the bias on the cell's own mesh over that on the coarse one, at a root: beyond,
the two lie on different branches, or the coarse mesh knows nothing of the cell."""

TINY: Final = 1e-300


@dataclass(frozen=True)
class Trial:
    """A value of a knob and the bias there.

    Args:
        value: The value, in SI and degrees.
        bias: The bias.
    """

    value: float
    bias: float


@dataclass(frozen=True)
class Limit:
    """How far a knob may be turned.

    Args:
        knob: The knob.
        present: Its present value, in SI and degrees.
        kind: What the limit is.
        value: The limit; None where there is none.
        check: The solve on the cell's own mesh, at the root of the coarse one; None without.
        trials: What was found on the coarse mesh, in order of the value.
        range: Smallest and largest value that were allowed.
        note: What else to know, a sentence or nothing.
    """

    knob: Knob
    present: float
    kind: Kind
    value: float | None
    check: Trial | None
    trials: tuple[Trial, ...]
    range: tuple[float, float]
    note: str = ""


def limit(
    real: Measurement,
    coarse: Experiment,
    knob: Knob,
    target: float,
    *,
    known: Measured | None = None,
) -> Limit:
    """Return how far a knob may be turned; collective.

    Args:
        real: The cell.
        coarse: It on the mesh on which the root is sought.
        knob: The knob.
        target: Largest |bias|.
        known: It on that mesh, solved, where that is known.
    """
    present, allowed = knob.present(real), knob.range(real)
    if not present:
        note = f"the {knob.label} is zero, or cannot be changed"
        return Limit(knob, present, "none", None, None, (), allowed, note)
    search = _Search(replace(real, experiment=coarse), knob, target)
    if known is not None:
        search.take(present, known)
    kind: Kind
    value, check, note = None, None, ""
    try:
        kind, bracket, note = _bracketed(search, present, allowed)
        if bracket is not None:
            root = search.root(bracket)
            at_edge = search.is_edge(root, bracket)
            if at_edge:
                beyond = f"{100.0 * (math.exp(EDGE) - 1.0):.0f} % beyond"
                note = f"{beyond}, no steady state that lasts was found"
            if coarse is real.experiment:
                value, check = root, Trial(root, search.biases[root])
            else:
                log.info("%s: check at %.5g", knob.label, root)
                near = search.solved[root]
                there = _bias(real, knob, root, near, time=near.reported.time)
                _check_one_branch(near, there)
                check = Trial(root, there.bias)
                value = root
                if not at_edge:
                    value *= math.exp(-_excess(check.bias, target) / search.slope(root))
            search.excess(root * math.exp(-FIRST if kind == "at most" else FIRST))  # for the curve
    except FemsoretError as error:
        kind, value, check, note = "none", None, None, error.message
    trials = tuple(Trial(*pair) for pair in sorted(search.biases.items()))
    return Limit(knob, present, kind, value, check, trials, allowed, note)


def _bracketed(
    search: _Search, present: float, allowed: tuple[float, float]
) -> tuple[Kind, tuple[float, float] | None, str]:
    """Return what the limit is, the two values that it lies between, and what else to say."""
    low, high = allowed
    if search.excess(present) <= 0.0:
        above = search.walk(present, high)
        if above.failure:
            return "none", None, above.failure
        return ("at most", above.bracket, "") if above.bracket else ("always", None, "")
    below = search.walk(present, low)
    if below.bracket:
        return "at most", below.bracket, ""
    if (below.failure or search.unstable) and search.is_within_alone(low):
        # Far below there is a state that lasts, past values that have none.
        return "at most", (low, min(search.unstable | {present})), ""
    above = search.walk(present, high)
    if above.bracket:
        return "at least", above.bracket, ""
    if search.unstable:
        least = min(map(abs, search.biases.values()), default=math.inf)
        others = f"; the least |bias| of the others is {100.0 * least:.3g} %" * bool(search.biases)
        tried = len(search.unstable | set(search.biases))
        what = f"of {tried} values tried {len(search.unstable)} have no steady state that lasts"
        return "none", None, what + others
    return "never", None, above.failure or below.failure


@dataclass(frozen=True)
class _Walk:
    """What a walk from one value to another found.

    Args:
        bracket: The last value of the starting side and the first of the other; None without.
        failure: What ended it; empty where nothing did.
    """

    bracket: tuple[float, float] | None = None
    failure: str = ""


class _Search:
    """The bias as a function of a knob on the coarse mesh, with what was found of it."""

    def __init__(self, cell: Measurement, knob: Knob, target: float) -> None:
        self.cell, self.knob, self.target = cell, knob, target
        self.biases: dict[float, float] = {}
        self.solved: dict[float, Measured] = {}
        self.unstable: set[float] = set()  # or without a steady state that was found

    def take(self, value: float, found: Measured) -> None:
        """Take note of what was found at a value."""
        self.solved[value] = found
        if stability_check(found.solution).verdict == "unstable":
            self.unstable.add(value)
        else:
            self.biases[value] = found.bias
        does = ", unstable" if value in self.unstable else ""
        log.info("%s %.5g: bias %.3e%s", self.knob.label, value, found.bias, does)

    def excess(self, value: float) -> float:
        """Return log(|bias|/target), positive where the bias is too large; inf if unstable."""
        if value in self.unstable:
            return math.inf
        if value not in self.solved:
            # From the nearest state: from farther away Newton may find another branch.
            near = min(self.solved, key=lambda v: abs(math.log(v / value)), default=value)
            found = _bias(self.cell, self.knob, value, self.solved.get(near), stages=QUICK)
            self.take(value, found)
        return _excess(self.biases[value], self.target) if value in self.biases else math.inf

    def is_within_alone(self, value: float) -> bool:
        """Return whether a value keeps the bias below the target, solved from rest."""
        if value not in self.solved:
            try:
                self.take(value, _bias(self.cell, self.knob, value, None))
            except NotConverged:
                return False
        return self.excess(value) <= 0.0

    def is_within(self, value: float) -> bool:
        """Return the same, solved from nearby; not where there is no steady state."""
        try:
            return self.excess(value) <= 0.0
        except NotConverged:
            self.unstable.add(value)
            return False

    def walk(self, start: float, end: float) -> _Walk:
        """Walk until the bias passes the target; where there is no steady state the walk ends.

        Steps are a fifth longer than the slope of the last one promises, but short enough to start
        each solve from the one before.
        """
        way, value, step = math.copysign(1.0, math.log(end / start)), start, FIRST
        inside = self.excess(start) <= 0.0
        while value != end:
            step_before = step
            following = value * math.exp(way * step)
            following = min(following, end) if way > 0.0 else max(following, end)
            before = self.excess(value)
            try:
                now = self.excess(following)
            except NotConverged as failure:
                what = failure.message.partition("\n")[0].partition(";")[0]
                return _Walk(
                    failure=f"not known beyond {value / start:.3g} times the present value: {what} "
                    f"at {following / start:.3g} times"
                )
            if (now <= 0.0) != inside:
                return _Walk((value, following))
            step = LONGEST
            nearer = (before - now) * math.copysign(1.0, before)
            if 0.0 < nearer < math.inf:
                step = min(max(1.2 * abs(now) / nearer * step_before, SHORTEST), LONGEST)
            value = following
        return _Walk()

    def root(self, bracket: tuple[float, float]) -> float:
        """Return the root between two values; where there is none, the last one known to do."""
        inside, outside = sorted(bracket, key=self.excess)
        if self.excess(outside) < math.inf:
            try:
                return self._brentq(inside, outside)
            except NotConverged:
                log.info("%s: no state between; halving what is left", self.knob.label)
        while abs(math.log(outside / inside)) > EDGE:
            middle = math.sqrt(inside * outside)
            inside, outside = (middle, outside) if self.is_within(middle) else (inside, middle)
            if self.excess(outside) < math.inf and outside == middle:
                return self.root((inside, outside))
        return inside

    def _brentq(self, inside: float, outside: float) -> float:
        known = {math.log(value): self.excess(value) for value in (inside, outside)}
        found = brentq(
            lambda x: known[x] if x in known else self.excess(math.exp(x)), *known, xtol=CLOSE
        )
        value = math.exp(found)
        self.excess(value)
        return value

    def is_edge(self, root: float, bracket: tuple[float, float]) -> bool:
        """Return whether a root of a bracket is where the steady state stops being stable."""
        way = math.copysign(1.0, math.log(max(bracket, key=self.excess) / root))
        beyond = [v for v in self.unstable | set(self.solved) if way * math.log(v / root) > 0.0]
        nearest = min(beyond, key=lambda v: abs(math.log(v / root)), default=root)
        return nearest in self.unstable

    def slope(self, root: float) -> float:
        """Return d log|bias|/d log(value) at the root, from its neighbours among the trials."""
        values = sorted(self.biases)
        i = values.index(root)
        # Neighbours that brentq has put next to the root say nothing but round-off.
        a = next((v for v in reversed(values[:i]) if root / v > 1.0 + 5.0 * CLOSE), root)
        b = next((v for v in values[i + 1 :] if v / root > 1.0 + 5.0 * CLOSE), root)
        return (self.excess(b) - self.excess(a)) / math.log(b / a)


def _check_one_branch(coarse: Measured, own: Measured) -> None:
    """Check that a state on the cell's own mesh is stable, and that of the coarse mesh.

    Raises:
        NotConverged: It is not.
    """
    if stability_check(own.solution).verdict == "unstable":
        raise NotConverged("where the limit would be the state is unstable on the cell's own mesh")
    if abs(_excess(own.bias, max(abs(coarse.bias), TINY))) > ONE_BRANCH:
        raise NotConverged(
            f"where the limit would be the bias is {own.bias:.3g} on the cell's own mesh and "
            f"{coarse.bias:.3g} on the coarse one: they lie on different branches, or the coarse "
            "mesh is too coarse"
        )


def _excess(bias: float, target: float) -> float:
    return math.log(max(abs(bias), TINY) / target)


def _bias(
    cell: Measurement,
    knob: Knob,
    value: float,
    start: Measured | None,
    **how: Any,
) -> Measured:
    """Return a measurement at a value of a knob, solved.

    Args:
        cell: The measurement as it is.
        knob: The knob.
        value: Its value.
        start: A measurement near it, to start from.
        how: What else to tell :func:`~femsoret.studies.reported.measured` where there is a start.
    """
    turned = knob.turned(cell, value)
    ideal = ideal_of(turned.experiment).experiment
    if start is None:
        return measured(turned, ideal)
    return measured(turned, ideal, start=start.solution, **how)
