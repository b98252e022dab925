"""What a report shows of cells of revolution: coordinates, units, and how much flows."""

from __future__ import annotations

import numpy as np
import pytest

from femsoret.report.figures.fields import stream_function
from femsoret.report.figures.samples import Plane
from femsoret.report.words.units import is_axisymmetric, letters_of, units_of


def stated(axis, **more):
    return {"units": "SI", "orientation": {"axis": axis, **more}}


@pytest.mark.parametrize(
    ("orientation", "letters", "heat_flow"),
    [
        (stated([0, 1], coordinates="axisymmetric"), ("r", "z"), "W"),
        (stated([0, 1], coordinates="cartesian"), ("x", "y"), "W/m"),
        (stated([0, 1]), ("x", "y"), "W/m"),  # a folder of before
        (stated([0, 0, 1], coordinates="cartesian"), ("x", "y", "z"), "W"),
    ],
)
def test_coordinates_and_units(orientation, letters, heat_flow):
    assert letters_of(orientation) == letters
    assert is_axisymmetric(orientation) == (letters[0] == "r")
    assert units_of(orientation).heat_flow.label == heat_flow


def test_the_stream_function_counts_what_flows_round_the_axis():
    # psi = r^2 f(r) g(z) with g = 0 at the lids: u = (-psi_z, psi_r)/r.
    r, z = np.linspace(0.0, 2.0, 41), np.linspace(0.0, 1.0, 201)
    psi = np.outer(np.sin(np.pi * z), r**2 * (2.0 - r))
    u_r = -np.outer(np.pi * np.cos(np.pi * z), r * (2.0 - r))
    nothing = np.zeros_like(psi)
    plane = Plane(
        origin=np.zeros(2),
        across=np.array([1.0, 0.0]),
        upright=np.array([0.0, 1.0]),
        s=r,
        t=z,
        theta=nothing,
        gamma=nothing,
        velocity=np.stack([u_r, nothing], axis=-1),
        speed=nothing,
        up=np.array([0.0, 1.0]),
        solid=np.zeros_like(nothing, dtype=bool),
        production=np.zeros((0, *nothing.shape)),
        border=np.zeros((0, 2)),
        fluid_border=np.zeros((0, 2)),
    )
    np.testing.assert_allclose(-stream_function(plane, revolved=True), psi, atol=1e-4)
    assert np.abs(stream_function(plane, revolved=False) + psi).max() > 0.1
