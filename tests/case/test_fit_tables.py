"""Tables of a fit in case files: what they make, and what is said of mistakes."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from case_texts import GROUPS, PHYSICAL, condition, in_a_rectangle
from ternary_files import SORET, D, fluid_text

from femsoret.base.errors import CaseError, FemsoretError
from femsoret.case import load_case, resolved_toml
from femsoret.commands.check import check_report
from femsoret.commands.fit_inputs import FitInputs, fit_inputs, load_fit_case
from femsoret.studies.fit.priors import sought_entries

TIMED = PHYSICAL + '\n[time]\nend = "5 tau"\n'

SOUGHT = """
[[fit.unknown]]
quantity = "soret"
[[fit.unknown]]
quantity = "D"
"""

DATA = """
[[fit.data]]
file = "first.csv"
uncertainty = "1 %"
"""

FIRST = "t (min),separation\n1,1e-3\n2,2e-3\n4,\n90,4e-3\n"


@pytest.fixture
def fitted(write, comm, tmp_path: Path):
    """Return what a case needs for a fit, with the file first.csv in its folder."""

    def make(text: str, data: str = FIRST, name: str = "first.csv") -> FitInputs:
        path = write(text)
        if comm.rank == 0:
            (path.parent / name).write_text(data)
        comm.barrier()
        return fit_inputs(load_case(path, comm=comm), comm)

    return make


def test_the_fluid_states_the_priors(fitted):
    found = fitted(TIMED + SOUGHT + DATA)
    soret, diffusion = found.unknowns
    reference, fluid = found.built.experiment.mixture.reference, found.built.experiment.fluid
    assert (soret.name, soret.unit) == ("S_T", "1/K")
    assert soret.prior.value == pytest.approx(reference.soret[0], rel=1e-12)
    relative = fluid.uncertainties()
    for unknown, entry in ((soret, "soret"), (diffusion, "diffusion")):
        if relative[entry] is None:
            assert unknown.prior.is_flat
        else:
            assert unknown.prior.uncertainty == pytest.approx(
                relative[entry] * unknown.prior.value, rel=1e-12
            )


def test_data_are_in_si_and_without_gaps(fitted):
    (recorded,) = fitted(TIMED + SOUGHT + DATA).recorded
    (series,) = recorded.data.series
    assert (recorded.data.name, series.signal) == ("first", "separation")
    np.testing.assert_allclose(series.times, [60.0, 120.0, 5400.0])
    np.testing.assert_allclose(series.uncertainty, 4e-5, rtol=1e-12)


@pytest.mark.parametrize("end", ["5 s", "1000 tau"])
def test_the_run_of_a_data_set_ends_with_its_last_row(fitted, end):
    text = TIMED.replace("5 tau", end) + SOUGHT + DATA
    (recorded,) = fitted(text).recorded
    assert recorded.schedule.end == pytest.approx(5400.0)


def test_an_unknown_zero_of_time_needs_a_longer_run(fitted):
    zero = '[[fit.unknown]]\nquantity = "zero_of_time"\nprior = { uncertainty = "1 min" }\n'
    (recorded,) = fitted(TIMED + SOUGHT + zero + DATA).recorded
    assert recorded.schedule.end == pytest.approx(5400.0 + 4 * 60.0)


def test_priors_of_the_case(fitted):
    text = (
        TIMED
        + """
