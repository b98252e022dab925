"""Optical instruments in case files: what they become, and what is refused."""

from __future__ import annotations

import pytest
from case_texts import GROUPS, PHYSICAL
from ternary_files import fluid_text

from femsoret.base.errors import CaseError, ConditionError
from femsoret.case import load_case, resolved_toml
from femsoret.post.beam_deflection import BeamDeflection
from femsoret.post.interferometer import Interferometer
from femsoret.post.rays import Chord, LineOfSight, Normal

CONTRAST = """
[[readings.KIND.contrast]]
wavelength = "633 nm"
n = 1.36
n_T = "-2.3e-4 1/K"
n_c = -0.04
source = "a paper"
assumed = ["n_T"]
"""
BEAM = """
[[readings.beam_deflection]]
name = "laser"
wavelength = "633 nm"
through = ["4 mm", "2 mm"]
depth = "20 mm"
windows = [{ thickness = "5 mm", n = 1.46 }]
detector = "1 m"
""" + CONTRAST.replace("KIND", "beam_deflection")
PHASE = """
[[readings.interferometer]]
name = "phase"
wavelength = "633 nm"
depth = "20 mm"
map = { pixels = [8, 4] }
noise = 0.02
""" + CONTRAST.replace("KIND", "interferometer")
GLASS = """
[cell.walls]
left = { thickness = "1 mm", material = "borosilicate" }
"""


def built(write, comm, text, *overrides):
    case = load_case(write(text), list(overrides))
    return case.build(comm).experiment.instruments


def test_a_beam_across_the_plane(write, comm):
    laser = built(write, comm, PHYSICAL + BEAM)["laser"]
    assert isinstance(laser, BeamDeflection)
    (ray,) = laser.beam.rays
    assert ray == Normal((pytest.approx(4e-3), pytest.approx(2e-3)), pytest.approx(20e-3))
    assert laser.along == pytest.approx((0.0, 1.0))  # from the cold to the hot wall
    assert laser.behind.windows == ((pytest.approx(5e-3), 1.46),)
    (contrast,) = laser.optics.contrasts
    assert (contrast.n, contrast.n_T, contrast.n_c) == (1.36, -2.3e-4, (-0.04,))
    assert contrast.sources == {"n": "a paper", "n_T": "assumed", "n_c": "a paper"}


def test_a_beam_in_the_plane_turns_with_the_cell(write, comm):
    turned = ("cell.rotation=90 deg", "readings.beam_deflection.0.direction=[1, 0]")
    text = (PHYSICAL + BEAM).replace('depth = "20 mm"', "")
    laser = built(write, comm, text, *turned)["laser"]
    (ray,) = laser.beam.rays
    assert isinstance(ray, LineOfSight)
    assert ray.direction == pytest.approx((0.0, 1.0))
    assert ray.through == pytest.approx((-2e-3, 4e-3))
    assert laser.along == pytest.approx((-1.0, 0.0))


def test_a_wide_beam_has_rays_on_all_sides(write, comm):
    laser = built(write, comm, PHYSICAL + BEAM, "readings.beam_deflection.0.radius=0.1 mm")["laser"]
    assert len(laser.beam.rays) == 25
    assert sum(laser.beam.weights) == pytest.approx(1.0)


def test_an_interferometer_reads_at_the_plates_unless_told_otherwise(write, comm):
    phase = built(write, comm, PHYSICAL + PHASE)["phase"]
    assert isinstance(phase, Interferometer)
    hot, cold = phase.hot.beam.rays[0], phase.cold.beam.rays[0]
    assert (hot.at, cold.at) == (pytest.approx((5e-3, 5e-3)), pytest.approx((5e-3, 0.0)))
    assert len(phase.image.rays) == 32
    assert phase.optics.noise == (0.02,)
    window = "readings.interferometer.0.hot={window=[['4 mm', '4 mm'], ['6 mm', '5 mm']]}"
    wide = built(write, comm, PHYSICAL + PHASE, window)["phase"]
    assert len(wide.hot.beam.rays) == 25


