"""Small real solves, one of each kind that a page must tell apart; solved once."""

from __future__ import annotations

from dataclasses import replace

import pytest
from report_cases import (
    COMM,
    Marched,
    Solved,
    by_groups,
    exchanging_mass,
    fingers,
    from_data,
    heated_from_above,
    leaning,
    molecule_in_time,
    of_three_components,
    parted,
    pure,
    seen_by_light,
    sign_change,
    upright_column,
    walled,
    with_a_beam,
    with_a_body,
    with_further_readings,
    with_internal_states,
    with_two_states,
)

from femsoret.base.functions_of_time import ramp
from femsoret.experiment.schedule import EvaluationWindow, Schedule, relaxation_time
from femsoret.problem.protocol import Protocol, WallValue
from femsoret.solve.march import MarchOptions
from femsoret.studies.measure.numerical_error import (
    NumericalError,
    error_in_time,
    quantities_in_time,
)
from femsoret.studies.measure.transient import measure_in_time


@pytest.fixture(scope="session")
def square() -> Solved:
    return Solved(with_further_readings(), "groups")


@pytest.fixture(scope="session")
def heated() -> Solved:
    return Solved(pure(), "groups")


@pytest.fixture(scope="session")
def departed() -> Solved:
    return Solved(leaning(), "groups")


@pytest.fixture(scope="session")
def two_states() -> Solved:
    return Solved(with_two_states(), "SI", with_error=False)


@pytest.fixture(scope="session")
def unbiased() -> Solved:
    return Solved(sign_change(), "groups")


@pytest.fixture(scope="session")
def exchanging() -> Solved:
    return Solved(exchanging_mass(), "groups")


@pytest.fixture(scope="session")
def physical() -> Solved:
    return Solved(from_data(), "SI")


@pytest.fixture(scope="session")
def between_walls() -> Solved:
    return Solved(walled(), "SI")


@pytest.fixture(scope="session")
def two_chambers(tmp_path_factory) -> Solved:
    folder = COMM.bcast(tmp_path_factory.mktemp("chambers") if COMM.rank == 0 else None)
    return Solved(parted(folder), "SI")


@pytest.fixture(scope="session")
def moving_sphere() -> Solved:
    return Solved(with_a_body(), "groups", with_error=False)


@pytest.fixture(scope="session")
def molecule() -> Solved:
    return Solved(with_internal_states(), "SI", with_error=False)


@pytest.fixture(scope="session")
def molecule_marched() -> Marched:
    return molecule_in_time()


@pytest.fixture(scope="session")
def lit(tmp_path_factory) -> Solved:
    folder = COMM.bcast(tmp_path_factory.mktemp("lit") if COMM.rank == 0 else None)
    return Solved(with_a_beam(folder), "SI")


@pytest.fixture(scope="session")
def ternary(tmp_path_factory) -> Solved:
    folder = COMM.bcast(tmp_path_factory.mktemp("ternary") if COMM.rank == 0 else None)
    return Solved(of_three_components(folder), "SI")


@pytest.fixture(scope="session")
def instruments(tmp_path_factory) -> Solved:
    folder = COMM.bcast(tmp_path_factory.mktemp("instruments") if COMM.rank == 0 else None)
    return Solved(seen_by_light(folder), "SI")


@pytest.fixture(scope="session")
def ternary_in_time(tmp_path_factory) -> Marched:
    """The same liquid for a short time, on few steps."""
    folder = COMM.bcast(tmp_path_factory.mktemp("marched") if COMM.rank == 0 else None)
    experiment = of_three_components(folder)
    tau = relaxation_time(experiment.mixture, experiment.orientation.gap)
    schedule = Schedule(end=0.5 * tau, march=MarchOptions(1e-2))
    return Marched(measure_in_time(experiment, schedule), "SI")


@pytest.fixture(scope="session")
def column_marched() -> Marched:
    """A column on its way to the steady state; errors of one per cent, without a second run."""
    findings = upright_column()
    numbers = quantities_in_time(findings)
    error = NumericalError({name: 1e-2 * abs(v) for name, v in numbers.items()}, "by hand")
    return Marched(findings, "groups", error)


@pytest.fixture(scope="session")
def column_not_evaluated(column_marched) -> Marched:
    """The same run, of which nothing is evaluated."""
    findings = column_marched.findings
    schedule = replace(findings.schedule, evaluation=None)
    return Marched(replace(findings, schedule=schedule), "groups")


@pytest.fixture(scope="session")
def transient() -> Marched:
    findings = heated_from_above()
    return Marched(findings, "SI", error_in_time(findings))


@pytest.fixture(scope="session")
def unsettled() -> Marched:
    """A flow that goes on; its numbers get errors of one per cent, without a second run."""
    findings = fingers()
    numbers = quantities_in_time(findings)
    error = NumericalError({name: 1e-2 * abs(v) for name, v in numbers.items()}, "by hand")
    return Marched(findings, "SI", error)


@pytest.fixture(scope="session")
def heated_in_time() -> Marched:
    return Marched(measure_in_time(pure(), Schedule(end=0.05)), "groups")


@pytest.fixture(scope="session")
def relaxing() -> Marched:
    """A separated square whose walls come to one temperature at once."""
    walls = (("left", 0.5), ("right", -0.5))
    protocol = Protocol(tuple(WallValue(side, ramp(T, 0.0, 0.0)) for side, T in walls))
    window = EvaluationWindow(relaxing=True)
    schedule = Schedule(end=40.0, start="steady", protocol=protocol, evaluation=window)
    return Marched(measure_in_time(by_groups(), schedule), "groups")
