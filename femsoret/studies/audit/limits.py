"""Limits: how far a parameter may be changed before the bias of a cell exceeds a target.

The root of log(|bias|/target) over log(value) is sought on a coarser mesh, from the present value
outwards. One solve on the cell's own mesh at the root, from the coarse state there and with its
relaxation time, corrects it along the slope that the coarse mesh has.

What is said of a range was tried: the range is walked in steps, and "always" and "never" need a
walk to both of its ends. A walk ends early where there is no steady state, or only one that does
not last. Where walks from the present value meet no root and do not arrive, the ends of the range
are tried by themselves, and the walk goes from there towards the present value.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final, Literal

from scipy.optimize import brentq

from femsoret.base.errors import FemsoretError, NotConverged
from femsoret.base.log import get_logger
from femsoret.experiment import Experiment
from femsoret.solve.steady.stages import PlainNewton, PseudoTransient, Stage
from femsoret.studies.audit.causes import Measurement
from femsoret.studies.audit.design_parameters import DesignParameter
from femsoret.studies.audit.ideal import ideal_of
from femsoret.studies.audit.reported import Measured, measured
from femsoret.studies.measure.stability_check import stability_check

log = get_logger(__name__)

Kind = Literal["at most", "at least", "always", "never", "none"]
"""Of what was tried, the bias is below the target up to the limit, from it on, everywhere in the
range, nowhere in it; or there is no limit and it is not known for all of the range."""

FIRST: Final = math.log(1.5)
"""First step of the search for a bracket, of log(value)."""

SHORTEST: Final = math.log(1.2)
"""Shortest step."""

LONGEST: Final = math.log(2.0)
"""Longest step: one that Newton's method follows."""

QUICK: Final = (PlainNewton(10), PseudoTransient(max_steps=40))
"""What is tried for the state at one value: with the state next to it at hand, little is needed,
and where there is no steady state a search should not take minutes."""

CLOSE: Final = 1e-3
"""Accuracy of a root on the coarse mesh, relative."""

TINY: Final = 1e-300

NOWHERE: Final = "at the ends of the range no lasting state below the target was found"
"""What is known where walks from the present value and from the ends gave nothing."""

APART: Final = 0.5
"""Difference of the bias between two meshes, over the larger one or the target, from which on they
are taken to show two states."""


@dataclass(frozen=True)
class Trial:
    """A value of a parameter and the bias there.

    Args:
        value: The value, in SI and degrees.
        bias: The bias.
        unresolved: Fields for which the mesh was too coarse there.
    """

    value: float
    bias: float
    unresolved: tuple[str, ...] = ()


@dataclass(frozen=True)
class Limit:
    """How far a parameter may be changed.

    Args:
        parameter: The parameter.
        present: Its present value, in SI and degrees.
        kind: What the limit is.
        value: The limit; None where there is none.
        check: The solve on the cell's own mesh, at the root of the coarse one; None without.
        trials: Solves on the coarse mesh, in order of the value.
        range: Smallest and largest value that were allowed.
        note: A further remark, one sentence; may be empty.
        tried: Ends of the range that was walked in steps, on which the kind rests; None where no
            state was found.
    """

    parameter: DesignParameter
    present: float
    kind: Kind
    value: float | None
    check: Trial | None
    trials: tuple[Trial, ...]
    range: tuple[float, float]
    note: str = ""
    tried: tuple[float, float] | None = None


def limit(
    real: Measurement,
    coarse: Experiment,
    parameter: DesignParameter,
    target: float,
    *,
    known: Measured | None = None,
    bias: float | None = None,
) -> Limit:
    """Return how far a parameter may be changed; collective.

    Args:
        real: The cell.
        coarse: It on the mesh on which the root is sought.
        parameter: The parameter.
        target: Largest |bias|.
        known: It on that mesh, solved, where that is known.
        bias: Its bias on the mesh of its own, where that is known.
    """
    present, allowed = parameter.present(real), parameter.range(real)
    if not present:
        note = f"the {parameter.label} is zero, or cannot be changed"
        return Limit(parameter, present, "none", None, None, (), allowed, note)
    search = _Search(replace(real, experiment=coarse), parameter, target)
    kind: Kind
    value, check, tried, note = None, None, None, ""
    if known is not None:
        search.take(present, known, _apart(known.bias, bias, target))
    try:
        walked = _walked(search, present, allowed)
        kind, tried, note = walked.kind, walked.tried, walked.note
        if walked.bracket is not None:
            root = search.root(walked.bracket)
            if coarse is real.experiment:
                value, check = root, search.trial(root)
            else:
                check = _checked(search, real, root)
                value = root * math.exp(-_excess(check.bias, target) / search.slope(root))
            with suppress(FemsoretError):  # for the curve
                search.excess(root * math.exp(-FIRST if kind == "at most" else FIRST))
    except FemsoretError as error:
        kind, value, check, note = "none", None, None, error.message
    trials = tuple(search.trial(value) for value in sorted(search.biases))
    return Limit(parameter, present, kind, value, check, trials, allowed, note, tried)


