"""Layers that are expected from the groups: where, how thin, and which meshes hold them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from squares import Soret, heated_square

from femsoret.cells import rectangle
from femsoret.post.resolution import expected_layers
from femsoret.studies.measure.state import dimensionless_groups


def layers(experiment):
    return expected_layers(experiment.problem(), dimensionless_groups(experiment))


def test_a_side_heated_square_has_thermal_layers_at_its_upright_walls(comm):
    # Ra = 10^7 on 24 uniform cells of degree 2: u_max is 1.2 % off, and velocities 18 %.
    square = heated_square(1e7, 4, comm=comm)
    for cells, grading, degree, held in ((24, 1.0, 2, False), (24, 6.0, 2, True)):
        mesh = rectangle(comm, (1.0, 1.0), (cells, cells), grading=grading)
        found = layers(replace(square, cell=mesh, degree=degree))
        assert set(found) == {"left", "right"}
        for layer in found.values():
            assert layer.kind == "thermal"
            assert layer.thickness == pytest.approx(1e7**-0.25)
            assert layer.held == held
    assert found["left"].cell_size < 1e7**-0.25


def test_a_stratified_liquid_has_layers_only_where_it_is_tilted(comm):
    # Ra Le psi = 10^5 heated from above: the plates are inclined by the tilt, the sides by 90.
    for tilt, sides in ((0.0, set()), (1.0, {"left", "right"}), (20.0, None)):
        liquid = Soret(5e5, psi=0.2, tilt=tilt)
        found = layers(liquid.square(6, comm=comm))
        if sides is None:
            assert set(found) == {"left", "right", "top", "bottom"}
            plate = (1e5 * 0.116978) ** -0.25  # sin^2 of 20 degrees
            assert found["top"].thickness == pytest.approx(plate, rel=1e-4)
            continue
        assert set(found) == sides
        for layer in found.values():
            assert layer.kind == "buoyancy"
            assert layer.thickness == pytest.approx(1e5**-0.25, rel=1e-3)


def test_what_is_stratified_unstably_has_layers_at_all_walls(comm):
    found = layers(Soret(5e5, psi=-0.2, tilt=0.0).square(6, comm=comm))
    assert set(found) == {"left", "right", "top", "bottom"}


def test_twice_the_cell_holds_a_layer_at_degree_three(comm):
    square = heated_square(1e6, 6, comm=comm)
    two, three = (layers(replace(square, degree=k))["left"] for k in (2, 3))
    assert three.largest == pytest.approx(2.0 * two.largest)
