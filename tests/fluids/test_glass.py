"""Glass: refractive index and dn/dT against tables that were read apart from the formulas."""

from __future__ import annotations

from dataclasses import replace

import pytest

from femsoret.base.errors import FluidError
from femsoret.fluids.database import read_material
from femsoret.solids import Solid, load_solid
from femsoret.solids.optics import GlassOptics

TABLE = {
    # Listed by a supplier of windows (glassdynamicsllc.com).
    "fused-silica": {240e-9: 1.51337, 404.66e-9: 1.46962, 706.52e-9: 1.45515, 1013.98e-9: 1.45025},
    "n-bk7": {404.66e-9: 1.53024, 435.84e-9: 1.52669, 706.52e-9: 1.51289, 852.11e-9: 1.50981},
    "borosilicate": {587.6e-9: 1.4714},
}


@pytest.mark.parametrize("name", TABLE)
def test_the_index_is_that_of_tables(name):
    optics = load_solid(name).optics
    for wavelength, n in TABLE[name].items():
        assert optics.index(wavelength, name) == pytest.approx(n, abs=2e-4)


def test_the_slope_of_crown_glass_is_that_of_its_data_sheet():
    """Means over 20 K at 1060, 546.1 and 435.8 nm, as listed in 1e-6 1/K by SCHOTT, one digit."""
    optics, lights = load_solid("n-bk7").optics, (1060e-9, 546.07e-9, 435.83e-9)
    for T, listed in (
        (243.15, (0.3, 0.8, 1.2)),
        (303.15, (1.1, 1.6, 2.1)),
        (343.15, (1.5, 2.1, 2.7)),
    ):
        found = [1e6 * optics.slope(light, T, "") for light in lights]
        assert found == pytest.approx(listed, abs=0.06)


def test_the_slope_of_silica_is_positive_and_read():
    optics = load_solid("fused-silica").optics
    assert 8e-6 < optics.slope(633e-9, 293.15, "") < 1.3e-5
    assert optics.sources()["n_T"].startswith("read: ")
    assert optics.sources()["n"].startswith("quoted: I. H. Malitson")


def test_borosilicate_has_no_slope_and_copper_no_index():
    assert load_solid("borosilicate").optics.slope(633e-9, 293.15, "") is None
    assert load_solid("copper").optics is None


def test_a_wavelength_beyond_the_source_is_refused():
    with pytest.raises(FluidError, match="from 300 to 2500 nm, not at 250 nm"):
        load_solid("n-bk7").optics.index(250e-9, "n-bk7")


def test_nonsense_is_refused(tmp_path):
    silica = load_solid("fused-silica")
    micrometres = replace(silica.optics.n, range=(0.21, 3.71))
    with pytest.raises(FluidError, match="is no index"):
        replace(silica, optics=GlassOptics(n=micrometres)).validate()
    one_short = replace(silica.optics.n, resonances=silica.optics.n.resonances[:2])
    with pytest.raises(FluidError, match="one resonance for each strength"):
        replace(silica, optics=GlassOptics(n=one_short)).validate()
    path = tmp_path / "glass.toml"
    path.write_text('name = "glass"\n[optics.n]\nstrength = [1.0]\n', encoding="utf-8")
    with pytest.raises(FluidError):
        read_material(Solid, path)
