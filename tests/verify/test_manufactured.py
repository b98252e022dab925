"""Manufactured solutions: every term, every property a function of T and c, order by order."""

from __future__ import annotations

import numpy as np
import pytest
from manufactured import conditions, errors, mixture, start_from_exact, with_sources

from femsoret.cells import box, rectangle
from femsoret.forms import CONVECTION, PLAIN_CONVECTION
from femsoret.problem import Problem
from femsoret.solve import NewtonOptions, solve_steady

ORDERS_2D = {"u": 2.8, "p": 1.8, "theta": 2.8, "gamma_0": 2.8}
ORDERS_3D = {"u": 2.6, "p": 1.7, "theta": 2.6, "gamma_0": 2.6}


def solved_errors(cell, equations, *, closed):
    problem = Problem(
        cell,
        mixture(cell.dim),
        conditions(cell.dim, closed=closed),
        equations=with_sources(equations),
    )
    assert ("gamma_0" in {mean.block for mean in problem.pinned}) == closed
    start_from_exact(problem)
    solve_steady(problem, NewtonOptions(tolerance=1e-6))
    return errors(problem)


@pytest.mark.parametrize(
    ("shape", "equations", "closed", "cells", "least"),
    [
        ("quadrilateral", CONVECTION, False, (6, 12, 24), ORDERS_2D),
        ("quadrilateral", PLAIN_CONVECTION, False, (6, 12, 24), ORDERS_2D),
        ("triangle", CONVECTION, True, (4, 8, 16), ORDERS_2D),
        ("tetrahedron", CONVECTION, False, (2, 4, 6), ORDERS_3D),
        ("hexahedron", CONVECTION, True, (2, 3, 4), ORDERS_3D),
    ],
    ids=["quadrilateral", "unbalanced", "triangle-closed", "tetrahedron", "hexahedron-closed"],
)
def test_orders_of_convergence(comm, shape, equations, closed, cells, least):
    make, dim = (rectangle, 2) if shape in {"quadrilateral", "triangle"} else (box, 3)
    found = [
        solved_errors(make(comm, (1.0,) * dim, (n,) * dim, shape=shape), equations, closed=closed)
        for n in cells
    ]
    *_, coarse, fine = found
    refined = np.log(cells[-1] / cells[-2])
    orders = {name: float(np.log(coarse[name] / fine[name]) / refined) for name in least}
    assert all(orders[name] >= least[name] for name in least), (orders, found)
