"""Transient runs in case files: times, protocols, what is said of mistakes."""

from __future__ import annotations

import math
import pickle

import numpy as np
import pytest
from test_load import GROUPS, PHYSICAL

from femsoret.base.errors import CaseError, FemsoretError
from femsoret.case import Case, load_case, resolved_toml
from femsoret.commands.check import check_report
from femsoret.experiment.schedule import (
    CheckpointPolicy,
    EvaluationWindow,
    Schedule,
    Stop,
    relaxation_time,
)
from femsoret.problem.protocol import GRAVITY, GravityDirection, ParameterChange, WallValue

TIMED = PHYSICAL + '\n[time]\nend = "5 tau"\n'
TIMED_GROUPS = GROUPS + '\n[time]\nend = "5 tau"\n'


def schedule(case: Case, comm) -> tuple[Schedule, float]:
    run = case.build(comm)
    experiment = run.experiment
    return run.schedule, relaxation_time(experiment.mixture, experiment.orientation.gap)


# -- when --------------------------------------------------------------------------------------


def test_without_time_there_is_no_schedule(write, comm):
    assert load_case(write(PHYSICAL)).build(comm).schedule is None


def test_relaxation_times_are_those_of_the_cell(write, comm):
    found, tau = schedule(load_case(write(TIMED)), comm)
    assert tau == pytest.approx(0.005**2 / (math.pi**2 * _diffusivity(write, comm)))
    assert found.end == pytest.approx(5 * tau)


def _diffusivity(write, comm):
    mixture = load_case(write(PHYSICAL, "steady.toml")).build(comm).experiment.mixture
    return float(mixture.species[0].diffusion(mixture.T0, mixture.species[0].c0))


@pytest.mark.parametrize(
    ("end", "seconds"), [('"20 h"', 72000.0), ('"300 s"', 300.0), ("450", 450.0)]
)
def test_times_have_units(write, comm, end, seconds):
    assert schedule(load_case(write(TIMED), [f"time.end={end}"]), comm)[0].end == seconds


def test_times_of_groups(write, comm):
    path = write(TIMED_GROUPS)
    found, tau = schedule(load_case(path), comm)
    assert tau == pytest.approx(100 / math.pi**2)  # Le = 100, in units of L^2/alpha
    assert found.end == pytest.approx(5 * tau)
    assert schedule(load_case(path, ["time.end=2.5"]), comm)[0].end == 2.5


def test_a_second_run_is_made_unasked_where_it_takes_minutes(write, comm):
    path = write(TIMED)
    assert schedule(load_case(path), comm)[0].numerical_error
    refused = load_case(path, ["time.numerical_error=false"])
    assert not schedule(refused, comm)[0].numerical_error
    without = load_case(path, ["solver.numerical_error=false"])
    assert not schedule(without, comm)[0].numerical_error
    anyway = load_case(path, ["solver.numerical_error=false", "time.numerical_error=true"])
    assert schedule(anyway, comm)[0].numerical_error
    assert "# numerical error: not evaluated" in check_report(refused, comm)
    assert "# numerical error: estimated by further runs" in check_report(load_case(path), comm)
    # With so many steps: hours.
    long = ['time.largest_step="1e-6 tau"']
    assert not schedule(load_case(path, long), comm)[0].numerical_error
    assert schedule(load_case(path, [*long, "time.numerical_error=true"]), comm)[0].numerical_error


