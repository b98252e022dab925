"""Optical instruments against closed forms in a layer at rest, their order, and their signs."""

from __future__ import annotations

from functools import cache

from mpi4py import MPI

import numpy as np
import pytest
from tolerances import ROUND_OFF

from femsoret.base.errors import ConditionError
from femsoret.cells import Wall, axisymmetric, box, rectangle
from femsoret.experiment import Experiment
from femsoret.fluids.properties import Constant
from femsoret.physics.closures import CLOSURES, BoussinesqMixture, Gravity, Species
from femsoret.post.beam_deflection import N_AIR, BeamDeflection, Behind, check_across
from femsoret.post.interferometer import Interferometer
from femsoret.post.optical import Beam, Contrast, Glass, Optics, PathMean, gaussian, laboratory
from femsoret.post.phase_map import image_of, phase_map
from femsoret.post.rays import Chord, LineOfSight, Normal
from femsoret.post.signals import seen
from femsoret.problem import Problem
from femsoret.problem.conditions import Temperature
from femsoret.solids import solid_of
from femsoret.studies.measure.solution import solve_without_gravity

H, DT, S_T, C0 = 5e-3, 10.0, 3e-3, 0.6
RED = Contrast(633e-9, 1.36, -2.3e-4, (-0.04,))
BEHIND = Behind(((5e-3, 1.46), (2e-3, 1.5)), 1.5)
THICK = 2e-3
EXACT = 1e-8


def mixture(species=1):
    """Return a mixture whose separation at rest is linear: constant properties, closure linear."""
    return BoussinesqMixture(
        T0=300.0,
        rho0=1e3,
        cp=4e3,
        beta_T=1e-3,
        viscosity=Constant(1e-3),
        conductivity=Constant(0.5),
        gravity=Gravity(0.0, (0.0, 1.0)),
        species=tuple(
            Species(f"species {i}", C0 / (i + 1), 0.1, Constant(1e-9), Constant(S_T))
            for i in range(species)
        ),
        closure=CLOSURES["linearised"],
    )


CELLS = {
    "quadrilaterals": lambda comm: rectangle(comm, (10e-3, H), (4, 4), grading=2.0),
    "triangles": lambda comm: rectangle(comm, (10e-3, H), (5, 3), shape="triangle"),
    "hexahedra": lambda comm: box(comm, (10e-3, H, 4e-3), (2, 2, 2)),
    "tetrahedra": lambda comm: box(comm, (10e-3, H, 4e-3), (2, 2, 2), shape="tetrahedron"),
    "revolution": lambda comm: axisymmetric(rectangle(comm, (5e-3, H), (3, 4))),
    "glass": lambda comm: rectangle(
        comm, (10e-3, H), (4, 4), walls={"left": Wall(THICK, 2), "right": Wall(THICK, 2)}
    ),
}


@cache
def at_rest(kind):
    """Return the state at rest of a layer between y (z) = 0 and H, and the experiment."""
    cell = CELLS[kind](MPI.COMM_WORLD)
    glass = solid_of("glass", conductivity=1.2, density=2e3, heat_capacity=800.0)
    experiment = Experiment(
        title=kind,
        cell=cell,
        mixture=mixture(),
        conditions=(Temperature("top", 300.0 + DT / 2), Temperature("bottom", 300.0 - DT / 2)),
        solids=dict.fromkeys(cell.walls.solids, glass),
    )
    return solve_without_gravity(experiment).reference, experiment


BEAMS = ("quadrilaterals", "triangles", "hexahedra", "tetrahedra", "revolution")


def beam(kind, y=0.43 * H):
    """Return a ray at a height, the length of its path and the direction of its deflection."""
    return {
        "quadrilaterals": (Normal((4e-3, y), 20e-3), 20e-3, (0.0, 1.0)),
        "triangles": (LineOfSight((0.0, y), (1.0, 0.0)), 10e-3, (0.0, 1.0)),
        "hexahedra": (LineOfSight((3e-3, y, 0.0), (0.0, 0.0, 1.0)), 4e-3, (0.0, 2.0, 0.0)),
        "tetrahedra": (LineOfSight((3e-3, y, 1e-3), (1.0, 0.0, 0.0)), 10e-3, (0.0, 1.0, 0.0)),
        "revolution": (Chord(y, 3e-3), 8e-3, (0.0, 1.0)),
    }[kind]


