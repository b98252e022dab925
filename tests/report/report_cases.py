"""Small real solves, one of each kind that a page must tell apart."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from mpi4py import MPI

import numpy as np
from ternary_files import fluid_text
from walled import chambers_cell, pure_fluid, solid

from femsoret.case import load_case
from femsoret.cells import Wall, box, from_file, rectangle
from femsoret.experiment import Experiment, Pair
from femsoret.experiment.schedule import Schedule, relaxation_time
from femsoret.experiment.virtual_instrument import Amount, VirtualInstrument
from femsoret.fluids import load_fluid, read_fluid
from femsoret.fluids.properties import Constant, Linear
from femsoret.physics.closures import CLOSURES, BoussinesqMixture, Gravity, Species, mixture_of
from femsoret.physics.coordinates import AXISYMMETRIC
from femsoret.post.beam_deflection import BeamDeflection, Behind
from femsoret.post.interferometer import Interferometer
from femsoret.post.optical import Beam, Contrast, Glass, Optics, PathMean
from femsoret.post.phase_map import image_of
from femsoret.post.rays import Normal
from femsoret.post.readings import Point, WallMean
from femsoret.post.signals import MeanGradient
from femsoret.problem import Filling
from femsoret.problem.bodies import RigidBody
from femsoret.problem.conditions import Composition, Temperature
from femsoret.problem.orientation import up_vector
from femsoret.report.summary.head import RunContext
from femsoret.report.summary.run import summary, transient_summary
from femsoret.solids import load_solid
from femsoret.solve.march import MarchOptions
from femsoret.studies.measure.numerical_error import NumericalError
from femsoret.studies.measure.steady import measure
from femsoret.studies.measure.transient import TransientFindings, measure_in_time

COMM = MPI.COMM_WORLD
IN_TIME = 0.5
"""Tilt of the transient run, degrees."""

RA, PR, LE, C0 = 10.0, 10.0, 100.0, 0.5

RUN = {
    "started": "2026-01-01T00:00:00+00:00",
    "command": ["femsoret", "run", "case.toml"],
    "ranks": 1,
    "versions": {"femsoret": "0.1.0"},
    "petsc_options": {"ksp_type": "preonly"},
    "solves": {},
}
"""Content of run.json of a steady run, as far as pages show it."""


def upright_column() -> TransientFindings:
    """March a thermogravitational column of six gaps for somewhat more than a time constant."""
    demo = Path(__file__).resolve().parents[2] / "demos" / "thermogravitational_column.toml"
    coarse = ("cell.size=[1, 6]", "cell.cells=[2, 6]", "solver.degree=2", "readings={}")
    experiment = load_case(demo, coarse).build(COMM).experiment
    return measure_in_time(experiment, Schedule(end=250.0, march=MarchOptions(1e-2)))


def by_groups(*, soret=None, closure="linearised", gravity=1.0) -> Experiment:
    """Side-heated square, stated by groups; the flow is weak but changes the separation."""
    mixture = BoussinesqMixture(
        T0=0.0,
        rho0=1.0,
        cp=1.0,
        beta_T=1.0,
        viscosity=Constant(PR),
        conductivity=Constant(1.0),
        gravity=Gravity(gravity * RA * PR, (0.0, 1.0)),
        species=(Species("a", C0, 0.4, Constant(1.0 / LE), soret or Constant(1.0)),),
        closure=CLOSURES[closure],
    )
    walls = (Temperature(("left",), 0.5), Temperature(("right",), -0.5))
    return Experiment(
        "Square | <heated>",
        rectangle(COMM, (1.0, 1.0), (6, 6), grading=2.0),
        mixture,
        walls,
        absolute_temperature=False,
    )


def with_further_readings() -> Experiment:
    return replace(
        by_groups(),
        extra_readings=(Pair("across", WallMean("top"), WallMean("bottom")),),
        gradients={
            "mid-height": MeanGradient((0.0, 0.5), (1.0, 0.5), (0.0, 1.0)),
            "along": MeanGradient((0.5, 0.0), (0.5, 1.0), (1.0, 0.0)),
        },
        thermometers={"centre": Point((0.5, 0.5))},
    )


def exchanging_mass() -> Experiment:
    """Walls that hold the composition: mass passes, and there is no S_T."""
    experiment = by_groups()
    held = (Composition(("left",), C0 + 0.1), Composition(("right",), C0 - 0.1))
    return replace(experiment, conditions=(*experiment.conditions, *held))


def pure() -> Experiment:
    experiment = by_groups(gravity=1000.0)
    return replace(experiment, title="Pure", mixture=replace(experiment.mixture, species=()))


def leaning() -> Experiment:
    """A pure fluid heated from below, which leans by too little to leave rest at once."""
    mixture = replace(pure().mixture, gravity=Gravity(400.0 * RA * PR, (1.0, 0.0)))
    up = up_vector((1.0, 0.0), 1.0)
    return replace(pure(), title="From below", mixture=mixture, start_up=up)


def with_two_states() -> Experiment:
    """Plates so far off level that a uniform liquid reaches another state than a separated one."""
    fluid = load_fluid("water-ethanol")
    return Experiment(
        "Two states",
        rectangle(COMM, (5e-3, 3e-3), (8, 6)),
        mixture_of(fluid, T0=295.65, c0=fluid.c, up=up_vector((0.0, 1.0), 3.0)),
        (Temperature(("top",), 305.65), Temperature(("bottom",), 285.65)),
        fluid=fluid,
    )


def sign_change() -> Experiment:
    """S_T = T, T from -0.5 to 0.5: c is the same at both ends, but the cell has no bias."""
    law = Linear(0.0, 0.0, 1.0)
    return replace(by_groups(soret=law, closure="full"), title="Sign change")


def from_data(dim: int = 2, degrees: float = 2.0) -> Experiment:
    fluid = load_fluid("thn-ibb")
    axis = (0.0, 1.0, 0.0)[:dim]
    cell = (
        rectangle(COMM, (8e-3, 4e-3), (6, 4), grading=2.0)
        if dim == 2
        else box(COMM, (8e-3, 4e-3, 6e-3), (2, 2, 2))
    )
    tilt = (degrees,) if dim == 2 else (5.0, 30.0)
    return Experiment(
        "From data",
        cell,
        mixture_of(fluid, T0=fluid.T, c0=fluid.c, up=up_vector(axis, *tilt)),
        (Temperature(("top",), fluid.T + 2.0), Temperature(("bottom",), fluid.T - 2.0)),
        fluid=fluid,
    )


def walled() -> Experiment:
    """The same between plates of steel, with a glass wall at the left."""
    walls = {"bottom": Wall(1e-3, 1), "top": Wall(1e-3, 1), "left": Wall(1e-3, 1)}
    steel, glass = load_solid("stainless-steel"), load_solid("borosilicate")
    return replace(
        from_data(),
        title="Walled",
        cell=rectangle(COMM, (8e-3, 4e-3), (6, 4), grading=2.0, walls=walls),
        solids={"bottom wall": steel, "top wall": steel, "left wall": glass},
    )


def parted(folder) -> Experiment:
    """Return two of these cells, glass between them, the second filled with less water."""
    return replace(
        from_data(),
        title="Chambers",
        cell=chambers_cell(folder, "left chamber", "right chamber", wall="glass", finer=0.5),
        solids={"glass": load_solid("borosilicate")},
        fillings=(Filling("right chamber", 0.4),),
    )


def with_a_body() -> Experiment:
    """Return a sphere of the fluid's conductivity that slips, without gravity."""
    mesh = Path(__file__).resolve().parents[2] / "meshes" / "sphere_4.msh"
    return Experiment(
        "Body",
        from_file(COMM, mesh, coordinates=AXISYMMETRIC, solids=("body",)),
        pure_fluid(),
        (Temperature(("below", "above"), lambda x: x[1]), RigidBody("particle", mu_s=0.1)),
        solids={"body": solid(1.0)},
        absolute_temperature=False,
    )


