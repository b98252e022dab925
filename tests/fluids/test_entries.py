"""Every fluid of the database: complete or with stated gaps, sourced, signed, admissible."""

# ruff: noqa: SIM300  (Le is a quantity that is tested, not a constant)

from __future__ import annotations

import json
import re
import tomllib
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from femsoret.fluids import Fluid, available, load_fluid
from femsoret.fluids.composition import mass_fraction
from femsoret.fluids.conversions import soret_from
from femsoret.fluids.fluid import MOLAR_MASSES, OF_FLOW, UNITS
from femsoret.fluids.mixture_state import MixtureState
from femsoret.fluids.schema import fluid_schema
from femsoret.fluids.table import GAP, ORIGINS, origins

ALL = available()
BINARY = [name for name in ALL if isinstance(load_fluid(name), Fluid)]
R = 8.31446261815324


def entries_of(name):
    """Yield every sourced value of a fluid, those of other sources and optics too, by a name."""
    fluid = load_fluid(name)
    yield from fluid.entries().items()
    if isinstance(fluid, Fluid):
        for key, others in fluid.alternatives.items():
            yield from ((f"{key} of {source}", entry) for source, entry in others.items())
        for factors in fluid.optics:
            yield from factors.entries().items()


def test_the_database_is_as_large_as_it_should_be():
    assert len(ALL) >= 25


@pytest.mark.parametrize("name", ALL)
def test_an_entry_is_complete_or_says_what_is_missing(name):
    fluid = load_fluid(name)
    assert fluid.name == name
    assert len(fluid.summary) <= 110
    fluid.validate()
    assert fluid.is_complete == (not set(fluid.missing) - {"thermodynamic_factor", MOLAR_MASSES,
                                                           "chemical_derivative"})  # fmt: skip
    for key, why in fluid.missing.items():
        assert len(why) > 10, key
        assert not any(entry.startswith(key) for entry in fluid.entries()), key
    marks = origins(fluid)
    assert set(marks) == {*UNITS, MOLAR_MASSES}
    assert set(marks.values()) <= {*ORIGINS, " "}
    if isinstance(fluid, Fluid):
        assert {key for key, letter in marks.items() if letter == GAP} == set(fluid.missing)
    if not fluid.flows:
        assert [marks[key] for key in OF_FLOW] == [" ", " ", " "]


@pytest.mark.parametrize("name", ALL)
def test_every_number_says_where_it_comes_from(name):
    for key, entry in entries_of(name):
        assert len(entry.source) > 8, key
        # What was not read says how wrong it may be, and what a package computed names its version.
        assert entry.verified or entry.uncertainty is not None, key
        if entry.computed_with:
            package = r"\w[\w-]* \d+(\.\d+)+"
            assert re.fullmatch(rf"{package}( and {package})?", entry.computed_with), key
        if "CoolProp" in entry.source or "thermo," in entry.source:
            assert entry.computed_with or entry.assumed or not entry.verified, key


@pytest.mark.parametrize("name", BINARY)
def test_the_reference_state_is_within_all_ranges(name):
    fluid = load_fluid(name)
    assert fluid.warnings(fluid.T, fluid.means) == ()


@pytest.mark.parametrize("name", ALL)
def test_signs_are_those_that_the_notes_say(name):
    fluid = load_fluid(name)
    known = fluid.known()
    for key, entry in fluid.entries().items():
        if entry.note.startswith(("positive:", "negative:")):
            assert (known[key] > 0.0) == entry.note.startswith("positive:"), key


@pytest.mark.parametrize("name", BINARY)
def test_entries_are_admissible(name):
    fluid = load_fluid(name)
    known = fluid.known()
    # over the whole stated range, not only at the reference state
    for key, entry in fluid.entries().items():
        for T in entry.T_range or (fluid.T,):
            for c in entry.c_range or (fluid.c,):
                value = float(entry.value(T, c))
                assert np.isfinite(value), key
                if key not in {"soret", "solutal_expansion", "thermal_expansion"}:
                    assert value > 0.0, (key, T, c)
    if not fluid.is_complete:
        return
    p = fluid.at()
    assert 0.1 < p.alpha / p.D < 1e6  # Le: below 1 for gases only
    if not fluid.flows:
        return
    assert 0.0 < p.nu / p.alpha < 1e4  # Pr
    assert abs(p.psi) < 10.0
    gas = "density" in known and known["density"] < 10.0
    assert (p.alpha / p.D < 2.0) == gas
    assert 0.0 <= p.kappa_0 / p.kappa - 1.0 < (2e-2 if gas else 1e-3)


