"""The validated contents of a case file, and the run that is built from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, cast

from mpi4py import MPI

from pydantic import Field, PrivateAttr, ValidationInfo, field_validator, model_validator

from femsoret.base.errors import CaseError, nearest
from femsoret.case.boussinesq import check_density
from femsoret.case.messages import at_key, in_file, wrong
from femsoret.case.tables.audit import AuditTable
from femsoret.case.tables.cell import CellTable, FileCell
from femsoret.case.tables.column import ColumnTable
from femsoret.case.tables.conditions import ConditionTable, Setting, build_conditions
from femsoret.case.tables.design import DesignPlan, DesignTable
from femsoret.case.tables.fit import FitTable
from femsoret.case.tables.gravity import GravityTable
from femsoret.case.tables.groups import GroupsTable
from femsoret.case.tables.heat_sources import HeatSourceTable, build_heat_sources
from femsoret.case.tables.materials import FluidTable, SolidTable
from femsoret.case.tables.optics import OpticalSetting
from femsoret.case.tables.particle import ParticleTable, TracerTable
from femsoret.case.tables.protocol import ChangeTable
from femsoret.case.tables.readings import ReadingsTable
from femsoret.case.tables.solver import OutputTable, SolverTable
from femsoret.case.tables.time import TimeTable
from femsoret.case.tables.vibration import VibrationTable
from femsoret.case.values import Table, Text, Units, context_of, optional
from femsoret.case.warnings import case_warnings
from femsoret.cells import Cell
from femsoret.experiment import Experiment
from femsoret.experiment.heating import Rise, temperature_rise
from femsoret.experiment.schedule import Schedule, relaxation_time
from femsoret.physics.closures import Mixture, Particle
from femsoret.physics.closures.homogenised import FastDiffusion, FastSoret
from femsoret.physics.forms import STABILISATIONS
from femsoret.problem import Filling
from femsoret.problem.conditions import Condition, Temperature
from femsoret.problem.discretisation import DISCRETISATIONS
from femsoret.problem.heat_sources import HeatSource
from femsoret.problem.orientation import (
    Orientation,
    check_gravity,
    heat_fluxes,
    orientation_of,
)
from femsoret.solids import Solid, available_solids, load_solid
from femsoret.studies.audit.audit import AuditPlan
from femsoret.studies.fit.unknowns import Unknown

_MEANS: Final = 5
"""Number of fixed-point iterations between the mean temperature of a cell driven by a heat flux and
the conductivity at that temperature. In liquids, each reduces the error about a hundredfold."""

_RISES: Final = 2
"""The same if heat sources drive the cell; each takes a solve for the temperature."""


_ROOM: Final = 300.0
"""Temperature, K, at which a particle is checked if the fluid has no T0; laws hold at any."""


@dataclass(frozen=True, eq=False)
class CaseRun:
    """A case on its mesh, ready to be solved.

    Args:
        case: The case.
        experiment: The experiment, ready for a study.
        output: Which field files and figures are written.
        numerical_error: Whether to estimate the numerical error by further solves.
        units: "SI", or "groups" where lengths and temperatures are dimensionless.
        warnings: Warnings, one sentence each: properties used outside the range of their sources,
            a doubtful axis or gap, a state that may be unstable.
        audit: Causes of bias that an audit examines.
        schedule: Schedule of a transient run; None for a steady run.
        unknowns: What a fit of the case seeks in all data sets.
        design: What may be chosen in the plan of an experiment; None without a table [design].
    """

    case: Case
    experiment: Experiment
    output: OutputTable
    numerical_error: bool
    units: Units
    warnings: tuple[str, ...]
    audit: AuditPlan
    schedule: Schedule | None = None
    unknowns: tuple[Unknown, ...] = ()
    design: DesignPlan | None = None


class Case(Table):
    """Everything that defines one run.

    After reading, lengths are in metres, temperatures in kelvin and angles in degrees; with groups,
    lengths and temperatures are dimensionless.
    """

    title: Text = Field(
        default="",
        description="Title, one line.",
        validate_default=True,
        json_schema_extra={"default": "name of the file"},
    )
    cell: CellTable = Field(description="The cell: its shape and its mesh.")
    fluid: FluidTable | None = optional("The fluid; alternatively, give `[groups]`.")
    groups: GroupsTable | None = optional("Dimensionless groups; alternatively, give a `[fluid]`.")
    particle: ParticleTable | None = optional(
        "Component 1 of the fluid as a particle with internal states, from which D and S_T follow."
    )
    tracer: tuple[TracerTable, ...] = Field(
        default=(), description="Further particles with internal states, which drive no flow."
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
    vibration: VibrationTable | None = optional("A fast vibration of the cell.")
    condition: tuple[ConditionTable, ...] = Field(
        default=(), description="Boundary conditions on the sides, numbered from 0."
    )
    heat_source: tuple[HeatSourceTable, ...] = Field(
        default=(), description="Sources of heat inside the cell, numbered from 0."
    )
    readings: ReadingsTable = Field(
        default_factory=ReadingsTable, description="Where temperature and composition are read."
    )
    column: ColumnTable = Field(
        default_factory=ColumnTable,
        description="Evaluation of the cell as a thermogravitational column.",
    )
    time: TimeTable | None = optional(
        "Settings of a transient run; without this table the steady state is computed."
    )
    protocol: tuple[ChangeTable, ...] = Field(
        default=(), description="Changes in the course of a transient run, numbered from 0."
    )
    audit: AuditTable = Field(
        # From a table, not an object, so that the context of the case reaches the values in it.
        default_factory=lambda: cast(AuditTable, {}),
        validate_default=True,
        description="Further causes of bias that `femsoret audit` examines.",
    )
    fit: FitTable | None = optional("What `femsoret fit` seeks, and the measured data.")
    design: DesignTable | None = optional(
        "What `femsoret design` may choose, and the noise of what is measured."
    )
    solver: SolverTable = Field(default_factory=SolverTable, description="Solver settings.")
    output: OutputTable = Field(default_factory=OutputTable, description="Output settings.")

    _source: Path = PrivateAttr(Path("case.toml"))

    def model_post_init(self, context: object) -> None:
        """Store the path of the case file for use in messages."""
        self._source = getattr(context, "source", self._source)

    @property
    def source(self) -> Path:
        """Path of the case file."""
        return self._source

    @property
    def units(self) -> Units:
        """Units of lengths and temperatures: "SI", or "groups" when dimensionless."""
        return "SI" if self.groups is None else "groups"

    @property
    def solids(self) -> dict[str, Solid]:
        """Material of each solid region of the cell, by the name of the region."""
        return {
            region: self.solid[name].solid if name in self.solid else load_solid(name)
            for region, name in self.cell.materials.items()
        }

    @field_validator("title")
    @classmethod
    def _named(cls, title: str, info: ValidationInfo) -> str:
        return title or context_of(info).source.stem

    @field_validator("gravity", mode="before")
    @classmethod
    def _along_the_axis(cls, table: object, info: ValidationInfo) -> object:
        """Default to gravity along -z in an axisymmetric cell, where a tilt has no meaning."""
        cell = info.data.get("cell")
        says = {"direction", "tilt", "azimuth"}
        if cell is None or not isinstance(table, Mapping) or says & table.keys():
            return table
        return {**table, "direction": (0.0, -1.0)} if cell.is_axisymmetric else table

    @model_validator(mode="before")
    @classmethod
    def _fluid_or_groups(cls, table: object) -> object:
        # An unknown key may be one of the two, misspelt: that is what to say then.
        if isinstance(table, Mapping) and table.keys() <= cls.model_fields.keys():
            given = [key for key in ("fluid", "groups") if key in table]
            if len(given) != 1:
                which = "both [fluid] and [groups]" if given else "neither [fluid] nor [groups]"
                raise wrong(
                    f"the case has {which}",
                    "give a fluid for physical data, or groups for a benchmark problem",
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
                first = taken.setdefault((condition.subject, side), i)
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
                        f"{region}: there is no table [solid.{material}]",
                        "with [groups], give each solid's properties relative to the fluid's",
                        "solid",
                    )
                if material not in available_solids():
                    known = (*self.solid, *available_solids())
                    raise wrong(
                        f"{region}: unknown solid {material!r}", nearest(material, known), "cell"
                    )
        return self

    @model_validator(mode="after")
    def _particle_is_the_solute(self) -> Case:
        if self.particle is None:
            if self.tracer:
                raise wrong(
                    "tracers are solved for with the particle that is component 1 of the fluid",
                    "state it in a table [particle]",
                    "tracer",
                )
            return self
        names = [self.particle.name, *(tracer.name for tracer in self.tracer)]
        if len(set(names)) < len(names):
            raise wrong(
                f"the names {', '.join(names)} of the particles are not different",
                "give each of them a name of its own",
                "tracer",
            )
        fluid = self.fluid
        if fluid is None or len(fluid.fluid.components) > 2 or fluid.closure != "dilute":
            raise wrong(
                "a particle is component 1 of a dilute fluid of two components",
                'give [fluid] with closure = "dilute", and c0',
                "particle",
            )
        if any(condition.kind == "composition" for condition in self.condition):
            raise wrong(
                "walls of given composition do not say in which state particles are",
                "leave out the conditions of kind composition",
                "particle",
            )
        twice = {"diffusion", "soret"} & fluid.overrides.given().keys()
        if twice or fluid.spheres is not None:
            raise wrong(
                "D and S_T follow from the states of [particle], but the fluid states "
                f"{' and '.join(sorted(twice)) or 'spheres'}, too",
                "leave out one of them",
                "fluid",
            )
        if fluid.fluid.components[1] in names:
            raise wrong(
                f"a particle has the name of the solvent, {fluid.fluid.components[1]!r}",
                "give it a name of its own",
                "particle",
            )
        of = self.particle.build(fluid.T0 or _ROOM)
        stated = {
            "components": (self.particle.name, fluid.fluid.components[1]),
            "diffusion": FastDiffusion(of),
            "soret": FastSoret(of),
        }
        self.__dict__["fluid"] = fluid.with_stated(stated)  # fields are frozen once a case is made
        return self

    @model_validator(mode="after")
    def _nothing_flows_in_a_solid(self) -> Case:
        if self.fluid is None or self.fluid.fluid.flows:
            return self
        stated = self.gravity.magnitude if "magnitude" in self.gravity.model_fields_set else None
        of_flow = {
            "gravity": bool("gravity" in self.model_fields_set and stated is None) or bool(stated),
            "vibration": self.vibration is not None,
            "solver.start_tilt": bool(self.solver.start_tilt),
            **{
                f"condition.{i}": condition.field == "velocity"
                for i, condition in enumerate(self.condition)
            },
            **{
                f"protocol.{i}": change.kind in {"gravity", "tilt"}
                for i, change in enumerate(self.protocol)
            },
        }
        for key, is_stated in of_flow.items():
            if is_stated:
                raise wrong(
                    f"{self.fluid.fluid.name} is a solid, in which nothing flows",
                    "leave this out: heat and species are computed without flow",
                    key,
                )
        still = self.gravity.model_copy(update={"magnitude": 0.0})
        self.__dict__["gravity"] = still  # fields are frozen once a case is made
        return self

    @model_validator(mode="after")
    def _has_a_temperature(self) -> Case:
        if not any(condition.kind in {"temperature", "robin"} for condition in self.condition):
            raise wrong(
                "no temperature is fixed anywhere: heat fluxes alone determine it only up to a "
                "constant",
                "give at least one side a condition of kind temperature or robin",
                "condition",
            )
        return self

    @model_validator(mode="after")
    def _changes_in_time(self) -> Case:
        if self.protocol and self.time is None:
            raise wrong(
                "only a transient run can have a protocol",
                'add a table [time], for example with end = "5 tau"',
                "protocol",
            )
        return self

    def build(self, comm: MPI.Comm, cell: Cell | None = None) -> CaseRun:
        """Return the run on its mesh; collective.

        Args:
            comm: Communicator over which the mesh is distributed.
            cell: The meshed cell, if another case with the same cell already has it.

        Raises:
            FemsoretError: MeshError, ConditionError or FluidError, with the file and the table in
                its message; CaseError if the cell of a case with groups does not have a gap and a
                temperature difference of 1.
        """
        with in_file(self.source):
            return self._build(comm, cell)

    def _build(self, comm: MPI.Comm, cell: Cell | None) -> CaseRun:
        if cell is None:
            with at_key("cell"):
                cell = self.cell.build(comm)
        components = ("component 1",) if self.fluid is None else self.fluid.fluid.components[:-1]
        stated = build_conditions(
            self.condition, Setting(cell, components, self.cell.rotation, self.units)
        )
        sources = build_heat_sources(self.heat_source, cell, self.cell.rotation)
        orientation, rise = self._orientation(cell, stated, sources)
        with at_key("gravity"):
            up = self.gravity.build(cell, orientation)
        experiment = self._experiment(cell, stated, orientation, up, (sources, rise))
        if self.fluid is not None and not self.fluid.any_density_change:
            with at_key("fluid"):
                check_density(experiment)
        # Temperatures of cases by groups may have been moved.
        shift = experiment.orientation.T_mean - orientation.T_mean
        schedule = None
        if self.time is not None:
            schedule = self.time.build(
                self.protocol,
                experiment,
                gravity=self.gravity,
                units=self.units,
                temperature_shift=shift,
                with_numerical_error=self.solver.numerical_error,
            )
        with at_key("audit"):
            audit = self.audit.build(
                experiment,
                temperature_shift=shift,
                end=None if self.time is None else self.time.end,
                with_numerical_error=self.solver.numerical_error,
            )
        unknowns = self.fit.unknowns({None: experiment}, self.units) if self.fit else ()
        design = None
        if self.design is not None:
            with at_key("design"):
                end = None if self.time is None else self.time.end
                design = self.design.build(experiment, end, self.fit, self.units)
        return CaseRun(
            case=self,
            experiment=experiment,
            output=self.output,
            numerical_error=self.solver.numerical_error,
            units=self.units,
            warnings=case_warnings(
                experiment,
                schedule,
                cell=self.cell,
                gravity=self.gravity,
                vibration=self.vibration,
                fluid=self.fluid,
                temperatures=self.temperatures(),
                units=self.units,
            ),
            audit=audit,
            schedule=schedule,
            unknowns=unknowns,
            design=design,
        )

    def _orientation(
        self, cell: Cell, conditions: tuple[Condition, ...], sources: tuple[HeatSource, ...]
    ) -> tuple[Orientation, Rise | None]:
        """Return the orientation of the cell and the temperature rise by its heat sources.

        If a heat flux or heat sources drive the cell, the conductivity is that at the mean
        temperature, which in turn depends on the conductivity. With groups, the rise is the unit of
        temperature if nothing else is.

        Raises:
            FemsoretError: ConditionError or CaseError if no temperature is prescribed, or nothing
                makes a temperature difference.
        """
        gap, properties, rise = self.cell.gap, self.fluid or self.groups, None
        with at_key("condition"):
            orientation = orientation_of(cell, conditions, gap)
        inside = bool(sources or heat_fluxes(conditions))
        if properties is not None and (sources or (inside and not orientation.dT)):
            settled = orientation.dT or self.fluid is None
            for _ in range(1 if settled else _RISES if sources else _MEANS):
                with at_key("fluid" if self.fluid else "groups"):
                    kappa = properties.conductivity(orientation.T_mean)
                if sources:
                    with at_key("heat_source"):
                        rise = temperature_rise(cell, conditions, sources, kappa, self.solids)
                    if self.groups is not None:
                        rise = replace(rise, value=1.0 if rise.value > 0.0 else -1.0)
                with at_key("condition"):
                    orientation = orientation_of(
                        cell, conditions, gap, kappa, None if rise is None else rise.value
                    )
        if not orientation.dT and self.time is None:
            unit = " K" if self.units == "SI" else ""
            varies = any(isinstance(c, Temperature) and callable(c.value) for c in conditions)
            with at_key("condition"):
                if varies:
                    raise CaseError(
                        f"the mean temperature of all walls is the same, {orientation.T_hot:g}"
                        f"{unit}: a temperature that varies along walls alone defines no hot and "
                        "no cold wall, between which a separation is read",
                        "give two walls different mean temperatures, or divide a wall in the mesh",
                    )
                raise CaseError(
                    f"all walls have the same temperature, {orientation.T_hot:g}{unit}, and no "
                    "heat flux enters or leaves: nothing drives a separation",
                    "give two walls different temperatures, prescribe a heat flux on one, or heat "
                    "the inside by a [[heat_source]]",
                )
        return orientation, rise

    def _experiment(
        self,
        cell: Cell,
        conditions: tuple[Condition, ...],
        orientation: Orientation,
        up: tuple[float, ...],
        heating: tuple[tuple[HeatSource, ...], Rise | None],
    ) -> Experiment:
        with at_key("readings"):
            readings, extra = self.readings.pairs(cell, self.cell.rotation)
            gradients = self.readings.gradients(cell, self.cell.rotation, up)
            thermometers = self.readings.thermometers(cell, self.cell.rotation)
        with at_key("column"):
            column = self.column.build(cell, self.cell.rotation)
        fillings = self._fillings()
        if self.fluid is not None:
            g = self.gravity.magnitude or 0.0
            with at_key("fluid"):
                mixture = self.fluid.build(orientation, up, g, tuple(fillings.values()))
            has_absolute_temperature = True
        elif self.groups is not None:
            self.groups.check_scale(orientation)
            mixture, conditions = self.groups.build(orientation, up, conditions)
            has_absolute_temperature = self.groups.has_absolute_temperature
        if self.vibration is not None:
            with at_key("vibration"):
                mixture = self.vibration.added_to(mixture, orientation)
                check_gravity(cell, mixture.gravity)
        for chamber in fillings:
            with at_key("cell", "fillings", chamber):
                cell.part(chamber)
        start_up = None
        if self.solver.start_tilt:
            with at_key("solver", "start_tilt"):
                start_up = self.gravity.tilted(cell, orientation, up, self.solver.start_tilt)
        tau = relaxation_time(mixture, orientation.gap)
        with at_key("readings"):
            instruments = self.readings.instruments(
                OpticalSetting(
                    cell=cell,
                    rotation=self.cell.rotation,
                    orientation=orientation,
                    up=up,
                    mixture=mixture,
                    fluid=None if self.fluid is None else self.fluid.fluid,
                    solids=self.solids,
                    tau=tau,
                    end=None if self.time is None else self.time.end.seconds(tau),
                )
            )
        with at_key("solver"):
            experiment = Experiment(
                title=self.title,
                cell=cell,
                mixture=mixture,
                conditions=conditions,
                readings=readings,
                extra_readings=extra,
                gradients=gradients,
                instruments=instruments,
                thermometers=thermometers,
                start_up=start_up,
                discretisation=DISCRETISATIONS[self.solver.discretisation],
                degree=self.solver.degree,
                gap=self.cell.gap,
                stabilisation=STABILISATIONS[self.solver.stabilisation],
                newton=self.solver.newton(),
                fluid=None if self.fluid is None else self.fluid.fluid,
                particles=self._particles(mixture),
                absolute_temperature=has_absolute_temperature,
                solids=self.solids,
                fillings=tuple(
                    Filling(chamber, fraction, species)
                    for chamber, means in fillings.items()
                    for species, fraction in enumerate(means)
                ),
                heat_sources=heating[0],
                given_rise=heating[1],
                column_request=column,
            )
        with at_key("column"):
            _ = experiment.column  # it is one if that is asked for, or the case ends here
        if experiment.mixture.species or self.time is not None:
            with at_key("readings"):
                _ = experiment.pair  # there are readings, or the case ends here
        if self.time is not None:
            with at_key("solver", "stabilisation"):
                experiment.check_rates()
        return experiment

    def _particles(self, mixture: Mixture) -> tuple[Particle, ...]:
        """Return the particle and the tracers at the reference state of the mixture."""
        if self.particle is None:
            return ()
        (solute,) = mixture.species
        T0 = float(mixture.T0)
        with at_key("particle"):
            found = [self.particle.build(T0, float(solute.c0), float(solute.beta_c))]
        for i, tracer in enumerate(self.tracer):
            with at_key("tracer", i):
                found.append(tracer.build(T0, tracer.c0))
        return tuple(found)

    def _fillings(self) -> dict[str, tuple[float, ...]]:
        """Return the mean mass fractions in each chamber of the fluid that has its own, by name."""
        fillings = self.cell.fillings if isinstance(self.cell, FileCell) else {}
        found = {}
        for chamber, given in fillings.items():
            with at_key("cell", "fillings", chamber):
                if self.fluid is not None:
                    found[chamber] = self.fluid.fluid.fractions(given)
                elif isinstance(given, Mapping):
                    raise CaseError(
                        "a case by groups has two components, but a table of mass fractions is "
                        "given",
                        "give the mass fraction of component 1 as a number",
                    )
                else:
                    found[chamber] = (given,)
        return found
