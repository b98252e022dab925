"""The recorder of a transient run, which makes one row of the history for every accepted step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

from femsoret.base.errors import ConditionError
from femsoret.cells import Cell
from femsoret.experiment import Experiment
from femsoret.experiment.column import Column as GravityColumn
from femsoret.experiment.schedule import relaxation_time
from femsoret.physics.closures.all_components import has_fractions
from femsoret.post.beam_deflection import ANGLE, BeamDeflection
from femsoret.post.chambers import why_not_together
from femsoret.post.decay import KINDS, missed
from femsoret.post.flow import speed
from femsoret.post.fractions import least_fraction
from femsoret.post.nusselt import with_transfer
from femsoret.post.signals import take
from femsoret.post.soret import HotCold, apparent, read_each
from femsoret.post.wall_flows import corners, jumps, left_at_means, sides_of, wall_sums
from femsoret.problem import Problem
from femsoret.problem.bodies import Motion, RigidBody, bodies_of, possible_motions
from femsoret.problem.conditions import sides_with_values
from femsoret.problem.layout import component_of, composition
from femsoret.solve.march import Step, WallThroughput
from femsoret.studies.measure.all_states import Together
from femsoret.studies.measure.column import fitted_line, phi_at, port_values
from femsoret.studies.measure.instruments import column_of, optical_signals
from femsoret.studies.measure.rows import Column
from femsoret.studies.measure.solution import Solution
from femsoret.studies.measure.states_in_time import particle_columns, particle_row, particles_of

LEAST = "least_c"
"""Name of the column of the least mass fraction; its component and place are in others."""

SIGNAL = "signal."
"""Prefix of the names of columns with what a further signal shows."""
SEPARATION = "column.separation"
"""Name of the column of the composition difference between the lowest and the highest port."""

SLOPE = "column.slope"
"""Name of the column of the slope of the composition along a thermogravitational column."""

THERMOMETER = "thermometer."
"""Prefix of the names of columns with the temperature of a thermometer."""

MISSED = "missed."
"""Prefix of the names of columns with the part of a field's range that the mesh misses."""


@dataclass(frozen=True)
class CumulativeBalances:
    """Balances since the start of a run, which a resumed run continues.

    Args:
        defect: Field name -> sum of the amounts that the cell gained and that left it; zero up to
            round-off. "FIELD.CHAMBER" -> sum of the residuals of the composition equation that the
            mean value of the chamber replaces.
        turnover: Field name -> sum over steps of the largest amount that passed one side.
    """

    defect: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    turnover: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))


