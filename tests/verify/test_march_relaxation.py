"""How a closed cell without flow comes to its separation, against the exact series.

T is linear from the start, so that one equation is left: c_t = D (c_y + S_T f T_y)_y between closed
walls at y = 0 (cold) and y = 1, with tau = 1/(pi^2 D):

linearised  c less its steady profile is a Fourier cosine series,
            (c - c_inf)_n ~ cos(n pi y) exp(-n^2 t/tau);
dilute      with c = exp(-a y/2) w, a = S_T dT, drift becomes decay: w_t = D (w_yy - a^2 w/4) and
            w_y + a w/2 = 0 at both walls, hence w_n = cos(n pi y) - a/(2 n pi) sin(n pi y), whose
            norm squared is (1 + (a/(2 n pi))^2)/2, decaying by D (n^2 pi^2 + a^2/4).
"""

from __future__ import annotations

import numpy as np
import pytest

from femsoret.cells import rectangle
from femsoret.fluids.properties import Constant
from femsoret.physics.closures import BoussinesqMixture, Gravity, Species
from femsoret.physics.closures.diffusion import CLOSURES
from femsoret.physics.forms import DIFFUSION
from femsoret.post.readings import WallMean
from femsoret.post.soret import read
from femsoret.problem import Problem
from femsoret.problem.conditions import Temperature
from femsoret.solve.march import March, MarchOptions

T0, C0, LE = 300.0, 0.01, 100.0
TAU = LE / np.pi**2
N = np.arange(1, 1500)
EARLIEST = 0.01 * TAU
"""Before, what no mesh resolves is a part of the separation: it begins like the root of t."""

TOLERANCES = (1e-3, 1e-4, 1e-5, 1e-6)


def linearised(start, t):
    """Return S(t)/S_inf, from start times the steady profile."""
    odd = N[::2]
    return 1.0 - (1.0 - start) * (8.0 / (odd * np.pi) ** 2 @ np.exp(-np.outer(odd**2, t / TAU)))


def dilute(a, start, t):
    """Return S(t)/c0 from the steady profile that start a has: c ~ exp(-start a y)."""
    mu, k, sign = a / 2.0, N * np.pi, (-1.0) ** N

    def profile(rate):  # exp(-rate y) with mean 1
        return rate / -np.expm1(-rate) if rate else 1.0

    nu = mu - start * a
    products = (nu + mu) / (nu**2 + k**2) * (np.exp(nu) * sign - 1.0)
    amplitudes = profile(start * a) * products / (0.5 * (1.0 + (mu / k) ** 2))
    # exp(-mu y) w_n(y) at y = 0 less at y = 1:
    at_walls = 1.0 - np.exp(-mu) * sign
    decays = np.exp(-np.outer((k**2 + mu**2) / LE, t))
    return -profile(a) * np.expm1(-a) + (amplitudes * at_walls) @ decays


def layer(comm, closure, S_T):
    """Return a strip between walls at y = 0 and y = 1, 1 K apart, with alpha = 1 and D = 1/Le."""
    mixture = BoussinesqMixture(
        T0=T0,
        rho0=1.0,
        cp=1.0,
        beta_T=1.0,
        viscosity=Constant(1.0),
        conductivity=Constant(1.0),
        gravity=Gravity(0.0, (0.0, 1.0)),
        species=(Species("trace", C0, 0.0, Constant(1.0 / LE), Constant(S_T)),),
        closure=CLOSURES[closure],
    )
    walls = (Temperature("bottom", T0 - 0.5), Temperature("top", T0 + 0.5))
    cell = rectangle(comm, (0.1, 1.0), (1, 12), grading=20.0)
    return Problem(cell, mixture, walls, equations=DIFFUSION, degree=4)


def profile_of(closure, a, start):
    """Return the composition at the start, less its mean."""
    if closure == "linearised" or not start:
        return lambda x: -start * a * C0 * (1.0 - C0) * (x[1] - 0.5)
    return lambda x: C0 * (start * a / -np.expm1(-start * a) * np.exp(-start * a * x[1]) - 1.0)


def relaxation(problem, start, tolerance, **options):
    """Return times and separations of a march to 5 tau, and its steps with those rejected."""
    problem.function("theta").interpolate(lambda x: x[1] - 0.5)
    problem.function("gamma").interpolate(start)
    rows = []
    with March(problem, MarchOptions(tolerance=tolerance, **options)) as march:
        for step in march.until(5.0 * TAU):
            at = read(problem, WallMean("top"), WallMean("bottom"))
            rows.append((step.clock.t, at.separation))
    return np.array(rows).T, march.clock.factorisations


@pytest.mark.parametrize(
    ("closure", "a", "start"),
    [
        ("linearised", 1.0, 0.0),
        ("linearised", -1.0, -1.0),
        ("dilute", -1.0, 0.0),
        ("dilute", 1.0, -1.0),
    ],
    ids=[
        "linearised, from uniform",
        "linearised, S_T < 0, from the cell turned over",
        "dilute, S_T < 0, from uniform",
        "dilute, from the cell turned over",
    ],
)
def test_separation_in_time(comm, closure, a, start):
    problem = layer(comm, closure, a)
    work = []
    for tolerance in TOLERANCES:
        (t, S), count = relaxation(problem, profile_of(closure, a, start), tolerance)
        exact = (
            C0 * dilute(a, start, t)
            if closure == "dilute"
            else a * C0 * (1.0 - C0) * linearised(start, t)
        )
        late = t >= EARLIEST
        error = np.abs(S - exact)[late].max() / np.abs(exact).max()
        assert error < tolerance
        work.append(count)
    # The error estimate is of order 4: ten times less error for 10^(1/4) times the steps.
    assert work[-1] <= 1.25 * 10.0 ** (3 / 4) * work[0]
    assert work[-1] >= 2.0 * work[0]
