"""The tables of a case file, one class each: keys, defaults, meanings.

The descriptions are the documentation: the reference page is made from them.
"""

from femsoret.case.tables.cell import BoxCell, CellTable, CylinderCell, FileCell, RectangleCell
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
from femsoret.case.tables.readings import ExtraPair, ReadingsTable, ReadingTable
from femsoret.case.tables.solver import OutputTable, SolverTable

__all__ = [
    "BoxCell",
    "CellTable",
    "ClosedCondition",
    "ClosureName",
    "CompositionCondition",
    "ConditionTable",
    "CylinderCell",
    "DoubleDiffusive",
    "ExtraPair",
    "FileCell",
    "FluidTable",
    "FreeSlipCondition",
    "GravityTable",
    "GroupsTable",
    "HeatFluxCondition",
    "InsulatedCondition",
    "NoSlipCondition",
    "OutputTable",
    "Overrides",
    "ReadingTable",
    "ReadingsTable",
    "RectangleCell",
    "RobinCondition",
    "SolverTable",
    "SoretGroups",
    "TemperatureCondition",
]
