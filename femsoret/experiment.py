"""Experiment: everything that defines one run, as a value.

Case files and scripts make experiments; studies take them. An experiment holds descriptions only
(the cell's mesh apart): problems, with their spaces and compiled forms, are made from it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property

from femsoret.cells import Cell
from femsoret.closures import BoussinesqMixture
from femsoret.conditions import Condition
from femsoret.errors import ConditionError
from femsoret.fluids import Fluid
from femsoret.forms import CONVECTION, UNSTABILISED, Equations, Stabilisation
from femsoret.orientation import Orientation, orientation_of
from femsoret.post.readings import Reading, WallMean
from femsoret.problem import Problem
from femsoret.solve import NewtonOptions


@dataclass(frozen=True, eq=False)
class Pair:
    """Two readings whose difference is a separation.

    Args:
        name: Its name in the report.
        hot: Reading at the hot end.
        cold: Reading at the cold end.
    """

    name: str
    hot: Reading
    cold: Reading


@dataclass(frozen=True, eq=False)
class Experiment:
    """A cell, its mixture, its conditions and what is read.

    Args:
        title: One line.
        cell: Mesh with named sides.
        mixture: Mixture at its reference state, gravity included.
        conditions: Conditions.
        readings: Where T and c are read for S_app; None reads the means of hot and cold wall.
        extra_readings: Further pairs whose separation is reported (across the axis, say).
        degree: Polynomial degree of velocity, temperature and compositions.
        gap: Distance L between hot and cold wall; None measures it.
        stabilisation: Terms for what the mesh does not resolve; none unless asked for.
        newton: Newton and linear solver options.
        fluid: The sourced fluid behind the mixture, or None for problems stated by groups.
        absolute_temperature: Whether T0 is in kelvin, and not just an origin.
    """

    title: str
    cell: Cell
    mixture: BoussinesqMixture
    conditions: tuple[Condition, ...]
    readings: Pair | None = None
    extra_readings: tuple[Pair, ...] = ()
    degree: int = 2
    gap: float | None = None
    stabilisation: Stabilisation = UNSTABILISED
    newton: NewtonOptions = field(default_factory=NewtonOptions)
    fluid: Fluid | None = None
    absolute_temperature: bool = True

    @cached_property
    def orientation(self) -> Orientation:
        """Hot and cold side, axis and gap."""
        return orientation_of(self.cell, self.conditions, self.gap)

    @property
    def pair(self) -> Pair:
        """The readings of the apparent S_T."""
        if self.readings is not None:
            return self.readings
        frame = self.orientation
        if frame.dT == 0:
            raise ConditionError(
                "all walls have one temperature: no hot and cold reading",
                "give the readings, or two different wall temperatures",
            )
        return Pair("hot to cold wall", WallMean(frame.hot), WallMean(frame.cold))

    def problem(self, equations: Equations = CONVECTION, *, degree: int | None = None) -> Problem:
        """Return a problem of this experiment.

        Args:
            equations: What is solved, without stabilisation: that is the experiment's.
            degree: Polynomial degree; None takes the experiment's.
        """
        return Problem(
            self.cell,
            self.mixture,
            self.conditions,
            equations=self.stabilisation.added_to(equations),
            degree=degree or self.degree,
            gap=self.gap,
        )

    def at_resolution(self, ratio: float) -> Experiment | None:
        """Return the same experiment on a mesh of another resolution, or None if only a file knows.

        Args:
            ratio: Cells a length, relative to this experiment's.
        """
        remake: Callable[[float], Cell] | None = self.cell.remake
        return None if remake is None else replace(self, cell=remake(ratio))
