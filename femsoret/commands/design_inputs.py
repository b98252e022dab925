"""What the plan of an experiment needs of a case: the cells that could be built."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import product

from mpi4py import MPI

from femsoret.base.errors import CaseError
from femsoret.base.ranks import from_root
from femsoret.base.units import quantity
from femsoret.case import Case, CaseRun
from femsoret.case.axes import SweepAxis
from femsoret.case.boussinesq import density_warning
from femsoret.case.load import OF_RUNS, changed_case
from femsoret.case.messages import at_key, in_file
from femsoret.case.tables.design import DIFFERENCE, GAP, DesignPlan
from femsoret.case.varied import in_case, with_difference, with_gap
from femsoret.experiment.schedule import relaxation_time
from femsoret.studies.design.space import CandidateCell, CellAxis


@dataclass(eq=False)
class CellsOfCase:
    """The cells among which a case lets one choose (:class:`~femsoret.studies.design.space.Cells`).

    Args:
        case: The case, with tables [fit] and [design].
        built: The case on its mesh.
        plan: What it says of the plan.
        comm: Communicator to solve on.
    """

    case: Case
    built: CaseRun
    plan: DesignPlan
    comm: MPI.Comm
    _made: dict[tuple[float, ...], CandidateCell] = field(default_factory=dict)

    @property
    def axes(self) -> tuple[CellAxis, ...]:
        """What may be chosen of the cell."""
        return tuple(CellAxis(axis.key, axis.unit, axis.values) for axis in self.plan.axes)

    @property
    def stated(self) -> CandidateCell:
        """The cell as stated."""
        return self._candidate(self.built, ())

    def at(self, values: tuple[float, ...]) -> CandidateCell:
        """Return the cell with chosen values; collective.

        Args:
            values: A value for each axis, in its unit.

        Raises:
            FemsoretError: There is no such cell.
        """
        if values not in self._made:
            varied = self.case_at(values)
            # A mesh is shared by all cells that have it.
            cell = self.built.experiment.cell if varied.cell == self.case.cell else None
            built = varied.build(self.comm, cell=cell)
            self._made[values] = self._candidate(built, values)
        return self._made[values]

    def case_at(self, values: tuple[float, ...]) -> Case:
        """Return the case with chosen values; collective.

        Args:
            values: A value for each axis, in its unit.

        Raises:
            CaseError: The case does not allow a value.
        """
        changes: dict[str, object] = {}
        for axis, value in zip(self.plan.axes, values, strict=True):
            with in_file(self.case.source), at_key("design", "vary", axis.key):
                changes |= self._changes(axis, value)
        return from_root(
            self.comm,
            lambda: changed_case(self.case, changes, without=OF_RUNS, what="[design]: "),
        )

    @cached_property
    def refused(self) -> dict[tuple[float, ...], CaseError]:
        """The cells of the grid that the case does not allow, and why; collective at first."""
        found = {}
        for values in product(*(axis.values for axis in self.plan.axes)):
            try:
                self.case_at(values)
            except CaseError as error:
                found[values] = error
        return found

    def _changes(self, axis: SweepAxis, value: float) -> Mapping[str, object]:
        units = self.built.units
        if axis.key == DIFFERENCE:
            return with_difference(self.case, self.built, self._in(axis, value, "K"))
        if axis.key == GAP:
            return with_gap(self.case, self.built, self._in(axis, value, "m"))
        whole = value.is_integer() and not axis.unit
        return {axis.key: int(value) if whole else in_case(value, axis.unit, units)}

    def _in(self, axis: SweepAxis, value: float, unit: str) -> float:
        """Return a value of an axis in SI; a plain number is in SI."""
        if not axis.unit:
            return value
        if self.built.units == "groups":
            raise CaseError(
                f"{value:g} {axis.unit}: with [groups], only plain numbers are allowed",
                "lengths are in units of the gap, temperatures in units of the difference",
            )
        return quantity(f"{value!r} {axis.unit}", unit)

    def _candidate(self, built: CaseRun, values: tuple[float, ...]) -> CandidateCell:
        experiment, schedule = built.experiment, built.schedule
        if schedule is not None:
            schedule = replace(schedule, numerical_error=False)
        doubt = "" if built.units == "groups" else density_warning(experiment)
        gap = experiment.orientation.gap
        return CandidateCell(
            values,
            experiment,
            schedule,
            built.unknowns,
            relaxation_time(experiment.mixture, gap),
            (doubt,) if doubt else (),
            tuple(each for each in built.warnings if each != doubt),
        )


def design_cells(case: Case, comm: MPI.Comm) -> CellsOfCase:
    """Return the cells among which a case lets one choose; collective.

    Args:
        case: The case.
        comm: Communicator to solve on.

    Raises:
        FemsoretError: The case does not say what may be chosen or what is unknown. It is raised on
            all ranks.
    """
    if case.design is None:
        raise CaseError(
            f"{case.source}: [design]: it does not say what may be chosen",
            'add a table [design] with readings = ["separation"], '
            'noise = { separation = "1e-5" } and vary = { dT = "5 K:20 K:4" }',
        )
    if case.fit is None or not case.fit.unknown:
        raise CaseError(
            f"{case.source}: [fit]: it does not say what is unknown",
            'add [[fit.unknown]] with quantity = "soret", and a second one with quantity = "D"',
        )
    for i, unknown in enumerate(case.fit.unknown):
        if unknown.data is not None:
            with in_file(case.source), at_key("fit", "unknown", i, "data"):
                raise CaseError(
                    "a plan has a single data set, to which all unknowns belong",
                    "leave data out",
                )
    built = case.build(comm)
    assert built.design is not None  # the case has a table [design]
    cells = CellsOfCase(case, built, built.design, comm)
    refused = cells.refused
    if len(refused) == math.prod(len(axis.values) for axis in cells.axes):
        raise next(iter(refused.values()))  # a key that no case has, before anything is solved
    return cells
