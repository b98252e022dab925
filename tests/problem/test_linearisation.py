"""The Jacobian in two parts: what is the same at every state, and the rest."""

from __future__ import annotations

from mpi4py import MPI

import numpy as np
import pytest
from everything import full_problem, put_waves

from femsoret.cells import cylinder, rectangle
from femsoret.fluids.groups import Groups, property_values
from femsoret.physics.closures import mixture_of_groups
from femsoret.problem import Problem
from femsoret.problem.conditions import Temperature
from femsoret.solve.linear.assembly import BlockSystem


def pure_problem():
    """A square of pure fluid with constant properties."""
    scaled = property_values(Groups(Ra=1e4, Pr=0.71, Le=1.0), c0=0.5, S_T_dT=0.0)
    return Problem(
        rectangle(MPI.COMM_WORLD, (1.0, 1.0), (3, 3)),
        mixture_of_groups(scaled, up=(0.0, 1.0), pure=True),
        (Temperature("left", 0.5), Temperature("right", -0.5)),
    )


def curved_problem():
    """A cylinder of curved hexahedra, where two quadrature rules in one kernel would show."""
    scaled = property_values(Groups(Ra=1e4, Pr=0.71, Le=1.0), c0=0.5, S_T_dT=0.0)
    return Problem(
        cylinder(MPI.COMM_WORLD, 1.0, 1.0, (2, 2), axis="y"),
        mixture_of_groups(scaled, up=(0.0, 1.0, 0.0), pure=True),
        (Temperature("top", 0.5), Temperature("bottom", -0.5)),
    )


def parts(problem):
    """Return the blocks of either part that are not None, as pairs of names."""
    names = problem.layout.names
    return [
        {
            (names[i], names[j])
            for i, row in enumerate(forms)
            for j, form in enumerate(row)
            if form is not None
        }
        for forms in (problem.jacobian.constant, problem.jacobian.varying)
    ]


def test_with_constant_properties_only_what_flows_varies():
    constant, varying = parts(pure_problem())
    assert varying == {("u", "u"), ("theta", "u"), ("theta", "chi"), ("theta", "theta")}
    assert varying < constant  # it makes room for them in the matrix
    assert {("u", "p"), ("p", "u"), ("phi", "phi"), ("phi", "theta"), ("p", "p")} < constant
    assert {("chi", "u"), ("chi", "chi")} < constant
    assert ("u", "gamma") not in constant


def test_properties_that_vary_are_in_the_varying_part():
    _, varying = parts(full_problem((2, 2)))  # viscosity, conductivity, D and S_T of T and c
    assert {("u", "theta"), ("gamma", "theta"), ("theta", "gamma")} < varying
    assert not varying & {("u", "p"), ("p", "u"), ("u", "phi"), ("phi", "phi")}


@pytest.mark.parametrize(
    "make",
    [pure_problem, lambda: full_problem((2, 2)), curved_problem],
    ids=["pure", "full", "curved"],
)
def test_the_jacobian_is_the_derivative_of_the_residual(make):
    problem = make()
    system = BlockSystem(problem)
    if problem.cell.dim == 2:
        put_waves(problem, 1)
    else:
        problem.function("u").interpolate(lambda y: np.sin(3.0 * y + 1.0))
        problem.function("theta").interpolate(lambda y: np.cos(2.0 * y[0] + y[2]))
    problem.impose()
    x, direction = system.vector(), system.vector()
    system.read(x)
    first, last = x.getOwnershipRange()
    direction.array[:] = np.sin(1.0 + np.arange(first, last))
    for i, dofs in enumerate(system.fixed):
        system.local(direction, i)[dofs] = 0.0
    # Twice, the second time with another gravity: the constant part follows its parameters.
    for factor in (1.0, 0.5):
        problem.parameters["gravity.magnitude"].value *= factor
        system.jacobian(x)
        found, expected = system.vector(), system.vector()
        system.matrix.mult(direction, found)
        ahead, behind = x.copy(), x.copy()
        ahead.axpy(1e-6, direction)
        behind.axpy(-1e-6, direction)
        system.residual(ahead, expected)
        system.residual(behind, found_behind := system.vector())
        expected.axpy(-1.0, found_behind)
        expected.scale(0.5e6)
        for constraint in system.constraints:  # the matrix has unit rows there
            if first <= constraint.row < last:
                found.setValue(constraint.row, 0.0)
                expected.setValue(constraint.row, 0.0)
        found.assemble()
        expected.assemble()
        scale = system.block_maxima(expected)
        found.axpy(-1.0, expected)
        assert (system.block_maxima(found) <= 1e-6 * np.maximum(scale, 1.0)).all()
    system.destroy()