def of_three_components(folder) -> Experiment:
    """Return a small leaning cell with a made-up liquid of three components."""
    path = folder / "ternary.toml"
    if COMM.rank == 0:
        path.write_text(fluid_text())
    COMM.Barrier()
    fluid = read_fluid(path)
    return replace(
        from_data(),
        title="Three components",
        mixture=mixture_of(fluid, T0=298.15, c0=fluid.c, up=up_vector((0.0, 1.0), 2.0)),
        fluid=fluid,
    )


def seen_by_light(folder) -> Experiment:
    """Return the same with a beam and an interferometer, both at two wavelengths."""
    optics = Optics(
        (
            Contrast(670e-9, 1.5, -4.5e-4, (0.12, 0.07), {"n": "assumed"}),
            Contrast(935e-9, 1.49, -4.4e-4, (0.11, 0.08), {"n": "assumed"}),
        ),
        glasses={"window": Glass((1.456, 1.452), (8.7e-6, 8.6e-6), {"n": "read"})},  # no ray passes
        noise=(1e-6, 1e-6),
    )
    ends = (PathMean(Beam((Normal((4e-3, y), 5e-3),), (1.0,))) for y in (4e-3, 0.0))
    experiment = of_three_components(folder)
    image = image_of(experiment.cell, direction=None, depth=5e-3, up=(0.0, 1.0), pixels=(3, 2))
    return replace(
        experiment,
        title="Seen by light",
        instruments={
            "laser": BeamDeflection(
                Beam((Normal((4e-3, 2e-3), 5e-3),), (1.0,)), (0.0, 1.0), optics, Behind((), 1.0)
            ),
            "phase": Interferometer("phase", *ends, optics, image),
        },
    )


