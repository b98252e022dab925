"""An audit: the artifact budget of a cell, its regime, and how far it may be changed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from femsoret.errors import CaseError, FemsoretError
from femsoret.experiment import Experiment
from femsoret.log import get_logger
from femsoret.studies.budget import Budget, budget
from femsoret.studies.causes import Cause, Measurement, all_onto
from femsoret.studies.coarser import coarser
from femsoret.studies.ideal import ideal_of
from femsoret.studies.knobs import KNOBS
from femsoret.studies.limits import Limit, limit
from femsoret.studies.regime import Regime, regime
from femsoret.studies.reported import Measured, check_auditable, measured
from femsoret.studies.solution import Solution

log = get_logger(__name__)

TARGET: Final = 0.01
"""Largest |bias| that limits are sought for, unless asked otherwise."""


@dataclass(frozen=True)
class Unstated:
    """A cause that nothing is known of.

    Args:
        label: What it would be.
        advice: What to add to the case.
    """

    label: str
    advice: str


@dataclass(frozen=True, eq=False)
class AuditPlan:
    """What an audit looks at.

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
    """What an audit found.

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
        experiment: The cell; what it has of causes counts only as far as the plan has it.
        plan: What to look at: :func:`~femsoret.studies.ideal.causes_in` the experiment, and more.

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
    coarse = replace(ideal, experiment=coarser(ideal.experiment))
    found = budget(
        ideal, plan.causes, coarse=coarse, with_numerical_error=plan.with_numerical_error
    )
    if found.state is None:
        return Audit(plan, found, None, ())
    real = all_onto(plan.causes, coarse)
    log.info("regime")
    flow = regime(found.state.solution, real.experiment)
    limits = _limits(found.state, real, coarse.experiment, plan) if plan.with_limits else ()
    return Audit(plan, found, flow, limits)


def _limits(
    state: Measured, coarse: Measurement, ideal: Experiment, plan: AuditPlan
) -> tuple[Limit, ...]:
    """Return how far each knob may be turned.

    Args:
        state: The real cell, solved.
        coarse: It on the mesh on which limits are sought.
        ideal: The ideal cell on that mesh.
        plan: What the audit looks at.
    """
    real = state.measurement
    known: Measured | None = state
    if ideal.cell is real.experiment.cell:
        coarse = real
    else:
        log.info("on %d mesh cells, for the limits", ideal.cell.num_cells)
        known = _measured_or_none(coarse, ideal, state.solution)
    limits = []
    for knob in KNOBS:
        log.info("how far: %s", knob.label)
        limits.append(limit(real, coarse.experiment, knob, plan.target, known=known))
    return tuple(limits)


def _measured_or_none(
    measurement: Measurement, ideal: Experiment, start: Solution
) -> Measured | None:
    """Return a measurement, solved; None where it has no steady state, which its limits tell."""
    try:
        return measured(measurement, ideal, start=start)
    except FemsoretError as error:
        log.warning("no steady state on the mesh of the limits: %s", error.message)
        return None
