"""Warnings of what is more likely a slip than meant: units of length, density."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from case_texts import GROUPS, PHYSICAL

from femsoret.base.errors import CaseError
from femsoret.case import load_case

MESHES = Path(__file__).parents[2] / "meshes"


def warnings(write, comm, *changes, text=PHYSICAL):
    """Return what a case is warned of, but for the ranges of its sources."""
    found = load_case(write(text), list(changes)).build(comm).warnings
    return [warning for warning in found if "known only from" not in warning]


@pytest.mark.parametrize("text", [PHYSICAL, GROUPS])
def test_a_cell_as_they_are_is_not_doubted(write, comm, text):
    assert warnings(write, comm, text=text) == []


def test_lengths_without_a_unit(write, comm):
    (warning,) = warnings(write, comm, "cell.size=[10, 5]")
    assert warning.startswith("the gap between hot and cold wall is 5 m, across which")
    assert "190 years" in warning
    assert 'metres; give a unit, as in "5 mm"' in warning


def test_a_mesh_in_millimetres(write, comm):
    cell = f"cell={{kind='file', path='{MESHES / 'soret_rectangle.msh'}'}}"
    (warning,) = warnings(write, comm, cell)
    assert "gap between hot and cold wall is 5 m" in warning
    assert 'set cell.scale = "1 mm"' in warning
    assert warnings(write, comm, cell, "cell.scale='1 mm'") == []
    (warning,) = warnings(write, comm, cell, "cell.scale='1e-7 m'")
    assert (
        "is 0.5 µm: is that intended? With cell.scale, one unit of the mesh file is 1e-07 m"
        in warning
    )


def test_a_round_wall_of_straight_facets_that_slips(write, comm):
    cell = "cell={{kind='cylinder', radius='5 mm', height='5 mm', cells=[4, 1], order={}}}"
    slip = "condition.2={kind='free-slip', sides=['side']}"
    text = PHYSICAL + "[[condition]]\nkind = 'no-slip'\nsides = ['top']\n"
    (warning,) = warnings(write, comm, cell.format(1), slip, text=text)
    assert warning.startswith("slip on 'side'")
    assert "second-order mesh" in warning
    assert warnings(write, comm, cell.format(2), slip, text=text) == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            ["condition.0.value=461", "condition.1.value=115"],
            "the density varies by 33 % (beta_T ΔT = 0.27, beta_c Δc = 0.055)",
        ),
        (
            ["fluid.overrides.solutal_expansion=1.5", "fluid.overrides.soret=0.05"],
            "(beta_T ΔT = 0.0079, beta_c Δc = 0.18)",
        ),
    ],
)
def test_density_that_varies_too_much_for_boussinesq(write, comm, changes, words):
    found = [w for w in warnings(write, comm, *changes) if "Boussinesq" in w]
    assert len(found) == 1
    assert words in found[0]


def test_density_that_varies_by_more_than_half_is_refused_unless_asked_for(write, comm):
    changes = ["fluid.overrides.solutal_expansion=3", "fluid.overrides.soret=0.08"]
    with pytest.raises(CaseError) as error:
        warnings(write, comm, *changes)
    assert "[fluid]: the density varies by 58 % (beta_T ΔT = 0.0079, beta_c Δc = 0.57)" in str(
        error.value
    )
    assert "any_density_change = true" in str(error.value)
    (found,) = warnings(write, comm, *changes, "fluid.any_density_change=true")
    assert "the density varies by 58 %" in found


@pytest.mark.parametrize(
    ("mobility", "named"),
    [
        ('mu_s = "1e-10 m^2/s/K"', r"slip along grad T at 'left'.*heat that friction.*left out"),
        ('mu_c = { water = "1e-11 m^2/s" }', r"grad c at 'left'.*excess of solute.*left out"),
    ],
)
def test_what_is_reciprocal_to_slip_is_left_out(write, comm, mobility, named):
    slip = f'[[condition]]\nkind = "slip"\nsides = ["left"]\n{mobility}\n'
    (warning,) = warnings(write, comm, text=PHYSICAL + slip)
    assert re.search(named, warning)
