"""The Soret coefficient that a laboratory reports from a cell, relative to that of the fluid.

The laboratory knows its settings, not the state of the liquid: it assumes that the plates have the
temperatures of their thermostats, and that the liquid at other readings has the temperature of pure
conduction between such plates. It reports

    S_lab = -[Phi(c_hot) - Phi(c_cold)]/dT_set

as the Soret coefficient of the fluid at the mean temperature T_m of the plates and the mean
composition c0. The fluid's coefficient there is S_T(T_m, c0), and the *bias* of a measurement is
S_lab/S_T(T_m, c0) - 1. With more than two components there is one S'_T,i and one bias for each
transported component, (S'_lab,i - S'_T,i)/|S'_T|; the bias as one number is then the norm of these.

A liquid of several components approaches its steady state by several exponentials, one for each
eigenvalue of D. Where the liquid rests, their series is known; else the cell is marched in time.
Internal states of particles have no such series: they are marched, without flow and with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np

from femsoret.base.errors import CaseError, ConditionError
from femsoret.base.types import Array
from femsoret.experiment import Experiment
from femsoret.experiment.schedule import relaxation_time
from femsoret.physics.closures import Mixture
from femsoret.physics.forms import CONDUCTION
from femsoret.post.decay import unresolved
from femsoret.post.evaluation import Layer
from femsoret.post.soret import SAME_TEMPERATURE, HotCold, apparent, read_each
from femsoret.problem.conditions import Temperature, sides_with_values
from femsoret.problem.layout import COMPOSITIONS
from femsoret.solve import solve_steady
from femsoret.solve.steady.stages import Stage
from femsoret.studies.audit.approach import deficit, is_quiet, marched, separation_time
from femsoret.studies.audit.causes import Measurement
from femsoret.studies.measure.solution import Solution, solve, solve_at_rest
from femsoret.studies.measure.time_series import layer_of

ACROSS: Final = 1e-6
"""Radial component of the axis from cold to hot wall above which a cell is heated from its side."""


@dataclass(frozen=True)
class Reported:
    """The numbers with which a laboratory evaluates a cell.

    Args:
        fluid: Soret coefficients of the fluid at the mean temperature and composition, 1/K, shape
            (N,).
        dT: Temperature difference that the laboratory attributes to its readings, K.
        completeness: Matrix by which the steady separations are multiplied to obtain those at the
            time of the reading, shape (N, N), by the series of a layer at rest; None if the steady
            state is read.
        time: Relaxation time of the separation, s; None if the steady state is read.
        deficit: Estimated relative deficit due to the early flow, not part of ``completeness``; 0
            if the steady state is read or a march was made.
        marched: Readings at the end of a march, one per species; empty unless one was needed.
    """

    fluid: Array
    dT: float
    completeness: Array | None = None
    time: float | None = None
    deficit: float = 0.0
    marched: tuple[HotCold, ...] = ()

    @property
    def size(self) -> float:
        """What biases are relative to, 1/K: S_T, or the norm of several S'_T."""
        return float(self.fluid[0]) if len(self.fluid) == 1 else float(np.linalg.norm(self.fluid))

    def ratio(self, experiment: Experiment, at: Sequence[HotCold]) -> Array:
        """Return S_lab over the size of the fluid's S_T, with the completeness of a layer at rest.

        Args:
            experiment: The experiment, for its mixture.
            at: Readings of its steady state, one per species.
        """
        steady = self._read(experiment, at)
        return steady if self.completeness is None else self.completeness @ steady

    def early_flow(self, experiment: Experiment, at: Sequence[HotCold]) -> Array | None:
        """Return the changes of these ratios due to the early flow; None if no march was made.

        Args:
            experiment: The experiment, for its mixture.
            at: Readings of its steady state, one per species.
        """
        if not self.marched:
            return None
        return self._read(experiment, self.marched) - self.ratio(experiment, at)

    def _read(self, experiment: Experiment, at: Sequence[HotCold]) -> Array:
        believed = [replace(each, theta_hot=self.dT, theta_cold=0.0) for each in at]
        return np.array([apparent(experiment.mixture, each) for each in believed]) / self.size


