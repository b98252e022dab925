"""The verdict of a run on the stability of its steady state, beside what is known.

The cells are layers (half a wavelength between planes of symmetry), boxes, long cells, fingers,
tilted and side-heated cells, with liquids and gases. Their stability is known from closed forms,
from published onsets (docs/verification.md has those that are computed again) and from proofs. Each
cell is solved a few per cent on either side of its threshold, and far from it.

"wrong" is the verdict "stable" or "no growth found" on a state that is known to be unstable; a
"false alarm" is the reverse.
"""

from __future__ import annotations

import itertools
import math
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from mpi4py import MPI

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # runs from a checkout, without installation

from harness import Goal, arguments, finish, table  # noqa: E402

import femsoret as fs  # noqa: E402
from femsoret.base.errors import FemsoretError  # noqa: E402
from femsoret.cells import Cell, annulus, box, rectangle  # noqa: E402
from femsoret.experiment import Experiment  # noqa: E402
from femsoret.fluids.groups import (  # noqa: E402
    DoubleDiffusiveGroups,
    Groups,
    double_diffusive_values,
    property_values,
)
from femsoret.physics.closures import mixture_of_groups  # noqa: E402
from femsoret.problem.conditions import Composition, Condition, FreeSlip, Temperature  # noqa: E402
from femsoret.studies.measure.stability_check import stability_check  # noqa: E402
from femsoret.studies.measure.steady import measure  # noqa: E402

GOALS = (
    Goal("wrong", "unstable states taken for others", at_most=0),
    Goal("alarms", "false alarms", at_most=2),
    Goal("unseen", "2D cells not looked at, or without a state, in all", at_most=0.05),
    Goal("share", "CPU of the checks in that of the runs in 2D, checks included", at_most=0.30),
)

TABLE, FRESH = PARTS = ("table", "fresh")
"""The table, with which the rules were made; closed forms that no rule was made with."""

COMM, C0 = MPI.COMM_WORLD, 0.5
FREE, RIGID, MIXED, SQUARE = 657.511, 1707.762, 1100.650, 2585.02
SQUARE_ROLL = "2585.02, one roll above it"


@dataclass(frozen=True)
class Known:
    """A cell of known stability.

    Args:
        name: Name of the cell.
        lasts: Whether its steady state is stable.
        source: Where that is known from.
        make: Makes the experiment.
    """

    name: str
    lasts: bool
    source: str
    make: Callable[[], Experiment]


def main() -> int:
    """Check every cell and print the table."""
    options = arguments(__doc__, PARTS)
    cells = list(fresh() if options.part == FRESH else known())
    rows = [_row(cell) for cell in (cells[::4] if options.quick else cells)]
    print(table(rows))
    plane = [row for row in rows if row["dim"] == 2]
    unseen = [row for row in plane if row["said"] in ("not looked at", "no state")]
    measured = {
        "wrong": sum(row["judged"] == "wrong" for row in rows),
        "alarms": sum(row["judged"] == "false alarm" for row in rows),
        "unseen": len(unseen) / len(plane),
        "share": _sum(plane, "check (s)") / _sum(plane, "run (s)"),
    }
    return finish(options, rows, GOALS, measured)


def _sum(rows: list[dict[str, object]], key: str) -> float:
    return sum(float(str(row[key])) for row in rows)


def _row(cell: Known) -> dict[str, object]:
    experiment = cell.make()
    start = time.process_time()
    growth: float | None = None
    measured = checked = start
    try:
        found = measure(experiment)
        measured, check = time.process_time(), found.stability
        errors = found.numerical_error
        stability_check(found.solution, errors.second if errors else None)  # once more, timed
        checked, said, growth = time.process_time(), check.verdict, check.growth_rate
        judged = "right"
        if said == "not looked at":
            judged = "open"
        elif (said == "unstable") == cell.lasts:
            judged = "false alarm" if cell.lasts else "wrong"
    except FemsoretError as error:
        said, judged = "no state", f"open: {error.message[:40]}"
    row = {
        "cell": cell.name,
        "dim": experiment.cell.dim,
        "known": "stable" if cell.lasts else "unstable",
        "from": cell.source,
        "said": said,
        "growth rate": growth,
        "judged": judged,
        "run (s)": f"{measured - start:.2f}",
        "check (s)": f"{checked - measured:.2f}",
    }
    print(f"{cell.name}: {said}, {judged}", file=sys.stderr, flush=True)
    return row


