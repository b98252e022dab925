from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from femsoret.cells import Wall, box, from_file, rectangle
from femsoret.cells.geometry import owned_cells
from femsoret.report.figures.fields import clip, extended
from femsoret.report.figures.samples import outline

MESHES = Path(__file__).parents[2] / "meshes"
TUBE = dict.fromkeys(("left", "right", "bottom", "top"), Wall(0.25, 2))


def polygons(border):
    return np.split(border, np.flatnonzero(np.isnan(border[:, 0])) + 1)[:-1]


def area(border):
    """Return the area inside, holes taken off, by Gauss's formula."""
    total = 0.0
    for polygon in polygons(border):
        (x, y), (x_next, y_next) = polygon[:-1].T, np.roll(polygon[:-1], -1, axis=0).T
        total += 0.5 * float((x * y_next - y * x_next).sum())
    return total


def test_it_goes_round_a_cell_of_any_shape(comm):
    cell = from_file(comm, MESHES / "two_chambers.msh")
    border = outline(cell, owned_cells(cell.mesh))
    assert len(polygons(border)) == 1
    assert area(border) == pytest.approx(cell.volume, rel=1e-12)


@pytest.mark.parametrize("shape", ["quadrilateral", "triangle"])
def test_holes_are_taken_off(comm, shape):
    cell = rectangle(comm, (2.0, 1.0), (6, 4), shape=shape, walls=TUBE)
    owned = owned_cells(cell.mesh)
    whole, fluid = outline(cell, owned), outline(cell, cell.fluid_cells)
    solid = outline(cell, np.setdiff1d(owned, cell.fluid_cells))
    assert [len(polygons(border)) for border in (whole, fluid, solid)] == [1, 1, 2]
    assert area(whole) == pytest.approx(2.5 * 1.5)
    assert area(fluid) == pytest.approx(2.0)
    assert area(solid) == pytest.approx(2.5 * 1.5 - 2.0)


def test_a_cell_in_3d_has_none(comm):
    cell = box(comm, (1, 1, 1), (1, 1, 1))
    assert outline(cell, owned_cells(cell.mesh)).shape == (0, 2)


def test_a_field_reaches_its_border_and_ends_there(comm):
    corner = np.array([[0, 0], [1, 0], [1, 1], [0, 0], [np.nan, np.nan]], dtype=float)
    x = np.linspace(0.0, 1.0, 21)
    values = np.where(np.add.outer(-x, x) >= 0.1, 1.0, np.nan)  # less than the triangle
    assert not np.isnan(extended(values, corner)).any()
    assert np.isnan(extended(values, corner[:0])).any()

    figure = Figure(figsize=(1, 1), dpi=100)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    image = axes.pcolormesh(x, x, extended(values, corner), cmap="gray", vmin=1.0, vmax=2.0)
    clip(axes, image, corner * 1e-3, 1e3)
    axes.set(xlim=(0, 1), ylim=(0, 1))
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    dark = np.asarray(canvas.buffer_rgba())[..., 0] < 128
    assert dark.mean() == pytest.approx(0.5, abs=0.02)
    assert dark[80, 70]  # (0.7, 0.2), below the diagonal
    assert not dark[20, 30]
