"""The script that computes entries of the fluid database, as far as it needs no package."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

import make_fluids  # noqa: E402
from fluid_packages import ideal_gas  # noqa: E402

pytestmark = pytest.mark.serial


def parts(name):
    """Return the written and the made part of a file."""
    text = (make_fluids.DATA / f"{name}.toml").read_text(encoding="utf-8")
    assert text.count(make_fluids.MARKER) == 1
    hand, _, made = text.partition(make_fluids.MARKER)
    return tomllib.loads(hand), tomllib.loads(made)


@pytest.mark.parametrize("name", make_fluids.RECIPES)
def test_files_have_both_parts(name):
    hand, made = parts(name)
    assert hand["name"] == name
    assert not set(hand) & set(made)  # neither part repeats the other
    recipe = make_fluids.RECIPES[name]
    if recipe.formulas is not None:
        for formula, mass in zip(recipe.formulas, made["molar_masses"], strict=True):
            assert mass["value"] == pytest.approx(make_fluids.molar_mass(formula), rel=1e-5)
    for key, entry in made.items():
        if key != "molar_masses":
            assert entry["unit"] == make_fluids.UNITS[key]
            assert bool(entry.get("computed_with")) != bool(entry.get("derived")), key


def test_gases_are_made_again_without_a_package():
    hand, made = parts("argon-helium")
    text = "\n".join(f"{key} = {hand[key]!r}" for key in ("T", "c"))
    again = tomllib.loads(make_fluids.made_part("argon-helium", text))
    assert make_fluids.same(again, made)
    made["density"]["value"]["M1"] *= 1.01
    assert not make_fluids.same(again, made)


def test_molar_masses():
    assert make_fluids.molar_mass("C12H22O11") == pytest.approx(0.342297, rel=1e-5)
    assert make_fluids.molar_mass("AgNO3") == pytest.approx(0.169874, rel=1e-5)


def test_fits_are_as_good_as_they_say():
    recipe = make_fluids.Recipe(
        formulas=None, made=dict, T_range=(280.0, 320.0), c_range=(0.1, 0.9)
    )
    flat, error = make_fluids.law(lambda T, c: 2.0, 300.0, 0.5, recipe)
    assert (flat, error) == (2.0, pytest.approx(0.0, abs=1e-12))

    def density(T, c):
        return ideal_gas(0.04, 0.004)["density"].of(T, 0.9)

    fit, error = make_fluids.law(density, 300.0, 0.9, recipe)
    assert fit["kind"] == "polynomial"
    assert error <= make_fluids.FITTED
    worst = max(
        abs(
            sum(a * (T - 300.0) ** k for k, a in enumerate(fit["coefficients"])) / density(T, 0.9)
            - 1.0
        )
        for T in (280.0, 291.3, 300.0, 313.7, 320.0)
    )
    assert worst <= 2.0 * make_fluids.FITTED