class Recorder:
    """Makes a row of the history for every step.

    With internal states of particles, the fields are read from a problem that holds them together;
    flows and balances of the solute are sums over its states.

    Args:
        problem: The problem that is marched, with or without flow, and with all internal states.
        reference: The steady states without gravity, for Nusselt and Sherwood numbers and for the
            true S_T.
        balances: The cumulative balances of the run so far; None starts from zero.
    """

    def __init__(
        self, problem: Problem, reference: Solution, balances: CumulativeBalances | None = None
    ) -> None:
        self.experiment = experiment = reference.experiment
        self.problem = self.shown = problem
        self._together, self._particles = None, particles_of(problem)
        if self._particles:
            self._together = Together(experiment, problem)
            self.shown = self._together.shown
        self.balances = balances or CumulativeBalances()
        self._conduction, self._diffusion = reference.conducted, reference.diffused
        self._true = [outcome.true for outcome in reference.outcomes]
        self._of_signals = {
            name: [outcome.true for outcome in there.outcomes]
            for name, there in reference.signals.items()
        }
        pair = experiment.pair
        self._apart = bool(problem.mixture.species) and bool(
            why_not_together(self.shown, pair.hot, pair.cold)
        )
        self._tau = relaxation_time(experiment.mixture, experiment.orientation.gap)
        exterior = experiment.cell.exterior_sides
        shown = self.shown
        counting = with_transfer(shown, "theta", self._conduction)
        self._conducting = [side for side in counting if side in exterior]
        self._diffusing = {
            field: with_transfer(shown, field, self._diffusion.get(field, {}), essential=True)
            for field in shown.layout.compositions
        }
        self._corners = {field: corners(shown, field) for field in shown.layout.fields}

    @property
    def columns(self) -> tuple[Column, ...]:
        """Columns of the history, in order."""
        return history_columns(self.experiment, self._conducting, flow=self.problem.layout.flows)

    def row(self, step: Step) -> dict[str, float | int | None]:
        """Return the history row of a step that the problem has just completed; collective.

        Args:
            step: The accepted step.

        Returns:
            Column name -> number; None where there is none.
        """
        problem, row = self.shown, dict[str, float | int | None]()
        clock = step.clock
        if self._together is not None:
            self._together.update()
        row |= {
            "step": clock.steps,
            "t": clock.t,
            "t_tau": clock.t / self._tau,
            "dt": step.dt,
        }
        row |= self._readings() | self._signals() | self._instruments()
        if problem.layout.flows:
            flow = speed(problem)
            row["max_speed"] = flow.maximum
            if problem.mixture.species:
                row["peclet_solutal"] = flow.peclet_solutal
            row |= self._bodies()
            row |= self._along_the_column()
        row |= particle_row(self._particles)
        row |= self._least()
        row |= self._flows(step)
        row |= self._missed()
        row |= {
            "error_of_step": max(step.errors.values()),
            "rejected": step.rejected,
            "factorisations": clock.factorisations,
            "linear_iterations": clock.linear_iterations,
        }
        return row

    def _readings(self) -> dict[str, float | None]:
        problem, pair = self.shown, self.experiment.pair
        T0 = problem.mixture.T0
        if not problem.mixture.species:
            hot, cold = (reading.of(problem, "theta") for reading in (pair.hot, pair.cold))
            return {"T_hot": T0 + hot, "T_cold": T0 + cold}
        each = read_each(problem, pair.hot, pair.cold)
        row: dict[str, float | None] = {
            "T_hot": T0 + each[0].theta_hot,
            "T_cold": T0 + each[0].theta_cold,
        }
        for i, (ending, at) in enumerate(zip(endings(self.experiment), each, strict=True)):
            S, error, bias = self._apparent(at), None, None
            if S is not None and self._true:
                error, bias = S - self._true[i].value, self._true[i].bias(S)
            row |= {
                f"separation{ending}": at.separation,
                f"S_app{ending}": S,
                f"error{ending}": error,
                f"bias{ending}": bias,
            }
        return row

    def _signals(self) -> dict[str, float | None]:
        problem, row = self.shown, dict[str, float | None]()
        for name, signal in self.experiment.signals.items():
            at, known = take(problem, signal), self._of_signals[name]
            row[f"{SIGNAL}{name}.dT"] = at.dT
            for i, (ending, dc) in enumerate(zip(endings(self.experiment), at.dc, strict=True)):
                S = at.apparent[i] if at.apparent else None
                row |= {
                    f"{SIGNAL}{name}.dc{ending}": dc,
                    f"{SIGNAL}{name}.S_app{ending}": S,
                    f"{SIGNAL}{name}.bias{ending}": (
                        known[i].bias(S) if known and S is not None else None
                    ),
                }
        for name, place in self.experiment.thermometers.items():
            row[f"{THERMOMETER}{name}"] = problem.mixture.T0 + place.of(problem, "theta")
        return row

    def _instruments(self) -> dict[str, float | None]:
        row = dict[str, float | None]()
        for name, signal in optical_signals(self.experiment).items():
            for number, at in enumerate(signal.amplitudes(self.shown)):
                row |= {
                    f"{column_of(name, number)}.total": at.total,
                    f"{column_of(name, number)}.thermal": at.thermal + at.windows,
                    f"{column_of(name, number)}.solutal": sum(at.solutal),
                }
            if isinstance(signal, BeamDeflection):
                for number, at in enumerate(signal.angles(self.shown)):
                    row[f"{column_of(name, number)}.{ANGLE}"] = at.total
        return row

    def _along_the_column(self) -> dict[str, float | None]:
        """Return separation and slope between the ports of a column; empty for other cells."""
        column = self.experiment.column
        if not isinstance(column, GravityColumn):
            return {}
        gamma, slope = port_values(self.shown, column), None
        try:
            phi = phi_at(self.experiment, gamma)
        except ConditionError:
            pass
        else:
            heights = np.array([port.height for port in column.ports])
            f = self.shown.mixture.reference.prefactors[0]
            slope = f * fitted_line(heights, phi).slope
        return {SEPARATION: float(gamma[0] - gamma[-1]), SLOPE: slope}

    def _apparent(self, at: HotCold) -> float | None:
        """Return S_app; None without a significant temperature difference between the readings.

        It is also None if the readings are taken in separate chambers.
        """
        if self._apart or not at.has_difference(self.experiment.orientation.dT or 1.0):
            return None
        try:
            return apparent(self.shown.mixture, at)
        except ConditionError:
            return None

    def _bodies(self) -> dict[str, float | None]:
        """Return the components of the velocities of all bodies."""
        problem, cell = self.shown, self.experiment.cell
        return {
            motion_column(cell, body, motion).name: float(
                problem.parameters[f"conditions.{i}.{motion.parameter}"].value
            )
            for i, body in bodies_of(problem)
            for motion in possible_motions(cell)
        }

    def _least(self) -> dict[str, float | int | None]:
        """Return the least mass fraction of all components, its component and its place."""
        least = least_fraction(self.shown)
        if least is None:
            return {}
        number = 1 + components_of(self.experiment).index(least.component)
        letters = self.experiment.cell.coordinates.letters
        place = {f"{LEAST}.{letter}": x for letter, x in zip(letters, least.x, strict=False)}
        return {LEAST: least.value, f"{LEAST}.component": number, **place}

    def _missed(self) -> dict[str, float | None]:
        """Return the part of each field's range that the worst mesh cell misses.

        If the range is still small, the natural scale of the field replaces it: every start makes
        thin layers that no mesh resolves.
        """
        natural, fields = self.shown.scales.unknown, self.shown.layout.fields
        parts = missed(self.shown, {name: natural[name] for name in fields})
        return {f"{MISSED}{field}": part for field, part in parts.items()}

    def _flows(self, step: Step) -> dict[str, float | None]:
        problem, row = self.shown, dict[str, float | None]()
        heat = wall_sums(problem, "theta", step.throughput.left["theta"])
        endless = sides_of(jumps(problem, "theta", self._corners["theta"]))
        for side, amount in heat.items():
            row[f"heat_flow.{side}"] = None if side in endless else amount / step.dt
        for side in self._conducting:
            number = heat[side] / step.dt / self._conduction[side]
            row[f"nusselt.{side}"] = None if side in endless else number
        row_of_mass: dict[str, float | None] = {}
        missed = list[float | None]()
        compositions = problem.layout.compositions
        for ending, name in zip(endings(self.experiment), compositions, strict=True):
            passed = self._passed(step.throughput, name)
            mass = wall_sums(problem, name, passed.left[name])
            endless = sides_of(jumps(problem, name, self._corners[name]))
            for side in self._given(name):
                flow = None if side in endless else mass[side] / step.dt
                row_of_mass[f"mass_flow{ending}.{side}"] = flow
                row_of_mass[f"sherwood{ending}.{side}"] = (
                    flow / self._diffusion[name][side]
                    if flow is not None and side in self._diffusing[name]
                    else None
                )
            self._add(name, mass, passed)
            missed.append(self._missed_by_means(name, passed))
        if compositions:
            row_of_mass["balance.mass"] = max((m for m in missed if m is not None), default=None)
            row_of_mass["balance.species"] = max(map(self._defect, compositions))
        self._add("theta", heat, step.throughput)
        return row | row_of_mass | {"balance.heat": self._defect("theta")}

    def _passed(self, passed: WallThroughput, field: str) -> WallThroughput:
        """Return what passed of a composition: of all internal states if there are any."""
        if self._together is None:
            return passed
        fields = self._together.fields
        return WallThroughput(
            left={field: np.sum([passed.left[each] for each in fields], axis=0)},
            gained={field: sum(passed.gained[each] for each in fields)},
            created={field: sum(passed.created[each] for each in fields)},
        )

    def _add(self, block: str, left: Mapping[str, float], passed: WallThroughput) -> None:
        """Add a step to the cumulative balances."""
        defect = self.balances.defect.get(block, 0.0)
        turnover = self.balances.turnover.get(block, 0.0)
        defect += passed.gained[block] + sum(left.values()) - passed.created[block]
        turnover += max(abs(amount) for amount in left.values())
        self.balances = CumulativeBalances(
            {**self.balances.defect, block: defect}, {**self.balances.turnover, block: turnover}
        )

    def _defect(self, block: str) -> float:
        turnover = self.balances.turnover[block]
        if block != "theta" and not self._given(block):
            # Nothing passes closed walls: compare with the content of the cell.
            turnover = self._held(block)
        return abs(self.balances.defect[block]) / turnover if turnover else 0.0

    def _missed_by_means(self, field: str, passed: WallThroughput) -> float | None:
        """Return the largest defect of equations replaced by means, over the mass in the cell."""
        missed = left_at_means(self.shown, field, passed.left[field])
        if not missed:
            return None
        defect = dict(self.balances.defect)
        for chamber, amount in enumerate(missed):
            name = f"{field}.{chamber}"
            defect[name] = defect.get(name, 0.0) + amount
        self.balances = CumulativeBalances(defect, self.balances.turnover)
        worst = max(abs(defect[f"{field}.{k}"]) for k in range(len(missed)))
        return worst / self._held(field)

    def _held(self, field: str) -> float:
        """Return the mass of a species in the cell, in kg."""
        reference = self.shown.mixture.reference
        return float(
            reference.rho * reference.c[component_of(field)] * self.shown.cell.fluid_volume
        )

    def _given(self, block: str) -> list[str]:
        """Return the sides with an imposed value of a field."""
        return [side for name, side in self.shown.wall_values if name == block]


