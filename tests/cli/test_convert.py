"""femsoret fluids --convert."""

from __future__ import annotations

import pytest

STATE = "T = 300 K, c = 0.9089, M = [39.948, 4.0026] g/mol"
GIVEN = ("fluids", "--convert", "S_T = 1.273e-3 1/K")


def test_all_forms_of_a_number(femsoret):
    said = femsoret(*GIVEN, "--at", STATE).worked().out
    assert "c(1-c) grad T]" in said  # brackets are no markup
    assert "0.3819 " in said
    assert "More with --at: D_T (D)" in said


def test_wanted_forms(femsoret):
    said = femsoret(*GIVEN, "--to", "alpha_T,k_T", "--at", STATE).worked().out
    rows = [line.split("│")[1].strip() for line in said.splitlines() if line.startswith("│")]
    assert rows == ["alpha_T", "k_T_x", "k_T_c"]
    assert "0.0316" in said


def test_the_state_of_a_fluid(femsoret):
    said = femsoret(
        "fluids", "water-ethanol", "--convert", "D_T = 1.37e-12 m2/s/K", "--to", "psi,S_T"
    ).worked()
    assert "0.203" in said.out
    warmer = femsoret(
        "fluids", "nacl-water", "--convert", "S_T = 1e-3 1/K", "--to", "alpha_T", "--T", "20 degC"
    ).worked()
    assert "0.29315" in warmer.out
    salt = femsoret(
        "fluids", "nacl-water", "--convert", "S_T_2 = 1e-3 1/K", "--to", "S_T", "--at",
        "m = 0.51 mol/kg",
    ).worked()  # fmt: skip
    assert "-0.001" in salt.out
    assert "c = 0.02894" in salt.out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--convert", "S_T"), "is not name = value"),
        (("--convert", "alfa_T = 0.4"), "did you mean 'alpha_T'"),
        (("--convert", "S_T = 1e-3"), 'write "S_T = 1e-3 1/K"'),
        (("--convert", "alpha_T = 0.4", "--at", "T = 300"), 'write "T = 300 K"'),
        (("--convert", "S_T = 1e-3 m"), "dimension"),
        (("--convert", "S_T = 1e-3 1/K", "--to", "alpha_T"), "alpha_T needs T; not known: T"),
        (("--convert", "S_T = 1e-3 1/K", "--at", "t = 300 K"), "unknown 't'"),
        (("--convert", "S_T = 1e-3 1/K", "--at", "T = 300 K, T = 310 K"), "given twice"),
        (("--convert", "S_T = 1e-3 1/K", "--at", "M = 18 g/mol"), "is not a pair"),
        (("--convert", "S_T = 1e-3 1/K", "--at", "x = 50 %, c = 0.5"), "given 2 times"),
        (("--convert", "S_T = 1e-3 1/K", "--at", "c = 0.5", "--c", "0.5"), "give it once"),
        (("--to", "alpha_T"), "go with --convert"),
    ],
)
def test_what_is_refused(femsoret, arguments, says):
    assert says in femsoret("fluids", *arguments).refused()
