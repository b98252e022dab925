"""Experiment: everything that defines one run, as a value.

Case files and scripts make experiments; studies take them. An experiment holds descriptions only
(the cell's mesh apart): problems, with their spaces and compiled forms, are made from it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import Any

from femsoret.base.errors import CaseError, ConditionError, MeshError
from femsoret.cells import Cell, alfeld_split, fluid_alone
from femsoret.fluids import Fluid
from femsoret.physics.closures import Mixture
from femsoret.physics.forms import UNSTABILISED, Equations, Stabilisation
from femsoret.post.readings import MeanGradient, Reading, TemperatureElsewhere, WallMean
from femsoret.problem import Filling, Problem
from femsoret.problem.conditions import Condition, resolve
from femsoret.problem.discretisation import WELL_BALANCED, Discretisation
from femsoret.problem.orientation import Orientation, heat_fluxes, orientation_of
from femsoret.solids import Solid
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


def _at_the_fluid(pair: Pair) -> Pair:
    """Return a pair of readings that reads T where it reads c."""
    hot, cold = (
        reading.composition if isinstance(reading, TemperatureElsewhere) else reading
        for reading in (pair.hot, pair.cold)
    )
    return replace(pair, hot=hot, cold=cold)


@dataclass(frozen=True, eq=False)
class Experiment:
    """A cell, its mixture, its conditions and what is read.

    Args:
        title: One line.
        cell: Mesh with named sides. Where the discretisation asks for the Alfeld split, the cell of
            the experiment is the split of the one given.
        mixture: Mixture at its reference state, gravity included.
        conditions: Conditions.
        readings: Where T and c are read for S_app; None reads the means of hot and cold wall. One
            of these has a given heat flux where all given temperatures are one.
        extra_readings: Further pairs whose separation is reported (across the axis, say).
        gradients: Name -> where gradients of T and c are read, and in which direction.
        start_up: Up with which the state with gravity is found first, and from there with the up of
            the mixture. A cell heated from below leaves its state of rest in this way, to the flow
            that the lean drives; None starts from the state without gravity.
        discretisation: How flow is discretised.
        degree: Polynomial degree of velocity, temperature and compositions.
        gap: Distance L between hot and cold wall; None measures it.
        stabilisation: Terms for what the mesh does not resolve; none unless asked for.
        newton: Newton and linear solver options.
        fluid: The sourced fluid behind the mixture, or None for problems stated by groups.
        absolute_temperature: Whether T0 is in kelvin, and not just an origin.
        solids: Solid region of the cell -> what it is made of.
        fillings: Mean compositions of parts of the fluid, which solids separate; where there is
            none it is the mixture's c0.

    Raises:
        CaseError: A degree or a mesh that the discretisation cannot take.
    """

    title: str
    cell: Cell
    mixture: Mixture
    conditions: tuple[Condition, ...]
    readings: Pair | None = None
    extra_readings: tuple[Pair, ...] = ()
    gradients: Mapping[str, MeanGradient] = MappingProxyType({})
    start_up: tuple[float, ...] | None = None
    discretisation: Discretisation = WELL_BALANCED
    degree: int = 2
    gap: float | None = None
    stabilisation: Stabilisation = UNSTABILISED
    newton: NewtonOptions = field(default_factory=NewtonOptions)
    fluid: Fluid | None = None
    absolute_temperature: bool = True
    solids: Mapping[str, Solid] = MappingProxyType({})
    fillings: tuple[Filling, ...] = ()

    def __post_init__(self) -> None:
        discretisation = self.discretisation
        discretisation.check_degree(self.cell.dim, self.degree)
        discretisation.check_coordinates(self.cell.coordinates)
        if discretisation.alfeld and not self.cell.alfeld:
            try:
                object.__setattr__(self, "cell", alfeld_split(self.cell))
            except MeshError as error:
                raise CaseError(
                    f"the discretisation {discretisation.name!r}: {error.message}", error.hint
                ) from error

    @cached_property
    def orientation(self) -> Orientation:
        """Hot and cold side, axis and gap."""
        kappa = self.mixture.reference.kappa
        return orientation_of(self.cell, self.conditions, self.gap, kappa)

    @property
    def pair(self) -> Pair:
        """The readings of the apparent S_T."""
        if self.readings is not None:
            return self.readings
        frame = self.orientation
        if frame.dT == 0:
            raise ConditionError(
                "all walls have one temperature, and no heat flux enters or leaves: no hot and "
                "cold reading",
                "give two different wall temperatures, or the readings",
            )
        if frame.flux is not None:
            self._check_one_flux(frame.flux)
        return Pair("hot to cold wall", WallMean(frame.hot), WallMean(frame.cold))

    def _check_one_flux(self, flux: float) -> None:
        """Raise where walls beside the hot and the cold one have a heat flux like theirs."""
        alike = [
            side
            for side, value in heat_fluxes(resolve(self.conditions, self.cell)).items()
            if value * flux > 0.0
        ]
        if len(alike) > 1:
            raise ConditionError(
                "all given temperatures are one, and heat does not enter or leave through one side "
                f"alone but through {', '.join(alike)}: which of them is read is open",
                "give the readings, or two different wall temperatures",
            )

    @property
    def thermostat_pair(self) -> Pair | None:
        """The readings of an experimenter who takes T where thermostats impose it.

        The composition is that of the fluid's walls. None where no solid lies between.
        """
        frame = self.orientation
        at_fluid = (frame.hot_outside, frame.cold_outside) == (frame.hot, frame.cold)
        if frame.dT == 0 or frame.flux is not None or at_fluid:
            return None
        return Pair(
            "hot to cold wall, T of the thermostats",
            TemperatureElsewhere(WallMean(frame.hot), WallMean(frame.hot_outside)),
            TemperatureElsewhere(WallMean(frame.cold), WallMean(frame.cold_outside)),
        )

    def with_ideal_walls(self) -> Experiment:
        """Return the same experiment without its solid walls; collective.

        What was imposed behind a wall is imposed on the fluid, which is insulated where nothing
        was. Beside this experiment, whose other solids or their properties ``replace`` changes, it
        shows what the walls do to S_T.
        """
        cell, walls = fluid_alone(self.cell), self.cell.walls
        conditions = []
        for condition in resolve(self.conditions, self.cell):
            sides = [
                self.cell.inside_of(side) if side in walls.outside else side
                for side in condition.sides
                if side not in walls.outside or self.cell.inside_of(side) in walls.interfaces
            ]
            if sides:
                conditions.append(condition.on(tuple(dict.fromkeys(sides))))
        return replace(
            self,
            cell=cell,
            conditions=tuple(conditions),
            readings=None if self.readings is None else _at_the_fluid(self.readings),
            extra_readings=tuple(map(_at_the_fluid, self.extra_readings)),
            solids={},
        )

    def problem(
        self,
        equations: Equations | None = None,
        *,
        degree: int | None = None,
        given: Mapping[str, Any] = MappingProxyType({}),
    ) -> Problem:
        """Return a problem of this experiment.

        Args:
            equations: What is solved, without stabilisation, which is the experiment's; None takes
                the discretisation's convection.
            degree: Polynomial degree; None takes the experiment's.
            given: Block name -> field that the equations need but do not solve for.
        """
        return Problem(
            self.cell,
            self.mixture,
            self.conditions,
            discretisation=self.discretisation,
            equations=self.stabilisation.added_to(equations or self.discretisation.convection),
            degree=degree or self.degree,
            gap=self.gap,
            given=given,
            solids=self.solids,
            fillings=self.fillings,
        )

    def check_rates(self) -> None:
        """Refuse a stabilisation of steady states where time counts.

        Raises:
            CaseError: It leaves out the rate of change.
        """
        self.stabilisation.added_to(self.discretisation.convection).check_rates()

    def at_resolution(self, ratio: float) -> Experiment | None:
        """Return the same experiment on a mesh of another resolution, or None if only a file knows.

        Args:
            ratio: Cells a length, relative to this experiment's.
        """
        remake: Callable[[float], Cell] | None = self.cell.remake
        return None if remake is None else replace(self, cell=remake(ratio))