def test_everything_reaches_the_schedule(write, comm):
    path = write(
        TIMED
        + """
start = "uniform"
start_temperature = "20 degC"
tolerance = 1e-5
first_step = "1 ms"
largest_step = "0.1 tau"
settled = 1e-4
stop = "separation > 0.5 %"
fields_at = ["1 h", 60]
fields_every = "2 tau"
rows_at = ["10 min", "4.0000000000000009 tau"]
rows_every = "1.5 tau"
[time.evaluation]
t0 = "30 s"
end = "4 tau"
[time.checkpoint]
steps = 20
[solver]
preset = "direct"
petsc = { mat_mumps_icntl_14 = 50 }
"""
    )
    found, tau = schedule(load_case(path), comm)
    assert (found.start, found.start_temperature) == ("uniform", 293.15)
    assert found.march.tolerance == 1e-5
    assert found.march.first_step == 1e-3
    assert found.march.largest_step == pytest.approx(0.1 * tau)
    assert (found.march.preset, dict(found.march.petsc)) == (
        "direct",
        {"mat_mumps_icntl_14": 50},
    )
    assert found.settled == 1e-4
    assert found.stop == Stop("separation", ">", 0.005)
    assert found.field_times == pytest.approx((60.0, 3600.0, 2 * tau, 4 * tau))
    assert found.row_times == pytest.approx((600.0, 1.5 * tau, 3 * tau, 4 * tau, 4.5 * tau))
    assert found.row_times[3] == found.field_times[3]  # no step from the one to the other
    assert found.evaluation == EvaluationWindow(30.0, 30.0, 4 * tau)
    assert found.checkpoint == CheckpointPolicy(20, 10.0)


def test_stop_reads_the_unit_of_its_column(write, comm):
    found, _ = schedule(load_case(write(TIMED), ["time.stop='max_speed<1 um/s'"]), comm)
    assert found.stop == Stop("max_speed", "<", pytest.approx(1e-6))


# -- what changes ------------------------------------------------------------------------------


def changes(write, comm, protocol: str, base: str = TIMED, overrides=()):
    path = write(base + "\n[[protocol]]\n" + protocol)
    return schedule(load_case(path, overrides), comm)[0].protocol.changes


def test_a_wall_ramps(write, comm):
    (change,) = changes(
        write,
        comm,
        'kind = "temperature"\nsides = ["top"]\n'
        'ramp = { initial = "25 degC", duration = "5 min", at = 10 }',
    )
    assert isinstance(change, WallValue)
    assert (change.side, change.block) == ("top", "theta")
    # It ends at what the condition says, 303.15 K.
    assert [change.time_function.value(t, t) for t in (0, 160, 310, 1e4)] == pytest.approx(
        [298.15, 300.65, 303.15, 303.15]
    )
    assert change.breaks == (10.0, 310.0)


def test_walls_step_and_oscillate_about_what_they_were(write, comm):
    found = changes(
        write,
        comm,
        'kind = "temperature"\nsides = ["top", "bottom"]\nstep = { value = 300, at = "1 h" }\n'
        'oscillation = { amplitude = "0.1 K", period = "8 min", at = "2 h" }',
    )
    assert [change.side for change in found] == ["top", "bottom"]
    for change, before in zip(found, (303.15, 293.15), strict=True):
        assert change.time_function.value(1.0, 1.0) == pytest.approx(before)
        assert change.time_function.value(3601.0, 3601.0) == pytest.approx(300.0)
        assert change.time_function.value(7200.0 + 120.0, 7300.0) == pytest.approx(300.1)
        assert change.breaks == (3600.0, 7200.0)


@pytest.mark.parametrize(
    ("protocol", "start"),
    [
        # A thermostat that comes from 20 degC: the liquid was there, not at the mean of the end.
        (
            "{kind='temperature', sides=['top'], table={times=[0, 60], values=[293.15, 303.15]}}",
            293.15,
        ),
        ("{kind='temperature', sides=['top'], ramp={initial=293.15, duration=1, at=0}}", 293.15),
        ("{kind='temperature', sides=['top', 'bottom'], step=[{value=300, at=9}]}", 298.15),
        ("{kind='heating', rest=290.0, ramp={initial=0, duration=60}}", 290.0),
        ("{kind='gravity', oscillation={amplitude=1, period=8}}", None),
    ],
)
def test_a_liquid_starts_between_its_walls_as_they_are_then(write, comm, protocol, start):
    path = write(TIMED)
    found, _ = schedule(load_case(path, [f"protocol=[{protocol}]"]), comm)
    assert found.start_temperature == (None if start is None else pytest.approx(start, abs=1e-9))
    given = [f"protocol=[{protocol}]", "time.start_temperature=295 K"]
    assert schedule(load_case(path, given), comm)[0].start_temperature == pytest.approx(295.0)


