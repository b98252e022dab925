"""Spheres near a plate, in a tube and near each other, against closed forms and series."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from cases import NEAR_PLATE, check, rows
from scipy.integrate import quad
from scipy.special import iv, kv
from spheres import Unbounded, beside_walls, in_given_temperature
from walled import pure_fluid

from femsoret.base.types import Array
from femsoret.cells import Cell
from femsoret.problem import Problem
from femsoret.problem.bodies import RigidBody, motions_in
from femsoret.problem.conditions import Condition, FreeSlip, HeatFlux, Temperature
from femsoret.solve import solve_free_bodies

PULLED = RigidBody("particle", force=(0.0, 1.0, 0.0))
DRIVEN = RigidBody("particle", mu_s=1.0)

IN_OPEN_FLUID = 1.0 / (6.0 * math.pi * pure_fluid().reference.mu)
"""The speed of a sphere of radius 1 that the unit force pulls (Stokes)."""


def speed(problem: Problem) -> float:
    """Return the velocity of the only free body along the axis."""
    _, motions = solve_free_bodies(problem)
    return motions[0].velocity[1]


# -- near a plate ----------------------------------------------------------------------------------


def drag_near_plate(height: float, *, free: bool) -> float:
    """Return the drag on a sphere at a height in radii above a plate, over that in open fluid.

    H. Brenner, Chem. Eng. Sci. 16 (1961) 242: bispherical coordinates; a plate that holds the
    fluid, or one at which it slips freely.
    """
    alpha, total = math.acosh(height), 0.0
    for n in range(1, 60):
        k = 2 * n + 1
        if free:
            up = 4 * math.cosh(k * alpha / 2) ** 2 + (k * math.sinh(alpha)) ** 2
            down = 2 * math.sinh(k * alpha) - k * math.sinh(2 * alpha)
        else:
            up = 2 * math.sinh(k * alpha) + k * math.sinh(2 * alpha)
            down = 4 * math.sinh(k * alpha / 2) ** 2 - (k * math.sinh(alpha)) ** 2
        total += n * (n + 1) / ((2 * n - 1) * (2 * n + 3)) * (up / down - 1.0)
    return 4.0 / 3.0 * math.sinh(alpha) * total


def above_plate(path: Path, height: float, radius: float) -> Cell:
    """Return a sphere above a plate, in an upright cylinder of fluid as high as its radius."""
    return beside_walls(path, {"particle": (height, 1.0)}, (radius, 0.0, radius), 0.2)


LINEAR = Temperature(("bottom", "top", "wall"), lambda x: x[1])


PLATES = {"a plate that holds the fluid": False, "a plate at which it slips freely": True}


def drag_found_near_plate(tmp: Path, *, free: bool) -> float:
    """Return the drag on a sphere at twice its radius above a plate, over that in open fluid.

    The far walls are felt as the cube of 1 over their distance, which is extrapolated.
    """
    plate = (FreeSlip("bottom"),) if free else ()
    near, far = (
        speed(
            in_given_temperature(
                above_plate(tmp / f"{R:g}.msh", 2.0, R), (PULLED, *plate), (LINEAR,)
            )
        )
        for R in (10.0, 20.0)
    )
    return IN_OPEN_FLUID / ((8.0 * far - near) / 7.0)


@pytest.mark.parametrize("given", PLATES)
def test_pulled_from_a_plate(shared_tmp, given):
    free = PLATES[given]
    found = {"drag/(6 pi mu a U)": drag_found_near_plate(shared_tmp, free=free)}
    check(NEAR_PLATE, given, found)
    (row,) = rows(NEAR_PLATE, given)
    assert row.expected == pytest.approx(drag_near_plate(2.0, free=free), rel=1e-5)


def test_driven_from_a_plate_of_given_temperature(shared_tmp):
    """1 - 5/8 x^3 + x^5/4 to the order x^6 that is left out, x the radius over the height.

    H. J. Keh, J. L. Anderson, J. Fluid Mech. 153 (1985) 417, for electrophoresis, which has the
    same equations; only its abstract was read. By reflections: the image of the sphere in heat is
    1/8 of 5/8, that of its flow 4/8, integral of (k^2/2 + k^3) exp(-2 k); a sixth of the Laplacian
    of the latter is 1/4, integral of k^4 exp(-2 k)/3.
    """
    x = 1.0 / 3.0
    cell = above_plate(shared_tmp / "driven.msh", 1.0 / x, 30.0)
    found = speed(in_given_temperature(cell, (DRIVEN,), (LINEAR,)))
    assert -found == pytest.approx(1.0 - 0.625 * x**3 + 0.25 * x**5, abs=x**6)


# -- in a tube -------------------------------------------------------------------------------------


def in_tube(x: float, tmp: Path, walls: tuple[Condition, ...], length: float = 4.0) -> Problem:
    """Return slow flow around a sphere of x tube radii in an insulating tube, at unit heat flux.

    Args:
        x: Radius of the sphere over that of the tube.
        tmp: Folder for the mesh.
        walls: Conditions for the flow.
        length: Length of the tube in its radii.
    """
    end = 0.5 * length / x
    cell = beside_walls(tmp / "tube.msh", {"particle": (0.0, 1.0)}, (1.0 / x, -end, end), 0.18)
    heat = Temperature("bottom", 0.0), HeatFlux("top", pure_fluid().reference.kappa)
    return in_given_temperature(cell, walls, heat)


def pulled(x: float) -> float:
    """Return the speed of a sphere in a tube over that in open fluid.

    W. L. Haberman, R. M. Sayre, David Taylor Model Basin report 1143 (1958), which was not read;
    the same coefficients stand in three other codes. The series by reflections confirms them.
    """
    hindered = 1.0 - 2.1050 * x + 2.0865 * x**3 - 1.7068 * x**5 + 0.72603 * x**6
    return IN_OPEN_FLUID * hindered / (1.0 - 0.75857 * x**5)


def image_in_a_tube(k: float, along: float, outwards: float) -> Array:
    """Return A and B of what cancels a flow along and normal to the wall of a tube of radius 1.

    It is (A I0 + B (k rho I1 + 2 I0)) cos(k z) along the tube.
    """
    rows = [[iv(0, k), k * iv(1, k) + 2.0 * iv(0, k)], [iv(1, k), k * iv(0, k)]]
    return np.linalg.solve(rows, -np.array([along, outwards]))


def integrated(of: Callable[[float], float]) -> float:
    """Return the integral over all wave numbers."""
    return float(quad(of, 1e-6, 60.0)[0])


def images_in_a_tube() -> tuple[float, float, float]:
    """Return what a tube of radius 1 gives back to a driven sphere at its axis, three integrals.

    The sphere's field is grad(d_z 1/r)/2 in heat, outwards, and in flow, with 1/r = (2/pi) times
    the integral of K0(k rho) cos(k z). Its image in heat makes the normal flux zero at the tube;
    that in flow, (A I0 + B (k rho I1 + 2 I0)) cos(k z) along the axis, holds the fluid there. At
    the sphere they add a gradient, a velocity and, by Faxen's law, a sixth of its Laplacian.
    """

    def flow(k: float) -> Array:
        return image_in_a_tube(k, -(k**2) / math.pi * kv(0, k), k**2 / math.pi * kv(1, k))

    heat = integrated(lambda k: k**2 / math.pi * kv(1, k) / iv(1, k))
    along = integrated(lambda k: float(flow(k) @ (1.0, 2.0)))
    curved = integrated(lambda k: float(flow(k)[1]) * k**2 / 3.0)
    return heat, along, curved


def driven(x: float) -> float:
    """Return the velocity along the gradient, to the order x^6, by reflections.

    The last term is the first one once more, for a sphere that the image in heat drives. It is the
    series of Keh and Anderson (the same), 1 - 1.28987 x^3 + 1.89632 x^5 - 1.02780 x^6.
    """
    heat, along, curved = images_in_a_tube()
    first = heat + along
    return -(1.0 + first * x**3 + curved * x**5 + heat * first * x**6)


def test_the_series_in_a_tube_is_that_of_keh_and_anderson():
    heat, along, curved = images_in_a_tube()
    found = heat + along, curved, heat * (heat + along)
    assert found == pytest.approx((-1.28987, 1.89632, -1.02780), abs=6e-6)


def test_a_sphere_pulled_along_a_tube_is_held_as_by_reflections():
    """The image of a point force, (2 K0 - k rho K1) cos(k z) 2/pi along the tube, and of a doublet.

    The sphere's field is 3/4 of that of the force, and -1/2 of that of a driven sphere; a sixth of
    the Laplacian of both counts, too. What is left out is of order x^6.
    """

    def force(k: float) -> Array:
        at_wall = 2.0 / math.pi * np.array([2.0 * kv(0, k) - k * kv(1, k), k * kv(0, k)])
        return image_in_a_tube(k, *at_wall)

    _, along, curved = images_in_a_tube()
    first = 0.75 * integrated(lambda k: float(force(k) @ (1.0, 2.0)))
    third = 0.75 * integrated(lambda k: float(force(k)[1]) * k**2 / 3.0) - 0.5 * along
    assert first == pytest.approx(-2.1050, abs=1e-3)
    assert third == pytest.approx(2.0865, abs=1e-3)
    for x in (0.2, 0.3, 0.4):
        series = 1.0 + first * x + third * x**3 - 0.5 * curved * x**5
        assert pulled(x) / IN_OPEN_FLUID == pytest.approx(series, abs=3.0 * x**6)


@pytest.mark.parametrize(("body", "expected"), [(PULLED, pulled), (DRIVEN, driven)])
def test_in_a_tube(shared_tmp, body: RigidBody, expected: Callable[[float], float]):
    found = speed(in_tube(0.3, shared_tmp, (body,)))
    assert found == pytest.approx(expected(0.3), rel=1e-3)


def test_a_tube_of_the_same_mobility_is_not_felt(shared_tmp):
    """u = mu_s (grad T - G), however tight the sphere fits, where tube and sphere insulate.

    It is stated in the frame in which the fluid far from the sphere rests, so that the tube moves.
    """
    tube = RigidBody("wall", mu_s=1.0, velocity=(0.0, -1.0, 0.0))
    walls = (DRIVEN, tube, Unbounded(("bottom", "top"), mu_s=1.0))
    problem = in_tube(0.7, shared_tmp, walls)
    held = {"wall": motions_in(2, about_axis=True)}
    _, (motion, _) = solve_free_bodies(problem, held=held)
    assert motion.velocity[1] == pytest.approx(-1.0, abs=1e-3)


# -- near each other -------------------------------------------------------------------------------


def test_two_spheres_of_one_mobility_keep_their_distance(shared_tmp):
    """Both move as one alone does, in line and of different sizes, where they insulate.

    With twice the mobility the small sphere is faster, and takes the large one along.
    """
    spheres = {"small": (-0.75, 0.5), "large": (1.0, 1.0)}
    cell = beside_walls(shared_tmp / "two.msh", spheres, (4.0, -4.0, 4.0), 0.15)
    far = Unbounded(("bottom", "top", "wall"), mu_s=1.0)
    found = {}
    for mobility in (1.0, 2.0):
        bodies = RigidBody("small", mu_s=mobility), RigidBody("large", mu_s=1.0)
        problem = in_given_temperature(cell, (*bodies, far), (LINEAR,))
        _, motions = solve_free_bodies(problem)
        found[mobility] = [motion.velocity[1] for motion in motions]
    assert found[1.0] == pytest.approx([-1.0, -1.0], abs=1e-3)
    assert -2.0 < found[2.0][0] < -1.5
    assert found[2.0][1] < -1.01
