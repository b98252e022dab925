"""The count of growing eigenvalues: zeros by the winding of a function, then of det(J + s M)."""

from __future__ import annotations

import math

from mpi4py import MPI

import numpy as np
import pytest
import scipy.sparse as sp
from everything import liquid

from femsoret.base.errors import NotConverged
from femsoret.cells import rectangle
from femsoret.fluids.groups import Groups, property_values
from femsoret.physics.closures import mixture_of_groups
from femsoret.physics.forms import CONDUCTION
from femsoret.post.stratification import stratification
from femsoret.problem import Problem
from femsoret.problem.conditions import FreeSlip, Temperature
from femsoret.problem.orientation import up_vector
from femsoret.solve import (
    Newton,
    SpectrumOptions,
    counted_modes,
    growth_rates,
    solve_steady,
)
from femsoret.solve.spectrum import complex_lu
from femsoret.solve.spectrum import stability as modes
from femsoret.solve.spectrum.counting import zeros_to_the_right
from femsoret.solve.spectrum.shift_invert import RealShift
from femsoret.studies.energy_method import growth_bound
from femsoret.studies.onset.onset import Stability

PAIRS = {
    "none": [-1.0, -2.0 + 3.0j],
    "one, beside many that decay": [0.5, *(-0.01 * 1.02**n for n in range(600))],
    "near the axis, on either side": [1e-3 + 100.0j, -1e-3 + 100.0j],
    "two near one place": [0.01 + 5.0j, 0.0100001 + 5.0001j, -1.0],
    "fast and slow": [5.0 + 899.0j, 1e-3, -0.1 + 900.0j, 1.0 + 961.0j],
}


@pytest.mark.parametrize("case", PAIRS)
def test_zeros_to_the_right(case):
    zeros = np.array([z for z in PAIRS[case] for z in {complex(z), complex(z).conjugate()}])

    def logarithm(s):
        value = np.log(s - zeros).sum()
        folded = value.imag % (2.0 * np.pi)  # as of a determinant
        return complex(value.real, folded), complex((1.0 / (s - zeros)).sum())

    found = zeros_to_the_right(logarithm, 2000.0, 0.01)
    assert found.zeros == (zeros.real > 0.0).sum()


def test_a_neutral_zero_is_no_number():
    def logarithm(s):
        return complex(np.log(s**2 + 25.0)), 2.0 * s / (s**2 + 25.0)

    with pytest.raises(NotConverged, match=r"too close to the point 0.*5j"):
        zeros_to_the_right(logarithm, 2000.0, 0.01)


@pytest.mark.parametrize("missing", [False, True])
def test_complex_factors(missing, monkeypatch):
    """Solution and determinant, by UMFPACK and without it."""
    if missing:
        monkeypatch.setattr(complex_lu, "_umfpack", lambda: None)
    elif not complex_lu.has_umfpack():
        pytest.skip("no UMFPACK here")
    rng = np.random.default_rng(2)
    dense = [rng.standard_normal((40, 40)) * (rng.random((40, 40)) < 0.2) for _ in range(2)]
    J, M = dense[0] + 3.0 * np.eye(40), dense[1]
    J[7] = np.eye(40)[7]
    M[7] = 0.0
    A, weights = J + (0.3 + 2.0j) * M, rng.random(40)
    factors = complex_lu.Pencil(sp.csr_matrix(J), sp.csr_matrix(M)).factorise(0.3 + 2.0j)
    pinned = complex_lu.PinnedFactors(factors, [complex_lu.Row(7, weights)])
    A[7] = weights
    b = rng.standard_normal(40) + 1j * rng.standard_normal(40)
    b[7] = 0.0
    assert np.linalg.norm(A @ pinned.solve(b) - b) < 1e-10 * np.linalg.norm(b)
    sign, size = np.linalg.slogdet(A)
    apart = pinned.log_determinant() - complex(size, np.angle(sign))
    assert abs(np.exp(apart) - 1.0) < 1e-10
    pinned.close()


@pytest.fixture(scope="module")
def swinging():
    """A layer at rest, heated from below, psi < 0: two modes grow, and an oscillation."""
    scaled = property_values(Groups(Ra=1e4, Pr=10.0, Le=100.0, psi=-0.25), c0=0.5, S_T_dT=0.1)
    up = up_vector((0.0, 1.0), 180.0)
    problem = Problem(
        rectangle(MPI.COMM_WORLD, (math.pi / 3.1353, 1.0), (4, 6), grading=2.0),
        mixture_of_groups(scaled, up=up, closure="linearised"),
        (
            Temperature(("top",), 0.5),
            Temperature(("bottom",), -0.5),
            FreeSlip(("left", "right")),
        ),
    )
    solve_steady(problem)
    return problem


def test_what_grows_is_counted_and_found(swinging, monkeypatch):
    """Four eigenvalues: two real, one pair. One that the shifts miss is sought where it is."""
    layers = stratification(swinging)
    bound = growth_bound(swinging, layers)
    monkeypatch.setattr(modes, "default_shifts", lambda problem: (300.0, 30.0))
    found = counted_modes(swinging, reach=bound, options=SpectrumOptions(number=1))
    assert found.count.growing == 4
    assert found.count.reach == bound
    assert not found.is_stable
    assert found.missing == 0
    growing = [mode for mode in found.modes if mode.growth_rate > 0.0]
    assert [mode.oscillates for mode in growing] == [False, True, False]
    assert growing[1].frequency == pytest.approx(30.26, rel=2e-2)
    assert max(abs(mode.eigenvalue) for mode in growing) < bound
    # Without a count nothing is called stable.
    assert Stability(None, swinging, found).stable is False
    slow = growth_rates(swinging, shifts=[0.1], options=SpectrumOptions(number=4)).modes
    decays = [mode for mode in slow if mode.growth_rate < 0.0]
    uncounted = type(found)(tuple(decays), found.shifts)
    assert Stability(None, swinging, uncounted).stable is None


def test_a_double_eigenvalue_is_two_stationary_modes(comm):
    """Round-off makes a complex pair of it, whose parts are eigenvectors by themselves."""
    m = liquid(S_T=0.0)
    held = tuple(Temperature((side,), m.T0) for side in ("bottom", "top", "left", "right"))
    problem = Problem(rectangle(comm, (2e-3, 2e-3), (4, 4)), m, held, equations=CONDUCTION)
    shift = 0.1 * problem.scales.unknown["theta"]
    found = growth_rates(problem, shifts=[shift], options=SpectrumOptions(number=4)).modes
    one, two = found[1], found[2]  # pi^2 (1 + 4), twice
    assert one.growth_rate == pytest.approx(two.growth_rate, rel=1e-9)
    with Newton(problem) as newton:
        system = newton.system
        x, z = system.vector(), (system.vector(), system.vector())
        system.read(x)
        inverted = RealShift(newton, x, shift)

        def as_a_pair(real, imaginary, mixed):
            for mode, part in zip((real, imaginary), z, strict=True):
                problem.set_state(mode.real)
                system.read(part)
            z[0].axpy(mixed, z[1])
            return [mode for _, mode in modes._modes(system, inverted, z, complex(shift))]

        rates = [mode.growth_rate for mode in as_a_pair(one, two, 0.3)]
        assert rates == pytest.approx([one.growth_rate] * 2, rel=1e-9)
        # A part that is no eigenvector by itself: one mode.
        assert len(as_a_pair(found[0], found[3], 0.3)) == 1
        inverted.close()
