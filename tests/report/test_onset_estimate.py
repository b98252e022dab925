"""What a search for modes is said to cost, beside what bench/onset_cost.py measured."""

from __future__ import annotations

import pytest
from case_texts import condition

from femsoret.case import load_case
from femsoret.commands.check import check_report
from femsoret.commands.estimates import MEGABYTES_PER_RANK, onset_cost

TEXT = (
    '[cell]\nkind = "{kind}"\nsize = {size}\ncells = {cells}\n'
    "[groups]\nRa = 1500\nPr = 10\nLe = {Le}\npsi = {psi}\nS_T_dT = {psi}\n"
    '[gravity]\ntilt = "180 deg"\n'
    + condition("temperature", "top", 0.5)
    + condition("temperature", "bottom", -0.5)
)

# Dimension, cells along a side, species, critical values -> MB less the base of a rank, number of
# factorisations, as measured on one rank.
MEASURED = {
    (2, 12, False, 0): (254, 68),
    (2, 12, False, 1): (115, 190),
    (2, 12, True, 0): (330, 108),
    (2, 12, True, 1): (151, 182),
    (2, 24, False, 0): (1051, 72),
    (2, 24, False, 1): (451, 178),
    (3, 3, False, 0): (200, 38),
    (3, 3, False, 1): (211, 186),
    (3, 3, True, 0): (250, 52),
    (3, 4, False, 0): (494, 38),
}


def built(write, comm, dim, cells, species):
    text = TEXT.format(
        kind="rectangle" if dim == 2 else "box",
        size=[1.0] * dim,
        cells=[cells] * dim,
        Le=10 if species else 1,
        psi=0.1 if species else 0,
    )
    return load_case(write(text)).build(comm)


@pytest.mark.serial
@pytest.mark.parametrize("case", MEASURED, ids=str)
def test_estimates_are_what_was_measured(write, comm, case):
    *what, critical = case
    run = built(write, comm, *what)
    cost = onset_cost(run, run.experiment.problem(), critical=critical)
    memory, number = MEASURED[case]
    assert cost.memory_mb - MEGABYTES_PER_RANK == pytest.approx(memory, rel=0.25)
    assert cost.factorisations == pytest.approx(number, rel=0.1)


def test_check_says_it_where_modes_can_be_sought(write, comm):
    run = built(write, comm, 2, 4, False)
    said = str(onset_cost(run, run.experiment.problem()))
    text = check_report(run.case, comm)
    assert f"# femsoret onset: {said}; with --critical about " in text
    marching = load_case(run.case.source, ['time.end="5 tau"'])
    assert "femsoret onset" not in check_report(marching, comm)
