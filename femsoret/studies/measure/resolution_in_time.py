"""Where a transient run was least resolved: the worst of all its times, not the last."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

from femsoret.post.decay import KINDS, limit
from femsoret.studies.measure.recorder import MISSED
from femsoret.studies.measure.transient import TransientFindings


@dataclass(frozen=True)
class WorstTime:
    """When the mesh missed most of a field.

    Args:
        missed: Part of the range of the field that the worst mesh cell missed then.
        limit: The part that it may miss.
        t: When, s.
    """

    missed: float
    limit: float
    t: float


def worst_times(findings: TransientFindings) -> dict[str, WorstTime]:
    """Return when the mesh missed most of each field of a run with gravity.

    A wall that jumps makes a layer that no mesh holds, and that heat has smoothed as soon as it has
    crossed a mesh cell. So a time counts from h^2/alpha after the start and after each jump or
    bend of the protocol, or from half-way to the next one if that comes before.

    Args:
        findings: The run.

    Returns:
        Field -> its worst time; a field that the history lacks is left out.
    """
    experiment, marched = findings.experiment, findings.with_gravity
    h = experiment.cell.h_range[1]
    wait = h**2 / experiment.mixture.reference.alpha
    breaks = sorted({0.0, *findings.schedule.protocol.breaks})
    following = [*breaks[1:], float("inf")]

    def counts(t: float) -> bool:
        last = max(bisect_right(breaks, t) - 1, 0)
        return t - breaks[last] >= min(wait, 0.5 * (following[last] - breaks[last]))

    found = {}
    for field in KINDS:
        parts = [
            (float(row[f"{MISSED}{field}"] or 0.0), float(row["t"] or 0.0))
            for row in marched.rows
            if f"{MISSED}{field}" in row and counts(float(row["t"] or 0.0))
        ]
        if parts:
            part, t = max(parts)
            found[field] = WorstTime(part, limit(experiment.degree, field), t)
    return found