def test_surroundings_say_where_a_liquid_starts_too(write, comm):
    room = "{kind='robin', sides=['top'], h=500, T_outside=303.15}"
    moved = "{kind='surroundings', sides=['top'], ramp={initial=293.15, duration=60}}"
    case = load_case(write(TIMED), [f"condition.0={room}", f"protocol=[{moved}]"])
    assert schedule(case, comm)[0].start_temperature == pytest.approx(293.15)


def test_composition_follows_a_table(write, comm):
    held = '\n[[condition]]\nkind = "composition"\nsides = ["left"]\nvalue = 0.6\n'
    (change,) = changes(
        write,
        comm,
        'kind = "composition"\nsides = ["left"]\n'
        'table = { times = ["0 s", "1 h", "1 h"], values = [0.6, "62 %", 0.5] }',
        PHYSICAL + held + '\n[time]\nend = "5 tau"\n',
    )
    assert change.block == "gamma_0"
    assert change.time_function.value(1800.0, 1800.0) == pytest.approx(0.61)
    assert change.time_function.value(3600.0, 3600.0) == 0.5


def test_heating_moves_all_walls_to_their_mean(write, comm):
    robin = '\n[[condition]]\nkind = "robin"\nsides = ["left"]\nh = 100\nT_outside = 300\n'
    found = changes(
        write,
        comm,
        'kind = "heating"\nramp = { final = 0, at = "1 h", duration = "10 min" }',
        PHYSICAL + robin + '\n[time]\nend = "5 tau"\nstart = "steady"\n',
    )
    ends = [(c.time_function.value(0, 0), c.time_function.value(9e3, 9e3)) for c in found]
    assert ends == [(pytest.approx(T), pytest.approx(298.15)) for T in (303.15, 293.15, 300.0)]
    assert isinstance(found[2], ParameterChange)


def test_the_parameter_of_surroundings_exists(write, comm):
    robin = '\n[[condition]]\nkind = "robin"\nsides = ["left"]\nh = 100\nT_outside = 300\n'
    path = write(
        PHYSICAL
        + robin
        + '\n[time]\nend = "5 tau"\n[[protocol]]\nkind = "surroundings"\nsides = ["left"]\n'
        + "step = { value = 310, at = 5 }"
    )
    run = load_case(path).build(comm)
    problem = run.experiment.problem()
    (change,) = run.schedule.protocol.changes
    assert float(problem.parameters[change.name].value) == 300.0
    change.apply(problem, 6.0, 6.0)
    assert float(problem.parameters[change.name].value) == 310.0


@pytest.mark.parametrize(
    ("protocol", "window"),
    [
        ('ramp = { initial = 0, duration = "10 min" }', EvaluationWindow(300.0, 600.0)),
        ("step = { value = 0, at = 60 }", EvaluationWindow(60.0, 60.0, relaxing=True)),
        (
            "table = { times = [0, 10, 100, 120], values = [0, 1, 1, 0] }",
            EvaluationWindow(110.0, 120.0, relaxing=True),
        ),
        ("oscillation = { amplitude = 0.01, frequency = 1 }", EvaluationWindow()),
    ],
)
def test_evaluated_from_when_the_heating_comes_or_goes(write, comm, protocol, window):
    path = write(TIMED + '\n[[protocol]]\nkind = "heating"\n' + protocol)
    assert schedule(load_case(path), comm)[0].evaluation == window


@pytest.mark.parametrize(
    "overrides",
    [
        ["time.evaluate=false"],
        ["readings={hot={point=[0.002, 0.004]}, cold={point=[0.005, 0.004]}}"],
        ["condition.2={kind='composition', sides=['left'], value=0.6}"],
    ],
)
def test_nothing_is_evaluated(write, comm, overrides):
    text = TIMED.replace("[time]", '[[condition]]\nkind="closed"\nsides=["right"]\n[time]')
    assert schedule(load_case(write(text), overrides), comm)[0].evaluation is None