[[fit.unknown]]
quantity = "soret"
prior = { value = "4e-3 1/K", uncertainty = "none" }
[[fit.unknown]]
quantity = "D"
prior = { uncertainty = "5 %" }
[[fit.unknown]]
quantity = "tilt"
prior = { value = "-1 deg", uncertainty = "0.01 rad" }
[[fit.unknown]]
quantity = "thermostat_offset"
sides = ["top"]
prior = { uncertainty = "10 mK" }
[[fit.unknown]]
quantity = "contrast"
prior = { uncertainty = 0.02 }
[[fit.unknown]]
quantity = "baseline"
"""
        + DATA
    )
    soret, diffusion, tilt, offset, contrast, baseline = fitted(text).unknowns
    assert soret.prior.value == pytest.approx(4e-3, rel=1e-12)
    assert soret.prior.is_flat
    assert diffusion.prior.uncertainty == pytest.approx(0.05 * diffusion.prior.value, rel=1e-12)
    assert tilt.prior.value == pytest.approx(-1.0, rel=1e-12)
    assert tilt.prior.uncertainty == pytest.approx(math.degrees(0.01), rel=1e-12)
    assert (offset.name, offset.prior.value) == ("offset at top", 0.0)
    assert offset.prior.uncertainty == pytest.approx(0.01, rel=1e-12)
    assert contrast.prior.value == pytest.approx(1.0, rel=1e-12)
    assert baseline.signal == "separation"
    assert baseline.scale == pytest.approx(4e-5, rel=1e-12)


def test_what_is_different_in_a_data_set(fitted):
    text = (
        TIMED
        + SOUGHT
        + '[[fit.unknown]]\nquantity = "tilt"\ndata = "second"\nprior.uncertainty = "0.5 deg"\n'
        + DATA
        + """
[[fit.data]]
name = "second"
file = "first.csv"
set = { "condition.0.value" = "301.15 K", tilt = "2 deg", cell.size.1 = "4 mm" }
"""
    )
    found = fitted(text)
    first, second = (each.experiment for each in found.recorded)
    assert first.orientation.dT == pytest.approx(10.0)
    assert second.orientation.dT == pytest.approx(8.0)
    assert second.orientation.gap == pytest.approx(4e-3)
    assert found.unknowns[-1].name == "tilt (second)"
    assert found.unknowns[-1].prior.value == pytest.approx(2.0, rel=1e-9)
    assert found.recorded[1].data.series[0].uncertainty is None
    # The same cell has the same mesh.
    assert first.cell.mesh is found.built.experiment.cell.mesh


def test_steady_data(fitted):
    text = PHYSICAL + SOUGHT + DATA + "steady = true\n"
    (recorded,) = fitted(text, "separation (%)\n0.11\n0.12\n").recorded
    assert recorded.schedule is None
    assert recorded.data.steady
    np.testing.assert_allclose(recorded.data.series[0].values, [1.1e-3, 1.2e-3], rtol=1e-12)


def test_steady_data_of_a_transient_case(fitted):
    (recorded,) = fitted(TIMED + SOUGHT + DATA + "steady = true\n", "separation\n1e-3\n").recorded
    assert recorded.schedule is None


def test_a_case_with_a_plan_can_be_fitted(fitted):
    """The table of a plan may speak of what steady data do not have: it is left out for them."""
    plan = """
