"""Internal states in time, against the eigenvalues of closed problems in one dimension."""

from __future__ import annotations

import numpy as np
import pytest
from dolfinx import fem
from particles import C0, COLD, HOT, T0, in_cosines, solvent, strip, two_states
from scipy.linalg import expm

from femsoret.cells import rectangle
from femsoret.physics.forms import Equations
from femsoret.physics.forms.transport import species_diffusion, species_exchange, species_storage
from femsoret.post.internal_states import InternalStates, wall_to_wall_soret
from femsoret.post.readings import WallMean
from femsoret.problem import Problem
from femsoret.problem.conditions import Temperature
from femsoret.solve import NewtonOptions, solve_steady
from femsoret.solve.march import March, MarchOptions
from femsoret.solve.spectrum.stability import growth_rates

SPECIES = Equations(
    "species", ("gamma",), (species_diffusion, species_exchange, species_storage), given=("theta",)
)
D1, D2, E = 0.1, 1.0, 1.0


def exchange(T, k0):
    """Return K of dP/dt = -K P, states 1 and 2, shape (..., 2, 2)."""
    down, up = k0 * np.ones_like(T), k0 * np.exp(-E / T)
    return np.moveaxis(np.array([[up, -down], [-up, down]]), (0, 1), (-2, -1))


@pytest.mark.parametrize(
    ("k0", "preset"),
    [(0.1, "direct"), (1e3, "direct"), (1e3, "amg")],
    ids=["slow exchange", "fast exchange", "fast exchange, combined equations"],
)
def test_a_wave_relaxes_with_both_eigenvalues(comm, k0, preset):
    """At one temperature cos(pi y) decays by exp[-(pi^2 D + K) t], in both states at once."""
    cell = rectangle(comm, (0.1, 1.0), (1, 12))
    theta = fem.Function(fem.functionspace(cell.mesh, ("Lagrange", 1)))
    walls = (Temperature(("top",), HOT), Temperature(("bottom",), COLD))
    mixture, given = solvent([two_states(D1, D2, E, k0)]), {"theta": theta}
    problem = Problem(cell, mixture, walls, equations=SPECIES, given=given, degree=3)
    start = C0 * np.array([0.2, -0.1])
    for i, amplitude in enumerate(start):
        gamma = problem.function("gamma").sub(i)
        gamma.interpolate(lambda x, a=amplitude: a * np.cos(np.pi * x[1]))
    decay = np.pi**2 * np.diag([D1, D2]) + exchange(np.array(T0), k0)
    with March(problem, MarchOptions(tolerance=1e-5, preset=preset)) as march:
        for step in march.until(1.0):
            P = [WallMean("bottom").of(problem, f"gamma_{i}") for i in range(2)]
            np.testing.assert_allclose(P, expm(-decay * step.clock.t) @ start, atol=3e-5 * C0)
    assert march.clock.steps > 5


@pytest.mark.parametrize("k0", [0.3, 100.0], ids=["slow exchange", "fast exchange"])
def test_separation_comes_at_the_slowest_rate(comm, k0):
    """The separation in a gradient ends as exp(-lambda t), and at the steady state.

    The spectrum of the steady state, in which states and exchange are coupled, begins with lambda.

    lambda is that of a Galerkin method with cosines.
    """
    A = in_cosines(two_states(D1, D2, E, k0), COLD, HOT)
    slowest = np.sort(np.linalg.eigvals(A).real)[1]  # after the zero of the total

    problem = strip(comm, [two_states(D1, D2, E, k0)], cells=12, grading=1.0, degree=3)
    problem.function("theta").interpolate(lambda x: COLD - T0 + (HOT - COLD) * x[1])
    for i, excess in enumerate((-0.3, 0.3)):  # excited states, which the slowest mode empties
        problem.function("gamma").sub(i).interpolate(lambda x, a=excess: a * C0 + 0.0 * x[0])
    found, rows, end = InternalStates(problem), [], 6.0 / slowest
    with March(problem, MarchOptions(tolerance=1e-5)) as march:
        for step in march.until(end):
            rows.append((step.clock.t, wall_to_wall_soret(found)))
    solve_steady(problem, NewtonOptions(tolerance=1e-10))
    leading = growth_rates(problem, shifts=(0.0,)).modes[0]
    assert leading.growth_rate == pytest.approx(-slowest, rel=1e-6)
    t, S = np.array(rows).T
    left = abs(wall_to_wall_soret(found) - S)
    late = (t > 0.4 * end) & (t < 0.8 * end)
    rate = -np.polyfit(t[late], np.log(left[late]), 1)[0]
    assert rate == pytest.approx(slowest, rel=5e-3)
    assert left[-1] <= 1e-2 * abs(S[-1])