@pytest.mark.parametrize(
    "kind", ["quadrilaterals", "triangles", "hexahedra", "tetrahedra", "revolution"]
)
def test_deflection_in_a_layer_at_rest(kind):
    problem, _ = at_rest(kind)
    ray, length, direction = beam(kind)
    signal = BeamDeflection(Beam((ray,), (1.0,)), direction, Optics((RED,)), BEHIND)
    (found,), (angle,) = signal.amplitudes(problem), signal.angles(problem)
    lever = length * (length / (2 * RED.n) + 5e-3 / 1.46 + 2e-3 / 1.5 + 1.5 / N_AIR)
    f = C0 * (1 - C0)
    thermal, solutal = RED.n_T * DT / H, RED.n_c[0] * (-S_T * f * DT / H)
    assert found.thermal == pytest.approx(lever * thermal, rel=EXACT)
    assert found.solutal == pytest.approx((lever * solutal,), rel=EXACT)
    assert (found.windows, found.thermal < 0.0, found.solutal[0] > 0.0) == (0.0, True, True)
    assert angle.total == pytest.approx(length * (thermal + solutal) / N_AIR, rel=EXACT)
    laboratory_found = laboratory(problem.mixture, signal, problem)
    assert laboratory_found.apparent == pytest.approx([S_T], rel=EXACT)


@pytest.mark.parametrize(
    "kind", ["quadrilaterals", "triangles", "hexahedra", "tetrahedra", "revolution"]
)
def test_phase_in_a_layer_at_rest(kind):
    problem, _ = at_rest(kind)
    (hot, length, _), (cold, _, _) = beam(kind, 0.9 * H), beam(kind, 0.2 * H)
    ends = (PathMean(Beam((ray,), (1.0,))) for ray in (hot, cold))
    signal = Interferometer("phase", *ends, Optics((RED,)))
    (found,) = signal.amplitudes(problem)
    wave, dT = 2.0 * np.pi * length / RED.wavelength, 0.7 * DT
    assert found.thermal == pytest.approx(wave * RED.n_T * dT, rel=EXACT)
    dc = -S_T * C0 * (1 - C0) * dT
    assert found.solutal == pytest.approx((wave * RED.n_c[0] * dc,), rel=EXACT)
    outcome = seen(problem, problem, problem, signal).outcomes[0]
    assert (outcome.apparent, outcome.true.value) == pytest.approx((S_T, S_T), rel=EXACT)


GLASS = Glass(1.47, 5e-6)


def through_glass(y=0.43 * H):
    optics = Optics((RED,), {"left wall": GLASS, "right wall": GLASS})
    return LineOfSight((0.0, y), (1.0, 0.0)), optics


def test_glass_has_an_index_at_each_wavelength():
    problem, _ = at_rest("glass")
    ray, _ = through_glass()
    glass = Glass((1.47, 1.5), (5e-6, -2e-6))
    sides = {"left wall": glass, "right wall": glass}
    lights = (Contrast(633e-9, 1.36, -2.3e-4, (-0.04,)), Contrast(405e-9, 1.37, -2.5e-4, (-0.05,)))
    high, low = (PathMean(Beam((ray.shifted(np.array([0.0, s])),), (1.0,))) for s in (1e-3, -1e-3))
    phases = Interferometer("two", high, low, Optics(lights, sides)).amplitudes(problem)
    for found, contrast, n_T in zip(phases, lights, glass.n_T, strict=True):
        path = 2.0 * THICK * n_T * DT * 2e-3 / H
        assert found.windows == pytest.approx(2 * np.pi / contrast.wavelength * path, rel=EXACT)
    moved = BeamDeflection(Beam((ray,), (1.0,)), (0.0, 1.0), Optics(lights, sides), BEHIND)
    for found, contrast, n, n_T in zip(
        moved.amplitudes(problem), lights, glass.n, glass.n_T, strict=True
    ):
        front = THICK * (THICK / (2 * n) + 10e-3 / contrast.n + THICK / n + BEHIND.reduced)
        rear = THICK * (THICK / (2 * n) + BEHIND.reduced)
        assert found.windows == pytest.approx((front + rear) * n_T * DT / H, rel=EXACT)


