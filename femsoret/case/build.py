"""Building: from a checked case to an experiment on a mesh."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, assert_never

from mpi4py import MPI

import numpy as np

from femsoret.base.errors import CaseError
from femsoret.case.build_audit import build_audit
from femsoret.case.build_readings import build_gradients, build_pairs
from femsoret.case.build_schedule import build_schedule, late_changes
from femsoret.case.celsius import celsius_questions
from femsoret.case.messages import located
from femsoret.case.plausible import check_laws_between, plausible_warnings, polygon_warnings
from femsoret.case.standing import standing_warnings
from femsoret.case.tables import (
    AnnulusCell,
    BoxCell,
    CellTable,
    ClosedCondition,
    CompositionCondition,
    ConditionTable,
    CylinderCell,
    FileCell,
    FluidTable,
    FreeSlipCondition,
    GroupsTable,
    HeatFluxCondition,
    InsulatedCondition,
    NoSlipCondition,
    OutputTable,
    RectangleCell,
    RobinCondition,
    TemperatureCondition,
)
from femsoret.case.values import Units
from femsoret.cells import Cell, Wall, annulus, box, cylinder, from_file, rectangle
from femsoret.experiment import Experiment
from femsoret.experiment.schedule import Schedule
from femsoret.physics.closures import Mixture, mixture_of, mixture_of_groups
from femsoret.physics.coordinates import COORDINATES
from femsoret.physics.forms import STABILISATIONS
from femsoret.problem import Filling
from femsoret.problem import conditions as bc
from femsoret.problem.discretisation import DISCRETISATIONS
from femsoret.problem.orientation import (
    Orientation,
    check_gravity,
    heat_fluxes,
    orientation_of,
    tilt_and_lean,
    up_vector,
)
from femsoret.solve import NewtonOptions
from femsoret.studies.audit.audit import AuditPlan

if TYPE_CHECKING:
    from femsoret.case.case import Case

_MEANS: Final = 5
"""Rounds in which the mean temperature of a cell that a heat flux drives, and the conductivity
there, are made to agree: each takes away all but a hundredth of the difference, in a liquid."""

# A gap and a temperature difference are 1 to the round-off of coordinates.
_ONE: Final = 1e-6


@dataclass(frozen=True, eq=False)
class CaseRun:
    """A case on its mesh, ready to be solved.

    Args:
        case: The case.
        experiment: What a study takes.
        output: What is written.
        numerical_error: Whether second solves shall estimate the numerical error.
        units: "SI", or "groups" where lengths and temperatures are dimensionless.
        warnings: What the numbers do not show, one sentence each: properties used outside the
            range of their sources, an axis or a gap to look at, a state that may be unstable.
        audit: What an audit looks at.
        schedule: What a transient run does in time; None for a steady one.
    """

    case: Case
    experiment: Experiment
    output: OutputTable
    numerical_error: bool
    units: Units
    warnings: tuple[str, ...]
    audit: AuditPlan
    schedule: Schedule | None = None


@dataclass(frozen=True)
class _Matter:
    """What fills the cell, with the conditions in its temperatures."""

    mixture: Mixture
    conditions: tuple[bc.Condition, ...]
    has_temperature: bool
    warnings: tuple[str, ...] = ()


def build(case: Case, comm: MPI.Comm, cell: Cell | None = None) -> CaseRun:
    """Return the experiment of a case; see :meth:`femsoret.case.Case.build`."""
    if cell is None:
        with located(case.source, "cell"):
            cell = _cell(case.cell, comm)
    conditions = _conditions(case, cell)
    frame = _frame(case, cell, conditions)
    up = _up(case, cell, frame)
    with located(case.source, "gravity"):
        check_gravity(cell, up)
    readings, extra = build_pairs(case, cell)
    gradients = build_gradients(case, cell, up)
    if case.fluid is not None:
        matter = _fluid(case, case.fluid, frame, up, conditions)
    elif case.groups is not None:
        _check_scaled(case, frame)
        matter = _groups(case.groups, frame, up, conditions)
    fillings = _fillings(case, cell)
    solids, imposed = case.solids, (frame.T_cold, frame.T_hot)
    solver = case.solver
    newton = NewtonOptions(
        tolerance=solver.tolerance,
        max_iterations=solver.max_iterations,
        preset=solver.preset,
        petsc=solver.petsc,
    )
    with located(case.source, "solver"):
        experiment = Experiment(
            title=case.title,
            cell=cell,
            mixture=matter.mixture,
            conditions=matter.conditions,
            readings=readings,
            extra_readings=extra,
            gradients=gradients,
            start_up=_start_up(case, cell, frame, up),
            discretisation=DISCRETISATIONS[solver.discretisation],
            degree=solver.degree,
            gap=case.cell.gap,
            stabilisation=STABILISATIONS[solver.stabilisation],
            newton=newton,
            fluid=None if case.fluid is None else case.fluid.fluid,
            absolute_temperature=matter.has_temperature,
            solids=solids,
            fillings=fillings,
        )
    if experiment.mixture.species or case.time is not None:
        with located(case.source, "readings"):
            _ = experiment.pair  # there are readings, or the case ends here
    if case.time is not None:
        with located(case.source, "solver", "stabilisation"):
            experiment.check_rates()
    # Temperatures of cases by groups may have been moved.
    warmer = experiment.orientation.T_mean - frame.T_mean
    schedule = build_schedule(case, experiment, warmer)
    return CaseRun(
        case=case,
        experiment=experiment,
        output=case.output,
        numerical_error=solver.numerical_error,
        units=case.units,
        warnings=(
            *celsius_questions(case),
            *matter.warnings,
            *(warning for solid in solids.values() for warning in solid.warnings(imposed)),
            *standing_warnings(case, cell, frame, up),
            *polygon_warnings(conditions, cell),
            *(late_changes(case, schedule) if schedule else ()),
        ),
        audit=build_audit(case, experiment, warmer),
        schedule=schedule,
    )


# -- cell --------------------------------------------------------------------------------------


def _cell(table: CellTable, comm: MPI.Comm) -> Cell:
    cell = _upright(table, comm)
    return cell.rotated(table.rotation) if table.rotation else cell


def _upright(table: CellTable, comm: MPI.Comm) -> Cell:
    match table:
        case RectangleCell():
            return rectangle(comm, table.size, table.cells, **_structure(table))
        case BoxCell():
            return box(comm, table.size, table.cells, **_structure(table))
        case AnnulusCell():
            radii = (table.inner_radius, table.outer_radius)
            return annulus(comm, radii, table.height, table.cells, **_structure(table))
        case CylinderCell():
            return cylinder(
                comm,
                table.radius,
                table.height,
                table.cells,
                axis=table.axis,
                order=table.order,
                **_structure(table),
            )
        case FileCell():
            return from_file(
                comm,
                table.path,
                scale=table.scale,
                dim=table.dim,
                coordinates=COORDINATES[table.coordinates],
                solids=tuple(table.solids),
            )


def _structure(table: RectangleCell | BoxCell | AnnulusCell | CylinderCell) -> dict[str, Any]:
    """Return what all cells that are meshed here have."""
    walls = {side: Wall(wall.thickness, wall.cells) for side, wall in table.walls.items()}
    return {"grading": table.grading, "shape": table.shape, "walls": walls}


# -- conditions and gravity --------------------------------------------------------------------


def _conditions(case: Case, cell: Cell) -> tuple[bc.Condition, ...]:
    """Return the conditions with "all" spelled out, so that each side has its own."""
    for i, table in enumerate(case.condition):
        with located(case.source, "condition", i, "sides"):
            cell.tags(*table.sides)
    return bc.resolve([_condition(table) for table in case.condition], cell)


def _condition(table: ConditionTable) -> bc.Condition:
    match table:
        case TemperatureCondition():
            return bc.Temperature(table.sides, table.value)
        case HeatFluxCondition():
            return bc.HeatFlux(table.sides, table.value)
        case RobinCondition():
            return bc.Robin(table.sides, h=table.h, T_outside=table.T_outside)
        case InsulatedCondition():
            return bc.Insulated(table.sides)
        case NoSlipCondition():
            return bc.NoSlip(table.sides)
        case FreeSlipCondition():
            return bc.FreeSlip(table.sides, table.weakly)
        case CompositionCondition():
            return bc.Composition(table.sides, table.value)
        case ClosedCondition():
            return bc.Closed(table.sides)
        case _:
            assert_never(table)  # a kind that is new in the tables has to be built, too


def _frame(case: Case, cell: Cell, conditions: tuple[bc.Condition, ...]) -> Orientation:
    """Return how a cell stands.

    Where a heat flux drives it, the conductivity is that at the mean temperature, which depends on
    it in turn.

    Raises:
        FemsoretError: As :func:`femsoret.problem.orientation.orientation_of`; or all walls of a
        steady run
            have one temperature, and no heat flux drives it.
    """
    gap, table = case.cell.gap, case.fluid
    with located(case.source, "condition"):
        frame = orientation_of(cell, conditions, gap)
    if not frame.dT and heat_fluxes(conditions):
        for _ in range(_MEANS if table else 1):
            with located(case.source, "fluid" if table else "groups"):
                kappa = _conductivity(case, frame)
            with located(case.source, "condition"):
                frame = orientation_of(cell, conditions, gap, kappa)
    if not frame.dT and case.time is None:
        with located(case.source, "condition"):
            unit = " K" if case.units == "SI" else ""
            raise CaseError(
                f"all walls have one temperature, {frame.T_hot:g}{unit}, and no heat flux enters "
                "or leaves: no heat passes, and nothing separates",
                "give two walls different temperatures, or one of them a heat flux",
            )
    return frame


def _conductivity(case: Case, frame: Orientation) -> float | None:
    """Return kappa at the mean temperature, or where the case says that properties are taken."""
    if case.fluid is not None:
        T0 = frame.T_mean if case.fluid.T0 is None else case.fluid.T0
        return case.fluid.fluid.at(T0, case.fluid.mean_fraction).kappa
    return None if case.groups is None else case.groups.scaled().values.kappa


def _up(case: Case, cell: Cell, frame: Orientation) -> tuple[float, ...]:
    gravity = case.gravity
    if gravity.direction is not None:
        if len(gravity.direction) != cell.dim:
            with located(case.source, "gravity", "direction"):
                raise CaseError(
                    f"{len(gravity.direction)} numbers for a cell in {cell.dim}D",
                    f"give {cell.dim}",
                )
        length = float(np.linalg.norm(gravity.direction))
        return tuple(0.0 - x / length for x in gravity.direction)
    if gravity.tilt and gravity.tilt % 180.0 and cell.coordinates.has_axis:
        with located(case.source, "gravity", "tilt"):
            raise CaseError(
                f"a tilt of {gravity.tilt:g} deg makes the flow in an axisymmetric cell depend on "
                "the angle",
                "leave it out, and gravity points down z; a cell that leans needs 3D (kind = "
                '"cylinder")',
            )
    if frame.dT and frame.wall_pair is None:
        with located(case.source, "gravity"):
            raise CaseError(
                f"of the sides {frame.hot!r} and {frame.cold!r} one surrounds the other: there is "
                "no axis that a tilt could be counted from",
                "give the direction of gravity, direction = [0, -1] or in 3D [0, 0, -1], say",
            )
    if gravity.azimuth and cell.dim == 2:
        with located(case.source, "gravity", "azimuth"):
            raise CaseError("a cell in 2D has no azimuth", "leave it out, or take a cell in 3D")
    return up_vector(frame.axis, gravity.tilt or 0.0, gravity.azimuth or 0.0)


def _start_up(
    case: Case, cell: Cell, frame: Orientation, up: tuple[float, ...]
) -> tuple[float, ...] | None:
    """Return the direction of up to start from; None where it is that of the case."""
    more, gravity = case.solver.start_tilt, case.gravity
    if not more:
        return None
    if gravity.direction is None:
        start = up_vector(frame.axis, (gravity.tilt or 0.0) + more, gravity.azimuth or 0.0)
    else:
        tilt, aside = tilt_and_lean(frame.axis, up)
        angle = np.radians(tilt + more)
        leaned = np.cos(angle) * np.asarray(frame.axis) + np.sin(angle) * np.asarray(aside)
        start = tuple(float(x) for x in leaned)
    with located(case.source, "solver", "start_tilt"):
        check_gravity(cell, start)
    return start


# -- what fills the cell -----------------------------------------------------------------------


def _fillings(case: Case, cell: Cell) -> tuple[Filling, ...]:
    """Return what chambers are filled with where the case says it."""
    table = case.cell.fillings if isinstance(case.cell, FileCell) else {}
    for chamber in table:
        with located(case.source, "cell", "fillings", chamber):
            cell.part(chamber)
    return tuple(Filling(chamber, c) for chamber, c in table.items())


def _fluid(
    case: Case,
    table: FluidTable,
    frame: Orientation,
    up: tuple[float, ...],
    conditions: tuple[bc.Condition, ...],
) -> _Matter:
    T0 = frame.T_mean if table.T0 is None else table.T0
    c0 = table.mean_fraction
    with located(case.source, "fluid"):
        mixture = mixture_of(
            table.fluid,
            T0=T0,
            c0=c0,
            up=up,
            g=case.gravity.magnitude or 0.0,
            closure=table.closure,
        )
    used = (min(frame.T_cold, T0), max(frame.T_hot, T0))
    filled = (c0, *(case.cell.fillings.values() if isinstance(case.cell, FileCell) else ()))
    with located(case.source, "fluid"):
        check_laws_between(mixture, frame, used, filled)
    warnings = table.fluid.warnings(used, (min(filled), max(filled)))
    doubts = plausible_warnings(case, frame, mixture)
    return _Matter(mixture, conditions, True, (*warnings, *doubts))


def _groups(
    table: GroupsTable,
    frame: Orientation,
    up: tuple[float, ...],
    conditions: tuple[bc.Condition, ...],
) -> _Matter:
    """Return the mixture that groups stand for.

    Without a Soret effect, and without walls of given composition, that stays uniform: the fluid is
    a pure one. The temperatures of such a case are counted from anywhere. Where there is a Dufour
    effect, the conditions are moved so that their mean is the T0 that the heat of transport is
    taken at.
    """
    scaled = table.scaled()
    of_composition = [c for c in conditions if not {"u", "theta"} & set(c.fields)]
    pure = not scaled.values.S_T and not any(c.essential for c in of_composition)
    mixture = mixture_of_groups(scaled, up=up, closure=table.closure, T0=frame.T_mean, pure=pure)
    moved = tuple(
        _warmer(condition, mixture.T0 - frame.T_mean)
        for condition in conditions
        if not (pure and condition in of_composition)
    )
    return _Matter(mixture, moved, scaled.values.has_entropy)


def _warmer(condition: bc.Condition, by: float) -> bc.Condition:
    match condition:
        case bc.Temperature(value=float(value)):
            return replace(condition, value=value + by)
        case bc.Robin():
            return replace(condition, T_outside=condition.T_outside + by)
        case _:
            return condition


def _check_scaled(case: Case, frame: Orientation) -> None:
    """Check that the cell is one gap wide and one temperature difference apart."""
    if abs(frame.gap - 1.0) > _ONE:
        with located(case.source, "cell"):
            raise CaseError(
                f"with [groups] the gap between hot and cold wall is 1, not {frame.gap:g}",
                "lengths are in units of the gap; give gap = 1 where the mesh has another measure",
            )
    if abs(frame.dT - 1.0) > _ONE:
        with located(case.source, "condition"):
            if frame.flux is not None:
                raise CaseError(
                    f"with [groups] the heat flux that drives a cell is 1, not {abs(frame.flux):g}",
                    "heat fluxes are in units of kappa dT/L, and dT is the temperature difference "
                    "that the flux makes in a layer at rest",
                )
            raise CaseError(
                f"with [groups] the wall temperature difference is 1, not {frame.dT:g}",
                "temperatures are in units of it: 1 and 0, or 0.5 and -0.5",
            )
