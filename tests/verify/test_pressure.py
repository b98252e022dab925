"""The reported pressure is the physical one: of level layers at rest it is known in closed form."""

from __future__ import annotations

import numpy as np
import pytest
from slanted import slanted
from squares import hot_and_cold

from femsoret.cells import alfeld_split, box, rectangle
from femsoret.fluids.groups import Groups, property_values
from femsoret.io import output_fields
from femsoret.io.field_files import Content, Samples, Space, fluid_part
from femsoret.physics.closures import mixture_of_groups
from femsoret.problem import Problem
from femsoret.problem.discretisation import SCOTT_VOGELIUS, TAYLOR_HOOD, WELL_BALANCED
from femsoret.solve import solve_steady

RA, PR = 1e4, 0.7


def reported_pressure(cell, discretisation):
    """Return the written pressure and the heights of its nodes, of a cell heated from above."""
    scaled = property_values(Groups(Ra=RA, Pr=PR, Le=1.0), c0=0.5, S_T_dT=0.0)
    up = (0.0, 1.0, 0.0)[: cell.dim]
    mixture = mixture_of_groups(scaled, up=up, T0=100.0, pure=True)
    problem = Problem(cell, mixture, hot_and_cold("top", "bottom"), discretisation=discretisation)
    solve_steady(problem)
    (field,) = (f for f in output_fields(problem, "groups") if f.name == "pressure")
    space = Space(field.degree, field.continuous)
    samples = Samples(cell, Content("fluid", fluid_part(cell), {field: space}))
    samples.update()
    (function,) = samples.functions
    return function.x.array, function.function_space.tabulate_dof_coordinates()[:, 1]


@pytest.mark.parametrize(
    ("discretisation", "dim", "tolerance"),
    [
        (WELL_BALANCED, 2, 1e-11),
        (WELL_BALANCED, 3, 1e-11),
        (TAYLOR_HOOD, 2, 2e-2),  # linear pieces of a parabola
        (SCOTT_VOGELIUS, 2, 2e-2),
    ],
    ids=["well-balanced", "well-balanced-3d", "taylor-hood", "scott-vogelius"],
)
def test_hydrostatic_pressure(comm, discretisation, dim, tolerance):
    if dim == 2:
        cell = slanted(rectangle(comm, (1.0, 1.0), (6, 6), shape="triangle"))
    else:
        cell = slanted(box(comm, (1.0,) * 3, (2, 2, 2), shape="tetrahedron"))
    cell = alfeld_split(cell) if discretisation.alfeld else cell
    found, z = reported_pressure(cell, discretisation)
    # dp/dz = rho0 g beta_T (T - T0) with T - T0 = z - 1/2; the mean is zero.
    expected = RA * PR * (0.5 * z**2 - 0.5 * z + 1.0 / 12.0)
    assert np.max(np.abs(found - expected), initial=0.0) < tolerance * RA * PR
