"""Evaluation of the approach of a thermogravitational column to its steady state.

The mean composition across the gap spreads along the column like heat along a rod, with the
diffusivity D_z = D (1 + X^2/9!) between plates, and with closed ends its slope is built up from
there. The difference of two ports therefore follows the series of a layer at rest
(:mod:`femsoret.post.evaluation`) with the height in place of the gap and D_z in place of D. The
slowest time constant h^2/(pi^2 D_z) is the relaxation time of W. H. Furry, R. C. Jones, L. Onsager,
Phys. Rev. 55 (1939) 1083. It holds once the composition has settled across the gap.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from femsoret.base.errors import ConditionError
from femsoret.experiment.column import NoColumn
from femsoret.experiment.schedule import Schedule
from femsoret.post.evaluation import Evaluation, Layer, evaluate
from femsoret.studies.measure.column import ColumnFindings
from femsoret.studies.measure.recorder import SEPARATION
from femsoret.studies.measure.rows import Row


@dataclass(frozen=True, eq=False)
class ColumnInTime:
    """What the history of a column gives.

    Args:
        findings: The column at the end of the run.
        fit: The series fitted to the difference of the lowest and the highest port; its D is D_z.
    """

    findings: ColumnFindings
    fit: Evaluation

    @property
    def relaxation_time(self) -> float:
        """h^2/(pi^2 D_z) with the fitted D_z, s."""
        return self.findings.column.height**2 / (math.pi**2 * self.fit.D)

    @property
    def S_T(self) -> float | None:
        """S_T of the fitted plateau by the formula of parallel flow, 1/K; None if it has none."""
        theory, heights = self.findings.theory, self.findings.heights
        slope = -self.fit.separation / (theory.f * (heights[-1] - heights[0]))
        return theory.soret_of(slope)

    @property
    def bias(self) -> float | None:
        """This S_T over that of the fluid, less 1; None if one is missing or zero."""
        return self.findings.bias(self.S_T)

    @property
    def reported(self) -> dict[str, float | None]:
        """Numbers that get a numerical error, by their keys in the summary."""
        return {
            "column.in_time.relaxation_time": self.relaxation_time,
            "column.in_time.S_T": self.S_T,
            "column.in_time.S_T_bias": self.bias,
        }


def column_in_time(
    findings: ColumnFindings | NoColumn, schedule: Schedule, rows: Sequence[Row]
) -> ColumnInTime | NoColumn:
    """Return what the history of a column gives, or why it gives nothing.

    Args:
        findings: The column at the end of the run, or why the cell is none.
        schedule: Schedule of the run.
        rows: History of the march with gravity.
    """
    if isinstance(findings, NoColumn):
        return findings
    window = schedule.evaluation
    if window is None:
        return NoColumn(schedule.not_evaluated)
    if window.relaxing:
        return NoColumn("the temperature difference is removed")
    if any(change.of_gravity for change in schedule.protocol.changes):
        return NoColumn("gravity changes during the run")
    if schedule.start != "uniform":
        return NoColumn(f"the run starts from the {schedule.start} state, not from a uniform one")
    known = [row for row in rows if row.get(SEPARATION) is not None]
    height, heights = findings.column.height, findings.heights
    span = (heights[-1] - heights[0]) / height
    layer = Layer.between(height, cold=heights[0] / height, hot=heights[-1] / height)
    try:
        fit = evaluate(
            [float(row["t"] or 0.0) for row in known],
            [float(row[SEPARATION] or 0.0) for row in known],
            layer,
            t0=window.t0,
            window=(window.start, window.end),
            noise=schedule.march.tolerance / span,
        )
    except ConditionError as error:
        return NoColumn(error.message)
    return ColumnInTime(findings, fit)
