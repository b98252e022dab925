"""What a page, its figures and the field files show of solid walls."""

from __future__ import annotations

import numpy as np
import pytest
from report_cases import same_on_all_ranks

from femsoret.io.field_files import Content, Samples, Space, fluid_part, solid_part
from femsoret.io.fields import output_fields
from femsoret.post.fields import values_at
from femsoret.report.contents import draw_fields
from femsoret.report.figures.samples import sample
from femsoret.report.tables.run import tables


def test_the_page_names_walls_and_thermostats(between_walls):
    content = between_walls.summary
    assert set(content["solids"]) == {"bottom wall", "top wall", "left wall"}
    assert content["solids"]["left wall"]["name"] == "borosilicate"
    beyond = content["soret"]["at_thermostats"]
    assert beyond["dT"] == pytest.approx(4.0, rel=1e-12)
    assert beyond["bias"] < content["soret"]["bias"] < 0.0
    titles = {table.title: table for table in tables(content)}
    shown = [row[0] for row in titles["Soret coefficient"].rows]
    assert "S_T apparent, T of the thermostats" in shown
    assert len(titles["Solid walls"].rows) == 9
    assert "conductivity of left wall" in content["data_uncertainty"]["entries"]


def test_figures_show_the_solid(between_walls):
    samples = sample(between_walls.solution)
    plane = samples.plane
    assert same_on_all_ranks(plane.solid)
    s, t = np.meshgrid(plane.s, plane.t)
    inside = (s > 1e-6) & (t > 1e-6) & (t < 4e-3 - 1e-6)
    outside = (s < -1e-6) | (t < -1e-6) | (t > 4e-3 + 1e-6)
    assert plane.solid[outside].all()
    assert not plane.solid[inside].any()
    assert np.isfinite(plane.theta).all()  # temperature goes on through walls
    assert np.isnan(plane.gamma[:, outside]).all()
    assert np.isnan(plane.speed[outside]).all()
    assert np.isfinite(plane.gamma[:, inside]).all()
    assert "solid walls hatched" in draw_fields(samples, between_walls.summary)[0].caption


def test_files_of_the_fluid_hold_its_own_values_up_to_its_walls(between_walls):
    problem = between_walls.solution.convection
    fields = output_fields(problem)
    spaces = {field: Space(2, field.continuous) for field in fields}
    content = Content("", fluid_part(problem.cell), spaces)
    samples = Samples(problem.cell, content)
    samples.update()
    velocity = samples.functions[0]
    assert all(np.isfinite(function.x.array).all() for function in samples.functions)
    x = velocity.function_space.tabulate_dof_coordinates()
    here = x[: velocity.function_space.dofmap.index_map.size_local]
    rows = problem.cell.comm.allgather(here[:, 1].max(initial=0.0))
    assert max(rows) == pytest.approx(4e-3, rel=1e-9)  # the plates are 1 mm further
    found = velocity.x.array.reshape(-1, 2)[: len(here)]
    points = problem.cell.comm.allgather((here[::7], found[::7]))
    for at, u in points:
        np.testing.assert_allclose(values_at(problem.function("u"), at), u, rtol=0, atol=1e-16)


def test_heat_flux_of_a_solid_is_its_own(between_walls):
    problem = between_walls.solution.convection
    fields = [f for f in output_fields(problem) if f.name in {"heat flux", "temperature deviation"}]
    solid = solid_part(problem.cell)
    spaces = {field: Space(1, field.continuous) for field in fields}
    samples = Samples(problem.cell, Content("", solid, spaces))
    samples.update()
    q = samples.functions[[f.name for f in fields].index("heat flux")]
    V = q.function_space
    cells = np.flatnonzero(np.isin(solid.cells, problem.cell.cells_of("top wall")))
    plate = np.unique(V.dofmap.list[cells])
    far = plate[V.tabulate_dof_coordinates()[plate, 0] > 6e-3]  # from the glass
    fluid = problem.mixture.reference.kappa
    passing = -fluid * between_walls.solution.soret.at.dT / 4e-3
    assert np.allclose(q.x.array.reshape(-1, 2)[far, 1], passing, rtol=0.05)