def test_g_jitter(write, comm):
    (change,) = changes(
        write,
        comm,
        'kind = "gravity"\noscillation = [{ amplitude = "1e-3 g0", frequency = 0.25 },'
        ' { amplitude = "0.1 m/s^2", frequency = 0.5, phase = "90 deg" }]',
    )
    assert isinstance(change, ParameterChange)
    assert change.name == GRAVITY
    g0 = 9.80665
    assert change.time_function.value(1.0, 0.5) == pytest.approx(g0 * 1.001 - 0.1)


def test_gravity_of_an_accelerometer(write, comm):
    write("# ms, micro-g\n0, 0\n500, 250\n500, -100\n", "jitter.csv")
    text = 'kind = "gravity"\ntable = { file = "jitter.csv", time_unit = "ms", unit = "ug0" }'
    (change,) = changes(write, comm, text)
    g = 9.80665e-6
    assert change.breaks == (0.0, 0.5)
    assert change.time_function.value(0.25, 0.0) == pytest.approx(125 * g)
    assert change.time_function.value(0.5, 0.5) == pytest.approx(-100 * g)
    # What is kept of the case for a restart needs no file.
    case = load_case(write(f"{TIMED}\n[[protocol]]\n{text}"))
    assert "jitter" not in resolved_toml(case)
    again, _ = schedule(load_case(write(resolved_toml(case), "again.toml")), comm)
    assert again.protocol.changes[0].time_function.value(0.25, 0.0) == pytest.approx(125 * g)


def test_gravity_of_groups_is_relative(write, comm):
    run = load_case(
        write(TIMED_GROUPS + '\n[[protocol]]\nkind = "gravity"\nstep = { value = 0.5, at = 1 }')
    ).build(comm)
    (change,) = run.schedule.protocol.changes
    usual = run.experiment.mixture.gravity.magnitude
    assert change.time_function.value(0.5, 0.5) == usual
    assert change.time_function.value(2.0, 2.0) == pytest.approx(0.5 * usual)


def test_a_cell_spins_from_its_tilt(write, comm):
    path = write(TIMED + '\n[[protocol]]\nkind = "tilt"\nspin = { rate = "1 rpm", at = 10 }')
    run = load_case(path, ["gravity.tilt=5 deg"]).build(comm)
    (change,) = run.schedule.protocol.changes
    assert isinstance(change, GravityDirection)
    problem = run.experiment.problem()
    for t, angle in ((0.0, 5.0), (25.0, 95.0)):
        change.apply(problem, t, t)
        up = [float(problem.parameters[f"gravity.up.{i}"].value) for i in range(2)]
        # In 2D a positive tilt turns up anticlockwise from the axis, which points up here.
        assert up == pytest.approx([-math.sin(math.radians(angle)), math.cos(math.radians(angle))])


@pytest.mark.parametrize(
    "gravity", ["tilt='20 deg'", "direction=[0.1, -1]", "tilt='-30 deg'", "direction=[0, 1]"]
)
def test_a_tilt_that_does_not_change_is_that_of_the_case(write, comm, gravity):
    path = write(
        TIMED + '\n[[protocol]]\nkind = "tilt"\noscillation = {amplitude = "1 deg", period = 5}'
    )
    run = load_case(path, [f"gravity={{{gravity}}}"]).build(comm)
    problem = run.experiment.problem()
    run.schedule.protocol.apply(problem, 0.0, 0.0)
    up = [float(problem.parameters[f"gravity.up.{i}"].value) for i in range(2)]
    assert up == pytest.approx(run.experiment.mixture.gravity.up)


