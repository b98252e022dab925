"""Experiments: complete descriptions of a run.

Case files and scripts create experiments, and studies run them. Apart from the mesh of the cell an
experiment contains no DOLFINx objects: problems, with their function spaces and compiled forms, are
created from it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING

from femsoret.base.errors import CaseError, ConditionError, MeshError
from femsoret.cells import Cell, alfeld_split, fluid_alone
from femsoret.experiment.column import Column, ColumnRequest, NoColumn, column_of
from femsoret.experiment.heating import Rise, temperature_rise
from femsoret.fluids import AnyFluid
from femsoret.physics.closures import Mixture, Particle
from femsoret.physics.forms import UNSTABILISED, Equations, Stabilisation
from femsoret.post.readings import Point, Reading, TemperatureElsewhere, WallMean
from femsoret.post.signals import MeanGradient, Pair, Signal
from femsoret.problem import Filling, Problem
from femsoret.problem.conditions import Condition, resolve
from femsoret.problem.discretisation import NO_FLOW, WELL_BALANCED, Discretisation
from femsoret.problem.heat_sources import FLUID, HeatSource
from femsoret.problem.orientation import Orientation, heat_fluxes, orientation_of
from femsoret.solids import Solid
from femsoret.solve import NewtonOptions

if TYPE_CHECKING:
    from dolfinx import fem


def _at_the_fluid(pair: Pair) -> Pair:
    """Return the pair of readings of T and c at the places where this pair reads c."""
    hot, cold = (
        reading.composition if isinstance(reading, TemperatureElsewhere) else reading
        for reading in (pair.hot, pair.cold)
    )
    return replace(pair, hot=hot, cold=cold)


@dataclass(frozen=True, eq=False)
class Experiment:
    """A cell with its mixture, boundary conditions, readings and discretisation.

    Args:
        title: One-line title.
        cell: Mesh with named sides. If the discretisation requires it, the attribute `cell` is the
            Alfeld split of this mesh.
        mixture: Mixture with its reference state and gravity; its parameters are floats.
        conditions: Boundary conditions.
        readings: Where T and c are read to determine the apparent Soret coefficient; None for the
            means over the hot and the cold wall. If all imposed temperatures are equal, one of
            these two is the wall with an imposed heat flux.
        extra_readings: Further pairs, such as one across the axis.
        gradients: Places and directions in which gradients of T and c are read, by name.
        instruments: Further signals, by name.
        thermometers: Places where the temperature alone is read, also in solids, by name.
        start_up: Upward unit vector, shape (d,), of a first solve, whose solution is the initial
            guess for the solve with gravity as in the mixture. A slightly tilted vector takes a
            cell heated from below from its motionless state to the flow that the tilt favours. With
            None the initial guess is the solution without gravity.
        discretisation: Finite elements and form of the buoyancy; with a `fluid` that is a solid,
            heat and species alone.
        degree: Polynomial degree of velocity, temperature and mass fractions.
        gap: Distance L between the hot and the cold wall, m; None to measure it on the mesh.
        stabilisation: Additional terms for boundary layers that the mesh does not resolve.
        newton: Options of Newton's method and its linear solver.
        fluid: Sourced fluid that the mixture was made from; None for problems stated by
            dimensionless groups.
        absolute_temperature: Whether T0 is an absolute temperature in K rather than an arbitrary
            origin.
        solids: Materials of the solid regions of the cell, by name of the region.
        particles: Particles with internal states: the solute, of which the mixture is the
            homogenised form, and tracers, which are carried along; empty without any.
        fillings: Mean compositions of parts of the fluid that solids separate; the mean composition
            of all other parts is c0 of the mixture.
        heat_sources: Sources of heat in the fluid and in solids, such as a laser beam.
        given_rise: Temperature rise that the heat sources cause, if it is known or a scale of its
            own is to be used; None to estimate it where it is needed.
        column_request: Whether the cell is evaluated as a thermogravitational column, and its
            ports.

    Raises:
        CaseError: The discretisation does not support the degree, the coordinates or the mesh.
    """

    title: str
    cell: Cell
    mixture: Mixture
    conditions: tuple[Condition, ...]
    readings: Pair | None = None
    extra_readings: tuple[Pair, ...] = ()
    gradients: Mapping[str, MeanGradient] = MappingProxyType({})
    instruments: Mapping[str, Signal] = MappingProxyType({})
    thermometers: Mapping[str, Reading] = MappingProxyType({})
    start_up: tuple[float, ...] | None = None
    discretisation: Discretisation = WELL_BALANCED
    degree: int = 2
    gap: float | None = None
    stabilisation: Stabilisation = UNSTABILISED
    newton: NewtonOptions = field(default_factory=NewtonOptions)
    fluid: AnyFluid | None = None
    absolute_temperature: bool = True
    solids: Mapping[str, Solid] = MappingProxyType({})
    fillings: tuple[Filling, ...] = ()
    particles: tuple[Particle, ...] = ()
    heat_sources: tuple[HeatSource, ...] = ()
    given_rise: Rise | None = None
    column_request: ColumnRequest = field(default_factory=ColumnRequest)

    def __post_init__(self) -> None:
        if self.fluid is not None and not self.fluid.flows:
            object.__setattr__(self, "discretisation", NO_FLOW)
        discretisation = self.discretisation
        discretisation.check_degree(self.cell.dim, self.degree)
        discretisation.check_coordinates(self.cell.coordinates)
        if discretisation.alfeld and not self.cell.alfeld:
            try:
                object.__setattr__(self, "cell", alfeld_split(self.cell))
            except MeshError as error:
                raise CaseError(
                    f"discretisation {discretisation.name!r}: {error.message}", error.hint
                ) from error

    @property
    def flows(self) -> bool:
        """Whether the mixture flows; a solid does not."""
        return self.discretisation.flows

    @cached_property
    def orientation(self) -> Orientation:
        """The hot and the cold side, the axis between them and the gap; collective at first."""
        rise = None if self.rise is None else self.rise.value
        kappa = self.mixture.reference.kappa
        return orientation_of(self.cell, self.conditions, self.gap, kappa, rise)

    @cached_property
    def column(self) -> Column | NoColumn:
        """The thermogravitational column that the cell is, or why it is none; collective at first.

        Raises:
            ConditionError: The evaluation is asked for, and the cell is no column; or a port is
                not in it.
        """
        if not self.flows:
            return NoColumn("nothing flows in a solid")
        return column_of(
            self.cell, self.orientation, self.mixture, self.conditions, self.column_request
        )

    @cached_property
    def rise(self) -> Rise | None:
        """The temperature rise that heat sources cause in pure conduction; None without sources.

        Collective on first access.
        """
        if not self.heat_sources or self.given_rise is not None:
            return self.given_rise
        kappa = self.mixture.reference.kappa
        return temperature_rise(self.cell, self.conditions, self.heat_sources, kappa, self.solids)

    @property
    def pair(self) -> Pair:
        """The pair of readings that determines the apparent Soret coefficient.

        Where heat sources alone drive the cell, one reading is at the point that they heat most in
        pure conduction, and the other one is the mean over the coldest wall.

        Raises:
            ConditionError: No readings were given, and the conditions do not determine a hot and a
                cold wall.
        """
        if self.readings is not None:
            return self.readings
        frame = self.orientation
        if frame.dT == 0:
            raise ConditionError(
                "all walls have the same temperature and no heat flux is imposed, so there is no "
                "hot and no cold wall to read",
                "give two different wall temperatures, or specify the readings",
            )
        if frame.rise is not None and self.rise is not None:
            inside, wall = Point(self.rise.place), WallMean(frame.cold)
            if frame.rise > 0.0:
                return Pair("hottest point to wall", inside, wall)
            return Pair("wall to coldest point", wall, inside)
        if frame.flux is not None:
            self._check_one_flux(frame.flux)
        return Pair("hot to cold wall", WallMean(frame.hot), WallMean(frame.cold))

    @property
    def signals(self) -> dict[str, Signal]:
        """All signals besides the main pair, by name: pairs, gradients and instruments."""
        pairs = {pair.name: pair for pair in self.extra_readings}
        return {**pairs, **self.gradients, **self.instruments}

    def with_main_pair_only(self) -> Experiment:
        """Return the same experiment without further signals, and not evaluated as a column."""
        return replace(
            self,
            extra_readings=(),
            gradients={},
            instruments={},
            thermometers={},
            column_request=ColumnRequest(evaluate=False),
        )

    def _check_one_flux(self, flux: float) -> None:
        """Raise an error if several sides have imposed heat fluxes with the same sign as `flux`."""
        alike = [
            side
            for side, value in heat_fluxes(resolve(self.conditions, self.cell)).items()
            if value * flux > 0.0
        ]
        if len(alike) > 1:
            raise ConditionError(
                "all imposed temperatures are equal, and heat fluxes of the same sign are "
                f"imposed on several sides ({', '.join(alike)}): it is unclear which one to read",
                "specify the readings, or give two different wall temperatures",
            )

    @property
    def thermostat_pair(self) -> Pair | None:
        """The pair of readings of T at the thermostats and of c at the walls of the fluid.

        It is None if no solid lies between the thermostats and the fluid, or if the conditions do
        not impose two different temperatures.
        """
        frame = self.orientation
        at_fluid = (frame.hot_outside, frame.cold_outside) == (frame.hot, frame.cold)
        if frame.dT == 0 or frame.flux is not None or frame.rise is not None or at_fluid:
            return None
        return Pair(
            "hot to cold wall, T of the thermostats",
            TemperatureElsewhere(WallMean(frame.hot), WallMean(frame.hot_outside)),
            TemperatureElsewhere(WallMean(frame.cold), WallMean(frame.cold_outside)),
        )

    def with_ideal_walls(self) -> Experiment:
        """Return the same experiment without its solid walls; collective.

        Conditions on the outer side of a wall are imposed on the fluid instead; sides of the fluid
        without a condition are insulated. The difference from this experiment is the effect of the
        walls on S_T.
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
            heat_sources=tuple(each for each in self.heat_sources if each.region == FLUID),
        )

    def problem(
        self,
        equations: Equations | None = None,
        *,
        degree: int | None = None,
        given: Mapping[str, fem.Function] = MappingProxyType({}),
    ) -> Problem:
        """Create a finite element problem of this experiment; collective.

        Args:
            equations: Equations without stabilisation, to which the stabilisation of the experiment
                is added; None for the convection equations of the discretisation.
            degree: Polynomial degree; None for that of the experiment.
            given: Fields that the equations need but do not solve for, by block name.
        """
        return Problem(
            self.cell,
            self.mixture,
            self.conditions,
            discretisation=self.discretisation,
            equations=self.stabilisation.added_to(
                equations or self.discretisation.convection_of(self.mixture)
            ),
            degree=degree or self.degree,
            gap=self.gap,
            given=given,
            solids=self.solids,
            fillings=self.fillings,
            heat_sources=self.heat_sources,
            rise=None if self.rise is None else self.rise.value,
        )

    def check_flow(self, study: str) -> None:
        """Check that the mixture flows, which a study is about.

        Args:
            study: Name of the study, such as "an audit".

        Raises:
            CaseError: The mixture is a solid.
        """
        if not self.flows:
            name = "the mixture" if self.fluid is None else self.fluid.name
            raise CaseError(
                f"{study} looks for effects of convection, but {name} is a solid, in which nothing "
                "flows",
                "`femsoret run` computes heat and species in it, at rest and in time",
            )

    def check_rates(self) -> None:
        """Check that the equations hold in transient runs, and not only in steady states.

        Raises:
            CaseError: The stabilisation omits the rate of change.
        """
        self.stabilisation.added_to(self.discretisation.convection).check_rates()

    def at_resolution(self, ratio: float) -> Experiment | None:
        """Return the same experiment on a mesh of another resolution.

        Args:
            ratio: Number of mesh cells per length, relative to the mesh of this experiment.

        Returns:
            The new experiment, or None if the mesh was read from a file and cannot be remade.
        """
        remake: Callable[[float], Cell] | None = self.cell.remake
        if remake is None:
            return None
        # Another mesh would have another hottest node: scale and readings stay where they are.
        return replace(self, cell=remake(ratio), given_rise=self.rise)