def _checked(search: _Search, real: Measurement, root: float) -> Trial:
    """Return the bias at a root on the cell's own mesh.

    Raises:
        NotConverged: There is no state, or another one than on the coarse mesh.
    """
    log.info("%s: check at %.5g", search.parameter.label, root)
    near = search.solved[root]
    fine = _bias(real, search.parameter, root, near, time=near.reported.time)
    if apart := _apart(near.bias, fine.bias, search.target):
        raise NotConverged(apart)
    return _trial(root, fine)


def _apart(coarse: float, fine: float | None, target: float) -> str:
    """Return that two meshes show two states; empty where they show one."""
    if fine is None or abs(coarse - fine) <= APART * max(abs(coarse), abs(fine), target):
        return ""
    return (
        f"the mesh on which limits are sought has a bias of {100.0 * coarse:.2g} % where the "
        f"cell's own has {100.0 * fine:.2g} %: two states, or too coarse a mesh"
    )


@dataclass(frozen=True)
class _Walked:
    """What the walks through a range gave.

    Args:
        kind: What the limit is.
        bracket: Two values that it lies between; None where there is none.
        tried: Ends of the range that was walked; None where no state was found.
        note: What else to know.
    """

    kind: Kind
    bracket: tuple[float, float] | None
    tried: tuple[float, float] | None
    note: str = ""


def _walked(search: _Search, present: float, allowed: tuple[float, float]) -> _Walked:
    """Walk from the present value to the ends of the range; where that fails, from the ends."""
    low, high = allowed
    try:
        inside = search.excess(present) <= 0.0
    except NotConverged as failure:
        why = f"not known at the present value: {_brief(failure)}; {NOWHERE}"
        return _from_ends(search, present, allowed) or _Walked("none", None, None, why)
    walks: dict[float, _Walk] = {}
    for end in (high, low) if inside else (low, high):
        walk = walks[end] = search.walk(present, end)
        if walk.bracket:
            return _between(walk.bracket, (present, *(w.reached for w in walks.values())), inside)
    tried = walks[low].reached, walks[high].reached
    if tried == allowed:
        return _Walked("always" if inside else "never", None, tried)
    if not inside:
        ends = [end for end in allowed if walks[end].reached != end]
        if from_ends := _from_ends(search, present, ends):
            return from_ends
    notes = [walk.failure for walk in walks.values() if walk.failure]
    note = "; ".join(notes if inside else [*notes, NOWHERE])
    return _Walked("none", None, tried, note)


def _from_ends(search: _Search, present: float, ends: Sequence[float]) -> _Walked | None:
    """Try the ends of the range, and walk from one where the bias is small.

    What was found at the present value is no start for these: it may be of another kind.
    """
    for end in ends:
        try:
            inside = search.excess(end, afresh=True) <= 0.0
        except NotConverged:
            continue
        if not inside:
            continue
        walk = search.walk(end, present)
        if walk.bracket:
            return _between(walk.bracket, (end, walk.reached), inside)
        return _Walked("none", None, _span((end, walk.reached)), walk.failure)
    return None


def _between(bracket: tuple[float, float], tried: Sequence[float], inside: bool) -> _Walked:
    """Return the limit between the last value of a walk and the first one beyond the target."""
    good, bad = bracket if inside else bracket[::-1]
    return _Walked("at most" if good < bad else "at least", bracket, _span(tried))


def _span(values: Sequence[float]) -> tuple[float, float]:
    return min(values), max(values)


def _brief(failure: NotConverged) -> str:
    return failure.message.partition("\n")[0].partition(";")[0]


@dataclass(frozen=True)
class _Walk:
    """What a walk from one value to another found.

    Args:
        reached: The last value at which a state was found.
        bracket: The last value of the starting side and the first of the other; None without.
        failure: What ended it; empty where nothing did.
    """

    reached: float
    bracket: tuple[float, float] | None = None
    failure: str = ""