[design]
readings = ["separation"]
noise = { separation = "1e-5" }
duration = "3 tau"
levelling = "0.1 deg"
"""
    tilt = '[[fit.unknown]]\nquantity = "tilt"\nprior = { uncertainty = "0.5 deg" }\n'
    text = TIMED + SOUGHT + tilt + DATA + "steady = true\n" + plan
    (recorded,) = fitted(text, "separation\n1e-3\n").recorded
    assert recorded.data.steady


def test_named_signals(fitted):
    text = TIMED + SOUGHT + DATA
    text += """columns = [
  { column = "plate", signal = "mid", uncertainty = "5 mK" },
  { column = "dc", signal = "middle" },
]
[[readings.thermometer]]
name = "mid"
point = ["5 mm", "2.5 mm"]
[[readings.gradient]]
name = "middle"
line = [["0 mm", "2.5 mm"], ["10 mm", "2.5 mm"]]
"""
    (recorded,) = fitted(text, "t (s),dc (1),plate (degC)\n60,-1e-3,25\n120,-2e-3,25.1\n").recorded
    plate, dc = recorded.data.series
    assert (plate.signal, dc.signal) == ("thermometer.mid", "signal.middle.dc")
    np.testing.assert_allclose(plate.values, [298.15, 298.25], rtol=1e-12)
    np.testing.assert_allclose(plate.uncertainty, 5e-3, rtol=1e-12)


def test_what_a_beam_of_light_does(fitted):
    text = TIMED + SOUGHT + DATA.replace("1 %", "0.1 %")
    text += """columns = [
  { column = "spot", signal = "beam" }, { column = "angle", signal = "optical.beam.0.angle" }
]
[[readings.beam_deflection]]
name = "beam"
wavelength = "589.3 nm"
through = ["5 mm", "2.5 mm"]
depth = "20 mm"
detector = "1 m"
[[readings.beam_deflection.contrast]]
wavelength = "589.3 nm"
n = 1.358
n_T = "-2.3e-4 1/K"
n_c = -0.040
source = "made up"
"""
    (recorded,) = fitted(text, "t (s),spot (um),angle (urad)\n60,1,2\n120,3,4\n").recorded
    spot, angle = recorded.data.series
    assert (spot.signal, angle.signal) == ("optical.beam.0.total", "optical.beam.0.angle")
    np.testing.assert_allclose(spot.values, [1e-6, 3e-6], rtol=1e-12)
    np.testing.assert_allclose(angle.values, [2e-6, 4e-6], rtol=1e-12)


TERNARY = in_a_rectangle(
    'file = "abr.toml"\n',
    condition("temperature", "top", '"305 K"'),
    condition("temperature", "bottom", '"300 K"'),
)


def test_entries_of_several_components(fitted, write):
    write(fluid_text(), "abr.toml")
    text = TERNARY + '\n[time]\nend = "5 tau"\n' + DATA
    text += """
