from __future__ import annotations

import numpy as np
import pytest
from report_cases import by_groups, from_data, same_on_all_ranks

from femsoret.post.fields import locate, values_at
from femsoret.report.figures.samples import Samples, closed_form, sample
from femsoret.studies.measure.solution import solve


@pytest.fixture(scope="module")
def sampled(square):
    return sample(square.solution)


def test_a_plane_shows_the_solution_at_its_points(square, sampled):
    plane, problem = sampled.plane, square.solution.convection
    i, j = 30, 170
    points = [(plane.s[j], plane.t[i])]
    theta = values_at(problem.function("theta"), points)[0, 0]
    assert plane.theta[i, j] == pytest.approx(theta, abs=1e-14)
    gamma = values_at(problem.function("gamma"), points)[0, 0]
    assert plane.gamma[0, i, j] == pytest.approx(gamma, abs=1e-15)
    u = values_at(problem.function("u"), points)[0]
    np.testing.assert_allclose(plane.velocity[i, j], u, rtol=1e-9)
    assert plane.speed[i, j] == pytest.approx(np.linalg.norm(u))
    assert plane.speed[i, j] > 0.0


def test_the_profile_runs_from_the_cold_to_the_hot_wall(square, sampled):
    profile = sampled.profile
    assert profile.distance[[0, -1]] == pytest.approx([0.0, 1.0])
    assert profile.theta[[0, -1]] == pytest.approx([-0.5, 0.5])
    gamma = square.solution.convection.function("gamma")
    k = 100
    at = values_at(gamma, [(1.0 - profile.distance[k], 0.5)])[0, 0]
    assert profile.gamma[0, k] == pytest.approx(at, abs=1e-14)
    # Gravity matters here, or the two profiles would prove nothing.
    assert np.abs(profile.gamma - profile.gamma_reference).max() > 1e-2


def test_the_closed_form_is_the_profile_without_gravity(sampled):
    profile = sampled.profile
    np.testing.assert_allclose(profile.gamma_closed, profile.gamma_reference, atol=1e-9)


def test_the_closed_form_integrates_a_soret_coefficient_that_depends_on_temperature(unbiased):
    profile = sample(unbiased.solution).profile
    # logit c = const - T^2/2; the discretisation error is that of exp(-T^2/2) on six cells.
    assert np.abs(profile.gamma_closed - profile.gamma_reference).max() < 2e-5
    T = profile.theta_reference
    (c,) = 0.5 + profile.gamma_closed
    phi = np.log(c / (1.0 - c)) + 0.5 * T**2
    assert np.ptp(phi) < 1e-9
    assert np.ptp(profile.gamma_closed) > 0.02


def test_the_closed_form_goes_beyond_the_readings(unbiased):
    at = unbiased.solution.soret.at_reference
    theta = np.array([at.theta_cold - 0.1, at.theta_cold, at.theta_hot + 0.1, np.nan])
    (gamma,) = closed_form(unbiased.solution.experiment.mixture, [at], theta)
    phi = np.log((0.5 + gamma) / (0.5 - gamma)) + 0.5 * theta**2
    assert gamma[1] == pytest.approx(at.gamma_cold, abs=1e-12)
    assert np.isnan(gamma[3])
    assert np.ptp(phi[:3]) < 1e-9


def test_samples_are_the_same_on_all_ranks_and_in_a_file(sampled, shared_tmp, comm):
    for array in sampled.arrays().values():
        assert same_on_all_ranks(array)
    if comm.rank == 0:
        np.savez(shared_tmp / "figures.npz", **sampled.arrays())
    comm.barrier()
    with np.load(shared_tmp / "figures.npz") as arrays:
        again = Samples.from_arrays(arrays)
    for name, array in sampled.arrays().items():
        np.testing.assert_array_equal(again.arrays()[name], array)


def test_a_pure_fluid_has_no_composition(heated):
    samples = sample(heated.solution)
    assert len(samples.plane.gamma) == len(samples.profile.gamma_closed) == 0
    assert np.isnan([samples.c0, samples.scale]).all()
    assert np.isfinite(samples.plane.speed).all()


def test_points_outside_the_mesh_are_masked(comm):
    turned = by_groups().cell.rotated(45.0)
    function = by_groups().problem().function("theta")
    located = locate(turned.mesh, [(0.0, 0.7), (0.5, 0.1), (0.1, 0.1 + 1e-3)])
    assert located.inside.tolist() == [True, False, True]
    inside = locate(function.function_space.mesh, [(0.5, 0.5), (2.0, 0.5)])
    function.interpolate(lambda x: 1.0 + x[0])
    np.testing.assert_allclose(inside.values(function)[:, 0], [1.5, np.nan])


@pytest.mark.slow
def test_the_plane_of_a_3d_cell_holds_its_axis_and_gravity():
    experiment = from_data(3)
    solution = solve(experiment)
    plane = sample(solution).plane
    up = np.array(experiment.mixture.gravity.up)
    np.testing.assert_allclose(plane.up[0] * plane.across + plane.up[1] * plane.upright, up)
    np.testing.assert_allclose(plane.upright, [0.0, 1.0, 0.0], atol=1e-12)
    assert plane.up[1] == pytest.approx(np.cos(np.radians(5.0)))
    # The middle of the cell is in the plane, and the corners of the picture are outside the cell.
    centre = np.array([4e-3, 2e-3, 3e-3])
    off = centre - plane.origin
    off -= (off @ plane.across) * plane.across + (off @ plane.upright) * plane.upright
    assert np.linalg.norm(off) < 1e-12
    assert np.isfinite(plane.theta).any()
    assert np.isnan(plane.theta).any()
    i, j = len(plane.t) // 3, len(plane.s) // 2
    x = plane.origin + plane.s[j] * plane.across + plane.t[i] * plane.upright
    theta = values_at(solution.convection.function("theta"), [x])[0, 0]
    assert plane.theta[i, j] == pytest.approx(theta, abs=1e-12)