# -- cells ---------------------------------------------------------------------------------------


def _by_groups(
    groups: Groups,
    cell: Cell,
    hot: str,
    cold: str,
    *slip: str,
    degree: int = 2,
    up: tuple[float, ...] | None = None,
) -> Experiment:
    scaled = property_values(groups, c0=C0, S_T_dT=0.1 if groups.psi else 0.0)
    upright = (0.0, 1.0, 0.0)[: cell.dim]
    walls: list[Condition] = [Temperature((hot,), 0.5), Temperature((cold,), -0.5)]
    if slip:
        walls.append(FreeSlip(slip))
    mixture = mixture_of_groups(scaled, up=up or upright, closure="linearised", pure=not groups.psi)
    return Experiment(
        "known", cell, mixture, tuple(walls), degree=degree, absolute_temperature=False
    )


def _half_wave(
    groups: Groups, k: float, *free: str, cells: tuple[int, int] = (4, 8), from_below: bool = True
) -> Experiment:
    cell = rectangle(COMM, (math.pi / k, 1.0), cells, grading=(1.0, 2.0))
    hot, cold = ("bottom", "top") if from_below else ("top", "bottom")
    return _by_groups(groups, cell, hot, cold, "left", "right", *free, degree=3)


def _salty(Ra: float, N: float, Le: float, Pr: float, k: float) -> Experiment:
    """Return half a wavelength between free plates that hold T and c: heat from below if Ra > 0.

    The buoyancy is Ra (T + N C); T and C are +1/2 at the bottom if Ra > 0, otherwise at the top.
    """
    scaled = double_diffusive_values(DoubleDiffusiveGroups(Ra=abs(Ra), Pr=Pr, Le=Le, N=N))
    mixture = mixture_of_groups(scaled, up=(0.0, 1.0), T0=1.0)
    c0, T0 = scaled.values.c, mixture.T0
    ends = (("bottom", 0.5), ("top", -0.5)) if Ra > 0.0 else (("top", 0.5), ("bottom", -0.5))
    walls: list[Condition] = [FreeSlip(("left", "right", "bottom", "top"))]
    for side, half in ends:
        walls += [Temperature((side,), T0 + half), Composition((side,), c0 + half)]
    cell = rectangle(COMM, (math.pi / k, 1.0), (4, 8), grading=(1.0, 2.0))
    return Experiment("salty", cell, mixture, tuple(walls), degree=3, absolute_temperature=False)


def _liquid(
    name: str,
    size: tuple[float, float],
    cells: tuple[int, int],
    dT: float,
    tilt: float = 0.0,
    shape: str = "quadrilateral",
    **overrides: float,
) -> Experiment:
    fluid = fs.load_fluid(name).with_(**overrides)
    cell = rectangle(COMM, size, cells, grading=3.0, shape=shape)
    T = fluid.T
    walls = (Temperature(("top",), T + 0.5 * dT), Temperature(("bottom",), T - 0.5 * dT))
    mixture = fs.mixture_of(fluid, T0=T, c0=fluid.c, up=fs.up_vector((0.0, 1.0), tilt))
    return Experiment(name, cell, mixture, walls, fluid=fluid)


def _water_rich(gap: float, dT: float = 5.0, aspect: float = 2.0) -> Experiment:
    """Return water and ethanol with S_T < 0, heated from above."""
    cells = (int(12 * aspect), 12)
    return replace(
        _liquid(
            "water-ethanol",
            (aspect * gap, gap),
            cells,
            dT,
            soret=-7e-3,
            viscosity=1.4e-3,
            diffusion=8.4e-10,
            thermal_expansion=3.3e-4,
            solutal_expansion=0.16,
        ),
        title="water-rich",
    )


def known() -> Iterator[Known]:
    """Yield the cells."""
    yield from _layers()
    yield from _salt()
    yield from _boxes()
    yield from _soret()
    yield from _above()
    yield from _sides()


