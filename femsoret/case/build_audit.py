"""Building what an audit looks at, from what a case says of its cell and of its audit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from femsoret.base.errors import CaseError
from femsoret.case.durations import Duration
from femsoret.case.messages import located
from femsoret.case.tables import PlatesTable, SideWallsTable
from femsoret.experiment import Experiment
from femsoret.experiment.schedule import relaxation_time
from femsoret.problem.conditions import Ambient, Insulated, resolve
from femsoret.problem.orientation import up_vector
from femsoret.studies.audit.audit import AuditPlan, Unstated
from femsoret.studies.audit.causes import Cause, FiniteTime, Plates, SideWalls, SolidWall, Tilt
from femsoret.studies.audit.ideal import causes_in, with_surroundings

if TYPE_CHECKING:
    from femsoret.case.case import Case

LEVELLING: Final = 0.5
"""How level a cell stands where nobody says, degrees: a good bubble on a short plate."""

ADVICE: Final = {
    "tilt": Unstated("levelling", "gravity, in a cell that can lean: an axisymmetric one cannot"),
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
        "a table with the kind of a law in [fluid.overrides], as for the viscosity",
    ),
    "readings": Unstated("where it is read", "the plates are read; [readings] says otherwise"),
    "finite_time": Unstated("finite time", 'duration = "5 tau" in [audit], or a table [time]'),
}
"""What to add to a case where nothing is known of a cause."""


def build_audit(case: Case, experiment: Experiment, warmer: float) -> AuditPlan:
    """Return what an audit of a case looks at.

    Args:
        case: The case.
        experiment: Its experiment, with a hot and a cold side.
        warmer: By how much the experiment's temperatures lie above those of the case (groups).

    Raises:
        CaseError: Something is said twice; with the file and the table in its message.
    """
    table = case.audit
    causes: dict[str, Cause] = {}
    if experiment.mixture.species and experiment.orientation.dT:
        causes = {cause.name: cause for cause in causes_in(experiment)}
    with located(case.source, "audit"):
        for cause in _said(case, experiment, warmer):
            if cause.name in causes:
                raise CaseError(
                    f"{cause.label} is said twice: by the cell and by [audit]", "leave one out"
                )
            causes[cause.name] = cause
    can_lean = not experiment.cell.coordinates.has_axis
    if "tilt" not in causes and experiment.mixture.gravity.magnitude and can_lean:
        up = up_vector(experiment.orientation.axis, LEVELLING)
        causes["tilt"] = Tilt(up, assumed=True)
    # [audit] may put a room behind walls that the cell has.
    joined = with_surroundings(tuple(causes.values()), experiment)
    causes = {cause.name: cause for cause in joined}
    walls = [cause for cause in joined if isinstance(cause, SolidWall)]
    ordered = [causes[name] for name in ADVICE if name in causes]
    stated = {*causes, *("plates" for wall in walls if wall.is_plate)}
    return AuditPlan(
        causes=(*ordered, *walls),
        target=table.target,
        unstated=tuple(advice for name, advice in ADVICE.items() if name not in stated),
        with_limits=table.limits,
        with_numerical_error=case.solver.numerical_error,
    )


def _said(case: Case, experiment: Experiment, warmer: float) -> list[Cause]:
    """Return the causes of the table [audit]."""
    table, frame = case.audit, experiment.orientation
    found: list[Cause] = []
    if table.levelling is not None:
        if experiment.cell.coordinates.has_axis:
            raise CaseError("an axisymmetric cell cannot lean", "leave levelling out, or take 3D")
        found.append(Tilt(up_vector(frame.axis, table.levelling)))
    if table.side_walls is not None:
        found.append(_side_walls(table.side_walls, experiment, warmer))
    if table.plates is not None:
        h = _series(table.plates)
        found.append(Plates(((frame.hot_outside, h), (frame.cold_outside, h))))
    duration = table.duration or (case.time.end if case.time else None)
    if duration is not None and experiment.mixture.species:
        found.append(_finite_time(duration, experiment))
    return found


def _side_walls(table: SideWallsTable, experiment: Experiment, warmer: float) -> SideWalls:
    taken = {
        side
        for condition in resolve(experiment.conditions, experiment.cell)
        for side in condition.sides
        if "theta" in condition.fields and not isinstance(condition, Insulated)
    }
    free = tuple(side for side in experiment.cell.exterior_sides if side not in taken)
    if not free:
        raise CaseError("no side wall is left to exchange heat", "leave side_walls out")
    T = experiment.orientation.T_mean
    if table.T_outside is not None:
        T = table.T_outside + warmer
    resistance = 1.0 / table.h
    if table.thickness is not None and table.conductivity is not None:
        resistance += table.thickness / table.conductivity
    return SideWalls((Ambient(free, 1.0 / resistance, T),))


def _series(table: PlatesTable) -> float:
    return table.conductivity / table.thickness


def _finite_time(duration: Duration, experiment: Experiment) -> FiniteTime:
    tau = relaxation_time(experiment.mixture, experiment.orientation.gap)
    return FiniteTime(duration.seconds(tau), tau)