def test_in_3d_up_leans_where_the_azimuth_says(write, comm):
    path = write(TIMED + '\n[[protocol]]\nkind = "tilt"\nstep = {value = "10 deg", at = 1}')
    for given in ("tilt='3 deg', azimuth='40 deg'", "direction=[0.1, -1, -0.3]"):
        run = load_case(
            path,
            [
                "cell.kind=box",
                "cell.size=['1 cm', '5 mm', '4 mm']",
                "cell.cells=[1, 1, 1]",
                f"gravity={{{given}}}",
            ],
        ).build(comm)
        problem = run.experiment.problem()
        run.schedule.protocol.apply(problem, 0.0, 0.0)
        up = np.array([float(problem.parameters[f"gravity.up.{i}"].value) for i in range(3)])
        before = np.asarray(run.experiment.mixture.gravity.up)
        assert up == pytest.approx(before)
        run.schedule.protocol.apply(problem, 2.0, 2.0)
        up = np.array([float(problem.parameters[f"gravity.up.{i}"].value) for i in range(3)])
        assert up[1] == pytest.approx(math.cos(math.radians(10)))
        assert up[0] * before[2] == pytest.approx(up[2] * before[0])


# -- the way back ------------------------------------------------------------------------------

FULL_TIME = (
    TIMED
    + """
fields_at = ["1 h", "2 tau"]
largest_step = "10 min"
stop = "S_app > 3e-3 1/K"
[time.evaluation]
t0 = "1 min"
[time.checkpoint]
steps = 20
[[protocol]]
kind = "heating"
rest = "22 degC"
table = { times = ["0 s", "0.1 tau"], values = [0, 1] }
[[protocol]]
kind = "gravity"
ramp = { final = "1e-3 g0", duration = "20 s" }
oscillation = { amplitude = 0.01, period = "5 min" }
[[protocol]]
kind = "tilt"
spin = { rate = "1 rpm" }
"""
)


def test_what_is_resolved_reads_as_the_same(write, comm):
    case = load_case(write(FULL_TIME))
    again = load_case(write(resolved_toml(case), "again.toml"))
    assert (again.time, again.protocol) == (case.time, case.protocol)
    assert resolved_toml(again) == resolved_toml(case)
    assert schedule(again, comm) == schedule(case, comm)


def test_groups_resolve_without_units(write):
    case = load_case(write(TIMED_GROUPS), ["time.fields_at=[0.5, '1 tau']"])
    text = resolved_toml(case)
    assert "0.5,\n" in text
    assert load_case(write(text, "again.toml")).time == case.time


# -- mistakes ----------------------------------------------------------------------------------

_WALL = "kind='temperature', sides=['top']"