def _layers() -> Iterator[Known]:
    pure = partial_groups(Pr=10.0)
    thin = partial_groups(Pr=0.71)
    for factor in (0.5, 0.97, 1.03, 1.2, 4.0):
        yield Known(
            f"rigid layer, {factor:g} Ra_c",
            factor < 1.0,
            "1707.762",
            lambda f=factor: _half_wave(pure(f * RIGID), 3.1163),
        )
    for factor in (0.97, 1.03, 10.0):
        yield Known(
            f"rigid layer, gas, {factor:g} Ra_c",
            factor < 1.0,
            "1707.762",
            lambda f=factor: _half_wave(thin(f * RIGID), 3.1163),
        )
    for factor in (0.97, 1.03):
        yield Known(
            f"one free plate, {factor:g} Ra_c",
            factor < 1.0,
            "1100.650",
            lambda f=factor: _half_wave(pure(f * MIXED), 2.6823, "top"),
        )
    for k in (1.8, math.pi / math.sqrt(2.0), 4.0):  # waves half as long set in later
        critical = (math.pi**2 + k**2) ** 3 / k**2
        for factor in (0.97, 1.03):
            yield Known(
                f"free plates, k = {k:.3g}, {factor:g} Ra_c",
                factor < 1.0,
                "closed form",
                lambda f=factor, c=critical, k=k: _half_wave(pure(f * c), k, "top", "bottom"),
            )
    # A rigid layer, stable as heated from above at any Rayleigh number.
    yield Known(
        "layer heated from above, Ra = 1e6",
        True,
        "proof",
        lambda: _half_wave(pure(1e6), 3.1163, from_below=False),
    )


def _salt() -> Iterator[Known]:
    """Free plates that hold T and C: closed forms of Stern, Veronis, Baines and Gill."""
    k, Pr, Le = math.pi / math.sqrt(2.0), 7.0, 10.0
    for factor in (0.9, 1.1, 3.0):
        # Fingers: heat stratifies stably (Ra_T), salt does not: Le Ra_S - Ra_T = 27/4 pi^4.
        Ra_T = 5000.0
        Ra_S = (Ra_T + factor * FREE) / Le
        yield Known(
            f"salt fingers, {factor:g} of the excess",
            factor < 1.0,
            "closed form",
            lambda a=Ra_T, b=Ra_S: _salty(-a, -b / a, Le, Pr, k),
        )
    for factor in (0.95, 1.05, 1.5):
        # Heated from below, salt stable: oscillations set in first.
        tau, Ra_S = 1.0 / Le, 2000.0
        Ra_T = (Pr + tau) / (Pr + 1.0) * Ra_S + (1.0 + tau) * (1.0 + tau / Pr) * FREE
        yield Known(
            f"diffusive layer, {factor:g} Ra_c",
            factor < 1.0,
            "closed form",
            lambda a=factor * Ra_T, b=Ra_S: _salty(a, -b / a, Le, Pr, k),
        )
    for factor in (0.9, 1.1):
        # Both from below: Ra_T + Le Ra_S = 27/4 pi^4.
        yield Known(
            f"heat and salt from below, {factor:g} Ra_c",
            factor < 1.0,
            "closed form",
            lambda f=factor: _salty(0.5 * f * FREE, 1.0 / Le, Le, Pr, k),
        )


def _boxes() -> Iterator[Known]:
    pure = partial_groups(Pr=10.0)

    def square(Ra: float, up: tuple[float, ...] | None = None) -> Experiment:
        cell = rectangle(COMM, (1.0, 1.0), (8, 8), grading=2.0)
        return _by_groups(pure(Ra), cell, "bottom", "top", degree=3, up=up)

    for factor in (0.97, 1.03, 3.0):
        yield Known(
            f"square from below, {factor:g} Ra_c",
            factor < 1.0,
            "2585.02",
            lambda f=factor: square(f * SQUARE),
        )
    leaning = square(1e4, _up(5.0))
    yield Known(
        "square leaning by 5 degrees, Ra = 1e4, near rest", False, SQUARE_ROLL, lambda: leaning
    )
    yield Known(
        "square leaning by 5 degrees, Ra = 1e4, its roll",
        True,
        SQUARE_ROLL,
        lambda: replace(leaning, start_up=_up(30.0)),
    )
    for Ra, lasts in ((2000.0, True), (2600.0, False), (6000.0, False)):
        yield Known(
            f"cylinder, radius 1, axisymmetric, Ra = {Ra:g}",
            lasts,
            "2260 (Charlson, Sani 1970)",
            lambda Ra=Ra: _by_groups(
                pure(Ra), annulus(COMM, (0.0, 1.0), 1.0, (8, 8)), "bottom", "top"
            ),
        )
    for factor in (0.9, 1.15):
        yield Known(
            f"cube from below, {factor:g} Ra_c",
            factor < 1.0,
            "3389",
            lambda f=factor: _by_groups(
                pure(f * 3389.0), box(COMM, (1.0,) * 3, (3,) * 3, grading=2.0), "bottom", "top"
            ),
        )


