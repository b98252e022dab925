"""An audit: the artifact budget of a cell, its regime, and how far it may be changed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from femsoret.base.errors import CaseError
from femsoret.base.log import get_logger
from femsoret.experiment import Experiment
from femsoret.studies.audit.budget import Budget, budget
from femsoret.studies.audit.causes import Cause, all_onto
from femsoret.studies.audit.design_parameters import DESIGN_PARAMETERS
from femsoret.studies.audit.ideal import ideal_of, on_coarse_mesh
from femsoret.studies.audit.limits import Limit, limit
from femsoret.studies.audit.regime import Regime, regime
from femsoret.studies.audit.reported import check_auditable
from femsoret.studies.measure.stability_check import stability_check

log = get_logger(__name__)

TARGET: Final = 0.01
"""Largest |bias| that limits are sought for, unless asked otherwise."""


@dataclass(frozen=True)
class Unstated:
    """A cause of artifacts that the case says nothing about.

    Args:
        label: What it would be.
        advice: What to add to the case.
    """

    label: str
    advice: str


@dataclass(frozen=True, eq=False)
class AuditPlan:
    """The causes that an audit considers, and what it does with them.

    Args:
        causes: What makes the cell another than the ideal one.
        target: Largest |bias| that limits are sought for.
        unstated: What is not looked at.
        with_limits: Whether limits are sought.
        with_numerical_error: Whether everything is solved a second time for numerical errors.
    """

    causes: tuple[Cause, ...]
    target: float = TARGET
    unstated: tuple[Unstated, ...] = ()
    with_limits: bool = True
    with_numerical_error: bool = True


@dataclass(frozen=True, eq=False)
class Audit:
    """The results of an audit.

    Args:
        plan: What it looked at.
        budget: The artifact budget.
        regime: The regime; None where the real cell has no solution.
        limits: How far the cell may be changed; empty where they were not sought.
    """

    plan: AuditPlan
    budget: Budget
    regime: Regime | None
    limits: tuple[Limit, ...]


def audit(experiment: Experiment, plan: AuditPlan) -> Audit:
    """Audit a cell; collective.

    Args:
        experiment: The cell. Of its imperfections only those count that the plan has as causes.
        plan: What to consider: :func:`~femsoret.studies.audit.ideal.causes_in` the experiment, and
            more.

    Raises:
        CaseError: There is nothing to audit.
    """
    check_auditable(experiment)
    if not plan.causes:
        raise CaseError(
            "nothing to audit: the cell is level, insulated, of constant properties, between "
            "perfect plates",
            "say in [audit] what may be imperfect, or give it gravity",
        )
    ideal = ideal_of(experiment)
    coarse = replace(ideal, experiment=on_coarse_mesh(ideal.experiment))
    artifacts = budget(
        ideal, plan.causes, coarse=coarse, with_numerical_error=plan.with_numerical_error
    )
    if artifacts.state is None:
        return Audit(plan, artifacts, None, ())
    coarse_cell = all_onto(plan.causes, coarse).experiment
    if coarse_cell.cell is experiment.cell:
        coarse_cell = artifacts.real.experiment
    log.info("regime")
    checked = artifacts.state
    if experiment.cell.dim == 3 and artifacts.coarse is not None:
        checked = artifacts.coarse  # modes of a large cell would cost more than all the rest
    flow = regime(artifacts.state.solution, stability_check(checked.solution))
    limits: list[Limit] = []
    for parameter in DESIGN_PARAMETERS if plan.with_limits else ():
        log.info("how far: %s", parameter.label)
        limits.append(
            limit(
                artifacts.real,
                coarse_cell,
                parameter,
                plan.target,
                known=artifacts.coarse,
                bias=artifacts.state.bias,
            )
        )
    return Audit(plan, artifacts, flow, tuple(limits))