# Printed values, from the sources that the files name.
@pytest.mark.parametrize(
    ("name", "printed", "tolerance"),
    [
        ("water-ethanol-50", {"density": 909.58, "heat_capacity": 3861.0, "conductivity": 0.3184,
                              "viscosity": 2.39e-3, "thermal_expansion": 8.80e-4,
                              "solutal_expansion": 0.250, "thermodynamic_factor": 0.38}, 1e-2),
        ("water-methanol-70", {"density": 949.0, "heat_capacity": 4002.0, "conductivity": 0.436,
                               "viscosity": 1.54e-3, "thermal_expansion": 5.33e-4,
                               "thermodynamic_factor": 0.75}, 5e-3),
        ("water-isopropanol-90", {"density": 981.6, "viscosity": 1.629e-3}, 1e-12),
        ("glycerol-water-50", {"density": 1123.75, "thermal_expansion": 4.63e-4,
                               "solutal_expansion": 0.240, "viscosity": 5.01e-3,
                               "heat_capacity": 3278.0, "conductivity": 0.421}, 1e-3),
        ("propylene-glycol-water-58", {"density": 1037.8, "solutal_expansion": 0.032}, 1e-12),
        ("kcl-water", {"density": 1019.7, "thermal_expansion": 2.80e-4, "viscosity": 0.887e-3,
                       "solutal_expansion": 0.627, "heat_capacity": 3987.0}, 2e-3),
        ("licl-water", {"density": 1009.2, "thermal_expansion": 2.52e-4, "viscosity": 0.943e-3,
                        "solutal_expansion": 0.575, "heat_capacity": 4072.0}, 2e-3),
        ("sea-salt-water", {"density": 1023.22, "thermal_expansion": 2.97e-4, "viscosity": 0.964e-3,
                            "solutal_expansion": 0.735, "heat_capacity": 3999.8,
                            "conductivity": 0.609}, 2e-3),
        ("sucrose-water-10", {"density": 1036.9, "thermal_expansion": 2.82e-4,
                              "viscosity": 1.202e-3, "solutal_expansion": 0.397}, 1e-3),
        ("glucose-water-10", {"density": 1037.5, "viscosity": 1.330e-3}, 1e-12),
        ("toluene-hexane", {"density": 744.0, "solutal_expansion": 0.273,
                            "thermodynamic_factor": 0.71, "diffusion": 2.78e-9}, 2e-3),
        ("toluene-cyclohexane-40", {"density": 807.0, "solutal_expansion": 0.107,
                                    "thermodynamic_factor": 0.80}, 5e-3),
        ("benzene-cyclohexane", {"density": 821.0, "solutal_expansion": 0.121,
                                 "thermodynamic_factor": 0.74}, 1e-2),
        ("argon-helium", {"density": 0.8926, "soret": 1.273e-3, "viscosity": 2.42e-5,
                          "conductivity": 0.0544, "diffusion": 0.761e-4}, 1e-3),
        ("nitrogen-hydrogen", {"soret": 0.348 / 300, "diffusion": 0.779e-4}, 2e-3),
        ("carbon-dioxide-hydrogen", {"soret": 0.300 / 300, "diffusion": 0.662e-4}, 2e-3),
        ("latex-water", {"soret": -0.28, "diffusion": 2.6e-11}, 1e-12),
        ("polystyrene9k-toluene", {"soret": 0.0649, "diffusion": 1.97e-10}, 1e-12),
    ],
)  # fmt: skip
def test_printed_numbers(name, printed, tolerance):
    known = load_fluid(name).known()
    for key, value in printed.items():
        assert known[key] == pytest.approx(value, rel=tolerance), key


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("water-ethanol", ("soret", "diffusion", "density", "viscosity")),
        ("thn-nc12", ("soret", "diffusion")),
        ("thn-ibb", ("soret", "diffusion")),
        ("ibb-nc12", ("soret", "diffusion")),
        ("toluene-hexane", ("soret", "diffusion")),
        ("water-ethanol-92", ("soret",)),
        ("water-ethanol-71", ("soret",)),
        ("kcl-water", ("diffusion", "thermodynamic_factor")),
        ("licl-water", ("diffusion", "thermodynamic_factor")),
        ("sucrose-water-10", ("diffusion",)),
        ("glucose-water-10", ("diffusion",)),
        ("polystyrene9k-toluene", ("soret", "diffusion")),
    ],
)
def test_what_is_quoted_from_memory_is_not_verified(name, keys):
    assert set(keys) <= set(load_fluid(name).unverified())