def test_light_through_a_cell_of_revolution(write, comm):
    text = (PHYSICAL + BEAM + PHASE).replace('depth = "20 mm"', "")
    column = """
[cell]
kind = "annulus"
inner_radius = "5 mm"
outer_radius = "10 mm"
height = "5 mm"
cells = [2, 2]
[fluid]"""
    text = column + text.split("[fluid]")[1]
    text = text.replace('["4 mm", "2 mm"]', '["6 mm", "2 mm"]')
    found = built(write, comm, text)
    assert found["laser"].beam.rays == (Chord(pytest.approx(2e-3), pytest.approx(6e-3)),)
    assert found["phase"].image.u[0] == pytest.approx(-found["phase"].image.u[-1])
    along = "readings.beam_deflection.0.direction=[0, 1]"
    with pytest.raises(ConditionError, match="horizontal chords only"):
        built(write, comm, text, along)


def test_what_is_written_can_be_read_again(write, comm):
    case = load_case(write(PHYSICAL + BEAM + PHASE))
    again = load_case(write(resolved_toml(case), "again.toml"))
    assert again.readings == case.readings


def test_two_wavelengths_for_three_components(write, comm):
    write(fluid_text(), "ternary.toml")
    text = PHYSICAL.replace('name = "water-ethanol"', 'file = "ternary.toml"') + PHASE
    names = load_case(write(text)).fluid.fluid.components[:-1]
    n_c = "{" + ", ".join(f"'{name}' = {0.1 / (i + 1)}" for i, name in enumerate(names)) + "}"
    first = f"readings.interferometer.0.contrast.0.n_c={n_c}"
    with pytest.raises(ConditionError, match="1 wavelength for 2 mass fractions"):
        built(write, comm, text, first)
    with pytest.raises(ConditionError, match="one n_c for 2 independent components"):
        built(write, comm, text)
    wrong = "readings.interferometer.0.contrast.0.n_c={water = 1.0}"
    with pytest.raises(ConditionError, match="no independent component"):
        built(write, comm, text, wrong)


@pytest.mark.parametrize(
    ("text", "overrides", "where", "parts"),
    [
        (
            BEAM.partition("[[readings.beam_deflection.contrast]]")[0],
            (),
            "beam_deflection.0",
            ["n of water-ethanol at 633 nm is not known", "no optical properties", "contrast"],
        ),
        (
            BEAM,
            ["readings.beam_deflection.0.wavelength=700 nm"],
            "beam_deflection.0",
            ["at 700 nm is not known"],
        ),
        (
            BEAM,
            ["readings.beam_deflection.0.through=['4 mm', '9 mm']"],
            "beam_deflection.0",
            ["misses the fluid"],
        ),
        (
            BEAM.replace('depth = "20 mm"', ""),
            (),
            "beam_deflection.0",
            ["path of unknown length", "depth"],
        ),
        (
            BEAM.replace('depth = "20 mm"', "direction = [0, 1]"),
            (),
            "beam_deflection.0.deflection",
            ["not across the beam"],
        ),
        (
            GLASS + BEAM.replace('depth = "20 mm"', "direction = [1, 0]"),
            (),
            "beam_deflection.0",
            ["passes the solid 'left wall' of borosilicate, whose n_T is not known"],
        ),
        (
            BEAM,
            ["readings.beam_deflection.0.solids.glass={n = 1.5}"],
            "beam_deflection.0.solids",
            ["no solid 'glass'"],
        ),
        (
            PHASE,
            ["readings.interferometer.0.map.corners=[['50 mm', '0 mm'], ['60 mm', '1 mm']]"],
            "interferometer.0.map",
            ["no pixel of the image sees the fluid"],
        ),
        (
            PHASE.replace('depth = "20 mm"', "direction = [1, 0]"),
            (),
            "interferometer.0.map",
            ["a line and no image"],
        ),
    ],
)
def test_what_is_refused(write, comm, text, overrides, where, parts):
    path = write(PHYSICAL + text)
    case = load_case(path, list(overrides))
    with pytest.raises(ConditionError) as caught:
        case.build(comm)
    message = str(caught.value)
    assert message.startswith(f"{path}: [readings] {where}: ")
    for part in parts:
        assert part in message