@pytest.mark.parametrize(
    ("overrides", "where", "parts"),
    [
        (["time.end=5 taus"], "[time] end", ["'taus' in '5 taus' is not a unit", '"20 h"']),
        (["time.end=5 mm"], "[time] end", ["[length]", '"5 tau"']),
        (["time.end=0"], "[time] end", ["greater than 0"]),
        (["time.end=-1 tau"], "[time] end", ["'-1 tau' is not allowed"]),
        (["time.end=true"], "[time] end", ["not a time"]),
        (["time={}"], "[time] end", ["missing", "Latest end"]),
        (["time.tolerence=1e-3"], "[time] tolerence", ["did you mean 'tolerance'?"]),
        (["time.tolerance=2"], "[time] tolerance", ["less than 1"]),
        (["time.start=stedy"], "[time] start", ["did you mean 'steady'?"]),
        (["time.start=steady", "time.start_temperature=300"], "[time] start_temperature", []),
        (["time.stop=separation"], "[time] stop", ["is not a condition", "separation > 0.01"]),
        (["time.evaluation.t=1"], "[time.evaluation] t", ["did you mean 't0'?"]),
        (["time.checkpoint.steps=0"], "[time.checkpoint] steps", ["greater than or equal to 1"]),
        (["protocol=[{kind='temprature'}]"], "[protocol.0] kind", ["mean 'temperature'?"]),
        (["protocol=[{sides=['top']}]"], "[protocol.0] kind", ["missing", "heating"]),
        ([f"protocol=[{{{_WALL}}}]"], "[protocol.0]", ["nothing changes", "oscillation"]),
        (
            [f"protocol=[{{{_WALL}, rampe={{}}}}]"],
            "[protocol.0] rampe",
            ["did you mean 'ramp'?"],
        ),
        (
            [f"protocol=[{{{_WALL}, ramp={{duration=5}}}}]"],
            "[protocol.0] ramp",
            ["the ramp has no values"],
        ),
        (
            [f"protocol=[{{{_WALL}, ramp={{final='5 mm', duration=5}}}}]"],
            "[protocol.0] ramp.final",
            ["[length]", "temperature"],
        ),
        (
            [f"protocol=[{{{_WALL}, ramp={{final=-3, duration=5}}}}]"],
            "[protocol.0] ramp.final",
            ["absolute"],
        ),
        (
            [f"protocol=[{{{_WALL}, ramp={{final=300, duratoin=5}}}}]"],
            "[protocol.0] ramp.duratoin",
            ["did you mean 'duration'?"],
        ),
        (
            [f"protocol=[{{{_WALL}, ramp={{final=300, duration=5}}, step={{value=3, at=5}}}}]"],
            "[protocol.0] step",
            ["ramp and step are in the same table"],
        ),
        (
            [f"protocol=[{{{_WALL}, step=[{{value=300, at='1 h'}}, {{value=300}}]}}]"],
            "[protocol.0] step.1.at",
            ["missing", "jump"],
        ),
        (
            [f"protocol=[{{{_WALL}, table={{times=[0, 1], values=[300]}}}}]"],
            "[protocol.0] table.values",
            ["2 times and 1 values"],
        ),
        (
            [f"protocol=[{{{_WALL}, table={{file='nowhere.csv'}}}}]"],
            "[protocol.0] table.file",
            ["cannot read", "needs two numbers"],
        ),
        (
            [f"protocol=[{{{_WALL}, table={{file='a.csv', values=[300]}}}}]"],
            "[protocol.0] table.values",
            ["file and values"],
        ),
        (
            [f"protocol=[{{{_WALL}, oscillation={{amplitude='1 degC', period=5}}}}]"],
            "[protocol.0] oscillation.amplitude",
            ["difference", "0.1 K"],
        ),
        (
            [f"protocol=[{{{_WALL}, oscillation={{amplitude=1, period=5, frequency=2}}}}]"],
            "[protocol.0] oscillation",
            ["frequency or the period"],
        ),
        (
            ["protocol=[{kind='temperature', sides=['all'], step={value=3, at=5}}]"],
            "[protocol.0] sides",
            ['"all"', "heating"],
        ),
        (
            ["protocol=[{kind='composition', sides=['top'], step={value=3, at=5}}]"],
            "[protocol.0] step.value",
            ["3 is not allowed", "less than or equal to 1"],
        ),
        (
            ["protocol=[{kind='tilt', spin={rate='5 mm/s'}}]"],
            "[protocol.0] spin.rate",
            ["rate of rotation"],
        ),
        (
            ["protocol=[{kind='gravity', spin={rate='5 rpm'}}]"],
            "[protocol.0] spin",
            ["unknown key"],
        ),
    ],
)
def test_mistakes_that_the_file_shows(write, overrides, where, parts):
    path = write(TIMED)
    with pytest.raises(CaseError) as caught:
        load_case(path, overrides)
    message = str(caught.value)
    assert message.startswith(f"{path}: {where}: "), message
    for part in parts:
        assert part in message


def test_a_protocol_needs_time(write):
    path = write(PHYSICAL + '[[protocol]]\nkind = "heating"\nstep = { value = 0, at = 5 }')
    with pytest.raises(CaseError, match=r"\[protocol\]: only a transient run can have a protocol"):
        load_case(path)


