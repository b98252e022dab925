"""Mass: what a volume holds, and the rates of decay that follow from it."""

from __future__ import annotations

from dataclasses import replace

from mpi4py import MPI

import numpy as np
import pytest
from everything import full_problem, liquid

from femsoret.base.errors import CaseError
from femsoret.cells import rectangle
from femsoret.physics.forms import DIFFUSION, term
from femsoret.problem import Problem
from femsoret.problem.conditions import Temperature
from femsoret.solve.linear.assembly import BlockSystem


def test_what_the_cell_holds():
    """The entries of a block of the mass matrix add up to what a field of 1 amounts to."""
    problem = full_problem((3, 2))
    system, m = BlockSystem(problem), problem.mixture
    held = {"u": m.rho0, "theta": m.rho0 * m.cp, "gamma": m.rho0}
    rows = system.mass.createVecLeft()
    for i, name in enumerate(problem.layout.names):
        ones, y = system.vector(), rows.duplicate()
        system.local(ones, i)[:] = 1.0
        system.mass.mult(ones, y)
        field = next(problem.layout.fields_of(name), name)
        scale = problem.scales.residual[field] / problem.scales.unknown[field]
        total = problem.cell.comm.allreduce(float(system.owned(y, i).sum())) * scale
        components = problem.cell.dim if name == "u" else 1
        expected = held.get(name, 0.0) * problem.cell.volume * components
        # Rows of walls with given values hold nothing, so something is missing, but not much.
        if expected == 0.0:
            assert y.norm() == 0.0
        else:
            assert 0.4 * expected < total < expected * (1 + 1e-12)


def test_a_mass_that_depends_on_the_state_is_refused():
    """Its entries would be missing without a word: only what is the same at every state counts."""

    @term(is_rate=True)
    def of_density(s, v, m, dx):
        return m.rho0 * (1.0 + 0.1 * s.theta) * s.theta * v.theta * dx

    cell = rectangle(MPI.COMM_WORLD, (1e-3, 1e-3), (2, 2))
    walls = (Temperature(("bottom",), 300.0), Temperature(("top",), 301.0))
    equations = replace(DIFFUSION, terms=(*DIFFUSION.terms, of_density))
    system = BlockSystem(Problem(cell, liquid(), walls, equations=equations))
    with pytest.raises(CaseError, match="mass term of the temperature depends on the state"):
        _ = system.mass


def test_slowest_decay_of_heat_and_composition():
    """sin(pi y/L) of heat decays with pi^2 alpha/L^2, cos(pi x/W) of c with pi^2 D/W^2."""
    L, W = 2e-3, 3e-3
    m = liquid(S_T=0.0)
    cell = rectangle(MPI.COMM_WORLD, (W, L), (8, 8))
    walls = (Temperature(("bottom",), m.T0), Temperature(("top",), m.T0))
    problem = Problem(cell, m, walls, equations=DIFFUSION)
    system = BlockSystem(problem)
    x, Jx, Mx = system.vector(), system.vector(), system.vector()
    system.jacobian(x)  # at rest: T0 and c0 everywhere
    problem.function("theta").interpolate(lambda y: np.sin(np.pi * y[1] / L))
    problem.function("gamma").interpolate(lambda y: np.cos(np.pi * y[0] / W))
    system.read(x)
    system.matrix.mult(x, Jx)
    system.mass.mult(x, Mx)
    c0 = m.species[0].c0
    alpha = m.conductivity(m.T0, c0) / (m.rho0 * m.cp)
    expected = np.pi**2 * np.array([alpha / L**2, m.species[0].diffusion(m.T0, c0) / W**2])
    pinned = [c.row - x.getOwnershipRange()[0] for c in system.constraints]
    for i, rate in enumerate(expected):
        products = [system.owned(x, i) * system.owned(y, i) for y in (Jx, Mx)]
        for row in pinned:  # the equation of the mean value is none of decay
            if 0 <= row - system.offsets[i] < system.sizes[i]:
                for product in products:
                    product[row - system.offsets[i]] = 0.0
        found = [cell.comm.allreduce(float(product.sum())) for product in products]
        assert found[0] / found[1] == pytest.approx(rate, rel=2e-2)