IN_TIME = '[time]\nend = "2 tau"\n'


def test_times_of_a_phase_map(write, comm):
    keys = ("reference = '1 min'", "at = '0.5 tau'")
    text = PHASE.replace("pixels = [8, 4]", ", ".join(("pixels = [8, 4]", *keys)))
    built_case = load_case(write(PHYSICAL + IN_TIME + text), []).build(comm)
    image = built_case.experiment.instruments["phase"].image
    tau = built_case.schedule.end / 2.0
    assert (image.reference, image.at) == pytest.approx((60.0, 0.5 * tau))
    again = resolved_toml(built_case.case)
    assert 'reference = "60.0 s"' in again
    assert 'at = "0.5 tau"' in again


@pytest.mark.parametrize(
    ("time", "keys", "where", "parts"),
    [
        ("", "reference = '1 min'", "map.reference", ["a steady state has no times", "[time]"]),
        ("", "at = '1 min'", "map.at", ["a steady state has no times"]),
        (IN_TIME, "at = '3 tau'", "map.at", ["after the end of the run"]),
        (IN_TIME, "reference = '2 tau'", "map", ["counted from the same time"]),
        (IN_TIME, "reference = '5 s', at = '5 s'", "map", ["two different times"]),
    ],
)
def test_times_that_a_phase_map_cannot_have(write, comm, time, keys, where, parts):
    text = PHASE.replace("pixels = [8, 4]", keys)
    case = load_case(write(PHYSICAL + time + text), [])
    with pytest.raises(CaseError) as caught:
        case.build(comm)
    assert f"[readings] interferometer.0.{where}: " in str(caught.value)
    for part in parts:
        assert part in str(caught.value)


def test_words_that_are_no_reference(write):
    for word, part in (("'soon'", "allowed: thermal, uniform"), ("'5 kg'", "not that of a time")):
        text = PHASE.replace("pixels = [8, 4]", f"reference = {word}")
        with pytest.raises(CaseError, match=part) as caught:
            load_case(write(PHYSICAL + text), [])
        assert str(caught.value).count("map") == 1  # one message, about this key


def through(material):
    """Return a case whose light passes a wall of a material, along x."""
    beam = BEAM.replace('depth = "20 mm"', "direction = [1, 0]")
    return PHYSICAL + GLASS.replace("borosilicate", material) + beam


def test_glass_has_the_numbers_of_its_material(write, comm):
    laser = built(write, comm, through("n-bk7"))["laser"]
    glass = laser.optics.glasses["left wall"]
    assert glass.index(0) == pytest.approx(1.5151, abs=1e-4)
    assert 1.2e-6 < glass.slope(0) < 1.5e-6
    assert glass.sources["n"].startswith("quoted: SCHOTT")
    own = "readings.beam_deflection.0.solids={'left wall' = {n_T = '3e-6 1/K', source = 'mine'}}"
    glass = built(write, comm, through("n-bk7"), own)["laser"].optics.glasses["left wall"]
    assert (glass.index(0), glass.slope(0)) == pytest.approx((1.5151, 3e-6), abs=1e-4)
    assert glass.sources["n_T"] == "mine"
    for material in ("copper", "borosilicate"):
        with pytest.raises(ConditionError, match="fused-silica or n-bk7"):
            built(write, comm, through(material))


def test_a_window_behind_the_cell_may_be_a_material(write, comm):
    text = PHYSICAL + BEAM.replace("n = 1.46 }", 'material = "fused-silica" }')
    ((thickness, n),) = built(write, comm, text)["laser"].behind.windows
    assert (thickness, n) == pytest.approx((5e-3, 1.4570), abs=1e-4)
    with pytest.raises(ConditionError, match="copper has no refractive index"):
        built(write, comm, text.replace("fused-silica", "copper"))
    for wrong in ("", ', n = 1.46, material = "n-bk7"'):
        with pytest.raises(CaseError, match="give either n or material"):
            load_case(write(PHYSICAL + BEAM.replace(", n = 1.46", wrong)))


