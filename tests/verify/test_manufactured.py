"""Manufactured solutions: every term, every property a function of T and c, order by order."""

from __future__ import annotations

import numpy as np
import pytest
from manufactured import conditions, errors, mixture, start_from_exact, with_sources

from femsoret.cells import alfeld_split, box, rectangle
from femsoret.problem import Problem
from femsoret.problem.discretisation import SCOTT_VOGELIUS, TAYLOR_HOOD, WELL_BALANCED
from femsoret.solve import NewtonOptions, solve_steady

SLOW = pytest.mark.slow
ORDERS_2D = {"u": 2.8, "p": 1.8, "theta": 2.8, "gamma_0": 2.8}
ORDERS_3D = {"u": 2.6, "p": 1.7, "theta": 2.6, "gamma_0": 2.6}
ORDERS_CUBIC = {"u": 3.6, "p": 2.7, "theta": 3.6, "gamma_0": 3.6}


def solved_errors(cell, discretisation, *, closed):
    problem = Problem(
        alfeld_split(cell) if discretisation.alfeld else cell,
        mixture(cell.dim),
        conditions(cell.dim, closed=closed),
        discretisation=discretisation,
        equations=with_sources(discretisation.convection),
        degree=discretisation.smallest_degree[cell.dim - 2],
    )
    assert ("gamma_0" in {mean.field for mean in problem.pinned}) == closed
    start_from_exact(problem)
    solve_steady(problem, NewtonOptions(tolerance=1e-6))
    return errors(problem)


@pytest.mark.parametrize(
    ("shape", "discretisation", "closed", "cells", "least"),
    [
        ("quadrilateral", WELL_BALANCED, False, (6, 12, 24), ORDERS_2D),
        ("quadrilateral", TAYLOR_HOOD, False, (6, 12, 24), ORDERS_2D),
        ("triangle", WELL_BALANCED, True, (4, 8, 16), ORDERS_2D),
        ("triangle", SCOTT_VOGELIUS, True, (3, 6, 12), ORDERS_2D),
        pytest.param("tetrahedron", WELL_BALANCED, False, (2, 4, 6), ORDERS_3D, marks=SLOW),
        pytest.param("tetrahedron", SCOTT_VOGELIUS, False, (2, 3), ORDERS_CUBIC, marks=SLOW),
        ("hexahedron", WELL_BALANCED, True, (2, 3, 4), ORDERS_3D),
    ],
    ids=[
        "quadrilateral",
        "quadrilateral-taylor-hood",
        "triangle-closed",
        "triangle-scott-vogelius-closed",
        "tetrahedron",
        "tetrahedron-scott-vogelius",
        "hexahedron-closed",
    ],
)
def test_orders_of_convergence(comm, shape, discretisation, closed, cells, least):
    make, dim = (rectangle, 2) if shape in {"quadrilateral", "triangle"} else (box, 3)
    found = [
        solved_errors(
            make(comm, (1.0,) * dim, (n,) * dim, shape=shape), discretisation, closed=closed
        )
        for n in cells
    ]
    *_, coarse, fine = found
    refined = np.log(cells[-1] / cells[-2])
    orders = {name: float(np.log(coarse[name] / fine[name]) / refined) for name in least}
    assert all(orders[name] >= least[name] for name in least), (orders, found)
