"""What a transient run whose flow does not settle says of S_T: mean and range of S_app in time."""

from __future__ import annotations

from femsoret.post.statistics import NoStatistics, Statistics, statistics
from femsoret.studies.measure.transient import TransientFindings


def statistics_in_time(findings: TransientFindings) -> Statistics | NoStatistics:
    """Return the statistics of the apparent S_T with gravity, 1/K, or why there are none.

    What counts begins after the last jump or bend of the protocol, and where the readings have two
    temperatures from then on.

    Args:
        findings: The run.
    """
    if not findings.yardsticks.true:
        return NoStatistics("there is no apparent S_T, for the reason of soret_reason")
    marched = findings.with_gravity
    since = max((t for t in findings.schedule.protocol.breaks if t < marched.clock.t), default=0.0)
    times, values = list[float](), list[float]()
    for row in marched.rows:
        t, S = float(row["t"] or 0.0), row["S_app"]
        if S is None:
            times.clear()
            values.clear()
        elif t >= since:
            times.append(t)
            values.append(float(S))
    if not times:
        return NoStatistics("the readings end at one temperature")
    largest = max(abs(S) for S in values)
    return statistics(times, values, noise=findings.schedule.march.tolerance * largest)


def bias_in_time(findings: TransientFindings, found: Statistics) -> Statistics | None:
    """Return the statistics of the bias; None where S_T changes sign or vanishes.

    Args:
        findings: The run.
        found: Its statistics of S_app.
    """
    for true in findings.yardsticks.true[:1]:
        if true.size is not None:
            return found.relative_to(true.value, true.size)
    return None
