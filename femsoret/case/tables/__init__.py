"""The tables of a case file, one class each: keys, defaults, meanings.

The descriptions are the documentation: the reference page is made from them.
"""

from femsoret.case.tables.audit import AuditTable, PlatesTable, SideWallsTable
from femsoret.case.tables.cell import (
    AnnulusCell,
    BoxCell,
    CellTable,
    CylinderCell,
    FileCell,
    RectangleCell,
    is_axisymmetric,
)
from femsoret.case.tables.conditions import (
    ClosedCondition,
    CompositionCondition,
    ConditionTable,
    FreeSlipCondition,
    HeatFluxCondition,
    InsulatedCondition,
    NoSlipCondition,
    RobinCondition,
    TemperatureCondition,
)
from femsoret.case.tables.fluid import ClosureName, FluidTable, Overrides
from femsoret.case.tables.gravity import GravityTable
from femsoret.case.tables.groups import DoubleDiffusive, GroupsTable, SoretGroups
from femsoret.case.tables.protocol import (
    ChangeTable,
    CompositionChange,
    GravityChange,
    HeatingChange,
    SurroundingsChange,
    TemperatureChange,
    TiltChange,
)
from femsoret.case.tables.readings import ExtraPair, ReadingsTable, ReadingTable
from femsoret.case.tables.solids import SolidTable, WallTable
from femsoret.case.tables.solver import OutputTable, SolverTable
from femsoret.case.tables.time import STOP, TimeTable

__all__ = [
    "STOP",
    "AnnulusCell",
    "AuditTable",
    "BoxCell",
    "CellTable",
    "ChangeTable",
    "ClosedCondition",
    "ClosureName",
    "CompositionChange",
    "CompositionCondition",
    "ConditionTable",
    "CylinderCell",
    "DoubleDiffusive",
    "ExtraPair",
    "FileCell",
    "FluidTable",
    "FreeSlipCondition",
    "GravityChange",
    "GravityTable",
    "GroupsTable",
    "HeatFluxCondition",
    "HeatingChange",
    "InsulatedCondition",
    "NoSlipCondition",
    "OutputTable",
    "Overrides",
    "PlatesTable",
    "ReadingTable",
    "ReadingsTable",
    "RectangleCell",
    "RobinCondition",
    "SideWallsTable",
    "SolidTable",
    "SolverTable",
    "SoretGroups",
    "SurroundingsChange",
    "TemperatureChange",
    "TemperatureCondition",
    "TiltChange",
    "TimeTable",
    "WallTable",
    "is_axisymmetric",
]