[[fit.unknown]]
quantity = "soret"
component = "b"
[[fit.unknown]]
quantity = "D"
component = ["a", "b"]
"""
    found = fitted(text, "t (s),separation,separation.b\n60,1e-3,-1e-4\n")
    soret, entry = found.unknowns
    assert (soret.name, entry.name) == ("S_T of b", "D of a by b")
    assert soret.prior.value == pytest.approx(SORET["b"], rel=1e-9)
    assert soret.prior.uncertainty == pytest.approx(0.05 * abs(SORET["b"]), rel=1e-9)
    assert entry.prior.value == pytest.approx(D["a", "b"], rel=1e-9)
    mixture = found.built.experiment.mixture
    assert sought_entries(mixture, found.unknowns) == {"soret.b", "diffusion.a.b"}
    signals = [series.signal for series in found.data[0].series]
    assert signals == ["separation", "separation.b"]
    with pytest.raises(CaseError, match="of the components a, b, 0 are named") as raised:
        fitted(text.replace('component = "b"\n', ""), "t (s),separation\n60,1e-3\n")
    assert 'component = "a"' in raised.value.hint
    with pytest.raises(CaseError, match="no component 'rest'"):
        fitted(text.replace('component = "b"', 'component = "rest"'))


def test_a_mixture_of_two_has_one_entry_of_each_kind(fitted):
    """Else a budget would count the source of what is sought as well."""
    named = SOUGHT.replace('"soret"\n', '"soret"\ncomponent = "water"\n')
    found = fitted(TIMED + named + DATA)
    assert found.unknowns[0].components == ("water",)
    mixture, fluid = found.built.experiment.mixture, found.built.experiment.fluid
    assert sought_entries(mixture, found.unknowns) == {"soret", "diffusion"}
    assert {"soret", "diffusion"} <= fluid.uncertainties().keys()


def test_records_are_data_as_they_are(fitted):
    record = (
        "# Virtual record 'first', made by femsoret from a computed run: not a measurement.\n"
        "# sampling interval: 60.0 s\n# Columns:\n# t (s): time on the clock\n"
        "# separation (1): mass fraction; standard deviation of the noise 1e-6 1, drift 0 1/s\n"
        "t,separation\n0.0,1e-9\n60.0,1e-3\n"
    )
    (recorded,) = fitted(TIMED + SOUGHT + DATA, record).recorded
    assert recorded.schedule.end == pytest.approx(60.0)


def test_groups(fitted):
    text = GROUPS + '\n[time]\nend = "5 tau"\n' + SOUGHT + DATA
    (recorded,) = fitted(text, "t,separation\n0.1,0.01\n0.2,0.02\n").recorded
    assert recorded.schedule.end == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("tables", "what", "hint"),
    [
        ('[[fit.unknown]]\nquantity = "sorett"\n', r"\[fit.unknown.0\] quantity", "'soret'"),
        ('[[fit.unknown]]\nquantity = "soret"\ncomponent = "x"\n', "no component x", "leave"),
        ('[[fit.unknown]]\nquantity = "soret"\nsides = ["top"]\n', "belongs to no sides", "leave"),
        ('[[fit.unknown]]\nquantity = "azimuth"\n', "2D cell has no azimuth", "3D"),
        ('[[fit.unknown]]\nquantity = "side_loss"\nsides = ["left"]\n', "lose heat", "robin"),
        ('[[fit.unknown]]\nquantity = "side_loss"\n', "sides: missing", "sides"),
        (
            '[[fit.unknown]]\nquantity = "thermostat_offset"\nsides = ["left"]\n',
            "no temperature is given",
            "robin",
        ),
        (
            '[[fit.unknown]]\nquantity = "thermostat_offset"\nsides = ["lid"]\n',
            "no side 'lid'",
            "top",
        ),
        ('[[fit.unknown]]\nquantity = "D"\nprior.uncertainty = "0 %"\n', "not allowed", "none"),
        ('[[fit.unknown]]\nquantity = "D"\nprior.uncertainty = 0\n', "not allowed", "none"),
        ('[[fit.unknown]]\nquantity = "D"\nprior.value = "1 m"\n', "dimension", ""),
        ('[[fit.unknown]]\nquantity = "D"\nprior.value = true\n', "is not a quantity", "SI"),
        ('[[fit.unknown]]\nquantity = "D"\n' * 2, "sought twice", "keep"),
        ('[[fit.unknown]]\nquantity = "D"\ndata = "x"\n' + DATA, "no data set 'x'", "first"),
        (
            '[[fit.unknown]]\nquantity = "tilt"\n[[fit.unknown]]\nquantity = "tilt"\n'
            'data = "first"\n' + DATA,
            "for all data sets and for 'first'",
            "keep",
        ),
        (SOUGHT + DATA + DATA, "two data sets are named 'first'", "name"),
        (SOUGHT + DATA.replace("first.csv", "last.csv"), "last.csv: there is no such", "first.csv"),
        (SOUGHT + DATA + 'set = { "condition.9.value" = 1.0 }\n', "not the number", "2 items"),
        (SOUGHT + DATA + 'set = { tlt = "1 deg" }\n', "unknown key", "title"),
        (SOUGHT + DATA + 'set = { tilt = "1 mm" }\n', "data set 'first'.*dimension", "angle"),
        (SOUGHT + DATA + 'columns = [{ column = "x" }]\n', "no column 'x'", "separation"),
        (
            SOUGHT + DATA + 'columns = [{ column = "separation", signal = "beam" }]\n',
            r"\[fit.data.0.columns.0\] signal.*no run .* predicts a signal 'beam'",
            "separation",
        ),
        (SOUGHT + DATA + 'time = "clock"\n', "no column 'clock'", "t"),
        (SOUGHT + DATA.replace("1 %", "0 %"), "uncertainty of '0 %' is not allowed", "positive"),
        (
            SOUGHT + '[[fit.unknown]]\nquantity = "baseline"\nsignal = "T_hot"\n' + DATA,
            "'of others'|of others",
            "signal",
        ),
        (DATA, "does not say what is sought", "soret"),
        (SOUGHT, "there are no data", "CSV"),
    ],
)
def test_mistakes(fitted, tables, what, hint):
    with pytest.raises(FemsoretError, match=f"(?s){what}") as raised:
        fitted(TIMED + tables)
    assert hint in raised.value.hint, raised.value.hint


def test_times_need_a_transient_case(fitted):
    with pytest.raises(CaseError, match="has times, but the case") as raised:
        fitted(PHYSICAL + SOUGHT + DATA)
    assert "[time]" in raised.value.hint


def test_columns_without_a_signal(fitted):
    with pytest.raises(CaseError, match=r"no column of .* it has t, spot") as raised:
        fitted(TIMED + SOUGHT + DATA, "t (s),spot (mm)\n1,2\n")
    assert "separation" in raised.value.hint


def test_data_before_the_run(fitted):
    with pytest.raises(CaseError, match="not after the start of the run"):
        fitted(TIMED + SOUGHT + DATA, "t (s),separation\n-2,0.1\n-1,0.1\n")


def test_the_file_of_the_command_line(write, comm, tmp_path):
    path = write(TIMED + SOUGHT + DATA.replace("first.csv", "none.csv"))
    other = path.parent / "other.csv"
    if comm.rank == 0:
        other.write_text("t (s),separation\n1,1e-3\n")
    comm.barrier()
    case = load_fit_case(path, other, comm=comm)
    (recorded,) = fit_inputs(case, comm).recorded
    assert recorded.schedule.end == pytest.approx(1.0)
    (data,) = case.fit.data
    assert data.file == other
    assert data.uncertainty == "1 %"
    bare = load_fit_case(write(TIMED + SOUGHT), other, comm=comm)
    assert fit_inputs(bare, comm).data[0].number_of_values == 1
    two = write(TIMED + SOUGHT + DATA + DATA.replace("[[fit.data]]", '[[fit.data]]\nname = "b"'))
    with pytest.raises(CaseError, match="2 data sets"):
        load_fit_case(two, other, comm=comm)


COLD_ROOM = """
[[condition]]
kind = "robin"
sides = ["left", "right"]
h = "5 W/m^2/K"
T_outside = "294 K"
"""


def test_data_sets_have_the_hot_and_the_cold_wall_of_the_case(fitted):
    """A colder bath above the room, or warmer one, moves the axis to the sides of the cell."""
    text = TIMED + COLD_ROOM + SOUGHT + DATA
    upside_down = 'set = { "condition.0.value" = "290 K", "condition.1.value" = "300 K" }\n'
    assert len(fitted(text + upside_down).recorded) == 1
    moved = 'set = { "condition.0.value" = "298 K", "condition.1.value" = "296 K" }\n'
    with pytest.raises(CaseError, match=r"hottest and the coldest wall are .*top and (left|right)"):
        fitted(text + moved)
    with_room = moved.replace(" }", ', "condition.2.T_outside" = "297 K" }')
    assert len(fitted(text + with_room).recorded) == 1


def test_resolved_cases_are_the_same(write, comm, fitted):
    found = fitted(TIMED + SOUGHT + DATA)
    again = load_case(write(resolved_toml(found.case), "again.toml"), comm=comm)
    assert again.fit == found.case.fit


def test_check_says_what_would_be_fitted(fitted, comm):
    found = fitted(TIMED.replace("5 tau", "1 s") + SOUGHT + DATA.replace('"1 %"', '"2e-5"'))
    said = check_report(found.case, comm)
    assert "# femsoret fit seeks:\n#   S_T: " in said
    assert "# data first: separation (3) values" in said
    assert "predicted by a run of 1.5 h, longer than the 1 s of the case" in said
    assert "together 3 values for 2 unknowns" in said
    assert "no uncertainty" not in said


def test_check_says_that_noise_is_unknown(fitted, comm):
    found = fitted(PHYSICAL + SOUGHT + '[[fit.data]]\nfile = "first.csv"\nsteady = true\n')
    said = check_report(found.case, comm)
    assert "no uncertainty is stated of separation" in said
    assert "predicted by a steady state" in said
