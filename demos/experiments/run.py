"""Cells that laboratories built or planned, each beside the number that was reported of it.

Each function solves the case file of its name and returns lines of the table in README.md: a
quantity, what was reported, and what femsoret finds. Assertions are on what the comparison says.

    python3 demos/experiments/run.py [NAME ...] [--figure FILE.png]

prints the lines of all cells, or of those named; with a figure, the separation of the melt over
gravity is drawn.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from mpi4py import MPI

import numpy as np
from scipy.interpolate import CubicSpline, PchipInterpolator
from scipy.optimize import brentq

from femsoret import Experiment, load_case, measure, measure_in_time
from femsoret.base.errors import MissingDependency
from femsoret.experiment.column import ColumnRequest
from femsoret.post.soret import apparent, read
from femsoret.solve import growth_rates
from femsoret.studies.measure.column import evaluate_column
from femsoret.studies.measure.instruments import instrument_records
from femsoret.studies.measure.solution import solve
from femsoret.studies.measure.stability_check import stability_check

HERE = Path(__file__).resolve().parent
comm = MPI.COMM_WORLD


@dataclass(frozen=True)
class Line:
    """One quantity of one cell.

    Args:
        quantity: What was measured or computed.
        reported: What was reported, with its uncertainty if it has one.
        found: What femsoret finds.
    """

    quantity: str
    reported: str
    found: str


def experiment_of(name: str, *changes: str, like: Experiment | None = None) -> Experiment:
    """Return the experiment of a case file with changes of single keys.

    Args:
        name: Name of the case file.
        changes: Changes, as "key.path=value".
        like: An experiment whose mesh is used again.
    """
    cell = None if like is None else like.cell
    return load_case(HERE / f"{name}.toml", changes).build(comm, cell).experiment


# -- the melt in orbit -----------------------------------------------------------------------------

STRONGER, WEAKER = 0.46, 0.98  # separations at 1e-3 g and 1e-4 g over that of the Soret effect
SIZES = np.array([0.01, 0.03, 0.1, 0.2, 0.4, 0.7, 1.0, 2.0, 5.0])  # of gravity, over some 1e-3 g
SHAPES = {  # length over diameter: Ra Le at some 1e-3 g, and changes of the case file
    1: (6.5e3, ("cell.radius=0.5", "cell.cells=[4,4]")),
    2: (4.2e4, ()),
    4: (5.2e5, ("cell.radius=0.125", "cell.cells=[4,10]")),
}


@dataclass(frozen=True)
class Melt:
    """The separation in a cylinder across whose axis gravity acts.

    Args:
        shape: Length over diameter.
        X: Values of Ra Le.
        left: The part of the separation that is left at each.
    """

    shape: int
    X: np.ndarray
    left: np.ndarray

    def at(self, x: float | np.ndarray) -> np.ndarray:
        """Return the part that is left, between the computed points.

        Lost over left grows with the square of Ra Le as long as the flow is weak: its logarithm
        is nearly straight.
        """
        curve = CubicSpline(np.log(self.X), np.log(1.0 / self.left - 1.0))
        return 1.0 / (1.0 + np.exp(curve(np.log(x))))

    @property
    def stronger(self) -> float:
        """Ra Le at 1e-3 g: that at which the reported part is left."""
        ends = np.log(self.X[0]), np.log(self.X[-1])
        return float(np.exp(brentq(lambda u: self.at(np.exp(u)) - STRONGER, *ends)))


def melt_of(shape: int) -> Melt:
    """Return the separation in a cylinder of one shape over Ra Le."""
    left, like = list[float](), None
    near, changes = SHAPES[shape]
    for x in near * SIZES:
        like = experiment_of("melt_in_orbit", *changes, f"groups.Ra={x / 100.0}", like=like)
        left.append(1.0 + solve(like).soret.bias)
    return Melt(shape, near * SIZES, np.array(left))


def melt_in_orbit(figure: Path | None = None) -> list[Line]:
    melts = [melt_of(shape) for shape in SHAPES]
    if figure is not None and comm.rank == 0:
        draw(figure, melts)
    weaker = {melt.shape: float(melt.at(melt.stronger / 10.0)) for melt in melts}
    # One number fixes Ra Le; the other then follows, if the cylinder is some two diameters long.
    assert weaker[1] < WEAKER - 0.005 < weaker[2] < WEAKER + 0.005 < weaker[4]
    return [
        Line(
            f"separation over that without flow at 1e-4 g, if it is 0.46 at 1e-3 g, length over "
            f"diameter {melt.shape}",
            "0.98",
            f"{weaker[melt.shape]:.3f} (Ra Le = {melt.stronger:.2g} at 1e-3 g)",
        )
        for melt in melts
    ]


def draw(path: Path, melts: list[Melt]) -> None:
    """Draw the separations over gravity."""
    from femsoret.report.figures.canvas import BLUE, GREEN, INK, ORANGE, finish, new_figure, styled

    with styled():
        figure, axes = new_figure(3.4)
        g = np.geomspace(1.1e-5, 4.5e-3, 200)
        for melt, colour in zip(melts, (ORANGE, BLUE, GREEN), strict=True):
            axes.semilogx(g, melt.at(melt.stronger * g / 1e-3), color=colour,
                          label=f"cylinder, length {melt.shape} × diameter")  # fmt: skip
            axes.plot(melt.X / melt.stronger * 1e-3, melt.left, ".", color=colour, ms=5.0)
        axes.plot([1e-3, 1e-4], [STRONGER, WEAKER], "o", color=INK, mfc="white", ms=7.0, zorder=3,
                  label="reported (1984)")  # fmt: skip
        axes.set(ylim=(0.0, 1.03), xlim=(1e-5, 5e-3), xlabel="gravity across the axis / g$_0$",
                 ylabel="separation / that without flow")  # fmt: skip
        axes.legend(loc="lower left")
        path.write_bytes(finish(figure, "melt_in_orbit", "", "").png)


# -- optical cells ---------------------------------------------------------------------------------

PAIRS = {"thn-nc12": "a few %", "thn-ibb": "10 %", "ibb-nc12": "a few %"}


def beam_deflection() -> list[Line]:
    lines = []
    for name, agreement in PAIRS.items():
        tilted = experiment_of("beam_deflection", f"fluid.name={name}")
        level = experiment_of("beam_deflection", f"fluid.name={name}", "gravity.tilt=0")
        off, flat = solve(tilted), solve(level)
        seen = off.signals["beam"].outcomes[0].bias
        light = instrument_records(off)["beam"].found
        with_windows = light.apparent[0] / off.soret.true.value - 1.0
        # A layer so thin leaves an optical measurement its few per cent.
        assert max(abs(off.soret.bias), abs(flat.soret.bias), abs(seen)) < 0.01
        lines.append(
            Line(
                f"{name}: error of S_T by flow, half a degree off",
                f"within {agreement} of the benchmark",
                f"{100 * off.soret.bias:+.3f} % at the plates, {100 * seen:+.3f} % in the beam, "
                f"{100 * with_windows:+.2f} % with the gradients of its windows; level "
                f"{100 * flat.soret.bias:+.1g} %; with the T of the thermostats "
                f"{100 * flat.at_thermostats.bias:+.2f} %",
            )
        )
    return lines


def interferometry() -> list[Line]:
    lines = []
    for tilt in (0.0, 0.5):
        experiment = experiment_of("interferometry", f"gravity.tilt={tilt}")
        found = measure(experiment, with_numerical_error=False)
        bias = found.solution.soret.bias
        signals = found.solution.signals
        seen, by_light = (signals[name].outcomes[0].bias for name in ("in the middle", "along x"))
        light = found.instruments["along x"].found
        with_quartz = light.apparent[0] / found.solution.soret.true.value - 1.0
        assert abs(bias) < 0.03
        lines.append(
            Line(
                f"THN-nC12: error of S_T by flow, {tilt:g} degrees off",
                "less than 3 % off the benchmark",
                f"{100 * bias:+.3f} % from wall to wall, {100 * seen:+.3f} % in the middle, "
                f"{100 * by_light:+.3f} % along a beam through all of it, "
                f"{100 * with_quartz:+.2f} % with the phase of the quartz; "
                f"{found.stability.verdict}",
            )
        )
    return lines


RESIDUALS = (1e-6, 1e-5, 1e-4, 1e-3)  # of gravity, across the axis


def fields_of_view() -> list[Line]:
    ratios = {}
    for size in RESIDUALS:
        experiment = experiment_of("fields_of_view", f"gravity.magnitude={size} g0")
        found, (narrow,) = solve(experiment), experiment.extra_readings
        at = read(found.convection, narrow.hot, narrow.cold)
        ratios[size] = apparent(experiment.mixture, at) / found.soret.apparent
    # A flow takes more from the gradient in the middle than from that of the whole cell.
    assert abs(ratios[1e-6] - 1.0) < 1e-2
    assert all(ratio < 1.01 for ratio in ratios.values())
    said = ", ".join(f"{ratio:.3g} at {size:g} g" for size, ratio in ratios.items())
    return [Line("S_T from the narrow over that from the wide field of view", "2.8 ± 5.8", said)]


# -- columns ---------------------------------------------------------------------------------------

PORTS_OFF = (0.065, 0.165, 0.265, 0.365, 0.465)  # heights of the ports of column_ports.toml, m


def column_ports() -> list[Line]:
    experiment = experiment_of("column_ports")
    state = solve(experiment).convection
    everywhere = replace(experiment, column_request=ColumnRequest(heights=PORTS_OFF))
    ports, width = (evaluate_column(each, state) for each in (experiment, everywhere))
    S_T = experiment.mixture.reference.binary.S_T
    found = {
        "the five ports": ports.S_T,
        "all of the width there": width.S_T,
        "the ports, without the effect of the composition on the flow": ports.theory.soret_of(
            ports.line.slope, classical=True
        ),
    }
    errors = {name: value / S_T - 1.0 for name, value in found.items()}
    assert all(abs(error) < 0.01 for error in errors.values())
    return [
        Line(
            "error of S_T by the formula of a column",
            "two methods 4 % apart",
            "; ".join(f"{100 * error:+.2f} % from {name}" for name, error in errors.items()),
        )
    ]


PRESSURES = np.array([0.4, 0.6, 0.8, 1.0, 1.25, 1.7, 2.5])  # over the following, atm
NEAR_BEST = {"He-Ar": 0.2, "N2-CO2": 0.07}


def gas_column_pressure() -> list[Line]:
    lines, curves = [], []
    for gas, near in NEAR_BEST.items():
        ends, like = [], None
        for pressure in near * PRESSURES:
            changes = (f"fluid.gas={gas}", f"fluid.pressure={pressure} atm")
            like = experiment_of("gas_column_pressure", *changes, like=like)
            (pair,) = like.extra_readings
            ends.append(read(solve(like).convection, pair.hot, pair.cold).separation)
        logs = np.log(near * PRESSURES)
        dense = np.linspace(logs[0], logs[-1], 400)
        curve = PchipInterpolator(logs, np.abs(ends))(dense)
        best = float(np.exp(dense[np.argmax(curve)]))
        around = np.log(np.linspace(0.6, 1.6, 11) * best)
        curves.append(np.interp(around, dense, curve) / curve.max())
        lines.append(Line(f"{gas}: pressure of the largest separation", "0.2 atm (with "
                          "through-flow)", f"{best:.2f} atm (closed, a gap of 34 mm)"))  # fmt: skip
    apart = float(np.abs(curves[0] - curves[1]).max())
    lines.append(Line("the two over pressure / best pressure", "almost the same",
                      f"within {apart:.3f} of the maximum from 0.6 to 1.6"))  # fmt: skip
    return lines


# -- three components ------------------------------------------------------------------------------


def ternary_benchmark() -> list[Line]:
    biases, by_light = {}, {}
    for size in (1e-6, 1e-5, 1e-4):
        found = solve(experiment_of("ternary_benchmark", f"gravity.magnitude={size} g0"))
        biases[size] = [of.bias for of in found.outcomes]
        by_light[size] = [of.bias for of in found.signals["670 and 935 nm"].outcomes]
    light = instrument_records(found)["670 and 935 nm"]
    true = np.array([of.true.value for of in found.outcomes])
    noise = np.sqrt(np.diag(light.found.covariance)) / np.abs(true)
    # While the flow is weak it takes with the square of gravity, from all in proportion.
    assert all(abs(b / a - 100.0) < 3.0 for a, b in zip(biases[1e-6], biases[1e-5], strict=True))

    def listed(of: list[float]) -> str:
        return ", ".join(
            f"{name} {100 * bias:+.2g} %" for name, bias in zip(("THN", "IBB"), of, strict=True)
        )

    said = {
        size: f"{listed(of)} at the plates; {listed(by_light[size])} by light in the middle"
        for size, of in biases.items()
    }
    percents = " and ".join(f"{100 * part:.2g}" for part in noise)
    return [
        Line(
            "what 0.01 rad of noise makes of S'_T of THN and IBB, of each",
            "S'_T to 7, 41 % on the ground",
            f"{percents} % (condition number {light.signal.optics.matrix.condition:.0f}, made up)",
        ),
        *(
            Line(
                f"error of S'_T over the norm of all, {size:g} g across",
                "S'_T to 7, 41, 7 % on the ground",
                text,
            )
            for size, text in said.items()
        ),
    ]


RATIOS = (0.1, 0.29, 0.5, 0.9)  # |S'_T| of ethanol over that of water


def which_way_up() -> list[Line]:
    lines = []
    for ratio in RATIOS:
        soret = f"fluid.overrides.component.ethanol.soret={-1e-3 * ratio}"
        words = {}
        for way, tilt in (("above", 0), ("below", 180)):
            words[way] = stability_check(
                solve(experiment_of("which_way_up", soret, f"gravity.tilt={tilt}"))
            ).verdict
        lines.append(
            Line(
                f"S'_T of ethanol over that of water: -{ratio:g}",
                "stable with the proper orientation",
                f"from above {words['above']}, from below {words['below']}",
            )
        )
    assert "above unstable" in lines[0].found
    assert "above stable" in lines[-1].found
    return lines


# -- suspensions -----------------------------------------------------------------------------------

RESIDUAL = 1e-6  # of gravity, in orbit: enough to tell fluctuations that move the liquid


def lasts(size: float) -> float:
    """Return how long the slowest fluctuation that moves the liquid lasts, s."""
    found = solve(experiment_of("fluctuations", f"gravity.magnitude={size} g0"))
    modes = growth_rates(found.convection, shifts=(1e-4,)).modes
    speeds = [comm.allreduce(float(np.abs(mode.real[0]).max(initial=0.0)), MPI.MAX)
              for mode in modes]  # fmt: skip
    moving = [mode for mode, u in zip(modes, speeds, strict=True) if u > 1e-6 * max(speeds)]
    return -1.0 / max(mode.growth_rate for mode in moving)


def fluctuations() -> list[Line]:
    orbit, ground = lasts(RESIDUAL), lasts(1.0)
    D, q = 1.97e-10, np.pi / 1.394e-3
    assert abs(orbit * D * q**2 - 1.0) < 1e-3  # diffusion along the layer, and nothing else
    assert ground < 0.2 * orbit
    return [
        Line("fluctuation of 2.8 mm in orbit lasts", "up to 1,000 s", f"{orbit:.0f} s"),
        Line("the same on the ground", "quenched", f"{ground:.0f} s"),
    ]


DIES, STAYS = 2200, 2500  # Ra of a convection that dies out and of one that does not, here


def thermophilic() -> list[Line]:
    lines, last = [], {}
    for Ra in (DIES, STAYS):
        built = load_case(HERE / "thermophilic.toml", [f"groups.Ra={Ra}"]).build(comm)
        rows = measure_in_time(built.experiment, built.schedule).with_gravity.rows
        times, speeds = (np.array([row[name] for row in rows]) for name in ("t", "max_speed"))
        over = times[np.flatnonzero(speeds > 0.1 * speeds.max())[-1]]
        last[Ra] = speeds[-1]
        lines.append(
            Line(
                f"heated from below at once, Ra = {Ra}",
                "Ra of 2200 to 3000: convection that dies out",
                f"up to {speeds.max():.2g} α/h; above a tenth of it until {over:.3g} h²/α of "
                f"{times[-1]:g}; Nu at most "
                f"{max(r['nusselt.bottom'] for r in rows if r['t'] > 0.5):.3f} after 0.5 h²/α",
            )
        )
    level = experiment_of("thermophilic", f"groups.Ra={STAYS}", "gravity.tilt=180")
    verdict = stability_check(solve(level)).verdict
    lines.append(Line(f"conduction at Ra = {STAYS}, particles where they go", "stable", verdict))
    assert last[DIES] < 0.1 < 1.0 < last[STAYS]
    assert verdict != "unstable"
    return lines


CELLS: dict[str, Callable[[], list[Line]]] = {
    cell.__name__: cell
    for cell in (
        melt_in_orbit,
        interferometry,
        beam_deflection,
        fields_of_view,
        column_ports,
        ternary_benchmark,
        which_way_up,
        fluctuations,
        thermophilic,
        gas_column_pressure,
    )
}


def main() -> None:
    options = argparse.ArgumentParser(description="Cells of laboratories beside their numbers.")
    options.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(CELLS)}")
    options.add_argument("--figure", type=Path, metavar="FILE.png", help="draw the melt")
    asked = options.parse_args()
    if unknown := set(asked.names) - set(CELLS):
        options.error(f"no such cell: {', '.join(sorted(unknown))}; there are {', '.join(CELLS)}")
    for name in asked.names or CELLS:
        started = time.process_time()
        try:
            with_figure = name == "melt_in_orbit" and asked.figure is not None
            lines = melt_in_orbit(asked.figure) if with_figure else CELLS[name]()
        except MissingDependency as missing:  # gases need Cantera
            lines = [Line("not computed", "", missing.message)]
        spent = time.process_time() - started
        if comm.rank == 0:
            for line in lines:
                print(f"| `{name}` | {line.quantity} | {line.reported} | {line.found} |")
            print(f"<!-- {name}: {spent:.0f} s of CPU -->", flush=True)


if __name__ == "__main__":
    main()
