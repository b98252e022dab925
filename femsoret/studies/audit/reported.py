"""What a laboratory reports from a cell, over what its fluid has.

The laboratory knows what it set, not what the liquid does: it takes its plates to be at the
temperatures of their thermostats, and the liquid at other readings at those that conduction between
such plates would give. It reports

    S_lab = -[Phi(c_hot) - Phi(c_cold)]/dT_set

as the Soret coefficient of the fluid at the mean of the two temperatures and the mean composition.
There the fluid has S_T(T_m, c0), and the *bias* of a measurement is S_lab/S_T(T_m, c0) - 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from femsoret.base.errors import CaseError, ConditionError
from femsoret.experiment import Experiment
from femsoret.physics.forms import CONDUCTION
from femsoret.post.decay import unresolved
from femsoret.post.soret import SAME_TEMPERATURE, HotCold, apparent
from femsoret.problem.conditions import sides_with_values
from femsoret.problem.layout import COMPOSITIONS
from femsoret.solve import solve_steady
from femsoret.solve.steady.stages import Stage
from femsoret.studies.audit.approach import deficit, is_quiet, marched, separation_time
from femsoret.studies.audit.causes import Measurement
from femsoret.studies.measure.solution import Solution, solve
from femsoret.studies.measure.time_series import layer_of

ACROSS: Final = 1e-6
"""Component of the axis from cold to hot wall along the radius above which it counts as such."""


@dataclass(frozen=True)
class Reported:
    """How a laboratory evaluates a steady state.

    Args:
        fluid: S_T of the fluid at the mean temperature and composition, 1/K.
        dT: Temperature difference that the laboratory attributes to its readings, K.
        completeness: Part of the separation that is there when it is read, as in a quiet layer.
        time: Relaxation time of the separation, s; None where the steady state is read.
        deficit: Estimate of what the early flow takes beside that, relative; 0 where the steady
            state or a march is read.
        marched: Readings of a march, where the cell approaches its steady state in another way.
    """

    fluid: float
    dT: float
    completeness: float = 1.0
    time: float | None = None
    deficit: float = 0.0
    marched: HotCold | None = None

    def ratio(self, experiment: Experiment, at: HotCold) -> float:
        """Return S_lab over the fluid's S_T, of a cell approached as a quiet layer is.

        Args:
            experiment: The experiment.
            at: Readings of its steady state.
        """
        return self._read(experiment, at) * self.completeness

    def early_flow(self, experiment: Experiment, at: HotCold) -> float | None:
        """Return what the early flow changes in that ratio; None where nothing was marched.

        Args:
            experiment: The experiment.
            at: Readings of its steady state.
        """
        if self.marched is None:
            return None
        return self._read(experiment, self.marched) - self.ratio(experiment, at)

    def _read(self, experiment: Experiment, at: HotCold) -> float:
        believed = replace(at, theta_hot=self.dT, theta_cold=0.0)
        return apparent(experiment.mixture, believed) / self.fluid


@dataclass(frozen=True, eq=False)
class Measured:
    """A measurement with its steady state and its bias.

    Args:
        measurement: What was solved.
        solution: Its steady state.
        reported: What the laboratory makes of it.
        bias: S_lab over what the fluid has, less 1.
        early_flow: The part of it that the flow of the still uniform liquid makes, found in a
            march; None where nothing was marched.
    """

    measurement: Measurement
    solution: Solution
    reported: Reported
    bias: float
    early_flow: float | None = None

    @cached_property
    def unresolved(self) -> tuple[str, ...]:
        """Fields for which the mesh was too coarse; collective when first asked for."""
        return unresolved(self.solution.convection)


def check_auditable(experiment: Experiment) -> None:
    """Check that an experiment has a Soret coefficient to report; collective.

    Args:
        experiment: The experiment.

    Raises:
        CaseError: It has none.
    """
    mixture = experiment.mixture
    if not mixture.species:
        raise CaseError("a pure fluid has no Soret coefficient to audit", "take a mixture")
    if sides_with_values(experiment.conditions, COMPOSITIONS):
        raise CaseError(
            "walls hold the composition, so that their readings say nothing about S_T",
            "audit the closed cell",
        )
    if experiment.orientation.dT == 0.0:
        raise CaseError(
            "all walls have one temperature: there is nothing to audit",
            "give a hot and a cold wall a temperature",
        )
    if experiment.orientation.flux is not None:
        raise CaseError(
            "a heat flux drives this cell, and an audit compares with an ideal cell between two "
            "walls of given temperature",
            "audit the cell with two temperatures, or see `femsoret run` for its bias",
        )
    if experiment.orientation.wall_pair is None:
        raise CaseError(
            "the hot wall surrounds the cold one, or the other way: an ideal cell, level between "
            "two plates, cannot be made of this one",
            "audit a cell between two plates",
        )
    if experiment.cell.coordinates.has_axis and abs(experiment.orientation.axis[0]) > ACROSS:
        raise CaseError(
            "the ideal cell of an axisymmetric one heated from its side is not axisymmetric",
            "audit the plane cell of the same gap",
        )
    dT = _set_difference(experiment, experiment)
    if abs(dT) <= SAME_TEMPERATURE * experiment.orientation.dT:
        raise CaseError(
            f"both readings have one temperature where heat is conducted ({abs(dT):.2g} K apart): "
            "no Soret coefficient is read from them",
            "read T and c at two temperatures, at the hot and the cold wall for instance",
        )
    if fluid_soret(experiment) == 0.0:
        raise CaseError(
            "S_T is zero at the mean temperature and composition: no relative bias",
            "see `femsoret run` for the error in 1/K, or choose other temperatures",
        )


def fluid_soret(experiment: Experiment) -> float:
    """Return S_T at the mean of the plates' temperatures and the mean composition, 1/K.

    Args:
        experiment: The experiment.
    """
    return float(experiment.mixture.reference_at(experiment.orientation.T_mean).soret[0])


def measured(
    measurement: Measurement,
    ideal: Experiment,
    *,
    degree: int | None = None,
    start: Solution | None = None,
    stages: Sequence[Stage] | None = None,
    time: float | None = None,
) -> Measured:
    """Solve a measurement, and report as a laboratory does; collective.

    Args:
        measurement: The measurement.
        ideal: The ideal cell, on the same mesh.
        degree: Polynomial degree; None takes the experiment's.
        start: A solution to start from, as for :func:`~femsoret.studies.measure.solution.solve`.
        stages: What to try for the state with gravity, in order; None takes what suits it.
        time: Relaxation time of the separation, s; None computes it where it is asked for.

    Raises:
        NotConverged: A state was not found.
        ConditionError: Readings that mean nothing.
    """
    solution = solve(measurement.experiment, degree=degree, start=start, stages=stages)
    return report_of(measurement, ideal, solution, time)


def report_of(
    measurement: Measurement, ideal: Experiment, solution: Solution, time: float | None = None
) -> Measured:
    """Return what a laboratory reports from a cell that was solved; collective.

    Args:
        measurement: The measurement.
        ideal: The ideal cell, on the same mesh.
        solution: The steady state of the measurement's experiment.
        time: Relaxation time of the separation, s; None computes it where it is asked for.

    Raises:
        ConditionError: Readings that mean nothing.
        NotConverged: The linear solver or a march failed, or the approach cannot be told, where
            the steady state is not what is read.
    """
    if solution.soret is None:
        raise ConditionError(
            f"this cell reports no Soret coefficient, since {solution.soret_missing}",
            "read c at two temperatures",
        )
    reported = _reported(measurement, ideal, solution, time)
    ratio = reported.ratio(measurement.experiment, solution.soret.at)
    early = reported.early_flow(measurement.experiment, solution.soret.at)
    return Measured(measurement, solution, reported, ratio + (early or 0.0) - 1.0, early)


def _reported(
    measurement: Measurement, ideal: Experiment, solution: Solution, time: float | None
) -> Reported:
    experiment = measurement.experiment
    steady = Reported(fluid_soret(ideal), _set_difference(ideal, experiment))
    if measurement.duration is None:
        return steady
    layer, pair = layer_of(experiment), experiment.pair
    if time is None:
        time = separation_time(solution.relaxing, pair.hot, pair.cold, layer, experiment.newton)
    scaled = measurement.duration / time
    complete = float(layer.approach(scaled))
    approached = replace(steady, completeness=complete, time=time)
    if is_quiet(solution, scaled):
        return replace(approached, deficit=deficit(solution, scaled))
    degree = solution.convection.degree
    return replace(approached, marched=marched(experiment, measurement.duration, degree))


def _set_difference(ideal: Experiment, experiment: Experiment) -> float:
    """Return the temperature difference that is attributed to the readings, K; collective."""
    if experiment.readings is None:
        return ideal.orientation.dT
    conduction, pair = ideal.problem(CONDUCTION), experiment.readings
    solve_steady(conduction, ideal.newton)
    return pair.hot.of(conduction, "theta") - pair.cold.of(conduction, "theta")