def test_windows_of_the_mesh_deflect_by_their_own_gradient():
    problem, _ = at_rest("glass")
    ray, optics = through_glass()
    (found,) = BeamDeflection(Beam((ray,), (1.0,)), (0.0, 1.0), optics, BEHIND).amplitudes(problem)
    back, cell, l_w = BEHIND.reduced, 10e-3, THICK
    n, n_w = RED.n, GLASS.n
    in_cell = cell * (cell / (2 * n) + l_w / n_w + back)
    front = l_w * (l_w / (2 * n_w) + cell / n + l_w / n_w + back)
    rear = l_w * (l_w / (2 * n_w) + back)
    assert found.thermal == pytest.approx(in_cell * RED.n_T * DT / H, rel=EXACT)
    assert found.windows == pytest.approx((front + rear) * GLASS.n_T * DT / H, rel=EXACT)


def test_windows_of_the_mesh_add_to_the_phase():
    problem, _ = at_rest("glass")
    optics = through_glass()[1]
    ends = (PathMean(Beam((through_glass(y)[0],), (1.0,))) for y in (0.9 * H, 0.2 * H))
    signal = Interferometer("phase", *ends, optics)
    (found,) = signal.amplitudes(problem)
    wave = 2.0 * np.pi / RED.wavelength
    assert found.windows == pytest.approx(wave * 2 * THICK * GLASS.n_T * 0.7 * DT, rel=EXACT)
    # What the windows add makes the thermal part smaller here: their n_T has the other sign.
    in_laboratory = laboratory(problem.mixture, signal, problem)
    share = 1.0 + 2 * THICK * GLASS.n_T / (10e-3 * RED.n_T)
    assert in_laboratory.apparent == pytest.approx([S_T / share], rel=EXACT)
    assert in_laboratory.corrected == pytest.approx([S_T], rel=EXACT)


def test_signs_follow_the_contrast_factors():
    problem, _ = at_rest("triangles")
    ray, _, direction = beam("triangles")

    def of(n_T, n_c, along):
        optics = Optics((Contrast(633e-9, 1.36, n_T, (n_c,)),))
        return BeamDeflection(Beam((ray,), (1.0,)), along, optics, BEHIND).amplitudes(problem)[0]

    one = of(-2e-4, -0.04, direction)
    for n_T, n_c, along, signs in (
        (2e-4, -0.04, direction, (-1, 1)),
        (-2e-4, 0.04, direction, (1, -1)),
        (-2e-4, -0.04, (0.0, -1.0), (-1, -1)),
    ):
        other = of(n_T, n_c, along)
        assert other.thermal == pytest.approx(signs[0] * one.thermal)
        assert other.solutal[0] == pytest.approx(signs[1] * one.solutal[0])


def test_a_map_of_a_layer_is_a_plane():
    problem, experiment = at_rest("glass")
    image = image_of(experiment.cell, direction=None, depth=20e-3, up=(0.0, 1.0), pixels=(6, 5))
    found = phase_map(problem, image, Optics((RED,)))
    slope = (
        2.0
        * np.pi
        / RED.wavelength
        * 20e-3
        * (RED.n_T * DT / H - RED.n_c[0] * S_T * C0 * (1 - C0) * DT / H)
    )
    assert found.phase[0] == pytest.approx(
        np.tile(slope * (image.v - H / 2)[:, None], (1, 6)), rel=1e-7, abs=1e-6
    )
    assert found.steepest == pytest.approx([abs(slope) * H / 5], rel=1e-7)
    assert found.span == pytest.approx([abs(slope) * H * 4 / 5], rel=1e-7)
    thermal = image_of(
        experiment.cell,
        direction=None,
        depth=20e-3,
        up=(0.0, 1.0),
        pixels=(6, 5),
        reference="thermal",
    )
    solutal = phase_map(problem, thermal, Optics((RED,)))
    part = RED.n_c[0] * S_T * C0 * (1 - C0) / RED.n_T
    assert solutal.span / found.span == pytest.approx([part / (1.0 - part)], rel=1e-7)


def empty(cell, degree=2):
    return Problem(
        cell,
        mixture(),
        (Temperature("top", 305.0), Temperature("bottom", 295.0)),
        degree=degree,
    )


