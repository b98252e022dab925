"""Limits: how far a parameter may be changed before the bias of a cell exceeds a target.

The root of log(|bias|/target) as a function of log(value) is sought on a coarser mesh, from the
present value outwards. One solve at the root on the original mesh, which starts from the coarse
state and uses its relaxation time, corrects the root with the slope found on the coarse mesh.

Statements about a range are based on solves: the range is traversed in steps, and "always" and
"never" require steps to both of its ends. A traversal stops early where no steady state is found or
the steady state is unstable. If traversals from the present value find no root and do not reach the
ends, the states at the ends are sought without a nearby start, and the range is traversed from
there towards the present value.
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
"""Where in the tried range the bias is below the target: up to the limit ("at most"), from the
limit on ("at least"), everywhere ("always"), or nowhere ("never"). "none": no limit was found, and
the range was not covered completely."""

FIRST: Final = math.log(1.5)
"""First step in log(value) of the search for a bracket."""

SHORTEST: Final = math.log(1.2)
"""Shortest step in log(value)."""

LONGEST: Final = math.log(2.0)
"""Longest step in log(value): Newton's method still converges from the preceding state."""

QUICK: Final = (PlainNewton(10), PseudoTransient(max_steps=40))
"""Stages of the steady solver for one value: few suffice when starting from a nearby state, and the
search should fail quickly where there is no steady state."""

CLOSE: Final = 1e-3
"""Relative accuracy of a root on the coarse mesh."""

TINY: Final = 1e-300

NOWHERE: Final = "no stable state with a bias below the target was found at the ends of the range"
"""Remark used when traversals from the present value and from the ends found no limit."""

APART: Final = 0.5
"""Difference of the biases on two meshes, relative to the largest of both and the target, above
which the two solutions are taken to be different states."""


@dataclass(frozen=True)
class Trial:
    """The bias of the cell at one value of a parameter.

    Args:
        value: Value of the parameter, in SI units or degrees.
        bias: Relative bias of S_T.
        unresolved: Names of the fields for which the mesh was too coarse.
    """

    value: float
    bias: float
    unresolved: tuple[str, ...] = ()


@dataclass(frozen=True)
class Limit:
    """How far a parameter may be changed.

    Args:
        parameter: The design parameter.
        present: Its present value, in SI units or degrees.
        kind: Where in the tried range the bias is below the target.
        value: The limit, in SI units or degrees; None if there is none.
        check: The solve on the original mesh at the root of the coarse mesh; None if there is none.
        trials: Solves on the coarse mesh, in ascending order of the value.
        range: Smallest and largest allowed value.
        note: A further remark, such as the reason for a missing limit; may be empty.
        tried: Smallest and largest value of the range that was traversed, to which the kind
            refers; None if no state was found.
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
        real: The cell with all its imperfections.
        coarse: Its experiment on the mesh on which the root is sought.
        parameter: The design parameter.
        target: Largest acceptable |bias|.
        known: The solved cell on the mesh of ``coarse``; None if it has not been solved.
        bias: Bias of the cell on its original mesh; None if it is not known.
    """
    present, allowed = parameter.present(real), parameter.range(real)
    if not present:
        note = f"the {parameter.label} is zero or cannot be changed"
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
    """Return the bias at a root on the original mesh.

    Raises:
        NotConverged: No state was found, or a different one than on the coarse mesh.
    """
    log.info("checking the limit of the %s at %.5g", search.parameter.label, root)
    near = search.solved[root]
    fine = _bias(real, search.parameter, root, near, time=near.reported.time)
    if apart := _apart(near.bias, fine.bias, search.target):
        raise NotConverged(apart)
    return _trial(root, fine)


def _apart(coarse: float, fine: float | None, target: float) -> str:
    """Return a message if the biases on two meshes indicate different states; empty otherwise."""
    if fine is None or abs(coarse - fine) <= APART * max(abs(coarse), abs(fine), target):
        return ""
    return (
        f"the bias is {100.0 * coarse:.2g} % on the coarse mesh on which limits are sought, but "
        f"{100.0 * fine:.2g} % on the mesh of the cell: these are two different states, or the "
        "coarse mesh is too coarse"
    )


@dataclass(frozen=True)
class _Walked:
    """The result of traversing a range.

    Args:
        kind: Kind of the limit.
        bracket: Two values that enclose the limit; None if there is no limit.
        tried: Ends of the traversed range; None if no state was found.
        note: A further remark; may be empty.
    """

    kind: Kind
    bracket: tuple[float, float] | None
    tried: tuple[float, float] | None
    note: str = ""


