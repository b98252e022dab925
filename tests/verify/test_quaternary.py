"""Four components that diffuse across one another, from the equations to the files.

With constant L, G and Q* a closed mixture at rest has dc/dT = -D^-1 D_T = -(G^-1 Q*)/T, hence

    c_i - c0_i = -(G^-1 Q*)_i (ln T - mean of ln T)

and an isothermal one forgets a cosine of an eigenvector of D at the rate of its eigenvalue.
"""

from __future__ import annotations

import numpy as np
import pytest
import quaternary
from cases import SEVERAL_AT_REST, check
from quaternary import DT, SIZE, T0
from ranks import assert_same_on_all_ranks

from femsoret.io.checkpoint import read_state, write_checkpoint
from femsoret.io.fields import output_fields
from femsoret.physics.forms import DIFFUSION
from femsoret.post.balances import entropy_rates
from femsoret.post.fields import integral
from femsoret.post.readings import WallMean
from femsoret.post.wall_flows import wall_flows
from femsoret.problem.layout import composition
from femsoret.solve import NewtonOptions, find_steady, solve_steady
from femsoret.solve.march import March, MarchOptions
from femsoret.solve.spectrum.modes import SpectrumOptions
from femsoret.solve.spectrum.stability import growth_rates

pytestmark = pytest.mark.ranks
N = 3


def lattice():
    """Return D and G^-1 Q* at the mean composition, written out from L, G and Q*."""
    lower = [[law.value for law in row] for row in quaternary.TRANSPORT.L]
    L, G = (
        np.array([[rows[max(i, k)][min(i, k)] for k in range(N)] for i in range(N)])
        for rows in (lower, [[law.value for law in row] for row in quaternary.TRANSPORT.G])
    )
    heats = np.array([law.value for law in quaternary.TRANSPORT.heats])
    return L @ G / (1000.0 * T0), np.linalg.solve(G, heats)


def separations(problem):
    """Return c at the cold wall less c at the hot one, one a species."""
    cold, hot = WallMean("bottom"), WallMean("top")
    return np.array([cold.of(problem, c) - hot.of(problem, c) for c in problem.layout.compositions])


def test_one_block_holds_all_compositions(comm):
    problem = quaternary.problem(comm)
    assert problem.layout.names == ("u", "p", "phi", "chi", "theta", "gamma")
    assert problem.layout.compositions == tuple(map(composition, range(N)))
    assert problem.num_dofs_of("gamma") == N * problem.num_dofs_of("theta")
    assert [row.field for row in problem.pinned][-N:] == list(problem.layout.compositions)


def at_rest(comm, preset="direct"):
    """Return the solved problem of a closed cell without flow."""
    problem = quaternary.problem(comm, DIFFUSION)
    solve_steady(problem, NewtonOptions(preset=preset, tolerance=1e-11))
    return problem


def error_at_rest(problem):
    """Return the number of the verification table: the error at the walls."""
    _, strength = lattice()
    x, w = np.polynomial.legendre.leggauss(20)
    mean = w @ np.log(T0 + 0.5 * DT * x) / 2.0
    size = np.abs(strength).max() * np.log((T0 + DT / 2) / (T0 - DT / 2))
    errors = [
        WallMean(side).of(problem, field) + of * (np.log(T) - mean)
        for field, of in zip(problem.layout.compositions, strength, strict=True)
        for side, T in (("bottom", T0 - DT / 2), ("top", T0 + DT / 2))
    ]
    return {"error": float(np.abs(errors).max() / size)}


@pytest.mark.parametrize("preset", ["direct", "amg"])
def test_a_closed_cell_at_rest_has_its_closed_form(comm, preset):
    problem = at_rest(comm, preset)
    check(SEVERAL_AT_REST, "constant L, G and Q*", error_at_rest(problem))
    _, strength = lattice()
    expected = strength * np.log((T0 + DT / 2) / (T0 - DT / 2))
    assert separations(problem) == pytest.approx(expected, rel=1e-8)
    assert np.abs(expected).min() > 1e-4
    for field in problem.layout.compositions:
        assert abs(integral(problem, problem.scalar(field) * problem.dx)) < 1e-15
        assert max(map(abs, wall_flows(problem, field).values())) < 1e-18