def _soret() -> Iterator[Known]:
    def liquid(Ra: float, psi: float) -> Groups:
        return Groups(Ra=Ra, Pr=10.0, Le=100.0, psi=psi)

    for factor in (0.97, 1.03):
        yield Known(
            f"psi = 0.001, {factor:g} Ra_c",
            factor < 1.0,
            "1471.794",
            lambda f=factor: _half_wave(liquid(f * 1471.794, 0.001), 2.9756),
        )
    for factor in (0.9, 0.97, 1.03, 1.15):
        yield Known(
            f"psi = -0.25, {factor:g} Ra_c, oscillatory",
            factor < 1.0,
            "2279.447",
            lambda f=factor: _half_wave(liquid(f * 2279.447, -0.25), 3.1353),
        )
    for X, lasts in ((400.0, True), (650.0, True), (1440.0, False), (5000.0, False)):
        yield Known(
            f"long cell from below, psi = 0.1, X = {X:g}",
            lasts,
            "720",
            lambda X=X: _by_groups(
                liquid(0.1 * X, 0.1), rectangle(COMM, (10.0, 1.0), (30, 6)), "bottom", "top"
            ),
        )
    for factor in (0.95, 1.05):
        yield Known(
            f"opposing gradients, N = -1, {factor:g} Ra_c",
            factor < 1.0,
            "17163.87",
            lambda f=factor: _opposing(f * 17163.87),
        )


def _up(degrees: float) -> tuple[float, float]:
    return math.sin(math.radians(degrees)), math.cos(math.radians(degrees))


def _opposing(Ra: float) -> Experiment:
    scaled = double_diffusive_values(DoubleDiffusiveGroups(Ra=Ra, Pr=1.0, Le=2.0, N=-1.0))
    mixture = mixture_of_groups(scaled, up=(0.0, 1.0), T0=1.0)
    c0, T0 = scaled.values.c, mixture.T0
    walls: list[Condition] = []
    for side, half in (("left", 0.5), ("right", -0.5)):
        walls += [Temperature((side,), T0 + half), Composition((side,), c0 + half)]
    cell = rectangle(COMM, (1.0, 1.0), (8, 8), grading=2.0)
    return Experiment("opposing", cell, mixture, tuple(walls), degree=3, absolute_temperature=False)


def _above() -> Iterator[Known]:
    """Liquids between plates, heated from above."""
    for name, cells, shape in (
        ("water-ethanol", (16, 12), "quadrilateral"),
        ("thn-nc12", (12, 8), "quadrilateral"),
        ("ibb-nc12", (12, 10), "triangle"),
        ("thn-ibb", (12, 8), "triangle"),
    ):
        yield Known(
            f"{name}, level",
            True,
            "proof",
            lambda n=name, c=cells, s=shape: _liquid(n, (10e-3, 5e-3), c, 10.0, shape=s),
        )
    for tilt in (0.1, 0.3, 1.0, 3.0):
        yield Known(
            f"water-ethanol, tilted by {tilt:g} degrees",
            True,
            "nothing opposes",
            lambda t=tilt: _liquid("water-ethanol", (10e-3, 5e-3), (20, 14), 10.0, t),
        )
    # Ra Le |psi| is 1300 at 0.5 mm, and goes with the cube; onset is at 720 in a long cell.
    for gap, lasts in ((0.3e-3, True), (0.4e-3, True), (0.7e-3, False), (5e-3, False)):
        yield Known(
            f"S_T < 0 heated from above, {1e3 * gap:g} mm",
            lasts,
            "720",
            lambda g=gap: _water_rich(g),
        )
    yield Known(
        "S_T < 0 heated from above, 0.6 mm, long",
        False,
        "720",
        lambda: _water_rich(0.6e-3, aspect=8.0),
    )
    yield Known(
        "S_T < 0 heated from above, 5 mm, 0.5 degrees",
        False,
        "as level",
        lambda: _tilted(_water_rich(5e-3), 0.5),
    )


