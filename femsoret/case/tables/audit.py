"""Table of the causes of bias that `femsoret audit` examines in addition to those in the cell."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Final

from pydantic import Field, model_validator

from femsoret.base.errors import CaseError
from femsoret.case.messages import wrong
from femsoret.case.values import (
    Angle,
    Conductivity,
    Duration,
    Flag,
    HeatTransfer,
    PositiveLength,
    PositiveTime,
    Ratio,
    Table,
    Temperature,
    optional,
)
from femsoret.experiment import Experiment
from femsoret.experiment.schedule import relaxation_time
from femsoret.problem.conditions import Ambient, Insulated, resolve
from femsoret.problem.orientation import up_vector
from femsoret.studies.audit.audit import AuditPlan, Unstated
from femsoret.studies.audit.causes import Cause, FiniteTime, Plates, SideWalls, SolidWall, Tilt
from femsoret.studies.audit.ideal import causes_in, with_surroundings

_LEVELLING: Final = 0.5
"""Levelling error assumed if none is given, degrees: that of a spirit level on a short plate."""

_ADVICE: Final = {
    "tilt": Unstated("levelling", "gravity, and a cell that can be tilted (not axisymmetric)"),
    "side_walls": Unstated(
        "heat through the side walls",
        'side_walls = { h = "5 W/m^2/K", T_outside = "20 degC" } in [audit], or a condition '
        "of kind robin on the side walls",
    ),
    "plates": Unstated(
        "conductivity of the plates",
        'plates = { thickness = "5 mm", conductivity = "400 W/m/K" } in [audit], or a '
        "condition of kind robin on the plates",
    ),
    "properties": Unstated(
        "properties that vary",
        "the table of a property model in [fluid.overrides], for example for the viscosity",
    ),
    "readings": Unstated("position of the readings", "other places than the plates, in [readings]"),
    "finite_time": Unstated("finite time", 'duration = "5 tau" in [audit], or a table [time]'),
}
"""What to add to a case that says nothing about a cause; in the order of reports."""


class SideWallsTable(Table):
    """Heat exchange with the room on all sides without a temperature condition.

    With a wall of thickness d and conductivity k in between, the coefficient is 1/(1/h + d/k).
    """

    h: HeatTransfer = Field(description="Heat transfer coefficient, 5 to 10 W/m^2/K in still air.")
    T_outside: Temperature | None = optional(
        "Temperature of the room.", default="mean of the plates"
    )
    thickness: PositiveLength | None = optional("Thickness of the wall.")
    conductivity: Conductivity | None = optional("Thermal conductivity of the wall.")

    @model_validator(mode="after")
    def _both_or_none(self) -> SideWallsTable:
        if (self.thickness is None) != (self.conductivity is None):
            raise wrong("a wall needs both a thickness and a conductivity", "give both or neither")
        return self

    def build(self, experiment: Experiment, temperature_shift: float) -> SideWalls:
        """Return the bias cause; raise CaseError if no side is left (see AuditTable.build)."""
        taken = {
            side
            for condition in resolve(experiment.conditions, experiment.cell)
            for side in condition.sides
            if "theta" in condition.fields and not isinstance(condition, Insulated)
        }
        free = tuple(side for side in experiment.cell.exterior_sides if side not in taken)
        if not free:
            raise CaseError(
                "every side already has a temperature condition, so none can exchange heat",
                "leave side_walls out",
            )
        T = experiment.orientation.T_mean
        if self.T_outside is not None:
            T = self.T_outside + temperature_shift
        resistance = 1.0 / self.h
        if self.thickness is not None and self.conductivity is not None:
            resistance += self.thickness / self.conductivity
        return SideWalls((Ambient(free, 1.0 / resistance, T),))


class PlatesTable(Table):
    """Plates between thermostats and liquid; the given temperatures are those behind the plates."""

    thickness: PositiveLength = Field(description="Thickness of each plate.")
    conductivity: Conductivity = Field(
        description="Thermal conductivity of the plates; copper has 400 W/m/K."
    )

    def build(self, experiment: Experiment) -> Plates:
        """Return the bias cause (see :meth:`AuditTable.build`)."""
        h = self.conductivity / self.thickness
        orientation = experiment.orientation
        return Plates(((orientation.hot_outside, h), (orientation.cold_outside, h)))


class AuditTable(Table):
    """Further causes of bias that `femsoret audit` examines; `femsoret run` ignores this table."""

    target: Annotated[Ratio, Field(gt=0, lt=1)] = Field(
        default=0.01, description="Largest bias for which limits are sought."
    )
    levelling: Annotated[Angle, Field(gt=0, le=90)] | None = optional(
        "Levelling error of the cell, for a case without tilt.",
        default="0.5 deg, reported as assumed",
    )
    side_walls: SideWallsTable | None = optional("Heat through the side walls.")
    plates: PlatesTable | None = optional("Plates that conduct imperfectly.")
    duration: PositiveTime | None = optional(
        "Time between the uniform initial composition and the reading.",
        default="end of `[time]`; without one the steady state is read",
    )
    limits: Flag = Field(
        default=True,
        description="Search for the gap, the tilt and the temperature difference at which the bias "
        "reaches the target.",
    )

    def build(
        self,
        experiment: Experiment,
        *,
        temperature_shift: float,
        end: Duration | None,
        with_numerical_error: bool,
    ) -> AuditPlan:
        """Return the plan of an audit: the causes to examine and the target.

        Args:
            experiment: The experiment.
            temperature_shift: Temperature in the experiment minus that in the case file; nonzero
                only with groups.
            end: End of a transient run, which applies if the table gives no duration; None for a
                steady case.
            with_numerical_error: Whether to estimate the numerical error by further solves.

        Raises:
            CaseError: A cause is given both by the cell and by the table, or is impossible in this
                cell.
        """
        causes: dict[str, Cause] = {}
        if experiment.mixture.species and experiment.orientation.dT:
            causes = {cause.name: cause for cause in causes_in(experiment)}
        for cause in self._stated(experiment, temperature_shift, end):
            if cause.name in causes:
                raise CaseError(
                    f"{cause.label} is given twice: by the case and by [audit]", "remove one"
                )
            causes[cause.name] = cause
        can_lean = not experiment.cell.coordinates.has_axis
        if "tilt" not in causes and experiment.mixture.gravity.magnitude and can_lean:
            up = up_vector(experiment.orientation.axis, _LEVELLING)
            causes["tilt"] = Tilt(up, assumed=True)
        # [audit] may put a room behind walls that the cell has.
        joined = with_surroundings(tuple(causes.values()), experiment)
        causes = {cause.name: cause for cause in joined}
        walls = [cause for cause in joined if isinstance(cause, SolidWall)]
        stated = {*causes, *("plates" for wall in walls if wall.is_plate)}
        return AuditPlan(
            causes=(*(causes[name] for name in _ADVICE if name in causes), *walls),
            target=self.target,
            unstated=tuple(advice for name, advice in _ADVICE.items() if name not in stated),
            with_limits=self.limits,
            with_numerical_error=with_numerical_error,
        )

    def _stated(
        self, experiment: Experiment, temperature_shift: float, end: Duration | None
    ) -> Iterator[Cause]:
        """Yield the causes that the table describes."""
        if self.levelling is not None:
            if experiment.cell.coordinates.has_axis:
                raise CaseError(
                    "an axisymmetric cell cannot be tilted", "omit levelling, or use a 3D cell"
                )
            yield Tilt(up_vector(experiment.orientation.axis, self.levelling))
        if self.side_walls is not None:
            yield self.side_walls.build(experiment, temperature_shift)
        if self.plates is not None:
            yield self.plates.build(experiment)
        duration = self.duration or end
        if duration is not None and experiment.mixture.species:
            tau = relaxation_time(experiment.mixture, experiment.orientation.gap)
            yield FiniteTime(duration.seconds(tau), tau)