@pytest.mark.parametrize(
    ("overrides", "where", "parts"),
    [
        (
            ["protocol=[{kind='temperature', sides=['topp'], step={value=300, at=5}}]"],
            "[protocol.0]",
            ["no side 'topp'", "did you mean 'top'?"],
        ),
        (
            ["protocol=[{kind='temperature', sides=['left'], step={value=300, at=5}}]"],
            "[protocol.0]",
            ["side 'left' has no condition of kind temperature", "allowed: bottom, top"],
        ),
        (
            ["protocol=[{kind='surroundings', sides=['top'], step={value=300, at=5}}]"],
            "[protocol.0]",
            ["side 'top' has no condition of kind robin", "allowed: nothing"],
        ),
        (
            [
                f"protocol=[{{kind='heating', step={{value=0, at=5}}}},"
                f" {{{_WALL}, step={{value=300, at=5}}}}]"
            ],
            "[protocol.1]",
            ["temperature of side 'top' is changed twice, in protocol.0 and in protocol.1"],
        ),
        (
            [f"protocol=[{{{_WALL}, table={{times=[5, 1], values=[300, 301]}}}}]"],
            "[protocol.0]",
            ["out of order"],
        ),
        (
            [f"protocol=[{{{_WALL}, step=[{{value=300, at=5}}, {{value=301, at='0 tau'}}]}}]"],
            "[protocol.0]",
            ["out of order"],
        ),
        (["time.stop=separatoin > 1"], "[time] stop", ["did you mean 'separation'?"]),
        (["time.stop=nusselt.left > 1"], "[time] stop", ["'nusselt.left' is not a column"]),
        (["time.stop=T_hot > 1 mm"], "[time] stop", ["[length]"]),
        (["time.fields_at=['1 h', '6 tau']"], "[time] fields_at.1", ["after the end"]),
        (
            ["time.evaluation.start=6 tau"],
            "[time.evaluation]",
            ["the run ends at", "evaluated from"],
        ),
        (["time.fields_every=1 us"], "[time] fields_every", ["at most 10000"]),
        (["time.rows_every=1 us"], "[time] rows_every", ["rows at", "at most 10000"]),
        (["time.rows_at=[0,'6 tau']"], "[time] rows_at.1", ["after the end", "later end"]),
        (
            ["time.evaluation={start='1 h', end='10 min'}"],
            "[time.evaluation]",
            ["t0 <= start < end"],
        ),
        (
            [
                "time.evaluation.t0=1",
                "readings={hot={point=[0.002, 0.004]}, cold={point=[0.005, 0.004]}}",
            ],
            "[time.evaluation]",
            ["the same position between the cold and the hot wall"],
        ),
    ],
)
def test_mistakes_that_only_the_mesh_tells(write, comm, overrides, where, parts):
    path = write(TIMED)
    case = load_case(path, overrides)
    with pytest.raises(FemsoretError) as caught:
        case.build(comm)
    message = str(caught.value)
    assert message.startswith(f"{path}: {where}: "), message
    for part in parts:
        assert part in message


@pytest.mark.parametrize(
    ("overrides", "where"),
    [
        (["time.end=5 s"], "[time] end"),
        (["time.fields_at=['1 h']"], "[time] fields_at.0"),
        (
            ["protocol=[{kind='temperature', sides=['top'], ramp={final='3 K', duration=1}}]"],
            "[protocol.0] ramp.final",
        ),
    ],
)
def test_groups_have_no_units(write, overrides, where):
    path = write(TIMED_GROUPS)
    with pytest.raises(CaseError) as caught:
        load_case(path, overrides)
    assert str(caught.value).startswith(f"{path}: {where}: ")
    assert "[groups]" in str(caught.value)


