"""What is evaluated from the histories of several components, in words."""

from __future__ import annotations

from femsoret.report.words.numbers import percent, short
from femsoret.report.words.units import Summary, units_of


def evaluated(summary: Summary) -> Summary | None:
    """Return the evaluation of several components; None if there is none.

    Args:
        summary: Summary of a run; those of version 0.2.0 and earlier have none.
    """
    found: Summary | None = summary.get("evaluation_of_components")
    return found


def evaluated_components(summary: Summary) -> str:
    """Return the clause on the evaluated coefficients, for a verdict.

    Args:
        summary: Summary of a transient run with such an evaluation.
    """
    evaluation = evaluated(summary)
    assert evaluation is not None
    fit = evaluation["with_gravity"]
    biases = [
        f"S'_T of {of['species']} {percent(abs(of['S_T_bias']))} "
        f"{'low' if of['S_T_bias'] < 0 else 'high'}"
        for of in fit["each"]
        if of["S_T_bias"] is not None
    ]
    said = f"Evaluated in this way, {' and '.join(biases)} (over the norm)" if biases else ""
    found, wanted = len(fit["modes"]), len(evaluation["D_true"])
    values = ", ".join(short(mode["D"]) for mode in fit["modes"])
    unit = units_of(summary).diffusion
    if found < wanted:
        of_modes = f"only {found} of {wanted} eigenvalues of D can be told apart: {values} {unit}"
    else:
        of_modes = f"the eigenvalues of D are {values} {unit}"
    return f"{said}; {of_modes}" if said else of_modes
