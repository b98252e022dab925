"""Linear stability: decay rates that are known, dense eigenvalues, and published onsets."""

from __future__ import annotations

import math
import sys

import numpy as np
import pytest
import scipy.linalg
from everything import SI, Units, full_problem, liquid
from scipy.optimize import brentq

from femsoret.base.errors import MissingDependency, NotConverged
from femsoret.cells import rectangle
from femsoret.fluids.groups import Groups, property_values
from femsoret.physics.closures import mixture_of_groups
from femsoret.physics.forms import CONDUCTION, DIFFUSION
from femsoret.problem import Problem
from femsoret.problem.conditions import FreeSlip, Temperature
from femsoret.problem.orientation import up_vector
from femsoret.solve import Newton, SpectrumOptions, growth_rates, solve_steady

# -- what is known -------------------------------------------------------------------------------


def test_decay_of_heat_and_composition(comm):
    """Heat, zero above and below, and composition in a closed cell, no Soret effect, at rest.

    pi^2 alpha (m^2/L^2 + n^2/W^2), m >= 1, and pi^2 D (m^2/L^2 + n^2/W^2) without m = n = 0.
    """
    L, W = 2e-3, 3e-3
    m = liquid(S_T=0.0)
    walls = (Temperature(("bottom",), m.T0), Temperature(("top",), m.T0))
    cell = rectangle(comm, (W, L), (12, 8))
    c0 = m.species[0].c0
    alpha = m.conductivity(m.T0, c0) / (m.rho0 * m.cp)
    D = m.species[0].diffusion(m.T0, c0)

    def rates(diffusivity, pairs):
        return sorted(np.pi**2 * diffusivity * (i**2 / L**2 + j**2 / W**2) for i, j in pairs)

    numbers = [(i, j) for i in range(4) for j in range(4)]
    composition = rates(D, numbers[1:])[:4]
    heat = rates(alpha, [(i, j) for i, j in numbers if i])[:4]
    for equations, expected in ((DIFFUSION, composition), (CONDUCTION, heat)):
        found = growth_rates(Problem(cell, m, walls, equations=equations))
        assert found.converged
        assert found.is_stable
        rates_found = [-mode.growth_rate for mode in found.modes[:4]]
        assert rates_found == pytest.approx(expected, rel=1e-3)


def everything_solved(units=SI):
    problem = full_problem((3, 2), units=units)
    solve_steady(problem)
    return problem


def dense_pencil(problem):
    """Return -J, with the mean values in their rows, and M, on every rank."""
    with Newton(problem) as newton:
        system = newton.system
        x = system.vector()
        system.read(x)
        system.jacobian(x)

        def dense(A):
            first, last = A.getOwnershipRange()
            lines = np.zeros((last - first, A.getSize()[1]))
            for line, row in zip(lines, range(first, last), strict=True):
                columns, values = A.getRow(row)
                line[columns] = values
            return np.concatenate(system.comm.allgather(lines))

        J = dense(system.matrix)
        for constraint in system.constraints:
            J[constraint.row] = np.concatenate(
                system.comm.allgather(constraint.weights.array_r.copy())
            )
        return -J, dense(system.mass)


@pytest.mark.parametrize("where", ["real", "complex"])
def test_nearest_of_all_finite_eigenvalues(where):
    """Against a dense solver: none is missing, none is made up, none is at infinity."""
    problem = everything_solved()
    alpha, beta = scipy.linalg.eigvals(*dense_pencil(problem), homogeneous_eigvals=True)
    infinite = np.abs(beta) < 1e-9 * np.abs(alpha)
    assert infinite.sum() > 0.4 * len(beta)  # pressure, potential, walls
    finite = alpha[~infinite] / beta[~infinite]
    rate = problem.scales.unknown["u"] / problem.orientation.gap
    shift = complex(rate, 0.0 if where == "real" else 3.0 * rate)
    # The real part of the inverse prefers what is near to the shift or to its conjugate.
    pull = abs(1.0 / (shift - finite) + 1.0 / (shift.conjugate() - finite))
    expected = finite[np.argsort(-pull)][:6]
    found = growth_rates(problem, shifts=[shift], options=SpectrumOptions(number=6)).modes
    eigenvalues = np.array([mode.eigenvalue for mode in found])
    for value in expected:
        nearest = abs(eigenvalues - complex(value.real, abs(value.imag))).min()
        assert nearest <= 1e-6 * abs(shift - value)
    for value in eigenvalues:
        assert abs(finite - value).min() <= 1e-6 * abs(shift - value)