def _walked(search: _Search, present: float, allowed: tuple[float, float]) -> _Walked:
    """Traverse the range from the present value to its ends or, if that fails, from its ends."""
    low, high = allowed
    try:
        inside = search.excess(present) <= 0.0
    except NotConverged as failure:
        why = f"unknown at the present value: {_brief(failure)}; {NOWHERE}"
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
    """Traverse the range from an end where the bias is below the target; None if there is none.

    The solves at the ends do not start from states near the present value, which may belong to
    another branch.
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
    """Return the result with a limit between two values on different sides of the target."""
    good, bad = bracket if inside else bracket[::-1]
    return _Walked("at most" if good < bad else "at least", bracket, _span(tried))


def _span(values: Sequence[float]) -> tuple[float, float]:
    return min(values), max(values)


def _brief(failure: NotConverged) -> str:
    return failure.message.partition("\n")[0].partition(";")[0]


@dataclass(frozen=True)
class _Walk:
    """The result of a traversal from one value to another.

    Args:
        reached: The last value at which a state was found.
        bracket: The last value on the same side of the target as the start, and the first one on
            the other side; None if the target was not passed.
        failure: Why the traversal stopped early; empty if it did not.
    """

    reached: float
    bracket: tuple[float, float] | None = None
    failure: str = ""


class _Search:
    """The bias as a function of a parameter on the coarse mesh; stores all solved states."""

    def __init__(self, cell: Measurement, parameter: DesignParameter, target: float) -> None:
        self.cell, self.parameter, self.target = cell, parameter, target
        self.present = parameter.present(cell)
        self.biases: dict[float, float] = {}
        self.solved: dict[float, Measured] = {}
        self.lost: dict[float, str] = {}

    def take(self, value: float, state: Measured, lost: str = "") -> None:
        """Store the state at a value, or the reason why it is rejected."""
        if lost or (lost := self._decay(state)):
            self.lost[value] = lost
            return
        self.solved[value], self.biases[value] = state, state.bias

    def trial(self, value: float) -> Trial:
        """Return the value and the bias of a solved state; collective."""
        return _trial(value, self.solved[value])

    def _decay(self, state: Measured) -> str:
        """Return why a state is rejected as unstable; empty if it is stable or this is unknown."""
        check = stability_check(state.solution)
        return (
            f"the steady state is unstable: {check.reason}" if check.verdict == "unstable" else ""
        )

    def excess(self, value: float, *, afresh: bool = False) -> float:
        """Return log(|bias|/target), which is positive if the bias is too large.

        Args:
            value: Value of the parameter, in SI units or degrees.
            afresh: Whether to start from the state without gravity instead of a nearby state.

        Raises:
            NotConverged: No steady state was found, or it is unstable.
        """
        if value not in self.biases and value not in self.lost:
            # From a more distant state than the nearest, Newton may find another branch.
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
        """Traverse a range until the bias passes the target or no stable state is found.

        A step is a fifth longer than the extrapolation from the last step suggests, but short
        enough to start each solve from the preceding state. Failed steps are shortened.
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
                    failure=f"at {following / self.present:.3g} times the present value, "
                    f"{failure.message}",
                )
            if (now <= 0.0) != inside:
                return _Walk(following, (value, following))
            nearer = (before - now) * math.copysign(1.0, before)
            wanted = 1.2 * abs(now) / nearer * step if nearer > 0.0 else longest
            step = min(max(wanted, SHORTEST), longest)
            value = following
        return _Walk(value)

    def root(self, bracket: tuple[float, float]) -> float:
        """Return the value between two others at which |bias| equals the target."""
        known = {math.log(value): self.excess(value) for value in bracket}
        logarithm = brentq(
            lambda x: known[x] if x in known else self.excess(math.exp(x)), *known, xtol=CLOSE
        )
        value = math.exp(logarithm)
        self.excess(value)
        return value

    def slope(self, root: float) -> float:
        """Return d log|bias|/d log(value) at the root, by differences of neighbouring trials."""
        values = sorted(self.biases)
        i = values.index(root)
        # Trials that brentq has put very close to the root would give round-off only.
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
    """Solve a measurement at one value of a parameter, from a solved measurement if given."""
    changed = parameter.with_value(cell, value)
    ideal = ideal_of(changed.experiment).experiment
    if start is None:
        return measured(changed, ideal)
    return measured(changed, ideal, start=start.solution, stages=stages, time=time)