@dataclass(frozen=True, eq=False)
class Measured:
    """A measurement with its steady state and its bias.

    Args:
        measurement: The measurement that was solved.
        solution: Its steady state.
        reported: How the laboratory evaluates it.
        biases: S_lab less the fluid's S_T, over the size of the latter, one per species.
        early_flows: The parts of the biases due to the flow of the initially uniform liquid, found
            by a march; None if no march was made.
    """

    measurement: Measurement
    solution: Solution
    reported: Reported
    biases: Array
    early_flows: Array | None = None

    @property
    def bias(self) -> float:
        """The bias of one species; the norm of the biases of several."""
        biases = self.biases
        return float(biases[0]) if len(biases) == 1 else float(np.linalg.norm(biases))

    @property
    def early_flow(self) -> float | None:
        """The early flow's part of the bias of the first species; None if no march was made."""
        return None if self.early_flows is None else float(self.early_flows[0])

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
    if mixture.gravity.vibration is not None:
        raise CaseError(
            "the cell vibrates, but the ideal cell of an audit is at rest",
            "audit it without [vibration], or use `femsoret run`, which reports its bias",
        )
    if experiment.heat_sources:
        raise CaseError(
            "the cell has heat sources, but the ideal cell of an audit is heated by its walls only",
            "audit it without [[heat_source]], or use `femsoret run`, which reports its bias",
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
    if not experiment.mixture.reference_at(experiment.orientation.T_mean).soret.any():
        raise CaseError(
            "S_T is zero at the mean temperature and composition: there is no relative bias",
            "use `femsoret run`, which reports the error in 1/K, or choose other temperatures",
        )


def fluid_soret(experiment: Experiment, degree: int | None = None) -> Array:
    """Return the fluid's S_T at the mean plate temperature and mean composition, in 1/K.

    That of particles with internal states depends on the cell: it is S_T from wall to wall of all
    states at rest. Collective.

    Args:
        experiment: The experiment; with internal states of particles, the ideal cell.
        degree: Polynomial degree; None takes the experiment's.

    Returns:
        One Soret coefficient per species, shape (N,).

    Raises:
        CaseError: S_T of all states vanishes.
        NotConverged: The internal states were not found.
    """
    if experiment.particles:
        solution = solve_at_rest(experiment, degree=degree)
        found = next(iter(solution.outcomes), None)
        if found is None or found.true.size is None:
            raise CaseError(
                f"the states of {experiment.particles[0].name} separate nothing in the ideal cell: "
                "there is no relative bias",
                "use `femsoret run`, which reports the error in 1/K, or faster transitions",
            )
        return np.array([found.true.value])
    return experiment.mixture.reference_at(experiment.orientation.T_mean).soret


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
    at = [outcome.at for outcome in solution.outcomes]
    biases = reported.ratio(measurement.experiment, at) - reported.fluid / reported.size
    early = reported.early_flow(measurement.experiment, at)
    return Measured(
        measurement, solution, reported, biases if early is None else biases + early, early
    )


def _reported(
    measurement: Measurement, ideal: Experiment, solution: Solution, time: float | None
) -> Reported:
    experiment = measurement.experiment
    known = fluid_soret(ideal, solution.convection.degree)
    steady = Reported(known, _set_difference(ideal, experiment))
    if measurement.duration is None:
        return steady
    layer, pair = layer_of(experiment), experiment.pair
    degree = solution.convection.degree
    if len(steady.fluid) > 1 or experiment.particles:
        slowest = relaxation_time(experiment.mixture, experiment.orientation.gap)
        if experiment.particles:
            complete = _completeness_of_states(measurement, solution)
        else:
            complete = completeness_of(measurement, slowest, layer)
        approached = replace(steady, completeness=complete, time=slowest)
        if solution.rests:
            return approached
        return replace(approached, marched=marched(experiment, measurement.duration, degree))
    if time is None:
        time = separation_time(solution.relaxing, pair.hot, pair.cold, layer, experiment.newton)
    scaled = measurement.duration / time
    approached = replace(steady, completeness=completeness_of(measurement, time, layer), time=time)
    if is_quiet(solution, scaled):
        return replace(approached, deficit=deficit(solution, scaled))
    return replace(approached, marched=marched(experiment, measurement.duration, degree))


def _completeness_of_states(measurement: Measurement, solution: Solution) -> Array:
    """Return the completeness of all internal states of particles at rest, by a march, (1, 1)."""
    experiment, duration = measurement.experiment, measurement.duration
    assert duration is not None
    pair, degree = experiment.pair, solution.convection.degree
    (now,) = marched(experiment, duration, degree, at_rest=True)
    (steady,) = read_each(solution.reference, pair.hot, pair.cold)
    differences = [
        apparent(experiment.mixture, replace(at, theta_hot=1.0, theta_cold=0.0))
        for at in (now, steady)
    ]
    return np.array([[differences[0] / differences[1]]])


def completeness_of(
    measurement: Measurement, time: float, layer: Layer, mixture: Mixture | None = None
) -> Array:
    """Return the matrix of completeness of a layer at rest, shape (N, N).

    Each eigenvector of D approaches its steady part like one component with the eigenvalue as its
    diffusivity.

    Args:
        measurement: The measurement, read after a finite duration since the composition was
            uniform.
        time: Relaxation time of the cell, s. It counts for one species, whose approach a flow
            changes; a layer of several has the relaxation times of the eigenvalues of D.
        layer: Positions of the readings.
        mixture: Mixture with another D at the reference state, in a cell that is otherwise the
            same; None for that of the measurement.
    """
    duration, experiment = measurement.duration, measurement.experiment
    assert duration is not None
    before = experiment.mixture.reference
    now = before if mixture is None else mixture.reference
    if len(now.c) == 1:
        faster = now.slowest / before.slowest
        return np.array([[float(layer.approach(faster * duration / time))]])
    values, vectors = np.linalg.eig(now.D)
    rates = np.pi**2 * values.real / experiment.orientation.gap**2
    parts = [float(layer.approach(duration * rate)) for rate in rates]
    return np.asarray(np.linalg.solve(vectors.T, (vectors * parts).T).T.real)


def _set_difference(ideal: Experiment, experiment: Experiment) -> float:
    """Return the temperature difference attributed to the readings, in K; collective."""
    if experiment.readings is None:
        return ideal.orientation.dT
    conduction, pair = ideal.problem(CONDUCTION), experiment.readings
    solve_steady(conduction, ideal.newton)
    return pair.hot.of(conduction, "theta") - pair.cold.of(conduction, "theta")