def _tilted(experiment: Experiment, tilt: float) -> Experiment:
    gravity = replace(experiment.mixture.gravity, up=fs.up_vector((0.0, 1.0), tilt))
    return replace(experiment, mixture=replace(experiment.mixture, gravity=gravity))


def _sides() -> Iterator[Known]:
    """Cells heated from the side."""
    for Ra in (10.0, 1e3, 1e4, 1e5):
        yield Known(
            f"gas, square heated from the side, Ra = {Ra:g}",
            True,
            "1.82e8 (Le Quere, Behnia 1998)",
            lambda Ra=Ra: _by_groups(
                Groups(Ra=Ra, Pr=0.71, Le=1.0),
                rectangle(COMM, (1.0, 1.0), (14, 14), grading=3.0),
                "left",
                "right",
            ),
        )
    for Ra, lasts in ((1e4, True), (2.5e5, True), (3.4e5, False)):
        yield Known(
            f"gas, 8:1 cavity heated from the side, Ra = {Ra:g}",
            lasts,
            "306192 (Xin, Le Quere 2002)",
            lambda Ra=Ra: _by_groups(
                Groups(Ra=Ra, Pr=0.71, Le=1.0),
                rectangle(COMM, (1.0, 8.0), (10, 40), grading=(4.0, 2.0)),
                "left",
                "right",
                degree=3,
            ),
        )
    for X in (10.0, 1e3):
        yield Known(
            f"liquid, Soret square heated from the side, Ra Le = {X:g}",
            True,
            "weak flow",
            lambda X=X: _by_groups(
                Groups(Ra=X / 100.0, Pr=10.0, Le=100.0, psi=0.2),
                rectangle(COMM, (1.0, 1.0), (12, 12), grading=2.0),
                "left",
                "right",
            ),
        )


def fresh() -> Iterator[Known]:
    """Yield free plates with groups that the table does not have."""
    k0 = math.pi / math.sqrt(2.0)
    for Pr, k, factor in itertools.product((0.05, 1.0, 300.0), (2.0, 3.0), (0.95, 1.05)):
        critical = factor * (math.pi**2 + k**2) ** 3 / k**2
        yield Known(
            f"free plates, Pr = {Pr:g}, k = {k:g}, {factor:g} Ra_c",
            factor < 1.0,
            "closed form",
            lambda Pr=Pr, k=k, Ra=critical: _half_wave(partial_groups(Pr)(Ra), k, "top", "bottom"),
        )
    for Le, Ra_T, factor in itertools.product((3.0, 100.0), (500.0, 2e4), (0.8, 1.3)):
        Ra_S = (Ra_T + factor * FREE) / Le
        yield Known(
            f"salt fingers, Le = {Le:g}, Ra_T = {Ra_T:g}, {factor:g} of the excess",
            factor < 1.0,
            "closed form",
            lambda a=Ra_T, b=Ra_S, Le=Le: _salty(-a, -b / a, Le, 1.0, k0),
        )
    for Le, Pr, Ra_S, factor in itertools.product(
        (3.0, 100.0), (0.7, 30.0), (1e3, 1e4), (0.95, 1.08)
    ):
        tau = 1.0 / Le
        critical = (Pr + tau) / (Pr + 1.0) * Ra_S + (1.0 + tau) * (1.0 + tau / Pr) * FREE
        yield Known(
            f"diffusive layer, Le = {Le:g}, Pr = {Pr:g}, Ra_S = {Ra_S:g}, {factor:g} Ra_c",
            factor < 1.0,
            "closed form",
            lambda a=factor * critical, b=Ra_S, Le=Le, Pr=Pr: _salty(a, -b / a, Le, Pr, k0),
        )


def partial_groups(Pr: float) -> Callable[[float], Groups]:
    """Return Rayleigh number -> groups of a pure fluid."""
    return lambda Ra: Groups(Ra=Ra, Pr=Pr, Le=1.0)


if __name__ == "__main__":
    sys.exit(main())
