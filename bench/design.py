"""Plans of experiments: does the plan keep what it promises?

For three cells, `femsoret design` gives a plan and what it promises. Then the experiment is made on
the computer, as stated and as planned: unknowns are drawn from their priors, data are made by the
model with more mesh cells and a tighter time tolerance than the plan uses, noise is added, and
`studies/fit` evaluates them. Steady states are cheap: data and fits are those of the model itself.
For records in time, the model of the data and that of the fit are each replaced by a response
(studies/design/response.py); that of the fit is compared with the model where it was not evaluated.

Truths and noise of the two experiments are drawn independently.

Goals: the plan is less uncertain than the experiment as stated, and the ratio of both is the
promised one within 20 %, where its standard error is below 10 %. Uncertainties are the root mean
square of those that the fits report. The errors of the fits must be as large: their ratio scatters
by 1/sqrt(draws), in which its difference from the promise is given.

1. Beam deflection in a square of water and ethanol, heated from above, with an unknown tilt.
2. An interferometer in the same cell, with sides that lose heat and an unknown tilt.
3. A thermogravitational column with ports, read in the steady state.
"""

from __future__ import annotations

import math
import resource
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from mpi4py import MPI

import numpy as np
from harness import Goal, arguments, finish, table

from femsoret.case import load_case
from femsoret.case.load import changed_case
from femsoret.commands.design_inputs import CellsOfCase, design_cells
from femsoret.experiment.measured import DataSet
from femsoret.studies.design.design import CloseLook, DesignFindings, design, target_named
from femsoret.studies.design.information import levelled
from femsoret.studies.design.naive import planned_data
from femsoret.studies.design.response import ResponseModel
from femsoret.studies.design.space import CandidateCell
from femsoret.studies.fit.least_squares import estimate
from femsoret.studies.fit.model import FullModel, MeasuredRun, Model
from femsoret.studies.fit.stacked import Priors
from femsoret.studies.fit.unknowns import Unknown

PROMISED = 0.2
SEED = 20261130

GOALS = (
    Goal("better", "largest uncertainty of a plan over that as stated, in trials", at_most=0.999),
    Goal("promise", "largest relative error of a promised ratio", at_most=PROMISED),
    Goal("chance", "largest relative standard error of a ratio that was found", at_most=0.1),
    Goal("errors", "ratio of the errors of fits: differs by its standard error times", at_most=2.6),
    Goal("CPU", "CPU hours in all", at_most=1.0),
)

LIQUID = """
[fluid]
name = "water-ethanol"
[[fit.unknown]]
quantity = "soret"
prior = { uncertainty = "none" }
"""

TILTED = """
[solver]
numerical_error = false
degree = 3
[[fit.unknown]]
quantity = "D"
prior = { uncertainty = "none" }
[[fit.unknown]]
quantity = "tilt"
prior = { value = "0 deg", uncertainty = "0.5 deg" }
"""

PLATES = """
[[condition]]
kind = "temperature"
sides = ["top"]
value = "298.15 K"
[[condition]]
kind = "temperature"
sides = ["bottom"]
value = "293.15 K"
[time]
end = "1.5 tau"
tolerance = 1e-3
"""

CONTRAST = """
[[readings.{kind}.contrast]]
wavelength = "589.3 nm"
n = 1.358
n_T = "-2.3e-4 1/K"
n_c = -0.040
source = "CRC Handbook, as in demos/beam_deflection.toml"
"""

DEFLECTION = (
    """
title = "beam deflection"
[cell]
kind = "rectangle"
size = ["7 mm", "7 mm"]
cells = [4, 4]
grading = 2
"""
    + LIQUID
    + TILTED
    + PLATES
    + """
[[readings.beam_deflection]]
name = "laser"
wavelength = "589.3 nm"
through = ["3.5 mm", "3.5 mm"]
depth = "20 mm"
detector = "1.5 m"
"""
    + CONTRAST.format(kind="beam_deflection")
    + """
[design]
vary = { dT = ["10 K"] }
readings = ["laser"]
noise = { laser = "5 um" }
duration = ["1.5 tau", "3 tau"]
levelling = ["0.1 deg"]
samples = [60]
refinements = 0
stability = false
"""
)

