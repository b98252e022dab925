"""Signals, light and columns of the verification table: what instruments show where it is known."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from mpi4py import MPI

import numpy as np
from light_in_time import errors_in_time
from test_signals import GRADIENTS, PLACES, with_signals
from water_ethanol import tilted_cell

from femsoret.case import load_case
from femsoret.cells import Wall, axisymmetric, box, rectangle
from femsoret.experiment import Experiment
from femsoret.fluids.properties import Constant
from femsoret.physics.closures import CLOSURES, BoussinesqMixture, Gravity, Species
from femsoret.post.beam_deflection import N_AIR, BeamDeflection, Behind
from femsoret.post.evaluation import Layer, evaluate_samples
from femsoret.post.interferometer import Interferometer
from femsoret.post.optical import Beam, Contrast, Glass, Optics, PathMean
from femsoret.post.rays import Chord, LineOfSight, Normal, Ray
from femsoret.problem.conditions import Temperature
from femsoret.solids import solid_of
from femsoret.studies.duct import DuctFlow
from femsoret.studies.measure.column import ColumnFindings, evaluate_column
from femsoret.studies.measure.solution import solve, solve_without_gravity
from femsoret.studies.parallel_flow import ParallelFlow

DEMOS = Path(__file__).resolve().parents[2] / "demos"
COMM = MPI.COMM_WORLD

# -- signals -------------------------------------------------------------------------------------


@cache
def at_places() -> dict[str, float]:
    """Return S_T without gravity over the closed form of each signal of a tilted cell, less 1."""
    found = solve(with_signals(tilted_cell(24))).signals
    return {
        name: found[name].outcomes[0].without_gravity / found[name].outcomes[0].true.value - 1.0
        for name in PLACES + GRADIENTS
    }


# -- light ---------------------------------------------------------------------------------------

H, DT, S_T, C0 = 5e-3, 10.0, 3e-3, 0.6
RED = Contrast(633e-9, 1.36, -2.3e-4, (-0.04,))
AWAY, THICK, GLASS = 1.5, 2e-3, Glass(1.47, 5e-6)
CELLS = {
    "quadrilaterals, across the plane": lambda: rectangle(COMM, (10e-3, H), (4, 4), grading=2.0),
    "triangles, in the plane": lambda: rectangle(COMM, (10e-3, H), (5, 3), shape="triangle"),
    "hexahedra": lambda: box(COMM, (10e-3, H, 4e-3), (2, 2, 2)),
    "tetrahedra": lambda: box(COMM, (10e-3, H, 4e-3), (2, 2, 2), shape="tetrahedron"),
    "chords of a cell of revolution": lambda: axisymmetric(rectangle(COMM, (5e-3, H), (3, 4))),
}
RAYS: dict[str, tuple[object, float]] = {
    "quadrilaterals, across the plane": (lambda y: Normal((4e-3, y), 20e-3), 20e-3),
    "triangles, in the plane": (lambda y: LineOfSight((0.0, y), (1.0, 0.0)), 10e-3),
    "hexahedra": (lambda y: LineOfSight((3e-3, y, 0.0), (0.0, 0.0, 1.0)), 4e-3),
    "tetrahedra": (lambda y: LineOfSight((3e-3, y, 1e-3), (1.0, 0.0, 0.0)), 10e-3),
    "chords of a cell of revolution": (lambda y: Chord(y, 3e-3), 8e-3),
}
"""Ray at a height, and the length of its path in the fluid."""


def _at_rest(cell):
    """Return the state at rest of a layer between 0 and H, heated from above."""
    glass = solid_of("glass", conductivity=1.2, density=2e3, heat_capacity=800.0)
    mixture = BoussinesqMixture(
        T0=300.0,
        rho0=1e3,
        cp=4e3,
        beta_T=1e-3,
        viscosity=Constant(1e-3),
        conductivity=Constant(0.5),
        gravity=Gravity(0.0, (0.0, 1.0)),
        species=(Species("a", C0, 0.1, Constant(1e-9), Constant(S_T)),),
        closure=CLOSURES["linearised"],
    )
    experiment = Experiment(
        title="layer",
        cell=cell,
        mixture=mixture,
        conditions=(Temperature("top", 300.0 + DT / 2), Temperature("bottom", 300.0 - DT / 2)),
        solids=dict.fromkeys(cell.walls.solids, glass),
    )
    return solve_without_gravity(experiment).reference


def _thin(ray: Ray) -> Beam:
    return Beam((ray,), (1.0,))


def _of_index() -> float:
    """Return dn over the whole layer: what temperature and composition at rest make."""
    return RED.n_T * DT - RED.n_c[0] * S_T * C0 * (1.0 - C0) * DT


def through(kind: str) -> dict[str, float]:
    """Return deflection and phase in a layer at rest over their closed forms."""
    problem, (ray, length) = _at_rest(CELLS[kind]()), RAYS[kind]
    along = (0.0, 1.0, 0.0)[: problem.cell.dim]
    optics = Optics((RED,))
    (moved,) = BeamDeflection(_thin(ray(0.43 * H)), along, optics, Behind((), AWAY)).amplitudes(
        problem
    )
    ends = (PathMean(_thin(ray(part * H))) for part in (0.9, 0.2))
    (turned,) = Interferometer("phase", *ends, optics).amplitudes(problem)
    lever = length * (length / (2.0 * RED.n) + AWAY / N_AIR)
    wave = 2.0 * np.pi * length / RED.wavelength
    return {
        "displacement over closed form": moved.total / (lever * _of_index() / H),
        "phase over closed form": turned.total / (wave * 0.7 * _of_index()),
    }


def through_glass() -> dict[str, float]:
    """Return what windows of the mesh add in a layer at rest, over its closed form."""
    walls = {"left": Wall(THICK, 2), "right": Wall(THICK, 2)}
    problem = _at_rest(rectangle(COMM, (10e-3, H), (4, 4), walls=walls))
    optics = Optics((RED,), {"left wall": GLASS, "right wall": GLASS})

    def at(y):
        return _thin(LineOfSight((0.0, y), (1.0, 0.0)))

    beam = BeamDeflection(at(0.43 * H), (0.0, 1.0), optics, Behind((), AWAY))
    (moved,), back, n = beam.amplitudes(problem), AWAY / N_AIR, GLASS.n
    front = THICK * (THICK / (2 * n) + 10e-3 / RED.n + THICK / n + back)
    rear = THICK * (THICK / (2 * n) + back)
    ends = (PathMean(at(part * H)) for part in (0.9, 0.2))
    (turned,) = Interferometer("phase", *ends, optics).amplitudes(problem)
    wave = 2.0 * np.pi / RED.wavelength
    return {
        "displacement over closed form": moved.windows / ((front + rear) * GLASS.n_T * DT / H),
        "phase over closed form": turned.windows / (wave * 2 * THICK * GLASS.n_T * 0.7 * DT),
    }


def in_time() -> dict[str, float]:
    """Return the largest errors of displacement and phase in time, over the largest values."""
    return errors_in_time(COMM)


def with_a_constant() -> dict[str, float]:
    """Return D and plateau of exact samples with a constant 30 times as large."""
    tau, gap, t = 6000.0, 5e-3, np.linspace(60.0, 24000.0, 200)
    n = np.arange(1, 400, 2)
    S = 1.0 - (8.0 / (np.pi * n) ** 2 * np.exp(-np.outer(t, n**2) / tau)).sum(axis=1)
    layer = Layer.between(gap)
    fit = evaluate_samples(t, S + 30.0, layer, t0=0.0, window=(0.0, np.inf), baseline=True)
    return {
        "D over closed form": fit.D * np.pi**2 * tau / gap**2,
        "plateau over closed form": fit.separation,
        "constant over closed form": fit.baseline / 30.0,
    }


# -- columns -------------------------------------------------------------------------------------


def column(name: str, *changes: str) -> float:
    """Return the S_T that the interior of a demo's column gives by the formula, over the true."""
    experiment = load_case(DEMOS / f"{name}.toml", changes).build(COMM).experiment
    found = evaluate_column(experiment, solve(experiment).convection)
    assert isinstance(found, ColumnFindings)
    soret = found.theory.soret_of(found.interior.slope)
    assert soret is not None
    return soret / found.theory.S_T


COLUMNS = {
    **{
        f"plates, X = {X:g}, psi = {psi:g}": (
            "thermogravitational_column",
            f"groups.Ra={X / 100.0}",
            f"groups.psi={psi}",
            "cell.size=[1, 16]",
            "cell.cells=[6, 28]",
        )
        for X in (60.0, 2000.0)
        for psi in (-0.4, 0.5)
    },
    "tubes": ("annular_column",),
    "plates behind conducting walls": ("column_walls",),
}
"""What is given -> demo and changes of it."""


def of_columns(given: str) -> dict[str, float]:
    """Return what the table asks of a column."""
    return {"S_T over that of the fluid": column(*COLUMNS[given])}


def of_duct(depth: float) -> dict[str, float]:
    """Return the integrals of the flow in a duct over those between plates."""
    found, plates = DuctFlow(depth=depth).integrals(0.0), ParallelFlow().integrals(0.0)
    return {
        "I1 over 1/720": found.first / plates.first,
        "I2 over 1/9!": found.second / plates.second,
    }
