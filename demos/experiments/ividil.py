"""IVIDIL: what does a shaken cell lose of its separation, and how soon does its mean flow stand?

A cube of water with 10 wt% isopropanol (S_T < 0), heated at one face and shaken along its plates in
orbit. Reported: the mean flow stands within two minutes, while the composition takes hours, and the
separation falls as the vibrational Rayleigh number grows (V. Shevtsova and others, C. R. Mecanique
339 (2011) 310). The case is a plane cut through the cube, in the limit of high frequency; what is
assumed in it stands in ividil.toml.

    python3 demos/experiments/ividil.py [FIGURE.png]    two minutes of CPU

The figure shows the part of the separation that is left over the vibrational Rayleigh number.
"""

from __future__ import annotations

import sys
from pathlib import Path

from mpi4py import MPI

import numpy as np

from femsoret import Experiment, load_case, measure_in_time
from femsoret.studies.measure.solution import solve

CASE = Path(__file__).with_suffix(".toml")
AMPLITUDES = (8.0, 16.0, 31.0, 62.0, 124.0)  # mm, at 2 Hz
comm = MPI.COMM_WORLD


def experiment_of(amplitude: float) -> Experiment:
    """Return the cell at an amplitude, mm."""
    return load_case(CASE, [f"vibration.amplitude={amplitude!r} mm"]).build(comm).experiment


def Ra_v(experiment: Experiment) -> float:
    """Return (V beta_T dT L)^2/(2 nu alpha), V the amplitude of the velocity of the cell."""
    at, frame = experiment.mixture.reference, experiment.orientation
    V = float(experiment.mixture.gravity.vibration.velocity)
    return (V * at.beta_T * frame.dT * frame.gap) ** 2 / (2.0 * at.mu / at.rho * at.alpha)


def left(amplitude: float) -> tuple[float, float]:
    """Return Ra_v, and the steady separation over that of the cell at rest."""
    experiment = experiment_of(amplitude)
    return Ra_v(experiment), 1.0 + solve(experiment).soret.bias


def stands_after(share: float) -> tuple[float, float]:
    """Return when the flow of the strongest shaking has a share of its speed after 10 min, s, m/s.

    The liquid is at one temperature before, and heated from t = 0 on.
    """
    changes = ["time.end=10 min", "time.tolerance=1e-2", "time.evaluate=false"]
    built = load_case(CASE, [*changes, "time.numerical_error=false"]).build(comm)
    rows = measure_in_time(built.experiment, built.schedule).with_gravity.rows
    times, speeds = (np.array([row[name] for row in rows]) for name in ("t", "max_speed"))
    far = np.abs(speeds / speeds[-1] - 1.0) > 1.0 - share
    return float(times[np.flatnonzero(far)[-1] + 1]), float(speeds[-1])


curve = np.array([left(amplitude) for amplitude in AMPLITUDES])
time, speed = stands_after(0.9)
if comm.rank == 0:
    for amplitude, (number, part) in zip(AMPLITUDES, curve, strict=True):
        print(f"{amplitude:5g} mm, 2 Hz: Ra_v = {number:7.4g}, separation {100 * part:.2f} % left")
    print(f"mean flow within 10 % of {1e6 * speed:.3g} um/s after {time:.0f} s")
assert np.all(np.diff(curve[:, 1]) < 0.0)
assert curve[0, 1] > 0.98
assert time < 120.0


def draw(path: Path) -> None:
    """Draw the part of the separation that is left."""
    from femsoret.report.figures.canvas import BLUE, finish, new_figure, styled

    with styled():
        figure, axes = new_figure(3.4)
        axes.semilogx(*curve.T, "o-", color=BLUE)
        axes.set(ylim=(0.0, 1.03), xlabel="vibrational Rayleigh number Ra$_v$",
                 ylabel="separation / that of the cell at rest")  # fmt: skip
        path.write_bytes(finish(figure, "ividil", "", "").png)


if len(sys.argv) > 1 and comm.rank == 0:
    draw(Path(sys.argv[1]))