def test_disagreeing_sources_stand_side_by_side():
    salt = load_fluid("nacl-water")
    dilute = salt.chosen({"soret": "Agar 1989, infinite dilution"})
    assert dilute.at().S_T / salt.at().S_T == pytest.approx(2.6, abs=0.05)
    gas = load_fluid("carbon-dioxide-hydrogen")
    assert gas.chosen({"soret": "RET-Mie"}).at().S_T > 1.1 * gas.at().S_T
    tungsten = load_fluid("hydrogen-tungsten").alternatives
    assert tungsten["soret"]["FESTIM demo"].value(1200.0, 1e-6) == -6.5e-3


def test_salt_at_infinite_dilution_follows_from_heats_of_transport():
    state = MixtureState(T=298.15, ions=2, Gamma_el=1.0)
    for name, heat in (("kcl-water", 2590.0 + 530.0), ("licl-water", 530.0 + 530.0)):
        value = load_fluid(name).alternatives["soret"]["Agar 1989, infinite dilution"]
        expected = soret_from("Q_salt", heat, state)
        assert value.value(298.15, 0.03) == pytest.approx(expected, rel=5e-3)


def test_hydrogen_in_zirconium_follows_its_laws():
    metal = load_fluid("hydrogen-zircaloy")
    for T in (573.15, 600.0, 700.0, 773.15):
        assert metal.soret.value(T, 1e-4) == pytest.approx(25e3 / (R * T**2), rel=1e-5)
        D = 7.73e-7 * np.exp(-45300.0 / (R * T))
        assert metal.diffusion.value(T, 1e-4) == pytest.approx(D, rel=1e-4)
    assert metal.known()["soret"] == pytest.approx(8.35e-3, abs=1e-5)


def test_argon_and_helium_have_the_measured_diffusion():
    gas = load_fluid("argon-helium")
    for T in (273.15, 300.0, 350.0, 393.15):
        expected = 1e-4 * 10.0 ** (1.684 * np.log10(T) - 4.2902)
        assert gas.diffusion.value(T, 0.9) == pytest.approx(expected, rel=1e-5)
        alpha = gas.soret.value(T, 0.9) * T
        assert alpha == pytest.approx(0.38, abs=0.007)


# S_T, D and D_T at 25 C from the formulas of Anderson and Horne.
@pytest.mark.parametrize(
    ("x", "S_T", "D", "D_T"),
    [
        (0.1, 6.08e-3, 1.462e-9, 8.89e-12),
        (0.5, 5.84e-3, 1.388e-9, 8.10e-12),
        (0.9, 5.59e-3, 1.313e-9, 7.34e-12),
    ],
)
def test_carbon_tetrachloride_and_cyclohexane(x, S_T, D, D_T):
    fluid = load_fluid("ccl4-cyclohexane")
    M1, M2 = (entry.value(298.15, 0.5) for entry in fluid.molar_masses)
    p = fluid.at(298.15, float(mass_fraction(x, M1, M2)))
    assert (p.S_T, p.D, p.D_T) == pytest.approx((S_T, D, D_T), rel=1e-3)
    warmer = fluid.at(303.15, float(mass_fraction(x, M1, M2)))
    alpha = -1.831 + 0.181 * x + (0.0104 - 0.0008 * x) * 5.0
    assert warmer.S_T == pytest.approx(-alpha / 303.15, rel=1e-9)
    # heavier and denser: the ideal volumes of the pure liquids, 1584 and 774 kg/m3
    c = p.c
    assert p.rho == pytest.approx(1.0 / (c / 1583.7 + (1.0 - c) / 774.0), rel=1e-3)


def test_polystyrene_follows_its_sources():
    # eta D_T = 6e-15 Pa m2/K over D0 = 4.71e-11 m2/s is 0.23 1/K at infinite dilution.
    p = load_fluid("polystyrene96k-toluene")
    D = p.diffusion.value(298.15, 1e-3)
    assert D == pytest.approx(4.71e-11 * (1.0 + 22e-3 * 862.2e-3), rel=1e-3)
    D_T = p.known()["soret"] * D * (1.0 - 1e-3)
    assert D_T * p.known()["viscosity"] == pytest.approx(6e-15, rel=3e-3)


