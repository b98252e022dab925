"""Case: all of a case file, checked."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from mpi4py import MPI

from pydantic import Field, PrivateAttr, ValidationInfo, field_validator, model_validator

from femsoret.base.errors import nearest
from femsoret.case.build import CaseRun, build
from femsoret.case.tables import (
    AuditTable,
    CellTable,
    ChangeTable,
    ConditionTable,
    FluidTable,
    GravityTable,
    GroupsTable,
    OutputTable,
    ReadingsTable,
    SolidTable,
    SolverTable,
    TimeTable,
    is_axisymmetric,
)
from femsoret.case.values import Table, Text, Units, context_of, wrong
from femsoret.cells import Cell
from femsoret.solids import Solid, available_solids, load_solid


class Case(Table):
    """What one run is about.

    Once read, lengths are in metres, temperatures in kelvin and angles in degrees; with groups,
    lengths and temperatures are dimensionless.
    """

    title: Text = Field(
        default="",
        description="One line.",
        validate_default=True,
        json_schema_extra={"default": "name of the file"},
    )
    cell: CellTable = Field(description="The cell, its shape and mesh.")
    fluid: FluidTable | None = Field(default=None, description="A fluid; or give groups.")
    groups: GroupsTable | None = Field(
        default=None, description="Dimensionless groups; or give a fluid."
    )
    solid: dict[Text, SolidTable] = Field(
        default_factory=dict, description="Materials of solid walls, by name."
    )
    gravity: GravityTable = Field(
        # From a table, not an object, so that the context of the case reaches the defaults in it.
        default_factory=lambda: cast(GravityTable, {}),
        validate_default=True,
        description="Gravity.",
    )
    condition: tuple[ConditionTable, ...] = Field(
        default=(), description="Conditions on the sides, counted from 0."
    )
    readings: ReadingsTable = Field(
        default_factory=ReadingsTable, description="Where T and c are read."
    )
    time: TimeTable | None = Field(
        default=None, description="A transient run; without it the steady state is found."
    )
    protocol: tuple[ChangeTable, ...] = Field(
        default=(), description="What changes while a transient run goes on, counted from 0."
    )
    audit: AuditTable = Field(
        # From a table, not an object, so that the context of the case reaches the values in it.
        default_factory=lambda: cast(AuditTable, {}),
        validate_default=True,
        description="What an audit looks at besides.",
    )
    solver: SolverTable = Field(default_factory=SolverTable, description="Solver.")
    output: OutputTable = Field(default_factory=OutputTable, description="Output.")

    _source: Path = PrivateAttr(Path("case.toml"))

    def model_post_init(self, context: Any) -> None:
        """Remember the file, for messages."""
        self._source = getattr(context, "source", self._source)

    @property
    def source(self) -> Path:
        """The case file."""
        return self._source

    @property
    def units(self) -> Units:
        """Units of lengths and temperatures: "SI", or "groups" when dimensionless."""
        return "SI" if self.groups is None else "groups"

    @property
    def solids(self) -> dict[str, Solid]:
        """Solid region of the cell -> what it is made of."""
        return {
            region: self.solid[name].solid if name in self.solid else load_solid(name)
            for region, name in self.cell.materials.items()
        }

    def build(self, comm: MPI.Comm, cell: Cell | None = None) -> CaseRun:
        """Make the mesh and everything on it.

        Args:
            comm: Communicator to spread the mesh over.
            cell: The mesh, where another case with the same cell has it already.

        Raises:
            FemsoretError: MeshError, ConditionError or FluidError, with the file and the table in
                its message; CaseError where a case stated by groups is not scaled.
        """
        return build(self, comm, cell)

    @field_validator("title")
    @classmethod
    def _named(cls, title: str, info: ValidationInfo) -> str:
        return title or context_of(info).source.stem

    @field_validator("gravity", mode="before")
    @classmethod
    def _along_the_axis(cls, table: Any, info: ValidationInfo) -> Any:
        """Let gravity point down an axisymmetric cell: the tilt of others has no place there."""
        cell = info.data.get("cell")
        says = {"direction", "tilt", "azimuth"}
        if cell is None or not isinstance(table, Mapping) or says & table.keys():
            return table
        return {**table, "direction": (0.0, -1.0)} if is_axisymmetric(cell) else table

    @model_validator(mode="before")
    @classmethod
    def _fluid_or_groups(cls, table: Any) -> Any:
        # An unknown key may be one of the two, misspelt: that is what to say then.
        if isinstance(table, Mapping) and table.keys() <= cls.model_fields.keys():
            given = [key for key in ("fluid", "groups") if key in table]
            if len(given) != 1:
                found = "both [fluid] and [groups]" if given else "neither [fluid] nor [groups]"
                raise wrong(
                    found, "give a fluid for physical data, or groups for a benchmark problem"
                )
        return table

    @field_validator("condition")
    @classmethod
    def _do_not_contradict(
        cls, conditions: tuple[ConditionTable, ...]
    ) -> tuple[ConditionTable, ...]:
        taken: dict[tuple[str, str], int] = {}
        for i, condition in enumerate(conditions):
            for side in condition.sides:
                first = taken.setdefault((condition.field, side), i)
                if first != i:
                    raise wrong(
                        f"side {side!r} has two conditions for the {condition.field}: "
                        f"{conditions[first].kind} in condition.{first} and {condition.kind} in "
                        f"condition.{i}",
                        "keep one of them",
                    )
        return conditions

    @model_validator(mode="after")
    def _knows_materials(self) -> Case:
        for region, material in self.cell.materials.items():
            if material not in self.solid:
                if self.groups is not None:
                    raise wrong(
                        f"{region}: {material!r} is no [solid.{material}]",
                        "with [groups] give the numbers of each solid, over those of the fluid",
                        "solid",
                    )
                if material not in available_solids():
                    known = (*self.solid, *available_solids())
                    raise wrong(
                        f"{region}: no solid {material!r}", nearest(material, known), "cell"
                    )
        return self

    @model_validator(mode="after")
    def _has_a_temperature(self) -> Case:
        if not any(condition.kind in {"temperature", "robin"} for condition in self.condition):
            raise wrong(
                "no temperature is fixed anywhere: heat fluxes alone leave its level open",
                "give at least one side a condition of kind temperature or robin",
                "condition",
            )
        return self

    @model_validator(mode="after")
    def _changes_in_time(self) -> Case:
        if self.protocol and self.time is None:
            raise wrong(
                "a protocol needs time", 'give the table [time], with end = "5 tau"', "protocol"
            )
        return self