INTERFEROMETRY = (
    """
title = "interferometry"
[cell]
kind = "rectangle"
size = ["7 mm", "7 mm"]
cells = [4, 4]
grading = 2
"""
    + LIQUID
    + TILTED
    + """
[[fit.unknown]]
quantity = "side_loss"
sides = ["left", "right"]
prior = { value = "8 W/m^2/K", uncertainty = "3 W/m^2/K" }
"""
    + PLATES
    + """
[[condition]]
kind = "robin"
sides = ["left", "right"]
h = "8 W/m^2/K"
T_outside = "294.65 K"
[[readings.interferometer]]
name = "fringes"
wavelength = "589.3 nm"
depth = "20 mm"
hot = { point = ["3.5 mm", "7 mm"] }
cold = { point = ["3.5 mm", "0 mm"] }
"""
    + CONTRAST.format(kind="interferometer")
    + """
[design]
vary = { dT = ["10 K"] }
readings = ["fringes"]
noise = { fringes = "0.5 rad" }
duration = ["1.5 tau", "3 tau"]
levelling = ["0.1 deg"]
samples = [60]
refinements = 0
stability = false
"""
)

COLUMN = (
    """
title = "column"
[cell]
kind = "rectangle"
size = ["1 mm", "30 mm"]
cells = [6, 24]
grading = [2, 4]
[gravity]
direction = [0, -1]
"""
    + LIQUID
    + """
[solver]
numerical_error = false
[[condition]]
kind = "temperature"
sides = ["left"]
value = "25 degC"
[[condition]]
kind = "temperature"
sides = ["right"]
value = "20 degC"
[column]
heights = ["5 mm", "25 mm"]
[design]
vary = { gap = ["0.6 mm", "0.8 mm", "1 mm"] }
readings = ["column.separation"]
noise = { "column.separation" = "2e-4" }
samples = [5]
refinements = 2
stability = false
"""
)

DRAWS = {"beam deflection": 24, "interferometry": 24, "column": 40}
"""Part -> number of synthetic experiments of each of its two designs."""

QUICK = 12
"""The same in a quick run."""

CASES = {"beam deflection": DEFLECTION, "interferometry": INTERFEROMETRY, "column": COLUMN}

FINER = {"beam deflection": (1.25, 0.5), "interferometry": (1.25, 0.5), "column": (1.5, 1.0)}
"""Part -> factors on numbers of mesh cells and on the time tolerance, for the model of the data."""


@dataclass(frozen=True)
class Trials:
    """What synthetic experiments showed.

    Args:
        reported: Root mean square of the uncertainties that the fits reported.
        chance: Relative standard error of this, from the scatter of the fits.
        errors: Root mean square of the errors of their values.
        missed: Shift of S_T by the error of the response of the fit, over its uncertainty.
    """

    reported: float
    chance: float
    errors: float
    missed: float


def finer(cells: CellsOfCase, more: float, tighter: float) -> CellsOfCase:
    """Return the same choices with more mesh cells and a tighter time tolerance."""
    changes: dict[str, object] = {
        "cell.cells": [round(more * n) for n in cells.case.cell.cells],
    }
    if cells.case.time is not None:
        changes["time.tolerance"] = tighter * cells.case.time.tolerance
    return design_cells(changed_case(cells.case, changes), MPI.COMM_SELF)


def trials(
    look: CloseLook,
    findings: DesignFindings,
    truth: CellsOfCase,
    rng: np.random.Generator,
    draws: int,
) -> Trials:
    """Return what fits of data from a finer model find."""
    recording, noise = look.design.recording, findings.noise
    here = look.design.cell
    there = truth.at(here.values) if here.values else truth.stated
    unknowns = levelled(here.unknowns, recording.levelling)
    of_fit, of_data = (_model(findings, look, cell, unknowns) for cell in (here, there))
    target = [unknown.name for unknown in unknowns].index(findings.target.name)
    priors, u = Priors(unknowns), recording.noise(noise)
    reported, errors = [], []
    for _ in range(draws):
        widths = np.where(priors.given, priors.widths, 0.0)
        x = np.maximum(priors.values + widths * rng.standard_normal(len(widths)), priors.bounds)
        y = of_data.predict(x, slopes=False).values + u * rng.standard_normal(len(u))
        found = estimate(of_fit, [with_values(planned_data(recording, noise), y)])
        reported.append(found.uncertainties[target])
        errors.append(found.values[target] - x[target])
    squares = np.square(reported)
    chance = float(squares.std() / (2.0 * squares.mean() * np.sqrt(draws)))
    return Trials(_rms(reported), chance, _rms(errors), look.response_error)