def test_buoyancy_of_polystyrene_is_that_of_its_volume():
    for name, solvent in (("latex-water", 997.3), ("polystyrene96k-toluene", 862.2)):
        fluid = load_fluid(name)
        # (p + 27000 psi)(V - 0.822 cm3/g) = 11.6 T
        V = 1e-3 * (0.822 + 11.6 * fluid.T / 27014.7)
        c = fluid.c
        rho = 1.0 / (c * V + (1.0 - c) / solvent)
        assert fluid.known()["solutal_expansion"] == pytest.approx(
            rho * (1.0 / solvent - V), rel=1e-2
        )
        assert "solutal_expansion" in fluid.unverified()


def test_the_sign_change_of_water_and_ethanol():
    fluid = load_fluid("water-ethanol-71")
    assert fluid.soret.value(295.15, 0.70) > 0.0 > fluid.soret.value(295.15, 0.72)
    there = load_fluid("water-ethanol").known()["soret"]
    assert fluid.soret.value(295.15, 0.6088) == pytest.approx(there, rel=1e-3)


def test_densities_of_propylene_glycol_have_a_maximum():
    beta_c = load_fluid("propylene-glycol-water-58").solutal_expansion.value
    # as printed at 43, 58.5, 70 and 80 wt%: the sign changes near 74 wt%
    for c, printed in ((0.43, 0.057), (0.585, 0.032), (0.7, 0.009), (0.8, -0.014)):
        assert beta_c(298.15, c) == pytest.approx(printed, abs=6e-3)


def test_the_ternary_mixture_is_the_published_one():
    known = load_fluid("thn-ibb-nc12").known()
    primed = [value for key, value in known.items() if key.startswith("soret")]
    assert primed == [1.20e-3, -0.34e-3]
    assert "diffusion" in load_fluid("thn-ibb-nc12").missing


def test_contrast_factors_have_the_sign_of_component_1():
    # Ethanol raises the index of water up to about 80 wt%, and water is named first.
    (factors,) = load_fluid("water-ethanol-50").optics
    assert factors.n_c.value(293.15, 0.5) < 0.0
    assert factors.wavelength == pytest.approx(589e-9, rel=1e-3)
    (factors,) = load_fluid("sucrose-water-10").optics
    assert factors.n_c.value(293.15, 0.1) > 0.0


# -- the JSON Schema -------------------------------------------------------------------------------


def keys_in(schema, table, definitions):
    """Yield the paths of keys of a table that its schema does not know."""
    if "$ref" in schema:
        schema = definitions[schema["$ref"].rpartition("/")[2]]
    for part in schema.get("allOf", ()):
        yield from keys_in(part, table, definitions)
    if "anyOf" in schema:
        found = [list(keys_in(option, table, definitions)) for option in schema["anyOf"]]
        yield from min(found, key=len)
    elif isinstance(table, list) and "items" in schema:
        for item in table:
            yield from keys_in(schema["items"], item, definitions)
    elif isinstance(table, dict) and "properties" in schema:
        unknown = schema.get("additionalProperties", True)
        for key, value in table.items():
            if key in schema["properties"]:
                for path in keys_in(schema["properties"][key], value, definitions):
                    yield f"{key}.{path}"
            elif unknown is False:
                yield key


def test_the_published_schema_knows_every_key_of_every_file():
    schema = fluid_schema()
    for name in ALL:
        table = tomllib.loads((files("femsoret.fluids") / "data" / f"{name}.toml").read_text())
        assert list(keys_in(schema, table, schema["$defs"])) == [], name
    table["sorett"] = {}
    assert "sorett" in list(keys_in(schema, table, schema["$defs"]))


def test_the_schema_says_units_and_laws():
    definitions = fluid_schema()["$defs"]
    assert definitions["Fluid"]["properties"]["soret"]["properties"]["unit"]["const"] == "1/K"
    assert "1/K" in definitions["Fluid"]["properties"]["soret"]["description"]
    kinds = [law["properties"]["kind"]["const"] for law in definitions["PropertyLaw"]["anyOf"][1:]]
    assert {"arrhenius", "polynomial", "stokes-einstein"} <= set(kinds)
    published = Path(__file__).parents[2] / "docs" / "fluid.schema.json"
    assert set(json.loads(published.read_text())["$defs"]) == set(definitions)
