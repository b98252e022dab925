"""residuals.csv of a fit: the data beside both curves, in SI units."""

from __future__ import annotations

import csv
from io import StringIO
from typing import Final

import numpy as np

from femsoret.studies.fit.fit import FitFindings

RESIDUALS: Final = "residuals.csv"
"""Name of the file."""

_COLUMNS: Final = {
    "data_set": "name of the data set",
    "column": "column of its file",
    "signal": "column of the history that predicts it",
    "t": "time on the clock of the data; empty for steady data",
    "value": "measured value",
    "uncertainty": "its standard uncertainty, as stated or estimated from the residuals",
    "naive": "the series of a layer at rest at the naive values; empty where it has none",
    "corrected": "the model at the corrected values",
    "residual": "value less corrected over uncertainty",
    "naive_residual": "value less naive over uncertainty",
}


def residuals_csv(findings: FitFindings, units: str) -> bytes:
    """Return the content of residuals.csv.

    Args:
        findings: What the fit found.
        units: "SI", or "groups" where times and temperatures are dimensionless.
    """
    text = StringIO()
    where = "SI units" if units == "SI" else "units of L, dT and alpha"
    text.write(f"# Times, values and uncertainties are in {where}; residuals are pure numbers.\n")
    text.writelines(f"# {name}: {meaning}\n" for name, meaning in _COLUMNS.items())
    table = csv.writer(text, lineterminator="\n")
    table.writerow(_COLUMNS)
    for each in findings.corrected.series:
        naive = findings.naive_curves.get((each.data, each.column))
        curve = np.full(len(each.values), np.nan) if naive is None else naive
        residuals = (each.values - curve) / each.uncertainty
        times = each.times if len(each.times) else np.full(len(each.values), np.nan)
        numbers = zip(
            times,
            each.values,
            each.uncertainty,
            curve,
            each.predicted,
            each.residuals,
            residuals,
            strict=True,
        )
        for row in numbers:
            table.writerow([each.data, each.column, each.signal, *map(_cell, row)])
    return text.getvalue().encode()


def _cell(number: float) -> str:
    return repr(float(number)) if np.isfinite(number) else ""
