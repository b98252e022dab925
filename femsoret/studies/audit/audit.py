"""Audits: the artifact budget of a cell, its flow regime, and the limits of its parameters."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from femsoret.base.errors import CaseError, FemsoretError
from femsoret.base.log import get_logger
from femsoret.experiment import Experiment
from femsoret.studies.audit.budget import Budget, budget
from femsoret.studies.audit.causes import Cause, all_onto
from femsoret.studies.audit.design_parameters import DESIGN_PARAMETERS
from femsoret.studies.audit.ideal import ideal_of, on_coarse_mesh
from femsoret.studies.audit.limits import Limit, limit
from femsoret.studies.audit.regime import Regime, regime
from femsoret.studies.audit.reported import check_auditable
from femsoret.studies.measure.internal_states import ParticleStates, particle_states
from femsoret.studies.measure.solution import Solution
from femsoret.studies.measure.stability_check import stability_check
from femsoret.studies.measure.uniform_start import UniformStart, uniform_start

log = get_logger(__name__)

TARGET: Final = 0.01
"""Default of the largest acceptable |bias|, for which limits are sought."""


@dataclass(frozen=True)
class Unstated:
    """A possible cause of artifacts that the case does not specify.

    Args:
        label: Name of the cause for people.
        advice: What to add to the case so that the audit considers it.
    """

    label: str
    advice: str


@dataclass(frozen=True, eq=False)
class AuditPlan:
    """The causes that an audit considers, and its options.

    Args:
        causes: Imperfections by which the cell differs from the ideal one.
        target: Largest acceptable |bias|, for which limits are sought.
        unstated: Possible causes that the audit does not consider.
        with_limits: Whether limits of the design parameters are sought.
        with_numerical_error: Whether to estimate numerical errors, which needs further solves.
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
        plan: The causes that were considered, and the options.
        budget: The artifact budget.
        regime: The flow regime; None if the real cell could not be solved.
        limits: Limits of the design parameters; empty if they were not sought.
        states: What internal states of particles do in the real cell; None without any, or if they
            could not be measured.
        uniform_start: Which steady state a uniform liquid reaches in the real cell; None if this
            was not asked: the total is read at a given time, or the state is proven stable.
    """

    plan: AuditPlan
    budget: Budget
    regime: Regime | None
    limits: tuple[Limit, ...]
    states: ParticleStates | None = None
    uniform_start: UniformStart | None = None


def audit(experiment: Experiment, plan: AuditPlan) -> Audit:
    """Audit a cell; collective.

    Particles with internal states are audited with all of them.

    Args:
        experiment: The cell. Only those of its imperfections count that are causes of the plan.
        plan: The causes to consider, for instance those from
            :func:`~femsoret.studies.audit.ideal.causes_in`, and the options.

    Raises:
        CaseError: The plan has no causes, or the experiment cannot be audited.
    """
    experiment.check_flow("an audit")
    check_auditable(experiment)
    if not plan.causes:
        raise CaseError(
            "nothing to audit: the cell is level and insulated, has constant properties and lies "
            "between perfectly conducting plates",
            "state in [audit] what may be imperfect, or add gravity to the case",
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
    begun = None
    if artifacts.state.reported.time is None and flow.stability.verdict != "stable":
        begun = _begun(checked.solution) if flow.stability.lasts else None
    limits: list[Limit] = []
    for parameter in DESIGN_PARAMETERS if plan.with_limits else ():
        log.info("limit of the %s", parameter.label)
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
    states = _states(artifacts.state.solution)
    return Audit(plan, artifacts, flow, tuple(limits), states, begun)


def _begun(solution: Solution) -> UniformStart:
    """Return which steady state a uniform liquid reaches; the state of the solution is kept."""
    before = solution.convection.get_state()
    try:
        return uniform_start(solution)
    except FemsoretError as error:
        why = error.message.splitlines()[-1].strip()
        return UniformStart("not looked at", f"the search failed: {why}")
    finally:
        solution.convection.set_state(before)


def _states(solution: Solution) -> ParticleStates | None:
    """Return what internal states of particles do in a cell; None without any."""
    try:
        return particle_states(solution)
    except FemsoretError as error:
        log.warning("warning: the internal states were not measured: %s", error.message)
        return None
