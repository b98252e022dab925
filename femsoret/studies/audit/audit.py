"""Audits: the artifact budget of a cell, its flow regime, and the limits of its parameters."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from femsoret.base.errors import CaseError, FemsoretError
from femsoret.base.log import get_logger
from femsoret.experiment import Experiment
from femsoret.physics.closures import Particle
from femsoret.studies.audit.budget import Budget, budget
from femsoret.studies.audit.causes import Cause, all_onto
from femsoret.studies.audit.design_parameters import DESIGN_PARAMETERS
from femsoret.studies.audit.ideal import ideal_of, on_coarse_mesh
from femsoret.studies.audit.limits import Limit, limit
from femsoret.studies.audit.regime import Regime, regime
from femsoret.studies.audit.reported import check_auditable
from femsoret.studies.measure.internal_states import ParticleStates, particle_states
from femsoret.studies.measure.solution import Solution, with_states_solved
from femsoret.studies.measure.stability_check import stability_check

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
        states: The internal states of particles in the real cell, which all else takes as fast;
            None without any, or if they could not be solved for.
    """

    plan: AuditPlan
    budget: Budget
    regime: Regime | None
    limits: tuple[Limit, ...]
    states: ParticleStates | None = None


def audit(experiment: Experiment, plan: AuditPlan) -> Audit:
    """Audit a cell; collective.

    Transitions between internal states of particles are taken as fast; how far the real cell is
    from that is solved for.

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
    particles, experiment = experiment.particles, replace(experiment, particles=())
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
    states = _states(artifacts.state.solution, particles)
    return Audit(plan, artifacts, flow, tuple(limits), states)


def _states(solution: Solution, particles: tuple[Particle, ...]) -> ParticleStates | None:
    """Return the internal states of particles in a cell, solved with fast transitions before."""
    if not particles:
        return None
    experiment = replace(solution.experiment, particles=particles)
    try:
        full = with_states_solved(replace(solution, experiment=experiment))
        return particle_states(full)
    except FemsoretError as error:
        log.warning("warning: the internal states were not solved for: %s", error.message)
        return None
