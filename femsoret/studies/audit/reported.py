"""The Soret coefficient that a laboratory reports from a cell, relative to that of the fluid.

The laboratory knows its settings, not the state of the liquid: it assumes that the plates have the
temperatures of their thermostats, and that the liquid at other readings has the temperature of pure
conduction between such plates. It reports

    S_lab = -[Phi(c_hot) - Phi(c_cold)]/dT_set

as the Soret coefficient of the fluid at the mean temperature T_m of the plates and the mean
composition c0. The fluid's coefficient there is S_T(T_m, c0), and the *bias* of a measurement is
S_lab/S_T(T_m, c0) - 1.
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
from femsoret.problem.conditions import Temperature, sides_with_values
from femsoret.problem.layout import COMPOSITIONS
from femsoret.solve import solve_steady
from femsoret.solve.steady.stages import Stage
from femsoret.studies.audit.approach import deficit, is_quiet, marched, separation_time
from femsoret.studies.audit.causes import Measurement
from femsoret.studies.measure.solution import Solution, solve
from femsoret.studies.measure.time_series import layer_of

ACROSS: Final = 1e-6
"""Radial component of the axis from cold to hot wall above which a cell is heated from its side."""


@dataclass(frozen=True)
class Reported:
    """The numbers with which a laboratory evaluates a cell.

    Args:
        fluid: S_T of the fluid at the mean temperature and composition, 1/K.
        dT: Temperature difference that the laboratory attributes to its readings, K.
        completeness: Fraction of the steady separation reached at the time of the reading, by the
            series of a layer at rest.
        time: Relaxation time of the separation, s; None if the steady state is read.
        deficit: Estimated relative deficit due to the early flow, not part of ``completeness``; 0
            if the steady state is read or a march was made.
        marched: Readings at the end of a march; None unless a march was needed.
    """

    fluid: float
    dT: float
    completeness: float = 1.0
    time: float | None = None
    deficit: float = 0.0
    marched: HotCold | None = None

    def ratio(self, experiment: Experiment, at: HotCold) -> float:
        """Return S_lab over the fluid's S_T, with the completeness of a layer at rest.

        Args:
            experiment: The experiment, for its mixture.
            at: Readings of its steady state.
        """
        return self._read(experiment, at) * self.completeness

    def early_flow(self, experiment: Experiment, at: HotCold) -> float | None:
        """Return the change of that ratio due to the early flow; None if no march was made.

        Args:
            experiment: The experiment, for its mixture.
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
        measurement: The measurement that was solved.
        solution: Its steady state.
        reported: How the laboratory evaluates it.
        bias: S_lab over the fluid's S_T, less 1.
        early_flow: The part of the bias due to the flow of the initially uniform liquid, found by
            a march; None if no march was made.
    """

    measurement: Measurement
    solution: Solution
    reported: Reported
    bias: float
    early_flow: float | None = None

    @cached_property
    def unresolved(self) -> tuple[str, ...]:
        """Names of the fields for which the mesh was too coarse; collective on first access."""
        return unresolved(self.solution.convection)


def check_auditable(experiment: Experiment) -> None:
    """Check that an experiment has a Soret coefficient to report; collective.

    Args:
        experiment: The experiment.

    Raises:
        CaseError: There is no such coefficient, or no ideal cell to compare with.
    """
    mixture = experiment.mixture
    if not mixture.species:
        raise CaseError("a pure fluid has no Soret coefficient to audit", "choose a mixture")
    if sides_with_values(experiment.conditions, COMPOSITIONS):
        raise CaseError(
            "the composition is imposed at walls, so that readings do not depend on S_T",
            "remove the imposed compositions and audit the closed cell",
        )
    if experiment.orientation.dT == 0.0:
        raise CaseError(
            "all walls have the same temperature, so that there is nothing to audit",
            "give two walls different temperatures",
        )
    for condition in experiment.conditions:
        if isinstance(condition, Temperature) and callable(condition.value):
            raise CaseError(
                f"the temperature of {', '.join(condition.sides)} varies along it: an audit "
                "compares with an ideal cell between two plates, and knows none for such a wall",
                "audit the cell with one temperature for each wall, or use `femsoret run`, which "
                "reports its bias",
            )
    if experiment.orientation.flux is not None:
        raise CaseError(
            "the cell is driven by a heat flux, but the ideal cell of an audit lies between two "
            "walls of given temperature",
            "audit the cell with two temperatures, or use `femsoret run`, which reports its bias",
        )
    if experiment.orientation.wall_pair is None:
        raise CaseError(
            "one of the hot and cold walls surrounds the other, so that there is no corresponding "
            "ideal cell, which is level between two plates",
            "audit a cell between two plates",
        )
    if experiment.cell.coordinates.has_axis and abs(experiment.orientation.axis[0]) > ACROSS:
        raise CaseError(
            "the cell is axisymmetric and heated from its side, but its ideal cell, heated from "
            "above, would not be axisymmetric",
            "audit a plane cell of the same gap",
        )
    dT = _set_difference(experiment, experiment)
    if abs(dT) <= SAME_TEMPERATURE * experiment.orientation.dT:
        raise CaseError(
            "both readings have the same temperature in pure conduction (they differ by "
            f"{abs(dT):.2g} K), so that they give no Soret coefficient",
            "read T and c at two temperatures, for instance at the hot and the cold wall",
        )
    if fluid_soret(experiment) == 0.0:
        raise CaseError(
            "S_T is zero at the mean temperature and composition: there is no relative bias",
            "use `femsoret run`, which reports the error in 1/K, or choose other temperatures",
        )


def fluid_soret(experiment: Experiment) -> float:
    """Return the fluid's S_T at the mean plate temperature and mean composition, in 1/K.

    Args:
        experiment: The experiment. For a mixture of several species, S_T is that of the first.
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
    """Solve a measurement and evaluate it as a laboratory does; collective.

    Args:
        measurement: The measurement.
        ideal: The ideal cell, on the same mesh.
        degree: Polynomial degree; None takes the experiment's.
        start: A solution to start from, as for :func:`~femsoret.studies.measure.solution.solve`.
        stages: Stages of the steady solver to try for the state with gravity, in order; None takes
            the default ones.
        time: Relaxation time of the separation, s; None computes it if it is needed.

    Raises:
        NotConverged: A state was not found.
        ConditionError: No Soret coefficient follows from the readings.
    """
    solution = solve(measurement.experiment, degree=degree, start=start, stages=stages)
    return report_of(measurement, ideal, solution, time)


def report_of(
    measurement: Measurement, ideal: Experiment, solution: Solution, time: float | None = None
) -> Measured:
    """Evaluate a solved cell as a laboratory does; collective.

    Args:
        measurement: The measurement.
        ideal: The ideal cell, on the same mesh.
        solution: The steady state of the measurement's experiment.
        time: Relaxation time of the separation, s; None computes it if it is needed.

    Raises:
        ConditionError: No Soret coefficient follows from the readings.
        NotConverged: The reading is at a finite time, and the linear solver or a march failed or
            the approach to the steady state is unknown.
    """
    if solution.soret is None:
        raise ConditionError(
            f"no Soret coefficient follows from this cell: {solution.soret_missing}",
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
    """Return the temperature difference attributed to the readings, in K; collective."""
    if experiment.readings is None:
        return ideal.orientation.dT
    conduction, pair = ideal.problem(CONDUCTION), experiment.readings
    solve_steady(conduction, ideal.newton)
    return pair.hot.of(conduction, "theta") - pair.cold.of(conduction, "theta")
