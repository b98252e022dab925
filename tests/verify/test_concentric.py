"""A hot wire in a cold tube: no axis leads from one to the other, gap and gravity are given."""

from __future__ import annotations

import numpy as np
import pytest
from case_texts import condition

from femsoret.case import load_case
from femsoret.studies.measure.solution import solve

AROUND, THROUGH = 32, 8
INNER, OUTER = 0.625, 1.625

CASE = (
    """
[cell]
kind = "file"
path = "tube.msh"
gap = 1
[groups]
Ra = 1e4
Pr = 0.7
Le = 1
S_T_dT = 0
[gravity]
direction = [0, -1]
"""
    + condition("temperature", "inner", 0.5)
    + condition("temperature", "outer", -0.5)
)


def tube():
    """Return a file in MSH 2.2: quadrilaterals between two polygons."""
    angles = 2.0 * np.pi * np.arange(AROUND) / AROUND
    radii = np.linspace(INNER, OUTER, THROUGH + 1)
    points = [(r * np.cos(a), r * np.sin(a)) for r in radii for a in angles]

    def node(i, j):
        return i * AROUND + j % AROUND + 1

    elements = [(1, 1, node(0, j), node(0, j + 1)) for j in range(AROUND)]
    elements += [(1, 2, node(THROUGH, j), node(THROUGH, j + 1)) for j in range(AROUND)]
    elements += [
        (3, 3, node(i, j), node(i + 1, j), node(i + 1, j + 1), node(i, j + 1))
        for i in range(THROUGH)
        for j in range(AROUND)
    ]
    lines = ["$MeshFormat", "2.2 0 8", "$EndMeshFormat", "$PhysicalNames", "3"]
    lines += ['1 1 "inner"', '1 2 "outer"', '2 3 "fluid"', "$EndPhysicalNames"]
    lines += ["$Nodes", str(len(points)), *(f"{i} {x} {y} 0" for i, (x, y) in enumerate(points, 1))]
    lines += ["$EndNodes", "$Elements", str(len(elements))]
    lines += [
        f"{i} {kind} 2 {group} {group} {' '.join(map(str, nodes))}"
        for i, (kind, group, *nodes) in enumerate(elements, 1)
    ]
    return "\n".join([*lines, "$EndElements", ""])


def test_equivalent_conductivity_of_concentric_cylinders(comm, write):
    # Ra = 1e4: 1.979 by differential quadrature (C. Shu, Int. J. Numer. Methods Fluids 30 (1999)
    # 977); 2.010 and 2.005 by T. H. Kuehn, R. J. Goldstein, J. Fluid Mech. 74 (1976) 695.
    write(tube(), "tube.msh")
    experiment = load_case(write(CASE)).build(comm).experiment
    assert experiment.orientation.basis == "coordinates"
    assert experiment.mixture.species == ()
    found = solve(experiment)
    assert found.nusselt["inner"] == pytest.approx(1.979, rel=0.01)
    assert found.nusselt["outer"] == pytest.approx(found.nusselt["inner"], rel=1e-9)