class Solved:
    """An experiment with its findings and summary."""

    def __init__(self, experiment: Experiment, units: str, *, with_error: bool = True) -> None:
        self.findings = measure(experiment, with_numerical_error=with_error)
        self.solution = self.findings.solution
        self.summary = summary(self.findings, RunContext(units, 1.5, 321.0))


TRACER = (
    '{ name = "tracer", state = ['
    '{ name = "a", free_energy = "0 kJ/mol", diffusion = "2e-10 m2/s" }, '
    '{ name = "b", free_energy = "5 kJ/mol", diffusion = "1e-10 m2/s" }], '
    'transition = [{ between = ["a", "b"], rate = "2 1/s" }] }'
)


def with_internal_states() -> Experiment:
    """Return the demo of a molecule with internal states on few mesh cells, and with a tracer."""
    path = Path(__file__).resolve().parents[2] / "demos" / "internal_states.toml"
    changes = ["cell.cells=[6, 4]", 'particle.molar_mass="1 kg/mol"', f"tracer=[{TRACER}]"]
    return load_case(path, changes, comm=COMM).build(COMM).experiment


def molecule_in_time() -> Marched:
    """March the molecule and its tracer for a short time, all their states."""
    experiment = with_internal_states()
    findings = measure_in_time(experiment, Schedule(end=100.0, march=MarchOptions(1e-2)))
    return Marched(findings, "SI")


LIT = """
title = "Lit from below"
[cell]
kind = "rectangle"
size = ["2 mm", "1 mm"]
cells = [6, 4]
[fluid]
name = "water-ethanol"
[gravity]
direction = [0, -1]
[[heat_source]]
kind = "beam"
power_per_depth = "0.1 W/m"
radius = "0.4 mm"
absorption = "5 1/cm"
point = ["1 mm", "0 mm"]
direction = [0, 1]
[[condition]]
kind = "temperature"
sides = ["top", "bottom"]
value = "295 K"
[vibration]
direction = [1, 0]
frequency = "200 Hz"
amplitude = "1 mm"
"""


def with_a_beam(folder) -> Experiment:
    """Return a small cell whose walls have one temperature, heated by a beam, that vibrates."""
    path = Path(folder) / "lit.toml"
    if COMM.rank == 0:
        path.write_text(LIT, encoding="utf-8")
    COMM.barrier()
    return load_case(path, comm=COMM).build(COMM).experiment


def same_on_all_ranks(array) -> bool:
    first = COMM.bcast(array, root=0)
    return bool(COMM.allreduce(int(np.array_equal(first, array, equal_nan=True)), op=MPI.MIN))


def heated_from_above() -> TransientFindings:
    """March a small tilted cell, with and without gravity, for five relaxation times.

    At two degrees the flow holds the separation back for so long that its course is no layer's: the
    plateau fitted to it is twice the largest separation of the run, and nothing is evaluated.
    """
    ends = (Point((4e-3, y)) for y in (3e-3, 1e-3))
    experiment = replace(
        from_data(degrees=IN_TIME), title="In time", extra_readings=(Pair("points", *ends),)
    )
    tau = relaxation_time(experiment.mixture, experiment.orientation.gap)
    record = VirtualInstrument("record", tau / 40.0, noise=Amount(0.005, of_largest=True))
    schedule = Schedule(end=5 * tau, march=MarchOptions(1e-2), instruments=(record,))
    return measure_in_time(experiment, schedule)


def fingers() -> TransientFindings:
    """March a liquid with S_T < 0 that is heated from above: the flow goes on, S_app with it."""
    fluid = load_fluid("water-ethanol").with_(soret=-7e-3)
    experiment = Experiment(
        "Fingers",
        rectangle(COMM, (4e-3, 5e-3), (4, 4), grading=3.0),
        mixture_of(fluid, T0=fluid.T, c0=fluid.c, up=(0.0, 1.0)),
        (Temperature(("top",), fluid.T + 10.0), Temperature(("bottom",), fluid.T - 10.0)),
        fluid=fluid,
    )
    tau = relaxation_time(experiment.mixture, experiment.orientation.gap)
    return measure_in_time(experiment, Schedule(end=3 * tau, march=MarchOptions(1e-2)))


class Marched:
    """A transient run with its findings and summary."""

    def __init__(
        self,
        findings: TransientFindings,
        units: str,
        error: NumericalError | None = None,
    ) -> None:
        self.findings = findings
        self.summary = transient_summary(findings, error, RunContext(units, 1.5, 321.0))
