"""Oscillatory onset of convection in a Soret layer, from the march of a small perturbation.

Half a wavelength of the layer between rigid, isothermal, impermeable plates, heated from below;
free slip, adiabatic, impermeable sides make it exactly the layer's threshold.
"""

from __future__ import annotations

from mpi4py import MPI

import numpy as np
import pytest
from scipy.linalg import hankel

from femsoret.cells import rectangle
from femsoret.fluids.groups import Groups, property_values
from femsoret.physics.closures import mixture_of_groups
from femsoret.post.fields import values_at
from femsoret.problem import Problem
from femsoret.problem.conditions import FreeSlip, Temperature
from femsoret.solve.march import March, MarchOptions

RA_C, WAVENUMBER, OMEGA = 2279.447, 3.1353, 11.2136
"""psi = -0.25, Le = 100, Pr = 10: Chebyshev spectral solution; Ra_c/1707.762 = 1.3347 in W. Barten,
M. Lucke, M. Kamps, R. Schmitz, Phys. Rev. E 51 (1995) 5636."""

PERIOD = 2.0 * np.pi / OMEGA
SMALL = 1e-4
T0 = 100.0


@pytest.fixture(scope="module")
def problem():
    width = np.pi / WAVENUMBER
    groups = Groups(Ra=RA_C, Pr=10.0, Le=100.0, psi=-0.25)
    return Problem(
        rectangle(MPI.COMM_WORLD, (width, 1.0), (3, 8), grading=(1.0, 4.0)),
        mixture_of_groups(property_values(groups, c0=0.5, S_T_dT=1.0), up=(0.0, 1.0), T0=T0),
        (
            Temperature("bottom", T0 + 0.5),
            Temperature("top", T0 - 0.5),
            FreeSlip(("left", "right")),
        ),
        degree=3,
    )


def eigenvalue(problem, times_critical):
    """Return growth rate and frequency of the oscillation that a perturbation turns into.

    Samples at equal intervals are a sum of exponentials; their exponents are eigenvalues of the
    shift of the signal's Hankel matrix (Y. Hua, T. K. Sarkar, IEEE Trans. ASSP 38 (1990) 814).
    """
    for function in problem.functions:
        function.x.array[:] = 0.0
    problem.function("theta").interpolate(
        lambda x: 0.5 - x[1] + SMALL * np.cos(WAVENUMBER * x[0]) * np.sin(np.pi * x[1])
    )
    problem.function("gamma").interpolate(lambda x: -0.25 * (0.5 - x[1]))
    step = PERIOD / 30.0
    with problem.changed(gravity__magnitude=times_critical * RA_C * 10.0):
        samples = []
        with March(problem, MarchOptions(fixed_step=step)) as march:
            for _ in march.until(120 * step):
                samples.append(values_at(problem.function("u"), [(0.0, 0.5)])[0, 1])
    signal = np.array(samples[15:])  # fast modes have died out
    half = len(signal) // 2
    matrix = hankel(signal[:half], signal[half - 1 :])
    left = np.linalg.svd(matrix)[0][:, :6]
    shifts = np.linalg.eigvals(np.linalg.lstsq(left[:-1], left[1:], rcond=None)[0])
    rates = np.log(shifts.astype(complex)) / step
    return rates[np.argmin(abs(rates - 1j * OMEGA))]


@pytest.mark.slow
def test_growth_changes_sign_at_the_threshold(problem):
    below, above = (eigenvalue(problem, factor) for factor in (0.99, 1.01))
    assert below.real < 0.0 < above.real
    # Both are linear in Ra so close to it.
    part = -below.real / (above.real - below.real)
    assert 0.99 + 0.02 * part == pytest.approx(1.0, abs=1e-3)
    assert below.imag + part * (above.imag - below.imag) == pytest.approx(OMEGA, rel=1e-3)