def _model(
    findings: DesignFindings, look: CloseLook, cell: CandidateCell, unknowns: tuple[Unknown, ...]
) -> Model:
    """Return the model of a record of a cell, or a response in its place."""
    recording = look.design.recording
    if recording.is_steady:
        run = MeasuredRun(planned_data(recording, findings.noise), cell.experiment)
        return FullModel([run], unknowns)
    response = look.response
    if cell is not look.design.cell:
        response = findings.planner.finer(cell, recording.levelling)
    return ResponseModel(response, recording, unknowns)


def with_values(data: DataSet, values: np.ndarray) -> DataSet:
    """Return a data set with other values, in the order of its series."""
    series, begin = [], 0
    for each in data.series:
        end = begin + len(each.values)
        series.append(replace(each, values=values[begin:end]))
        begin = end
    return replace(data, series=tuple(series))


def _rms(values: list[float]) -> float:
    return float(np.sqrt(np.mean(np.square(values))))


def row(name: str, text: str, draws: int) -> dict[str, object]:
    """Return the row of a cell."""
    before = _cpu()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "case.toml"
        path.write_text(text)
        cells = design_cells(load_case(path), MPI.COMM_SELF)
    plan = cells.plan
    target = target_named(cells.stated.unknowns, "soret")
    findings = design(cells, plan.choices, plan.noise, target, plan.options)
    planned = _cpu()
    assert findings.plan is not None
    truth = finer(cells, *FINER[name])
    stated, best = (
        trials(look, findings, truth, np.random.default_rng([SEED, i]), draws)
        for i, look in enumerate((findings.stated, findings.plan))
    )
    S = cells.stated.unknowns[0].prior.value
    promised = findings.plan.design.uncertainty / findings.stated.design.uncertainty
    found, of_errors = best.reported / stated.reported, best.errors / stated.errors
    return {
        "cell": name,
        "draws": draws,
        "stated: promised (%)": 100.0 * findings.stated.design.uncertainty / S,
        "fits report (%)": 100.0 * stated.reported / S,
        "rms error (%)": 100.0 * stated.errors / S,
        "plan: promised (%)": 100.0 * findings.plan.design.uncertainty / S,
        "plan: fits report (%)": 100.0 * best.reported / S,
        "plan: rms error (%)": 100.0 * best.errors / S,
        "ratio promised": promised,
        "ratio found": found,
        "its standard error (relative)": math.hypot(stated.chance, best.chance),
        "error of the promise": abs(found / promised - 1.0),
        "ratio of rms errors": of_errors,
        "its difference / standard error": abs(math.log(of_errors / promised)) * math.sqrt(draws),
        "response error / u": max(stated.missed, best.missed),
        "naive rms (%)": 100.0 * findings.stated.naive.rms / S if findings.stated.naive else None,
        "plan": describe(findings.plan),
        "CPU of the plan (s)": planned - before,
        "CPU of the trials (s)": _cpu() - planned,
    }


def describe(look: CloseLook) -> str:
    """Return what is built and recorded, in short."""
    cell, record = look.design.cell, look.design.recording
    dT, gap = cell.experiment.orientation.dT, cell.experiment.orientation.gap
    text = f"{dT:.3g} K, {1e3 * gap:.3g} mm"
    if not record.is_steady:
        text += f", {record.duration / cell.tau:.2g} tau"
    return text + ("" if record.levelling is None else f", {record.levelling:g} deg")


def _cpu() -> float:
    of = resource.getrusage(resource.RUSAGE_SELF)
    return of.ru_utime + of.ru_stime


def main() -> int:
    """Run the benchmark."""
    options = arguments(__doc__, tuple(CASES))
    chosen = [options.part] if options.part else ["column"] if options.quick else list(CASES)
    rows = []
    for name in chosen:
        rows.append(row(name, CASES[name], QUICK if options.quick else DRAWS[name]))
        print(table(rows[-1:]), file=sys.stderr, flush=True)
    print(table(rows))
    measured = {
        "better": max(float(r["ratio found"]) for r in rows),
        "promise": max(float(r["error of the promise"]) for r in rows),
        "chance": max(float(r["its standard error (relative)"]) for r in rows),
        "errors": max(float(r["its difference / standard error"]) for r in rows),
        "CPU": _cpu() / 3600.0,
    }
    return finish(options, rows, GOALS, measured)


if __name__ == "__main__":
    sys.exit(main())
