"""Run the cases of the verification table and write docs/verification.md.

tools/fenicsx python3 tools/make_verification.py [PART ...]

The page takes four minutes; with parts, only their sections are made again. The exit status is 1 if
a row is missed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from mpi4py import MPI

import dolfinx
import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [
    str(path) for path in (ROOT, ROOT / "tests", ROOT / "tests" / "verify")
]  # runs from a checkout

import columns  # noqa: E402
import conjugate  # noqa: E402
import database_numbers  # noqa: E402
import double_diffusive  # noqa: E402
import gases  # noqa: E402
import heat_of_mixing  # noqa: E402
import instruments  # noqa: E402
import onsets  # noqa: E402
import soret_profile  # noqa: E402
import test_bodies  # noqa: E402
import test_bodies_near_walls  # noqa: E402
import test_free_slip  # noqa: E402
import test_heat_sources  # noqa: E402
import test_manufactured  # noqa: E402
import test_manufactured_components  # noqa: E402
import test_manufactured_vibration  # noqa: E402
import test_no_convection  # noqa: E402
import test_pointwise  # noqa: E402
import test_quaternary  # noqa: E402
import test_soret_dufour  # noqa: E402
import test_ternary  # noqa: E402
import test_vibration  # noqa: E402
import water_ethanol  # noqa: E402
from cases import (  # noqa: E402
    BEAM,
    CASES,
    COLUMN,
    CONJUGATE,
    CONJUGATE_NU,
    CONVERGED,
    CONVERSIONS,
    CUBE,
    DISGUISED,
    DOUBLE,
    DRIVEN,
    DUCT,
    EVALUATED_COLUMN,
    FULL_MATRICES,
    GAS_COLUMN,
    GASES,
    HEATED,
    JANUS,
    LIGHT,
    LIGHT_IN_TIME,
    MANUFACTURED,
    METAL,
    MIXING,
    NEAR_PLATE,
    ONSET,
    POINTWISE,
    REORDERED,
    SEVERAL_AT_REST,
    SIGNALS,
    SORET,
    STILL,
    TRAP,
    UNICELLULAR,
    WATER_ETHANOL,
    Case,
)
from squares import (  # noqa: E402
    SORET_ROWS,
    bias_without_gravity,
    experiment,
    numbers,
    true_values,
)
from test_numerical_error import MESHES  # noqa: E402

from femsoret.cells import rectangle  # noqa: E402
from femsoret.physics.closures import CLOSURES  # noqa: E402
from femsoret.problem.discretisation import WELL_BALANCED  # noqa: E402
from femsoret.studies.measure.numerical_error import numerical_error, quantities  # noqa: E402
from femsoret.studies.measure.solution import solve  # noqa: E402

PAGE = ROOT / "docs" / "verification.md"
ROUNDOFF = 1e-12
NO_NUMBER = "–"


@dataclass(frozen=True)
class Run:
    """What a case gave.

    Args:
        values: Quantity -> number.
        reported: Quantity -> reported numerical error, where there is one.
        unknowns: Unknowns of the finest mesh; None where that says nothing.
    """

    values: Mapping[str, float]
    reported: Mapping[str, float]
    unknowns: int | None


# -- running -------------------------------------------------------------------------------------


def runs() -> Iterator[tuple[tuple[str, str], Run]]:
    """Yield every case of the table with what it gave."""
    for name in dict.fromkeys((case.problem, case.given) for case in CASES):
        if name[0] == HEATED or name[1] in SORET_ROWS:
            yield name, square(*name)
    for given in CONJUGATE_NU:
        yield (CONJUGATE, given), _run(conjugate.of_case(given))
    for closure in CLOSURES.values():
        bias, solution = bias_without_gravity(closure)
        name = (SORET, f"{closure.name} closure, no gravity")
        yield name, Run({"bias": bias}, {}, solution.convection.num_dofs)
    yield from still_cells()
    for given, groups, cells in (
        ("Le = 2, Sr = Df = 0.3", test_soret_dufour.ROW, 20),
        *((f"Le = 1, Sr = Df = {s:g}", test_soret_dufour.mapped(s), 16) for s in (0.2, 0.5, 0.8)),
    ):
        problem = double_diffusive.square(groups, cells)
        yield (DOUBLE, given), Run(double_diffusive.transfer(problem), {}, problem.num_dofs)
    yield (WATER_ETHANOL, "full closure, Dufour effect"), Run(water_ethanol.defects(), {}, None)
    for given in heat_of_mixing.GIVEN:
        yield (MIXING, given), Run(heat_of_mixing.numbers(given), {}, None)
    for problem, numbers_of in (
        (CONVERSIONS, database_numbers.argon_and_helium),
        (METAL, database_numbers.hydrogen_in_zirconium),
    ):
        given = next(case.given for case in CASES if case.problem == problem)
        yield (problem, given), Run(numbers_of(), {}, None)
    yield from several_components()
    for given, values in (gases.exact() | gases.computed()).items():
        yield (GASES, given), Run(values, {}, None)
    yield (GAS_COLUMN, "width 6.7 mm"), _run(gases.column())
    yield from onsets_of_convection()
    for problem, solved in (
        (COLUMN, columns.column),
        (UNICELLULAR, columns.unicellular),
        (TRAP, columns.trap),
    ):
        for given in dict.fromkeys(case.given for case in CASES if case.problem == problem):
            yield (problem, given), _run(solved(float(given.split("=")[1])))
    yield from manufactured()
    yield from moved_by_slip()
    yield from heated_by_a_beam()
    yield from seen_by_instruments()


def seen_by_instruments() -> Iterator[tuple[tuple[str, str], Run]]:
    """Yield the cases of signals, light and columns."""
    for name, off in instruments.at_places().items():
        yield (SIGNALS, name), Run({"S_T over closed form, less 1": off}, {}, None)
    for given in instruments.CELLS:
        yield (LIGHT, given), Run(instruments.through(given), {}, None)
    yield (LIGHT, "windows of the mesh, their part"), Run(instruments.through_glass(), {}, None)
    yield (LIGHT_IN_TIME, "marched"), Run(instruments.in_time(), {}, None)
    constant = instruments.with_a_constant()
    yield (LIGHT_IN_TIME, "samples and 30 plateaus"), Run(constant, {}, None)
    for given in instruments.COLUMNS:
        yield (EVALUATED_COLUMN, given), Run(instruments.of_columns(given), {}, None)
    for given in dict.fromkeys(case.given for case in CASES if case.problem == DUCT):
        yield (DUCT, given), Run(instruments.of_duct(float(given.split()[1])), {}, None)


def onsets_of_convection() -> Iterator[tuple[tuple[str, str], Run]]:
    """Yield the onsets of convection, by gravity and by a fast vibration."""
    for given, onset in onsets.ONSETS.items():
        yield (ONSET, given), _run(onset.numbers())
    yield (ONSET, CUBE), _run(onsets.cube_numbers())
    for Pr in (1.0, 7.0):
        Ra_v, unknowns = test_vibration.onset(MPI.COMM_WORLD, Pr)
        yield (ONSET, test_vibration.VIBRATED.format(Pr)), Run({"Ra_v": Ra_v}, {}, unknowns)


def manufactured() -> Iterator[tuple[tuple[str, str], Run]]:
    """Yield the manufactured solutions of two components."""
    for given, shape, closed, cells in (
        ("quadrilaterals", "quadrilateral", False, (12, 24)),
        ("triangles, closed", "triangle", True, (8, 16)),
    ):
        yield (MANUFACTURED, given), Run(orders(shape, cells, closed=closed), {}, None)
    for given, kind in (
        ("triangles, two leaning walls slip", "leaning"),
        ("curved quadrilaterals, two curved walls slip", "curved"),
    ):
        found, _ = test_free_slip.orders_found(MPI.COMM_WORLD, kind, ("right", "top"), (12, 24))
        values = {f"order of {block}": order for block, order in found.items()}
        yield (MANUFACTURED, given), Run(values, {}, None)
    for shape in test_manufactured_vibration.SHAPES:
        values = test_manufactured_vibration.orders(MPI.COMM_WORLD, shape)
        yield (MANUFACTURED, f"{shape}, vibrated"), Run(values, {}, None)


def heated_by_a_beam() -> Iterator[tuple[tuple[str, str], Run]]:
    """Yield the case of particles under a laser beam."""
    (given,) = dict.fromkeys(case.given for case in CASES if case.problem == BEAM)
    yield (BEAM, given), Run(test_heat_sources.particles_in_a_beam(MPI.COMM_WORLD), {}, None)


def moved_by_slip() -> Iterator[tuple[tuple[str, str], Run]]:
    """Yield the cases of spheres that move freely."""
    with tempfile.TemporaryDirectory() as folder:
        tmp = Path(folder)
        for given, kappa in test_bodies.KAPPAS.items():
            U = test_bodies.speed_in_gradient(tmp, kappa)
            yield (DRIVEN, given), Run({"U/(mu_s grad T)": U}, {}, None)
        for given, kappa in test_bodies.HALVES.items():
            U = test_bodies.speed_if_heated_on_one_half(tmp, kappa)
            yield (JANUS, given), Run({"|U| kappa_s/(mu_s q0)": U}, {}, None)
        for given, free in test_bodies_near_walls.PLATES.items():
            drag = test_bodies_near_walls.drag_found_near_plate(tmp, free=free)
            yield (NEAR_PLATE, given), Run({"drag/(6 pi mu a U)": drag}, {}, None)


def several_components() -> Iterator[tuple[tuple[str, str], Run]]:
    """Yield the cases of mixtures whose components diffuse across one another."""
    errors_at_rest = (
        test_quaternary.error_at_rest(test_quaternary.at_rest(MPI.COMM_WORLD)),
        test_ternary.error_at_rest(),
    )
    given = dict.fromkeys(case.given for case in CASES if case.problem == SEVERAL_AT_REST)
    for name, values in zip(given, errors_at_rest, strict=True):
        yield (SEVERAL_AT_REST, name), Run(values, {}, None)
    expected = test_ternary.solved(test_ternary.varying())
    for order in dict.fromkeys(case.given for case in CASES if case.problem == REORDERED):
        yield (REORDERED, order), Run(test_ternary.change(expected, order), {}, None)
    (name,) = dict.fromkeys(case.given for case in CASES if case.problem == DISGUISED)
    yield (DISGUISED, name), Run(test_ternary.compared(*test_ternary.pair_and_one()), {}, None)
    for name in test_manufactured_components.ORDERS:
        values = test_manufactured_components.orders(MPI.COMM_WORLD, name)
        yield (FULL_MATRICES, name), Run(values, {}, None)
    yield (POINTWISE, test_pointwise.GIVEN), Run(test_pointwise.numbers(), {}, None)


PARTS = {
    "beam": heated_by_a_beam,
    "components": several_components,
    "instruments": seen_by_instruments,
    "manufactured": manufactured,
    "onset": onsets_of_convection,
    "slip": moved_by_slip,
}
"""Parts that can be made by themselves: those that have their sections for themselves."""


def _run(numbers: tuple[Mapping[str, float], int]) -> Run:
    """Return what a case gave whose numerical error is not asked for."""
    values, unknowns = numbers
    return Run(values, {}, unknowns)


def square(problem: str, given: str) -> Run:
    """Solve a square of the table, with its numerical error."""
    solution = solve(experiment(problem, given))
    error = numerical_error(solution).of
    reported = (
        {"Nu hot": error["nusselt.left"], "Nu cold": error["nusselt.right"]}
        if problem == HEATED
        # S_x is S_app in units of S_T, which is 1 there.
        else {"S_x": error["soret.apparent"], "1 - S_x": error["soret.bias"]}
    )
    return Run(numbers(solution, problem), reported, solution.convection.num_dofs)


def still_cells() -> Iterator[tuple[tuple[str, str], Run]]:
    """Yield the cells without flow."""
    L = test_no_convection.L
    cell = rectangle(MPI.COMM_WORLD, (L, L), (4, 16))
    laws = {"constant": test_no_convection.WEAK, "of T": test_no_convection.VARYING}
    for closure in CLOSURES.values():
        for law, soret in laws.items():
            error = soret_profile.relative_error(cell, closure, soret)
            name = (STILL, f"{closure.name} closure, S_T {law}")
            yield name, Run({"error of the separation": error}, {}, None)
        error = test_no_convection.table_error(MPI.COMM_WORLD, closure)
        name = (STILL, f"{closure.name} closure, S_T a table in T and c")
        yield name, Run({"error of the separation": error}, {}, None)


def orders(shape: str, cells: tuple[int, int], *, closed: bool) -> dict[str, float]:
    """Return the orders of convergence of the manufactured solution between two meshes."""
    coarse, fine = (
        test_manufactured.solved_errors(
            rectangle(MPI.COMM_WORLD, (1.0, 1.0), (n, n), shape=shape), WELL_BALANCED, closed=closed
        )
        for n in cells
    )
    refined = np.log(cells[1] / cells[0])
    return {f"order of {b}": float(np.log(coarse[b] / fine[b]) / refined) for b in coarse}


def error_rows() -> Iterator[tuple[str, ...]]:
    """Yield true and reported numerical errors on the meshes of the test."""
    for problem, given in CONVERGED:
        for cells in MESHES:
            solution = solve(experiment(problem, given, cells))
            found, reported = quantities(solution), numerical_error(solution).of
            for name, true in true_values(problem, given).items():
                if name in {"nusselt.right", "separation"}:
                    continue  # the same digits as nusselt.left and soret.apparent
                error = abs(found[name] - true)
                yield (
                    f"{problem}, {given}",
                    f"{cells} x {cells}",
                    f"`{name}`",
                    f"{error:.1e}",
                    f"{reported[name]:.1e}",
                    f"{reported[name] / error:.1f}",
                )


# -- writing -------------------------------------------------------------------------------------


def table(head: tuple[str, ...], body: list[tuple[str, ...]]) -> str:
    """Return a Markdown table, all columns but the first two aligned to the right."""
    rule = ["---"] * 2 + ["---:"] * (len(head) - 2)
    cells = ([cell.replace("|", "\\|") for cell in row] for row in (head, rule, *body))
    return "\n".join("| " + " | ".join(row) + " |" for row in cells)


def row(case: Case, run: Run) -> tuple[str, ...]:
    """Return a row of the page."""
    found = run.values[case.quantity]
    expected, measured = (
        (f"at least {case.expected:g}", f"{found:.2f}")
        if case.kind == "at least"
        else (f"{case.expected:.7g}", size(found) if case.expected == 0.0 else f"{found:.7g}")
    )
    tolerance = {"relative": f"{case.tolerance:.0e} of it", "absolute": f"{case.tolerance:.0e}"}
    reported = run.reported.get(case.quantity)
    return (
        case.given,
        case.quantity,
        expected,
        measured,
        NO_NUMBER if case.kind == "at least" else size(case.error(found)),
        tolerance.get(case.kind, NO_NUMBER),
        NO_NUMBER if reported is None else f"{reported:.1e}",
        f"{run.unknowns:,}" if run.unknowns else NO_NUMBER,
        "yes" if case.holds(found) else "**no**",
    )


def size(number: float) -> str:
    """Return a small number to two digits; round-off differs from machine to machine."""
    return f"{number:.1e}" if abs(number) >= ROUNDOFF else f"below {ROUNDOFF:g}"


TALL_CAVITY = (
    "The tall cavity, 8:1 and heated from the side (air, Pr = 0.71), turns periodic at Ra = "
    "306,192 (S. Xin, P. Le Quere, Int. J. Numer. Meth. Fluids 40 (2002) 981). `femsoret onset "
    "bench/tall_cavity.toml --critical Ra=3.0e5,3.1e5` finds 303,962 (-0.73 %; 10 x 40 cells of "
    "degree 3, 26,156 unknowns, five minutes on one core that others shared), an oscillatory pair "
    "of frequency 793.5 alpha/L^2 that no other mode precedes, counted. `femsoret run "
    'bench/tall_cavity.toml`, at Ra = 3.4e5 on the same mesh, says "unstable". This row is not '
    "computed with the page."
)
"""A row that takes minutes, from a run by hand."""


HEAD = (
    "given",
    "quantity",
    "expected",
    "measured",
    "error",
    "tolerance",
    "reported",
    "unknowns",
    "met",
)

AFTER_CASES = "## Onset of a tall cavity"
"""Heading after the sections of all cases."""


def section(problem: str, found: Mapping[tuple[str, str], Run]) -> list[str]:
    """Return the heading, the sources and the tables of a problem."""
    cases = [case for case in CASES if case.problem == problem]
    parts = [f"## {problem[0].upper()}{problem[1:]}"]
    for source, group in groupby(cases, key=lambda case: case.source):
        parts.append(f"{source[0].upper()}{source[1:]}.")
        parts.append(table(HEAD, [row(c, found[c.problem, c.given]) for c in group]))
    return parts


def with_sections(text: str, found: Mapping[tuple[str, str], Run]) -> str:
    """Return the page with the sections of some cases made anew, and all others as they are."""
    head, *old = text.split("\n\n## ")
    sections = {part.partition("\n")[0]: part for part in old}
    last = AFTER_CASES.removeprefix("## ")
    after = list(sections)[list(sections).index(last) :]
    for problem in dict.fromkeys(problem for problem, _ in found):
        made = "\n\n".join(map(wrapped, section(problem, found))).removeprefix("## ")
        sections[made.partition("\n")[0]] = made
    headings = [f"{case.problem[0].upper()}{case.problem[1:]}" for case in CASES]
    order = [name for name in (*dict.fromkeys(headings), *after) if name in sections]
    return "\n\n## ".join([head, *(sections[name].rstrip("\n") for name in order)]) + "\n"


def page(found: Mapping[tuple[str, str], Run], errors: list[tuple[str, ...]]) -> str:
    """Return the page."""
    parts: list[str] = [
        "# Verification",
        "What femsoret gives where the answer is known. The expected numbers, their tolerances and "
        "sources are the table in `tests/verify/cases.py`, which the tests read too; this page is "
        f"written by `tools/make_verification.py` from a run of every case (DOLFINx "
        f"{dolfinx.__version__}).",
        "*error* is relative where the tolerance is, *reported* is the numerical error that the "
        "run itself states for the quantity (`numerical_error` in `summary.json`), in the unit of "
        "the quantity.",
    ]
    for problem in dict.fromkeys(case.problem for case in CASES):
        parts += section(problem, found)
    parts += [
        AFTER_CASES,
        TALL_CAVITY,
        "## The numerical error that a run reports",
        "The true error of coarse runs against the one that they report. The true one is counted "
        "from degree 4 on fine meshes (`CONVERGED` in the same file), since the six digits of the "
        "spectral values end too early. A ratio below 1 would be a run that claims too much.",
        table(("case", "mesh cells", "quantity", "true", "reported", "ratio"), errors),
        "The errors of the separation are those of `soret.apparent` in these units, and the errors "
        "of both Nusselt numbers are one.",
    ]
    return "\n\n".join(map(wrapped, parts)) + "\n"


def wrapped(part: str) -> str:
    """Return a paragraph in lines of at most 120 columns; a table or a heading as it is."""
    if part.startswith(("|", "#")):
        return part
    return textwrap.fill(part, 120, break_long_words=False, break_on_hyphens=False)


def main() -> int:
    """Run, write, and return the exit status."""
    options = argparse.ArgumentParser(description="Write docs/verification.md.")
    options.add_argument("parts", nargs="*", choices=[[], *PARTS], help="parts to make again")
    if parts := options.parse_args().parts:
        found = {name: run for part in parts for name, run in PARTS[part]()}
        text = with_sections(PAGE.read_text(encoding="utf-8"), found)
    else:
        found = dict(runs())
        text = page(found, list(error_rows()))
    PAGE.write_text(text, encoding="utf-8")
    print(f"wrote {PAGE.relative_to(ROOT)}")
    missed = [
        case
        for case in CASES
        if (case.problem, case.given) in found
        and not case.holds(found[case.problem, case.given].values[case.quantity])
    ]
    for case in missed:
        print(f"missed: {case.problem}, {case.given}: {case.quantity}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