def test_a_wavelength_that_glass_is_not_known_at(write, comm):
    text = through("n-bk7").replace('"633 nm"', '"260 nm"')
    with pytest.raises(ConditionError, match="known from 300 to 2500 nm, not at 260 nm"):
        built(write, comm, text)


def test_a_case_by_groups_has_no_light(write, comm):
    text = GROUPS + BEAM.replace('"633 nm"', "1e-6").replace('["4 mm", "2 mm"]', "[1.0, 0.5]")
    text = text.replace('"20 mm"', "3.0").replace('"5 mm"', "1.0").replace('"1 m"', "9.0")
    text = text.replace('"-2.3e-4 1/K"', "-1e-4")
    with pytest.raises(ConditionError, match=r"state a \[fluid\]"):
        built(write, comm, text)


def test_names_are_unique(write):
    with pytest.raises(CaseError, match="two signals are named 'laser'"):
        load_case(write(PHYSICAL + BEAM + PHASE.replace('"phase"', '"laser"')))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("beam_deflection.0.wavelength=633 Hz", ["wavelength: ", "not that of a length"]),
        ("beam_deflection.0.wavelength=0 nm", ["wavelength: ", "greater than 0"]),
        ("beam_deflection.0.wavelength=['633 nm', '1 kg']", ["wavelength.1: ", "[mass]"]),
        ("beam_deflection.0.wavelength=true", ["wavelength: ", "not a number"]),
        ("beam_deflection.0.contrast.0.n_c=much", ["n_c: ", "not a number"]),
        ("interferometer.0.noise=0.1 K", ["noise: ", 'a phase as "0.1 rad"']),
        ("interferometer.0.noise=-0.1 rad", ["noise: ", "greater than 0"]),
        ("interferometer.0.map=3", ["map: ", "not true or false"]),
    ],
)
def test_one_reason_for_one_wrong_value(write, change, said):
    with pytest.raises(CaseError) as caught:
        load_case(write(PHYSICAL + BEAM + PHASE), [f"readings.{change}"])
    text = str(caught.value)
    for part in said:
        assert part in text
    assert "also" not in text
    for name in ("function-", "tuple[", "float", "constrained"):
        assert name not in text


def test_noise_of_a_phase_in_fringes(write, comm):
    phase = built(write, comm, PHYSICAL + PHASE, "readings.interferometer.0.noise=0.5 fringe")
    assert phase["phase"].optics.noise == pytest.approx((3.14159265,))


def test_two_wavelengths_are_written_as_they_are_read(write):
    """Sweeps, fits and the case of a run folder read what was written."""
    lights = "readings.interferometer.0.wavelength=['633 nm', '0.8 um']"
    case = load_case(write(PHYSICAL + PHASE), [lights])
    again = load_case(write(resolved_toml(case)))
    assert case.readings is not None
    assert again.readings is not None
    for one, other in zip(case.readings.interferometer, again.readings.interferometer, strict=True):
        assert one.wavelength == pytest.approx((633e-9, 0.8e-6), rel=1e-12)
        assert other.wavelength == pytest.approx(one.wavelength, rel=1e-12)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("wavelength=633", "633 m is no wavelength of light"),
        ("map={pixels=[2000, 2000]}", "4,000,000 pixels"),
        ("map={corners=[['1 mm', '2 mm'], ['5 mm', '2 mm']]}", "no width or no height"),
        ("cold={point=['4 mm', '5 mm']}", "the same"),
    ],
)
def test_light_that_shows_nothing(write, comm, change, said):
    sets = ["readings.interferometer.0.hot={point=['4 mm', '5 mm']}"]
    with pytest.raises(ConditionError, match=said):
        built(write, comm, PHYSICAL + PHASE, *sets, f"readings.interferometer.0.{change}")