def test_modes_obey_what_holds_at_once(comm):
    """Walls, incompressibility and the mean composition: exactly, although M knows none of them."""
    problem = everything_solved()
    before = problem.get_state()
    modes = growth_rates(problem).modes
    for function, values in zip(problem.functions, before, strict=True):
        assert np.array_equal(function.x.array, values)
    with Newton(problem) as newton:
        system = newton.system
        x = system.vector()
        system.read(x)
        system.jacobian(x)
        y = system.vector()
        p = problem.layout.index("p")
        redundant = {c.row - y.getOwnershipRange()[0] for c in system.constraints}
        equations = sorted(set(range(*system.offsets[p : p + 2])) - redundant)
        for mode in modes:
            for part in (mode.real, mode.imaginary):
                problem.set_state(part)
                z = system.vector()
                system.read(z)
                for i, fixed in enumerate(system.fixed):
                    assert abs(system.owned(z, i)[fixed]).max(initial=0.0) < 1e-12
                for constraint in system.constraints:
                    assert abs(constraint.weights.dot(z)) < 1e-10 * max(1.0, z.norm())
                system.matrix.mult(z, y)
                assert abs(y.array_r[equations]).max(initial=0.0) < 1e-9
            assert mode.residual < 1e-6


def test_rates_in_any_units(comm):
    units = Units(metre=1e-3, kilogram=2e-3, second=60.0, kelvin=0.5)
    si, other = (growth_rates(everything_solved(u)) for u in (SI, units))
    for ours, theirs in zip(si.modes[:4], other.modes[:4], strict=True):
        assert theirs.eigenvalue == pytest.approx(60.0 * ours.eigenvalue, rel=1e-6)
        assert theirs.residual < 1e-6


# -- published onsets ----------------------------------------------------------------------------


def heated_from_below(comm, size, cells, slip, *, grading=1.0, Pr=10.0, Le=1.0, psi=0.0):
    """Return a cell with adiabatic sides; a pure fluid unless psi; gravity is Ra Pr."""
    groups = Groups(Ra=1.0, Pr=Pr, Le=Le, psi=psi)
    scaled = property_values(groups, c0=0.5, S_T_dT=0.1 if psi else 0.0)
    return Problem(
        rectangle(comm, size, cells, grading=grading),
        mixture_of_groups(
            scaled, up=up_vector((0.0, 1.0), 180.0), closure="linearised", pure=not psi
        ),
        (Temperature(("top",), 0.5), Temperature(("bottom",), -0.5), *slip),
    )


def leading(problem, Ra, shift):
    """Return the leading mode of the state at rest at a Rayleigh number."""
    gravity = problem.parameters["gravity.magnitude"]
    gravity.value = Ra * float(problem.mixture.gravity.magnitude)
    solve_steady(problem)
    return growth_rates(problem, shifts=[shift], options=SpectrumOptions(number=2)).leading


def onset(problem, low, high, shift, *, close=1e-6):
    """Return the Rayleigh number at which the growth rate is zero, to a relative ``close``."""
    return brentq(
        lambda Ra: leading(problem, Ra, shift).growth_rate, low, high, xtol=close * low, rtol=1e-14
    )


def test_newton_at_the_onset(comm):
    """The Jacobian is singular there and makes large steps of round-off: no failure."""
    slip = (FreeSlip(("left", "right")),)
    problem = heated_from_below(comm, (math.pi / 3.1163, 1.0), (6, 6), slip, grading=2.0)
    critical = onset(problem, 1690.0, 1730.0, 5.0, close=1e-13)
    assert critical == pytest.approx(1707.762, rel=4e-3)
    gravity = problem.parameters["gravity.magnitude"]
    unit = float(problem.mixture.gravity.magnitude)
    for distance in np.linspace(-1e-10, 1e-10, 21):  # without care one in some twenty fails
        for Ra in (1.001 * critical, critical * (1.0 + distance)):
            gravity.value = Ra * unit
            solve_steady(problem)


def soret_layer(comm):
    """Return half a wavelength of a layer with psi = -0.25, Le = 100, Pr = 10."""
    return heated_from_below(
        comm,
        (math.pi / 3.1353, 1.0),
        (6, 8),
        (FreeSlip(("left", "right")),),
        grading=2.0,
        Le=100.0,
        psi=-0.25,
    )


@pytest.mark.serial  # some 600 back-substitutions: on more ranks above all messages
def test_default_shifts_find_the_pair(comm):
    """It leads, past dozens of slowly decaying compositions between it and any real shift."""
    problem = soret_layer(comm)
    problem.parameters["gravity.magnitude"].value = 2290.0 * float(
        problem.mixture.gravity.magnitude
    )
    solve_steady(problem)
    found = growth_rates(problem, options=SpectrumOptions(number=2))
    assert not found.is_stable
    assert found.leading.oscillates
    assert found.leading.frequency == pytest.approx(11.2136, rel=1e-2)
    assert found.modes[1].growth_rate < 0.0


# -- what fails ----------------------------------------------------------------------------------


def test_nothing_converges():
    problem = everything_solved()
    options = SpectrumOptions(tolerance=1e-300, max_restarts=1)
    with pytest.raises(NotConverged, match="no eigenvalue converged near 1"):
        growth_rates(problem, shifts=[1.0], options=options)


def test_without_slepc(monkeypatch):
    monkeypatch.setitem(sys.modules, "slepc4py", None)
    with pytest.raises(MissingDependency, match="slepc4py"):
        growth_rates(everything_solved(), shifts=[1.0])
