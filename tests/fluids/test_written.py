"""A fluid that is written down is, read again, the same fluid."""

from __future__ import annotations

from dataclasses import replace

import pytest

from femsoret.base.errors import FluidError
from femsoret.fluids import load_fluid
from femsoret.fluids.database import available, fluid_toml, read_fluid
from femsoret.fluids.properties import Arrhenius, Polynomial, StokesEinstein


@pytest.mark.serial
def test_written_and_read_again_it_is_the_same(tmp_path):
    path = tmp_path / "fluid.toml"
    fluids = [load_fluid(name) for name in available()]
    viscosity = Arrhenius(1.1e-3, 298.15, 2e4)
    fluids.append(
        fluids[0].with_(
            diffusion=StokesEinstein(1e-9, 298.15, viscosity),
            soret=Polynomial((1e-3, -2e-5), 295.0),
        )
    )
    for fluid in fluids:
        path.write_text(fluid_toml(fluid), encoding="utf-8")
        assert read_fluid(path) == fluid


def test_a_law_of_ones_own_has_no_name_in_a_file():
    fluid = load_fluid("water-ethanol")
    own = replace(fluid, soret=replace(fluid.soret, value=lambda T, c: 1e-3 * T))
    with pytest.raises(FluidError, match="cannot be written to a fluid file"):
        fluid_toml(own)