@pytest.mark.parametrize(
    ("protocol", "seconds"),
    [
        ("{kind='gravity', oscillation=[{amplitude=1, period=8}, {amplitude=1, period=60}]}", 2.0),
        ("{kind='tilt', spin={rate='3 rpm'}}", 5.0),
        ("{kind='heating', ramp={initial=0, duration=60}}", math.inf),
    ],
)
def test_steps_do_not_skip_periods(write, comm, protocol, seconds):
    path = write(TIMED)
    found, _ = schedule(load_case(path, [f"protocol=[{protocol}]"]), comm)
    assert found.march.largest_step == pytest.approx(seconds)
    # Nothing of gravity concerns the run without it.
    at_rest = found.without_gravity()
    assert at_rest.march.largest_step == math.inf
    assert len(at_rest.protocol.breaks) == (2 if "heating" in protocol else 0)
    longer = load_case(path, [f"protocol=[{protocol}]", "time.largest_step=100"])
    assert schedule(longer, comm)[0].march.largest_step == 100.0


def test_a_wall_that_oscillates_does_so_without_gravity(write, comm):
    both = (
        "[{kind='gravity', oscillation={amplitude=1, period=8}},"
        " {kind='heating', oscillation={amplitude=0.01, period=40}}]"
    )
    found, _ = schedule(load_case(write(TIMED), [f"protocol={both}"]), comm)
    assert found.march.largest_step == pytest.approx(2.0)
    assert found.without_gravity().march.largest_step == pytest.approx(10.0)


def test_what_the_run_does_not_live_to_see_is_said(write, comm):
    """A ramp that is longer than the run, and what was to be evaluated behind it."""
    slow = "protocol=[{kind='heating', ramp={initial=0, duration='6 tau'}}]"
    run = load_case(write(TIMED), [slow]).build(comm)
    (warning,) = (w for w in run.warnings if "protocol" in w)
    assert "but the run ends at" in warning
    assert run.schedule.evaluation is None
    assert "when the heating is complete" in run.schedule.not_evaluated
    assert "warning: the protocol continues" in check_report(load_case(write(TIMED), [slow]), comm)
    quick = "protocol=[{kind='heating', ramp={initial=0, duration='5 tau'}}]"
    assert not [w for w in load_case(write(TIMED), [quick]).build(comm).warnings if "protocol" in w]


def test_check_shows_the_time(write, comm):
    text = check_report(load_case(write(FULL_TIME)), comm)
    for part in (
        "# tau = L^2/(pi^2 D): 1.63 h",
        "end: at 8.14 h (5 tau), or when S_app > 0.003",
        "# protocol has jumps or kinks at: 0 s, 20 s, 9.77 min",
        "# fields: at 2 times and at the end",
        "# rows of the history: about 150 (",
    ):
        assert part in text
    assert "# tau" not in check_report(load_case(write(PHYSICAL, "steady.toml")), comm)


def test_a_stabilisation_of_steady_states_is_refused(write, comm):
    case = load_case(write(TIMED), ['solver.stabilisation="supg"'])
    with pytest.raises(CaseError, match=r"\[solver\] stabilisation: .* steady states only"):
        case.build(comm)


@pytest.mark.parametrize("series", ["ramp", "step", "table", "oscillation"])
def test_ranks_can_send_each_other_a_protocol(write, series):
    # Every kind and unit: pickle finds the class of each table by its name.
    given = {
        "ramp": "ramp = {{ final = {0}, duration = 60 }}",
        "step": "step = [{{ value = {0}, at = 60 }}]",
        "table": "table = {{ times = [0, 60], values = [{0}, {0}] }}",
        "oscillation": "oscillation = [{{ amplitude = {1}, period = 60 }}]",
    }[series]
    kinds = {
        'kind = "temperature"\nsides = ["top"]': ("300", "1"),
        'kind = "composition"\nsides = ["left"]': ("0.4", "0.1"),
        'kind = "surroundings"\nsides = ["left"]': ("300", "1"),
        'kind = "heating"': ("0.5", "0.1"),
        'kind = "gravity"': ("1", "0.1"),
        'kind = "tilt"': ('"2 deg"', '"1 deg"'),
    }
    changes = "".join(
        f"\n[[protocol]]\n{kind}\n{given.format(*values)}\n" for kind, values in kinds.items()
    )
    case = load_case(write(TIMED + changes))
    assert pickle.loads(pickle.dumps(case)) == case