def convecting(comm, preset="direct"):
    """Return the solved problem of a cell that leans, heated from above."""
    problem = quaternary.problem(comm, gravity=9.81, tilt=0.05)
    find_steady(problem, NewtonOptions(preset=preset, tolerance=1e-10))
    return problem


def test_convection_takes_from_all_of_them_and_solvers_agree(comm):
    still = quaternary.problem(comm, DIFFUSION)
    solve_steady(still)
    direct, *others = (convecting(comm, preset) for preset in ("direct", "reduced", "multigrid"))
    lost = 1.0 - separations(direct) / separations(still)
    assert 1e-3 < lost.min() < lost.max() < 1.0
    assert np.ptp(lost) > 1e-3  # one flow mixes them, each at its own pace
    for other in others:
        assert separations(other) == pytest.approx(separations(direct), rel=1e-8)
    entropy = entropy_rates(direct)
    assert entropy.produced == pytest.approx(entropy.leaving, rel=1e-4)


def test_ranks_agree():
    assert_same_on_all_ranks(
        lambda comm: dict(zip("abc", map(float, separations(convecting(comm))), strict=True))
    )


def perturbed(comm, k):
    """Return an isothermal cell without Soret effect, a cosine of eigenvector k in it, its rate."""
    D, _ = lattice()
    values, vectors = np.linalg.eig(D)
    problem = quaternary.without_soret(comm)
    for i, field in enumerate(problem.layout.compositions):
        problem.function(field).sub(i).interpolate(
            lambda x, v=vectors[i, k]: 1e-3 * v * np.cos(np.pi * x[1] / SIZE)
        )
    return problem, values[k] * (np.pi / SIZE) ** 2


@pytest.mark.parametrize("k", range(N))
def test_eigenvectors_of_diffusion_are_forgotten_at_their_rates(comm, k):
    problem, rate = perturbed(comm, k)
    start = separations(problem)
    with March(problem, MarchOptions(tolerance=1e-5)) as march:
        for step in march.until(0.5 / rate):
            last = step
    left = separations(problem)
    assert left == pytest.approx(start * np.exp(-0.5), rel=1e-4)
    assert set(last.throughput.left) == {"theta", *problem.layout.compositions}
    assert abs(last.throughput.gained[composition(k)]) < 1e-15


def test_rates_of_the_spectrum_are_those_of_the_diffusion_matrix(comm):
    problem = quaternary.without_soret(comm)
    D, _ = lattice()
    # In a square of closed walls: once along x and once along y.
    expected = -np.sort(np.linalg.eigvals(D)) * (np.pi / SIZE) ** 2
    options = SpectrumOptions(number=8)
    found = growth_rates(problem, shifts=[0.0], options=options)
    rates = sorted((mode.eigenvalue.real for mode in found.modes), reverse=True)
    for rate in expected:
        near = [r for r in rates if abs(r / rate - 1.0) < 1e-4]
        assert len(near) >= 1, (rate, rates)
    assert max(abs(mode.eigenvalue.imag) for mode in found.modes) < 1e-9 * abs(rates[0])


def test_files_have_one_field_a_component_and_checkpoints_all_of_them(comm, shared_tmp):
    problem = quaternary.problem(comm, DIFFUSION)
    solve_steady(problem)
    names = [field.name for field in output_fields(problem)]
    for name in "abc":
        assert {f"mass fraction of {name}", f"mass flux of {name}"} <= set(names)
    before = problem.get_state()
    path = write_checkpoint(shared_tmp / "kept", 0, problem, {})
    for function in problem.functions:
        function.x.array[:] = 0.0
    read_state(path, problem)
    for function, values in zip(problem.functions, before, strict=True):
        np.testing.assert_array_equal(function.x.array, values)