def test_a_gaussian_beam_sees_the_mean_over_its_intensity(comm):
    problem = empty(rectangle(comm, (1.0, 1.0), (4, 4)), degree=3)
    problem.function("theta").interpolate(lambda x: x[1] ** 3 + x[0] ** 2 * x[1])
    radius, at = 0.1, (0.4, 0.52)
    wide = gaussian(Normal(at, 1.0), radius, [np.array([0.0, 1.0]), np.array([1.0, 0.0])])
    signal = BeamDeflection(wide, (0.0, 1.0), Optics((RED,)))
    # The variance of the intensity exp(-2 r^2/w^2) is w^2/4 along each axis.
    exact = 3.0 * (at[1] ** 2 + radius**2 / 4.0) + at[0] ** 2 + radius**2 / 4.0
    assert signal.of(problem, "theta") == pytest.approx(exact, rel=1e-10)


def smooth(x):
    return np.sin(3.0 * x[1] + 0.7) * np.exp(0.8 * x[0])


@pytest.mark.parametrize("shape", ["quadrilateral", "triangle"])
def test_order_of_convergence(comm, shape):
    y = 1.0 / 3.0  # at the same place in a mesh cell of each of the two meshes
    ray = LineOfSight((0.0, y), (1.0, 0.0))
    deflection = BeamDeflection(Beam((ray,), (1.0,)), (0.0, 1.0), Optics((RED,)))
    mean = PathMean(Beam((ray,), (1.0,)))
    # The way to the detector, in the cell alone, is shorter the later: the weight is 1 - x.
    slope = 3.0 * np.cos(3.0 * y + 0.7) * 2.0 * (np.expm1(0.8) - 0.8) / 0.8**2
    along = np.sin(3.0 * y + 0.7) * np.expm1(0.8) / 0.8
    errors = []
    for cells in (8, 32):
        problem = empty(rectangle(comm, (1.0, 1.0), (cells, cells), shape=shape))
        problem.function("theta").interpolate(smooth)
        found = deflection.of(problem, "theta") / slope, mean.of(problem, "theta") / along
        errors.append(np.abs(np.array(found) - 1.0))
    orders = np.log(errors[0] / errors[1]) / np.log(4.0)
    assert orders[0] > 1.8  # the gradient of fields of degree 2: 2 on fine meshes
    assert orders[1] > 2.5  # the fields themselves: 3
    assert max(errors[1]) < 1e-3


@pytest.mark.parametrize("shape", ["quadrilateral", "triangle"])
def test_the_same_on_all_ranks(comm, shape):
    ray = LineOfSight((0.0, 0.413), (1.0, 0.11))
    deflection = BeamDeflection(Beam((ray,), (1.0,)), (-0.11, 1.0), Optics((RED,)), Behind((), 0.3))
    mean = PathMean(Beam((ray,), (1.0,)))
    found = []
    for ranks in (comm, MPI.COMM_SELF):
        problem = empty(rectangle(ranks, (1.0, 1.0), (7, 6), shape=shape))
        problem.function("theta").interpolate(smooth)
        found.append([deflection.of(problem, "theta"), mean.of(problem, "theta")])
    assert found[0] == pytest.approx(found[1], rel=ROUND_OFF)


def test_in_time_the_gradient_follows_its_series():
    """At mid-height dc/dz grows as 1 - sum 4/(n pi) sin(n pi/2) exp(-n^2 t/tau), n odd."""
    _, experiment = at_rest("quadrilaterals")
    ray = Normal((4e-3, H / 2), 20e-3)
    signal = BeamDeflection(Beam((ray,), (1.0,)), (0.0, 1.0), Optics((RED,)), BEHIND)
    layer = signal.layer(experiment.cell, experiment.orientation.wall_pair)
    t = np.array([0.05, 0.2, 0.5, 1.0, 3.0])
    n = np.arange(1, 400, 2)
    series = 1.0 - np.exp(-np.outer(t, n**2)) @ (4.0 / (n * np.pi) * np.sin(n * np.pi / 2))
    assert layer.approach(t) == pytest.approx(series, abs=1e-9)


def test_a_deflection_is_counted_across_the_beam():
    with pytest.raises(ConditionError, match="not across the beam"):
        check_across((1.0, 0.0), (0.3, 1.0))
    check_across((1.0, 0.0), (0.0, -3.0))
