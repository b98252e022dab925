"""Table of the evaluation of a cell as a thermogravitational column."""

from __future__ import annotations

from pydantic import Field, model_validator

from femsoret.case.messages import at_key, wrong
from femsoret.case.tables.readings import ReadingTable
from femsoret.case.values import Flag, Length, Table, optional
from femsoret.cells import Cell
from femsoret.experiment.column import (
    LEAST_ASPECT,
    MOST_LEAN,
    PORTS,
    ColumnRequest,
)


class ColumnTable(Table):
    """The evaluation of a cell as a thermogravitational column, from ports along its height.

    The line through the composition at the ports gives S_T and D_T by the formula of parallel flow
    ([theory](theory.md#columns)).
    """

    evaluate: Flag | None = optional(
        "Whether the cell is evaluated as a column: `true` asks for it, and is an error if the "
        "cell is none; `false` refuses it.",
        default=f"if hot and cold wall stand upright within {MOST_LEAN:g} degrees and bound the "
        f"liquid from end to end, and the height is at least {LEAST_ASPECT:g} gaps",
    )
    heights: tuple[Length, ...] = Field(
        default=(),
        description="Heights of ports above the lower end of the column: each reads the mean "
        "across the gap.",
        json_schema_extra={"default": f"{PORTS} heights, evenly spaced, if there are no `ports`"},
    )
    ports: tuple[ReadingTable, ...] = Field(
        default=(),
        description="Ports of other kinds, each a table like `readings.hot`.",
    )

    @model_validator(mode="after")
    def _two_ports(self) -> ColumnTable:
        if len(self.heights) + len(self.ports) == 1:
            raise wrong(
                "one port gives no slope",
                'give at least two, for example heights = ["50 mm", "450 mm"]',
                "heights" if self.heights else "ports",
            )
        if self.evaluate is False and (self.heights or self.ports):
            raise wrong(
                "ports are given, but the evaluation as a column is refused",
                "leave out the ports, or evaluate",
                "evaluate",
            )
        return self

    def build(self, cell: Cell, rotation: float) -> ColumnRequest:
        """Return what is asked for about a column.

        Args:
            cell: The cell.
            rotation: Angle by which the cell has been rotated about z, degrees.

        Raises:
            ConditionError: A port is at a side that does not exist, or outside the fluid.
        """
        ports = []
        for i, table in enumerate(self.ports):
            with at_key("ports", i):
                ports.append(table.build(cell, rotation))
        evaluate = True if self.heights or self.ports else self.evaluate
        return ColumnRequest(evaluate, self.heights, tuple(ports))
