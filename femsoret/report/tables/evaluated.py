"""Tables on what is evaluated from the histories of several components."""

from __future__ import annotations

from typing import Any, Final

from femsoret.report.tables.table import Listing, columns_of_texts
from femsoret.report.words.evaluated import evaluated
from femsoret.report.words.numbers import NONE, percent, plain, with_error
from femsoret.report.words.units import Summary, duration, units_of
from femsoret.studies.measure.marching import MARCHES


def _of(evaluation: Summary, *keys: Any) -> list[Any]:
    """Return an entry of the evaluation of both marches; None where there is none."""
    found = []
    for march in MARCHES:
        entry: Any = evaluation[march]
        for key in keys:
            if entry is None:
                break
            if isinstance(key, int) and key >= len(entry):
                entry = None
                break
            entry = entry[key]
        found.append(entry)
    return found


def _coefficients(summary: Summary) -> list[tuple[str, ...]]:
    """Return rows of component, S'_T with gravity, without, true and bias."""
    if (evaluation := evaluated(summary)) is None:
        return []
    unit, rows = units_of(summary).soret, []
    true = evaluation["S_T_true"] or [None] * len(evaluation["with_gravity"]["each"])
    for i, known in enumerate(true):
        texts = [
            f"{plain(S, 5)} {unit}" if S is not None else NONE
            for S in (*_of(evaluation, "each", i, "S_T"), known)
        ]
        at = evaluation["with_gravity"]["each"][i]
        rows.append((at["species"], *texts, percent(at["S_T_bias"])))
    return rows


def _about_coefficients(summary: Summary) -> str:
    evaluation = evaluated(summary)
    assert evaluation is not None  # or the table has no rows
    start, end, t0 = (duration(summary["units"], evaluation[key]) for key in ("start", "end", "t0"))
    done = "removed" if evaluation["relaxing"] else "applied"
    return (
        f"Fitted to all separations together from {start} to {end}; the temperature difference is "
        f"{done} at {t0}. Biases are over the norm of the true coefficients. Misfit: "
        f"{percent(evaluation['with_gravity']['misfit'])} of the norm of the plateaus."
    )


COEFFICIENTS: Final = Listing(
    "Evaluation for S'_T",
    _coefficients,
    columns_of_texts("component", "with gravity", "without", "true", "bias"),
    _about_coefficients,
)


def _modes(summary: Summary) -> list[tuple[str, ...]]:
    """Return rows of mode, its D with gravity, without, true and bias."""
    if (evaluation := evaluated(summary)) is None:
        return []
    unit, rows = units_of(summary).diffusion, []
    all_found = not evaluation["with_gravity"]["why_fewer"]
    for m in range(len(evaluation["with_gravity"]["modes"])):
        texts = [
            f"{with_error(mode['D'], mode['D'] * mode['D_fit_uncertainty'])} {unit}"
            if mode
            else NONE
            for mode in _of(evaluation, "modes", m)
        ]
        true = f"{plain(evaluation['D_true'][m], 5)} {unit}" if all_found else NONE
        bias = percent(evaluation["with_gravity"]["modes"][m]["D_bias"])
        rows.append((f"D of mode {m + 1}", *texts, true, bias))
    matrices = _of(evaluation, "matrix")
    spreads = _of(evaluation, "matrix_fit_uncertainty")
    if matrices[0] is None:
        return rows
    for i, row in enumerate(evaluation["matrix_true"]):
        for k, known in enumerate(row):
            texts = [
                NONE if matrix is None else f"{with_error(matrix[i][k], spread[i][k])} {unit}"
                for matrix, spread in zip(matrices, spreads, strict=True)
            ]
            rows.append((f"D_{i + 1}{k + 1}", *texts, f"{plain(known, 5)} {unit}", NONE))
    return rows


def _about_modes(summary: Summary) -> str:
    evaluation = evaluated(summary)
    assert evaluation is not None  # or the table has no rows
    note = (
        "Modes are eigenvectors of the diffusion matrix, each with its eigenvalue. In brackets: "
        "uncertainty from the residual of the fit and the tolerance of the steps, one standard "
        "deviation."
    )
    if why := evaluation["with_gravity"]["why_fewer"]:
        known = " and ".join(plain(D, 4) for D in evaluation["D_true"])
        return (
            f"{note} The record does not tell all modes apart, since {why}: what is given is that "
            f"of fewer modes, and there is no matrix. True eigenvalues: {known} "
            f"{units_of(summary).diffusion}."
        )
    return note


MODES: Final = Listing(
    "Evaluation for D",
    _modes,
    columns_of_texts("quantity", "with gravity", "without", "true", "bias"),
    _about_modes,
)
