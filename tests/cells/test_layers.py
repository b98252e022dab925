"""The mesh that benchmarks choose for a rectangle."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from femsoret.cells.axes import both_ends

sys.path.append(str(Path(__file__).parents[2] / "bench"))

from layered_mesh import LAYER_CELLS, choose_rectangle


def sizes(choice, aspect):
    """Return the sizes of the mesh cells across and along the gap."""
    return [
        length * np.diff(both_ends(np.linspace(0.0, 1.0, number + 1), grading))
        for length, number, grading in zip((aspect, 1.0), choice.cells, choice.grading, strict=True)
    ]


@pytest.mark.parametrize("aspect", [0.3, 1.0, 4.0])
@pytest.mark.parametrize(("Ra", "Pr", "Le"), [(1e2, 1.0, 1.0), (1e5, 0.71, 1.0), (1e4, 7.0, 100.0)])
def test_cells_at_walls_resolve_the_layer(Ra, Pr, Le, aspect):
    choice = choose_rectangle(Ra, Pr, Le, aspect, max_cells=10**6)
    assert not choice.capped
    for line in sizes(choice, aspect):
        assert line[0] < 1.2 * choice.layer / LAYER_CELLS
        assert line.max() < 1.05 / 12


def test_layers_of_the_heated_square():
    """Nu = 4.52 at Ra = 1e5, Pr = 0.71 (de Vahl Davis 1983): the layer is about 1/Nu/2 thick."""
    layer = choose_rectangle(1e5, 0.71, 1.0, 1.0).layer
    assert 0.5 / 4.52 / 2 < layer < 2.0 / 4.52 / 2


def test_what_makes_layers_thinner():
    base = choose_rectangle(1e5, 1.0, 10.0, 1.0).layer
    assert choose_rectangle(1e6, 1.0, 10.0, 1.0).layer < base
    assert choose_rectangle(1e5, 1.0, 80.0, 1.0).layer == pytest.approx(base / 2.0)
    assert choose_rectangle(-1e5, 1.0, 10.0, 1.0).layer == base


def test_a_cap_keeps_the_shape():
    free = choose_rectangle(1e6, 1.0, 100.0, 3.0, max_cells=10**6)
    capped = choose_rectangle(1e6, 1.0, 100.0, 3.0, max_cells=500)
    assert capped.capped
    assert np.prod(capped.cells) <= 500 < np.prod(free.cells)
    ratios = np.array(capped.cells) / np.array(free.cells)
    assert ratios[0] == pytest.approx(ratios[1], rel=0.1)
    assert capped.grading == free.grading
