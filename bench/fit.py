"""Does the interval of a fit hold the right S_T?

Synthetic experiments: water and ethanol between plates, 5 mm, 10 K, heated from above, read by a
beam through the middle of the cell, 60 readings over 4 tau with a noise of 0.5 % of the largest
one. The cell leans by an angle that nobody knows, and its sides lose heat. Both are drawn from the
priors that the fit is given; S_T and D have none. The data come from a finer mesh, one degree more
and a tighter time tolerance than those of the fit. Laboratories would fit the series of a layer at
rest to the same data (naive).

A draw costs two marches, and a fit about twenty with their tangents. Both are smooth in the
unknowns: the truth is interpolated in tilt and loss, and the model of the fit in all four unknowns,
at Chebyshev points, by polynomials; their errors at other points are measured. All draws are fitted
with the interpolated model; some of them with the full model too, and both must agree. `error` is
the difference from the truth; `u` is the standard uncertainty that the fit states.

    tools/fenicsx python3 bench/fit.py [--quick] [--json FILE]
    tools/fenicsx mpirun -n 4 python3 bench/fit.py        # marches and draws are shared out
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mpi4py import MPI

import numpy as np
from numpy.polynomial import chebyshev

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # runs from a checkout, without installation

from harness import Goal, arguments, finish, table  # noqa: E402

from femsoret.base.types import Array  # noqa: E402
from femsoret.cells import rectangle  # noqa: E402
from femsoret.experiment import Experiment  # noqa: E402
from femsoret.experiment.measured import DataSet, MeasuredSeries  # noqa: E402
from femsoret.experiment.schedule import Schedule  # noqa: E402
from femsoret.fluids import load_fluid  # noqa: E402
from femsoret.physics.closures import mixture_of  # noqa: E402
from femsoret.post.signals import MeanGradient  # noqa: E402
from femsoret.problem.conditions import Robin, Temperature  # noqa: E402
from femsoret.problem.orientation import up_vector  # noqa: E402
from femsoret.solve.march import MarchOptions  # noqa: E402
from femsoret.studies.fit.estimate import Estimate  # noqa: E402
from femsoret.studies.fit.least_squares import estimate  # noqa: E402
from femsoret.studies.fit.model import FullModel, MeasuredRun, Model, Predictions  # noqa: E402
from femsoret.studies.fit.series import naive_model  # noqa: E402
from femsoret.studies.fit.unknowns import Prior, Unknown  # noqa: E402

SEEDS = (20, 2020, 202020)
GAP, DT = 5e-3, 10.0
READINGS, TAUS, NOISE = 60, 4.0, 0.005
TILT = Prior(0.0, 0.3)
"""Degrees: 999 of 1000 cells lean by less than one."""

LOSS = Prior(5.0, 1.5)
"""W/(m2 K): free convection of air, and radiation. It is not negative."""

GOALS = (
    Goal("least coverage", "least share of intervals with the true S_T", at_least=0.90),
    Goal("most coverage", "largest share of intervals with the true S_T", at_most=0.99),
    Goal("mean error", "largest mean error of S_T over u, of all seeds", at_most=0.2),
    Goal("naive", "least |mean error| of the naive S_T over its u", at_least=0.2),
    Goal("truth", "largest error of the interpolated truth over the noise", at_most=0.1),
    Goal("model", "largest error of the interpolated model over the noise", at_most=0.1),
    Goal("value", "full and interpolated model: largest difference of S_T over u", at_most=0.2),
    Goal("u", "full and interpolated model: largest ratio of u less 1", at_most=0.2),
    Goal("hours", "CPU hours of all", at_most=4.0),
    Goal("minutes", "CPU minutes of a fit with the full model, mean", at_most=1.0),
)


@dataclass(frozen=True)
class Numerics:
    """Mesh cells, degree and time tolerance of a march."""

    cells: tuple[int, int]
    degree: int
    tolerance: float


@dataclass(frozen=True)
class Axis:
    """Chebyshev points of one unknown.

    Args:
        low: Least value.
        high: Largest value.
        number: Number of points.
        even: Whether functions are even about 0: they are then polynomials of its square, and
            `low` is 0.
    """

    low: float
    high: float
    number: int
    even: bool = False

    @property
    def points(self) -> Array:
        """The points, in ascending order."""
        s = 0.5 * (1.0 - np.cos(np.pi * (np.arange(self.number) + 0.5) / self.number))
        return self.low + (self.high - self.low) * (np.sqrt(s) if self.even else s)

    def terms(self, x: float) -> tuple[Array, Array]:
        """Return the Chebyshev polynomials at a value and their derivatives."""
        s, slope = (x - self.low) / (self.high - self.low), 2.0 / (self.high - self.low)
        if self.even:
            s, slope = s**2, 2.0 * s * slope
        z, unit = 2.0 * s - 1.0, np.eye(self.number)
        derivatives = [chebyshev.chebval(z, chebyshev.chebder(row)) for row in unit]
        return chebyshev.chebvander([z], self.number - 1)[0], slope * np.array(derivatives)


@dataclass(frozen=True, eq=False)
class Interpolant:
    """Predictions interpolated in some unknowns: a model like any other.

    Args:
        unknowns: The unknowns.
        axes: Their points.
        coefficients: Coefficients of products of Chebyshev polynomials, one axis for each unknown
            and one for the data.
    """

    unknowns: tuple[Unknown, ...]
    axes: tuple[Axis, ...]
    coefficients: Array

    @classmethod
    def through(
        cls, unknowns: Sequence[Unknown], axes: Sequence[Axis], at: Callable[[Array], Array]
    ) -> Interpolant:
        """Return the interpolant of predictions at all points; collective."""
        grid = np.stack(np.meshgrid(*(a.points for a in axes), indexing="ij"), axis=-1)
        points = grid.reshape(-1, len(axes))
        found = np.array(shared([lambda x=x: at(x) for x in points]))
        found = found.reshape(*grid.shape[:-1], -1)
        for k, axis in enumerate(axes):
            matrix = np.array([axis.terms(x)[0] for x in axis.points])
            found = np.moveaxis(np.tensordot(np.linalg.inv(matrix), found, (1, k)), 0, k)
        return cls(tuple(unknowns), tuple(axes), found)

    def predict(self, values: Array, *, slopes: bool = True) -> Predictions:
        """Return predictions with their slopes (see :class:`~femsoret.studies.fit.model.Model`)."""
        terms = [axis.terms(float(x)) for axis, x in zip(self.axes, values, strict=True)]

        def summed(along: int) -> Array:
            found = self.coefficients
            for k, (of, slope) in enumerate(terms):
                found = np.tensordot(slope if k == along else of, found, (0, 0))
            return found

        jacobian = np.stack([summed(k) for k in range(len(terms))], axis=1) if slopes else None
        return Predictions(summed(-1), jacobian)


@dataclass(frozen=True)
class Size:
    """How much is done: numerics, points of the interpolants, draws."""

    fit: Numerics
    truth: Numerics
    tilts: int
    losses: int
    diffusivities: int
    checks: int
    seeds: tuple[int, ...]
    draws: int
    full: int


WHOLE = Size(Numerics((6, 5), 3, 1e-3), Numerics((8, 6), 4, 3e-4), 5, 3, 3, 4, SEEDS, 200, 12)
QUICK = Size(Numerics((4, 3), 3, 1e-3), Numerics((6, 4), 4, 5e-4), 4, 2, 3, 1, SEEDS[:1], 20, 0)


def shared(tasks: Sequence[Callable[[], Any]]) -> list[Any]:
    """Return the results of tasks, each of which one rank does; collective."""
    comm = MPI.COMM_WORLD
    done = {i: tasks[i]() for i in range(comm.rank, len(tasks), comm.size)}
    others = comm.Ibarrier()
    while not others.Test():  # to wait for a collective call takes all of a core
        time.sleep(0.05)
    found = {i: result for part in comm.allgather(done) for i, result in part.items()}
    return [found[i] for i in range(len(tasks))]


def experiment(numerics: Numerics) -> Experiment:
    """Return the cell, upright."""
    fluid = load_fluid("water-ethanol")
    return Experiment(
        "cell",
        rectangle(MPI.COMM_SELF, (2.0 * GAP, GAP), numerics.cells, grading=3.0),
        mixture_of(fluid, T0=fluid.T, c0=fluid.c, up=up_vector((0.0, 1.0), 0.0)),
        (
            Temperature("top", fluid.T + 0.5 * DT),
            Temperature("bottom", fluid.T - 0.5 * DT),
            Robin(("left", "right"), LOSS.value, fluid.T),
        ),
        gradients={"beam": MeanGradient((GAP, 0.4 * GAP), (GAP, 0.6 * GAP), (0.0, 1.0), 20)},
        fluid=fluid,
        degree=numerics.degree,
    )


def transport() -> tuple[float, float]:
    """Return the true S_T and D, 1/K and m2/s."""
    fluid = load_fluid("water-ethanol")
    at = mixture_of(fluid, T0=fluid.T, c0=fluid.c, up=(0.0, 1.0)).reference
    return float(at.soret[0]), float(at.D[0, 0])


def unknowns() -> tuple[Unknown, ...]:
    """Return what is sought; the fit starts from S_T and D that are wrong."""
    S, D = transport()
    return (
        Unknown("soret", "S_T", "1/K", Prior(S), 1.05 * S, 0.05 * S),
        Unknown("D", "D", "m2/s", Prior(D), 0.95 * D, 0.05 * D),
        Unknown("tilt", "tilt", "deg", TILT, TILT.value, TILT.uncertainty),
        Unknown(
            "side_loss",
            "side loss",
            "W/m2/K",
            LOSS,
            LOSS.value,
            LOSS.uncertainty,
            sides=("left", "right"),
        ),
    )


def recorded(values: Array | None = None) -> DataSet:
    """Return a record with given readings, or one whose readings do not matter."""
    t = np.linspace(0.0, TAUS * GAP**2 / (np.pi**2 * transport()[1]), READINGS + 1)[1:]
    u = None
    if values is not None:
        u = np.full(READINGS, NOISE * np.abs(values).max())
    series = MeasuredSeries("beam", "signal.beam.dc", t, np.zeros(READINGS), u)
    return DataSet("record", (replace(series, values=series.values if u is None else values),))


def full_model(numerics: Numerics) -> FullModel:
    """Return the model of the full problem."""
    schedule = Schedule(1e9, march=MarchOptions(tolerance=numerics.tolerance))
    return FullModel([MeasuredRun(recorded(), experiment(numerics), schedule)], unknowns())


@dataclass(frozen=True, eq=False)
class Draw:
    """A synthetic experiment: the unknowns of its cell and its record."""

    seed: int
    tilt: float
    loss: float
    record: DataSet


def drawn(seed: int, number: int, truth: Interpolant) -> list[Draw]:
    """Return experiments with tilts and losses from their priors."""
    rng, found = np.random.default_rng(seed), list[Draw]()
    for _ in range(number):
        tilt, loss = rng.normal(TILT.value, TILT.uncertainty), -1.0
        while loss < 0.0:
            loss = rng.normal(LOSS.value, LOSS.uncertainty)
        exact = truth.predict(np.array([tilt, loss]), slopes=False).values
        noise = NOISE * np.abs(exact).max() * rng.standard_normal(READINGS)
        found.append(Draw(seed, tilt, loss, recorded(exact + noise)))
    return found


@dataclass(frozen=True)
class Found:
    """What a fit says of S_T: value, uncertainty, whether the interval holds the truth."""

    value: float
    u: float
    holds: bool
    evaluations: int
    minutes: float


def fitted(model: Model, draw: Draw) -> Found:
    """Return what a fit says of S_T; one that is called bad has no interval and misses."""
    begin = time.process_time()
    estimated: Estimate = estimate(model, [draw.record])
    S, (interval, *_) = transport()[0], estimated.intervals
    return Found(
        float(estimated.values[0]),
        float(estimated.uncertainties[0]),
        interval is not None and interval.low <= S <= interval.high,
        estimated.evaluations,
        (time.process_time() - begin) / 60.0,
    )


def interpolants(size: Size) -> tuple[Interpolant, Interpolant, dict[str, float]]:
    """Return the truth and the model of the fit, with their largest errors over the noise."""
    S, D = transport()
    every = unknowns()
    cell = (
        Axis(0.0, 3.7 * TILT.uncertainty, size.tilts, even=True),
        Axis(0.0, LOSS.value + 4.0 * LOSS.uncertainty, size.losses),
    )
    fine, coarse = full_model(size.truth), full_model(size.fit)

    def true(x: Array) -> Array:
        return fine.predict(np.array([S, D, *x]), slopes=False).values

    def fits(x: Array) -> Array:
        return coarse.predict(x, slopes=False).values

    truth = Interpolant.through(every[2:], cell, true)
    of_fluid = (Axis(0.9 * S, 1.1 * S, 2), Axis(0.85 * D, 1.15 * D, size.diffusivities))
    model = Interpolant.through(every, (*of_fluid, *cell), fits)
    # The cell is symmetric, and the true one is drawn with both signs of the tilt.
    rng = np.random.default_rng(size.checks)
    z = rng.uniform(-1.0, 1.0, (size.checks, 4))
    x = np.column_stack(
        [
            S * (1.0 + 0.03 * z[:, 0]),
            D * (1.0 + 0.10 * z[:, 1]),
            2.5 * TILT.uncertainty * z[:, 2],
            LOSS.value + 2.5 * LOSS.uncertainty * z[:, 3],
        ]
    )
    noise = NOISE * float(np.abs(true(np.array([0.0, LOSS.value]))).max())

    def away(of: Interpolant, at: Callable[[Array], Array], x: Array) -> float:
        return float(np.abs(of.predict(x, slopes=False).values - at(x)).max()) / noise

    errors = {
        "truth": max(shared([lambda x=x: away(truth, true, x[2:]) for x in x])),
        "model": max(shared([lambda x=x: away(model, fits, x) for x in x])),
    }
    return truth, model, errors


def of_seed(naive: Sequence[Found], corrected: Sequence[Found], seed: int) -> dict[str, Any]:
    """Return the row of a seed; errors are in units of the mean uncertainty."""
    S = transport()[0]

    def error(found: Sequence[Found]) -> float:
        return float((np.mean([f.value for f in found]) - S) / np.mean([f.u for f in found]))

    def share(found: Sequence[Found]) -> float:
        return float(np.mean([f.holds for f in found]))

    values = np.array([f.value for f in corrected])
    of_naive = np.array([f.value for f in naive])
    return {
        "seed": seed,
        "draws": len(corrected),
        "holds the truth": share(corrected),
        "mean error / u": error(corrected),
        "u / S_T %": 100.0 * float(np.mean([f.u for f in corrected])) / S,
        "scatter / u": float(np.std(values) / np.mean([f.u for f in corrected])),
        "evaluations": float(np.mean([f.evaluations for f in corrected])),
        "naive holds it": share(naive),
        "naive error / u": error(naive),
        "naive error %": 100.0 * float(of_naive.mean() / S - 1.0),
        "said %": 100.0 * float(np.mean(of_naive - values)) / S,
    }


def main() -> int:
    options = arguments(__doc__)
    size, begin = QUICK if options.quick else WHOLE, time.process_time()
    truth, model, measured = interpolants(size)
    naive = naive_model([MeasuredRun(recorded(), experiment(size.fit), Schedule(1e9))], unknowns())
    rows, checks, full = list[dict[str, Any]](), list[dict[str, Any]](), full_model(size.fit)
    for seed in size.seeds:
        draws = drawn(seed, size.draws, truth)
        corrected = shared([lambda draw=draw: fitted(model, draw) for draw in draws])
        evaluated = shared([lambda draw=draw: fitted(naive.model, draw) for draw in draws])
        rows.append(of_seed(evaluated, corrected, seed))
        some = draws[: size.full]
        again = shared([lambda draw=draw: fitted(full, draw) for draw in some])
        for draw, theirs, ours in zip(some, corrected, again, strict=False):
            checks.append(
                {
                    "seed": seed,
                    "tilt": draw.tilt,
                    "loss": draw.loss,
                    "error / u": (ours.value - transport()[0]) / ours.u,
                    "difference / u": (ours.value - theirs.value) / theirs.u,
                    "ratio of u": ours.u / theirs.u,
                    "evaluations": ours.evaluations,
                    "CPU min": ours.minutes,
                }
            )
    measured |= {
        "least coverage": min(row["holds the truth"] for row in rows),
        "most coverage": max(row["holds the truth"] for row in rows),
        "mean error": max(abs(row["mean error / u"]) for row in rows),
        "naive": min(abs(row["naive error / u"]) for row in rows),
        "hours": sum(MPI.COMM_WORLD.allgather(time.process_time() - begin)) / 3600.0,
    }
    if options.quick:  # a few draws tell no share
        del measured["least coverage"], measured["most coverage"]
    if checks:
        measured |= {
            "value": max(abs(row["difference / u"]) for row in checks),
            "u": max(abs(row["ratio of u"] - 1.0) for row in checks),
            "minutes": float(np.mean([row["CPU min"] for row in checks])),
        }
    if MPI.COMM_WORLD.rank:
        return 0
    print(table(rows) + "\n\n" + table(checks))
    return finish(options, rows, GOALS, measured)


if __name__ == "__main__":
    sys.exit(main())
