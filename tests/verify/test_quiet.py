"""Where nothing should grow nothing does: level, stably stratified cells on coarse meshes.

Heat and species carried by the velocity as it is, in place of u - grad chi, make each of these
cells overturn by itself.
"""

from __future__ import annotations

import importlib
import math
import sys

import pytest

from femsoret.cells import box, rectangle
from femsoret.fluids import load_fluid
from femsoret.fluids.groups import Groups, property_values
from femsoret.physics.closures import mixture_of, mixture_of_groups
from femsoret.physics.forms import CONVECTION, DIFFUSION
from femsoret.problem import Problem
from femsoret.problem.conditions import Temperature
from femsoret.problem.orientation import up_vector
from femsoret.solve import SpectrumOptions, growth_rates, solve_steady

MM = 1e-3
T0 = 298.15

RELAXATION = ("thn-nc12", (10 * MM, 5 * MM))
INTERFEROMETRY = ("water-ethanol", (22 * MM, 6.3 * MM))

GROWING = 1e-2
"""1/s, near what grew on these meshes."""


@pytest.fixture(scope="module")
def quiet(pytestconfig):
    """Return bench/quiet.py, which imports its neighbours."""
    folder = str(pytestconfig.rootpath / "bench")
    sys.path.insert(0, folder)
    yield importlib.import_module("quiet")
    sys.path.remove(folder)
    for name in ("quiet", "noflow", "harness"):
        sys.modules.pop(name, None)


def take_layers(problem):
    """Give a problem at rest the layers of the cell without flow."""
    diffusion = problem.with_equations(DIFFUSION)
    solve_steady(diffusion)
    for block in diffusion.layout.names:
        problem.function(block).x.array[:] = diffusion.function(block).x.array


def level(comm, cell, cells, grading, equations=CONVECTION):
    """Return a level cell at rest, 10 K, heated from above, and its slowest decay, 1/s.

    With a strong stratification composition that varies along the cell levels out fast. What decays
    slowest varies with the height alone, moves nothing, and is known: pi^2 D/L^2.
    """
    name, size = cell
    fluid = load_fluid(name)
    mixture = mixture_of(fluid, T0=T0, c0=fluid.c, up=(0.0, 1.0))
    walls = (Temperature(("top",), T0 + 5.0), Temperature(("bottom",), T0 - 5.0))
    mesh = rectangle(comm, size, cells, grading=grading)
    problem = Problem(mesh, mixture, walls, equations=equations)
    take_layers(problem)
    D = float(mixture.species[0].diffusion(T0, fluid.c))
    return problem, math.pi**2 * D / size[1] ** 2


@pytest.mark.serial
@pytest.mark.parametrize(
    ("cell", "cells", "grading"),
    [(RELAXATION, (8, 6), 1.0), (RELAXATION, (8, 6), 3.0), (INTERFEROMETRY, (10, 4), 3.0)],
    ids=["relaxation", "relaxation, graded", "interferometry"],
)
def test_every_mode_of_a_level_cell_decays(comm, quiet, cell, cells, grading):
    problem, slowest = level(comm, cell, cells, grading)
    found = quiet.all_eigenvalues(problem)
    # The Dufour effect and the mesh are worth 2e-3 of the closed form.
    assert found[0] == pytest.approx(-slowest, rel=5e-3)
    plain, _ = level(comm, cell, cells, grading, quiet.PLAIN)
    assert quiet.all_eigenvalues(plain)[0].real > GROWING


@pytest.mark.parametrize(
    ("cell", "cells"),
    [(RELAXATION, (16, 12)), (INTERFEROMETRY, (30, 12))],
    ids=["relaxation", "interferometry"],
)
def test_a_run_s_own_mesh_has_no_growing_mode_near_those_that_were(comm, cell, cells):
    problem, slowest = level(comm, cell, cells, 3.0)
    found = growth_rates(problem, shifts=[GROWING], options=SpectrumOptions(number=4))
    assert found.converged
    assert found.leading.eigenvalue == pytest.approx(-slowest, rel=5e-3)


@pytest.mark.serial
@pytest.mark.parametrize("layers", ["bent", "sinh"])
@pytest.mark.parametrize(
    "mesh",
    [
        "8 x 6, inner nodes moved",
        "unstructured triangles",
        "8 x 5 between solid plates",
        "cylinder, axisymmetric, 6 x 6",
        "2 x 2 x 2 hexahedra, moved",
        "2 x 2 x 2 x 6 tetrahedra",
    ],
)
def test_curved_layers_on_any_mesh_do_not_grow(quiet, mesh, layers):
    (mesh,) = (one for one in quiet.SMALL if one.name == mesh)
    fluids = (quiet.Fluid(Ra=1e7, Le=100.0, psi=1.0),)
    (found,) = quiet.leading(quiet.at_rest(mesh, layers, CONVECTION), fluids, quiet.by_all)
    assert found.ratio < -0.5
    (plain,) = quiet.leading(quiet.at_rest(mesh, layers, quiet.PLAIN), fluids, quiet.by_all)
    assert plain.grows


@pytest.mark.serial
@pytest.mark.parametrize("shift", [1e-3, 1.0])
def test_modes_of_a_strongly_stratified_liquid_are_not_missing_uncertainties(quiet, shift):
    # Buoyancy and pressure cancel to eight digits, which left the slowest mode without trust.
    problem = quiet.at_rest(quiet.SMALL[0], "linear", CONVECTION)
    quiet.set_fluid(problem, quiet.Fluid(Ra=1e7, Le=1e4, psi=5.0))
    found = growth_rates(problem, shifts=[shift], options=SpectrumOptions(number=4))
    assert found.leading.eigenvalue == pytest.approx(-1e-4 * math.pi**2, rel=1e-3)
    assert found.leading.residual < 1e-5


@pytest.mark.serial
def test_a_weakly_coupled_wall_makes_no_mode_grow(quiet):
    # theta is half the imposed difference everywhere: theta div u was a source of heat.
    found = quiet.all_eigenvalues(quiet.weak_wall((4, 6), 2, CONVECTION))
    # Cells of degree 4 give -0.7086.
    assert found[0] == pytest.approx(-0.7086, abs=0.1)
    assert quiet.all_eigenvalues(quiet.weak_wall((4, 6), 2, quiet.PLAIN))[0].real > 1e3


def test_a_strongly_stratified_box_leans(comm):
    # 30 iterations between restarts, and at most 50, found no state here.
    scaled = property_values(Groups(Ra=1e6, Pr=10.0, Le=300.0, psi=1.0), c0=0.5, S_T_dT=1.0)
    mixture = mixture_of_groups(scaled, up=up_vector((0.0, 1.0, 0.0), 0.3), T0=T0)
    walls = (Temperature(("top",), T0 + 0.5), Temperature(("bottom",), T0 - 0.5))
    problem = Problem(box(comm, (1.0,) * 3, (3, 4, 3), grading=2.0), mixture, walls)
    take_layers(problem)
    report = solve_steady(problem)
    assert report.newton_iterations <= 6