def endings(experiment: Experiment) -> tuple[str, ...]:
    """Return the suffixes of column names, one per species: empty for the first species.

    Args:
        experiment: The experiment, for its species.
    """
    others = experiment.mixture.species[1:]
    first = ("",) if experiment.mixture.species else ()
    return first + tuple(f".{species.name}" for species in others)


def components_of(experiment: Experiment) -> tuple[str, ...]:
    """Return the names of all components; the last is the rest, which has no equation.

    Args:
        experiment: The experiment, for its species.
    """
    mixture = experiment.mixture
    return (*(species.name for species in mixture.species), mixture.rest)


def motion_column(cell: Cell, body: RigidBody, motion: Motion) -> Column:
    """Return the column of the speed of a body for one of its motions.

    Args:
        cell: The cell, for its coordinates.
        body: The body.
        motion: The motion.
    """
    if motion.turns:
        letter = "xyz"[motion.axis]
        return Column(
            f"rotation.{body.name}.{letter}",
            "1/s",
            f"angular velocity of {body.name} about {letter}",
        )
    letter = cell.coordinates.letters[motion.axis]
    return Column(
        f"velocity.{body.name}.{letter}", "m/s", f"velocity of {body.name} along {letter}"
    )


def history_columns(
    experiment: Experiment, conducting: Sequence[str], *, flow: bool
) -> tuple[Column, ...]:
    """Return the columns of a history, in order.

    Args:
        experiment: The experiment that is run.
        conducting: Names of the sides through which heat is conducted.
        flow: Whether the march includes the flow.
    """
    species = bool(experiment.mixture.species)
    made = [
        Column("step", "", "number of accepted steps"),
        Column("t", "s", "time at the end of the step"),
        Column("t_tau", "", "t over the relaxation time tau = L^2/(pi^2 D)"),
        Column("dt", "s", "length of the step"),
        Column("T_hot", "K", "temperature at the hot reading"),
        Column("T_cold", "K", "temperature at the cold reading"),
    ]
    for ending in endings(experiment):
        of = f" of {ending[1:]}" if ending else ""
        made += [
            Column(
                f"separation{ending}",
                "",
                f"mass fraction{of} at the cold reading less that at the hot",
            ),
            Column(f"S_app{ending}", "1/K", f"apparent Soret coefficient{of} from these readings"),
            Column(f"error{ending}", "1/K", f"S_app{ending} less the true S_T of the steady state"),
            Column(f"bias{ending}", "", f"error{ending} over the magnitude of the true S_T"),
        ]
    for name in experiment.signals:
        made.append(Column(f"{SIGNAL}{name}.dT", "K", f"difference of T across the gap by {name}"))
        for ending in endings(experiment):
            of = f" of {ending[1:]}" if ending else ""
            made += [
                Column(
                    f"{SIGNAL}{name}.dc{ending}",
                    "",
                    f"difference of the mass fraction{of}, hot less cold, by {name}",
                ),
                Column(
                    f"{SIGNAL}{name}.S_app{ending}",
                    "1/K",
                    f"apparent Soret coefficient{of} by {name}",
                ),
                Column(
                    f"{SIGNAL}{name}.bias{ending}",
                    "",
                    f"this coefficient less its true value over the magnitude of that, by {name}",
                ),
            ]
    for name, instrument in optical_signals(experiment).items():
        what, unit = instrument.recorded
        for i, contrast in enumerate(instrument.optics.contrasts):
            at = f"{name} at {1e9 * contrast.wavelength:.4g} nm"
            column = column_of(name, i)
            made += [
                Column(f"{column}.total", unit, f"{what} that {at} records"),
                Column(f"{column}.thermal", unit, "its part by temperature, windows included"),
                Column(f"{column}.solutal", unit, "its part by composition"),
            ]
            if isinstance(instrument, BeamDeflection):
                made.append(Column(f"{column}.{ANGLE}", "rad", f"angle of the beam {at} in air"))
    for name in experiment.thermometers:
        made.append(Column(f"{THERMOMETER}{name}", "K", f"temperature at {name}"))
    if flow:
        made.append(Column("max_speed", "m/s", "largest speed at the nodes"))
        if species:
            made.append(Column("peclet_solutal", "", "max_speed L/D"))
        made += [
            motion_column(experiment.cell, body, motion)
            for body in experiment.conditions
            if isinstance(body, RigidBody)
            for motion in possible_motions(experiment.cell)
        ]
        if isinstance(experiment.column, GravityColumn):
            made.append(Column(SEPARATION, "", "mass fraction at the lowest port less the highest"))
            made.append(Column(SLOPE, "1/m", "f(c0) dPhi/dz of the line through all ports"))
    made += particle_columns(experiment.particles)
    if species and has_fractions(experiment.mixture):
        names = ", ".join(f"{i} {name}" for i, name in enumerate(components_of(experiment), 1))
        made.append(Column(LEAST, "", "least mass fraction of all components at the nodes"))
        made.append(Column(f"{LEAST}.component", "", f"number of its component: {names}"))
        letters = experiment.cell.coordinates.letters[: experiment.cell.dim]
        made += [Column(f"{LEAST}.{letter}", "m", "where it is") for letter in letters]
    for side in experiment.cell.exterior_sides:
        made.append(
            Column(f"heat_flow.{side}", "W", "heat leaving through the side, mean of the step")
        )
    for side in conducting:
        made.append(Column(f"nusselt.{side}", "", "heat_flow over that of steady conduction"))
    for i, ending in enumerate(endings(experiment)):
        of = f" of {ending[1:]}" if ending else ""
        for side in sides_with_values(experiment.conditions, composition(i)):
            flow_of, number = f"mass_flow{ending}.{side}", f"sherwood{ending}.{side}"
            made.append(
                Column(flow_of, "kg/s", f"mass{of} leaving through the side, mean of the step")
            )
            made.append(Column(number, "", f"mass_flow{ending} over that of steady diffusion"))
    if species:
        made.append(
            Column(
                "balance.mass",
                "",
                "defect of the equation replaced by the mean, over the mass in the cell",
            )
        )
        made.append(
            Column(
                "balance.species",
                "",
                "defect of the species balance, over the amount passed or held",
            )
        )
    made += [
        Column(
            f"{MISSED}{field}",
            "",
            f"part of the range of the {field} that the worst mesh cell misses",
        )
        for field in KINDS
        if (species or field != "composition") and (flow or field != "velocity")
    ]
    made += [
        Column(
            "balance.heat", "", "defect of the heat balance since the start, over the heat passed"
        ),
        Column("error_of_step", "", "estimated error of the step over the tolerance"),
        Column("rejected", "", "rejected attempts at the step"),
        Column("factorisations", "", "factorisations or set-ups of linear solvers since the start"),
        Column("linear_iterations", "", "iterations of linear solvers since the start"),
    ]
    return tuple(made)