class _Search:
    """The bias as a function of a parameter on the coarse mesh, with what was found of it."""

    def __init__(self, cell: Measurement, parameter: DesignParameter, target: float) -> None:
        self.cell, self.parameter, self.target = cell, parameter, target
        self.present = parameter.present(cell)
        self.biases: dict[float, float] = {}
        self.solved: dict[float, Measured] = {}
        self.lost: dict[float, str] = {}

    def take(self, value: float, state: Measured, lost: str = "") -> None:
        """Keep the state at a value, or why it does not count."""
        if lost or (lost := self._decay(state)):
            self.lost[value] = lost
            return
        self.solved[value], self.biases[value] = state, state.bias

    def trial(self, value: float) -> Trial:
        """Return value and bias of a solve; collective."""
        return _trial(value, self.solved[value])

    def _decay(self, state: Measured) -> str:
        """Return why a state does not last; empty where it does, or where nobody looked."""
        check = stability_check(state.solution)
        return f"the state does not last: {check.reason}" if check.verdict == "unstable" else ""

    def excess(self, value: float, *, afresh: bool = False) -> float:
        """Return log(|bias|/target): positive where the bias is too large.

        Args:
            value: The value.
            afresh: Whether to start from the state without gravity, and not from a state nearby.

        Raises:
            NotConverged: There is no steady state, or none that lasts.
        """
        if value not in self.biases and value not in self.lost:
            # From the nearest state: from farther away Newton may find another branch.
            near = min(self.solved, key=lambda v: abs(math.log(v / value)), default=value)
            start = None if afresh else self.solved.get(near)
            try:
                state = _bias(self.cell, self.parameter, value, start, stages=QUICK)
            except NotConverged as failure:
                self.lost[value] = _brief(failure)
            else:
                log.info("%s %.5g: bias %.3e", self.parameter.label, value, state.bias)
                self.take(value, state)
        if value in self.lost:
            raise NotConverged(self.lost[value])
        return _excess(self.biases[value], self.target)

    def walk(self, start: float, end: float) -> _Walk:
        """Walk until the bias passes the target, or there is no lasting state.

        Steps are a fifth longer than the slope of the last one promises, but short enough to start
        each solve from the one before; where one fails it is tried shorter.
        """
        way, value, step, longest = math.copysign(1.0, math.log(end / start)), start, FIRST, LONGEST
        inside = self.excess(start) <= 0.0
        while value != end:
            following = value * math.exp(way * step)
            following = min(following, end) if way > 0.0 else max(following, end)
            before = self.excess(value)
            try:
                now = self.excess(following)
            except NotConverged as failure:
                longest = 0.5 * step
                if longest >= SHORTEST:
                    step = longest
                    continue
                return _Walk(
                    value,
                    failure=f"not known beyond {value / self.present:.3g} times the present "
                    f"value: {failure.message} at {following / self.present:.3g} times",
                )
            if (now <= 0.0) != inside:
                return _Walk(following, (value, following))
            nearer = (before - now) * math.copysign(1.0, before)
            wanted = 1.2 * abs(now) / nearer * step if nearer > 0.0 else longest
            step = min(max(wanted, SHORTEST), longest)
            value = following
        return _Walk(value)

    def root(self, bracket: tuple[float, float]) -> float:
        """Return the root between two values."""
        known = {math.log(value): self.excess(value) for value in bracket}
        logarithm = brentq(
            lambda x: known[x] if x in known else self.excess(math.exp(x)), *known, xtol=CLOSE
        )
        value = math.exp(logarithm)
        self.excess(value)
        return value

    def slope(self, root: float) -> float:
        """Return d log|bias|/d log(value) at the root, from its neighbours among the trials."""
        values = sorted(self.biases)
        i = values.index(root)
        # Neighbours that brentq has put next to the root say nothing but round-off.
        a = next((v for v in reversed(values[:i]) if root / v > 1.0 + 5.0 * CLOSE), root)
        b = next((v for v in values[i + 1 :] if v / root > 1.0 + 5.0 * CLOSE), root)
        return (self.excess(b) - self.excess(a)) / math.log(b / a)


def _trial(value: float, state: Measured) -> Trial:
    return Trial(value, state.bias, state.unresolved)


def _excess(bias: float, target: float) -> float:
    return math.log(max(abs(bias), TINY) / target)


def _bias(
    cell: Measurement,
    parameter: DesignParameter,
    value: float,
    start: Measured | None,
    *,
    stages: Sequence[Stage] | None = None,
    time: float | None = None,
) -> Measured:
    """Return a measurement at a value of a parameter, solved; with a start as `measured` is."""
    changed = parameter.with_value(cell, value)
    ideal = ideal_of(changed.experiment).experiment
    if start is None:
        return measured(changed, ideal)
    return measured(changed, ideal, start=start.solution, stages=stages, time=time)
