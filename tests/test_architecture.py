"""Imports go one way: up the list of docs/architecture.md, never down."""

from __future__ import annotations

import ast
import re
from graphlib import CycleError, TopologicalSorter
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "femsoret"
PAGE = PACKAGE.parent / "docs" / "architecture.md"


def floors() -> tuple[tuple[str, ...], ...]:
    """Return the rooms of every line of the page's table; those of one line are strangers."""
    _, table = PAGE.read_text(encoding="utf-8").split("| rooms of `femsoret/` |", maxsplit=1)
    lines = table.partition("\n\n")[0].splitlines()[2:]
    return tuple(
        tuple(room.rstrip("/") for room in re.findall("`([^`]+)`", line.split("|")[1]))
        for line in lines
    )


FLOOR = {room: floor for floor, rooms in enumerate(floors()) for room in rooms}
WITHOUT_DOLFINX = (
    *("base.errors", "base.log", "base.units", "base.parameters", "base.functions_of_time"),
    *("fluids", "solids", "physics", "problem.layout", "problem.discretisation"),
)
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def is_in(path: Path, place: str) -> bool:
    """Return whether a module is in a room, or a part of one, by its dotted name."""
    name = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
    return name == place or name.startswith(place + ".")


def without_types(tree: ast.Module) -> ast.Module:
    """Return a module without what only type checkers read."""
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = [ast.Pass()]
    return tree


def imported(path: Path) -> list[tuple[str, int]]:
    """Return the dotted names that a module imports while it runs, with their lines."""
    tree = without_types(ast.parse(path.read_text(encoding="utf-8")))
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(alias.name, node.lineno) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: a relative import"
            if node.module == "femsoret":
                found += [(f"femsoret.{alias.name}", node.lineno) for alias in node.names]
            else:
                found.append((str(node.module), node.lineno))
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_one_way(path):
    here = room_of(path)
    wrong = []
    for name, line in imported(path):
        package, _, rest = name.partition(".")
        there = rest.partition(".")[0]
        # The package itself offers its version and its check for DOLFINx.
        if package != "femsoret" or there in {here, "__version__", "require_dolfinx"}:
            continue
        if FLOOR[there] >= FLOOR[here]:
            wrong.append(f"{path.relative_to(PACKAGE)}:{line} imports {name}")
    assert not wrong


REPORT = ("words", "summary", "verdicts", "tables", "figures", "page", "contents", "folder")
"""Parts of the report, each of which uses those before it."""


def test_the_parts_of_a_report_use_those_before_them():
    here = PACKAGE / "report"
    parts = {path.relative_to(here).with_suffix("").parts[0] for path in here.rglob("*.py")}
    assert parts - {"__init__"} == set(REPORT)
    wrong = []
    for path in here.rglob("*.py"):
        if path == here / "__init__.py":
            continue
        part = path.relative_to(here).with_suffix("").parts[0]
        for name, line in imported(path):
            used = name.removeprefix("femsoret.report.").partition(".")[0]
            if used in REPORT and REPORT.index(used) > REPORT.index(part):
                wrong.append(f"{path.relative_to(PACKAGE)}:{line} imports {name}")
    assert not wrong


def imports_within(room: str) -> dict[str, set[str]]:
    """Return the modules of a room, by dotted name, each with those that it imports.

    A name that is taken from a package counts as an import of the package, unless it is a module.
    Imports for type checkers count, too.
    """
    paths = {
        ".".join(("femsoret", *path.relative_to(PACKAGE).with_suffix("").parts)): path
        for path in MODULES
        if room_of(path) == room
    }
    paths = {name.removesuffix(".__init__"): path for name, path in paths.items()}
    arrows: dict[str, set[str]] = {name: set() for name in paths}
    for name, path in paths.items():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom):
                whole = [f"{node.module}.{alias.name}" for alias in node.names]
                arrows[name] |= {part if part in paths else str(node.module) for part in whole}
            elif isinstance(node, ast.Import):
                arrows[name] |= {alias.name for alias in node.names}
    return {name: arrows[name] & (paths.keys() - {name}) for name in paths}


@pytest.mark.parametrize("room", sorted(FLOOR))
def test_no_module_imports_itself_through_others(room):
    """Imports inside functions count like all others."""
    circle: list[str] = []
    try:
        TopologicalSorter(imports_within(room)).prepare()
    except CycleError as error:
        circle = error.args[1][::-1]
    assert not circle, " imports ".join(circle)


LAWS = {"diffusion", "viscosity", "conductivity", "mixing", "closure", "transport", "soret"}
"""Names under which descriptions of mixtures and solids hold their laws of properties."""

NUMBERS = ("solution", "found", "finer", "chamber", "reference", "reference_at")
"""What has a Soret coefficient that was read, or evaluated, and no law."""


def laws_in(source: str) -> list[tuple[int, str]]:
    """Return where a module reaches for a law, and for the first of the species."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and node.attr in LAWS:
            of = node.value.func if isinstance(node.value, ast.Call) else node.value
            named = ast.unparse(of).rpartition(".")[2]
            if not (node.attr == "soret" and named in NUMBERS):
                found.append((node.lineno, ast.unparse(node)))
        if isinstance(node, ast.Subscript) and ast.unparse(node).endswith("species[0]"):
            found.append((node.lineno, ast.unparse(node)))
    return found


@pytest.mark.parametrize(
    ("wrong", "source"),
    [
        (1, "mu = m.viscosity(T, c)"),
        (1, "law = mixture.species[i].diffusion"),
        (1, "c0 = mixture.species[0].c0"),
        (2, "S = mixture.species[0].soret(T, c)"),
        (1, "f = experiment.mixture.closure.f(c0, c0)"),
        (0, "bias = solution.soret.bias"),
        (0, "nu = problem.mixture.reference.nu"),
        (0, "c0 = mixture.species[at.species].c0"),
        (0, "S = m.reference_at(T).soret[0] + m.reference.soret[0]"),
        (1, "S = m.laws(T).soret"),
    ],
)
def test_laws_are_seen(wrong, source):
    assert len(laws_in(source)) == wrong


@pytest.mark.parametrize(
    "room",
    [
        *("problem", "solve", "post", "experiment", "studies", "io", "commands"),
    ],
)
def test_only_closures_evaluate_laws(room):
    """All other numbers of a mixture come from its reference, all fields from its fluxes."""
    assert not [
        f"{path.relative_to(PACKAGE)}:{line} has {what}"
        for path in MODULES
        if room_of(path) == room
        for line, what in laws_in(path.read_text(encoding="utf-8"))
    ]


def test_no_room_but_closures_asks_for_the_first_species():
    assert not [
        f"{path.relative_to(PACKAGE)}:{number}"
        for path in MODULES
        if not is_in(path, "physics.closures")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if "species[0]" in line
    ]


def test_every_room_is_on_the_page():
    rooms = {room_of(path) for path in MODULES}
    assert rooms == set(FLOOR)


@pytest.mark.parametrize("room", WITHOUT_DOLFINX)
def test_what_needs_no_dolfinx_imports_none(room):
    heavy = {"dolfinx", "petsc4py", "mpi4py", "basix"}
    wrong = [
        f"{path.relative_to(PACKAGE)}:{line} imports {name}"
        for path in MODULES
        if is_in(path, room)
        for name, line in imported(path)
        if name.partition(".")[0] in heavy
    ]
    assert not wrong


def test_files_of_tests_have_names_of_their_own():
    """Pytest imports them by these names: of two alike, the second cannot be collected."""
    names = [path.name for path in Path(__file__).parent.rglob("*.py")]
    assert {n for n in names if names.count(n) > 1} <= {"conftest.py"}


SCRIPTS = sorted(
    path
    for folder in ("bench", "demos", "tools")
    for path in PACKAGE.parent.glob(f"{folder}/**/*.py")
)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: str(path.relative_to(PACKAGE.parent)))
def test_what_a_script_imports_exists(path):
    """Benchmarks run rarely: a name that has moved would be missed in each of them."""
    missing = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("femsoret"):
            module = import_module(node.module)
            missing += [
                f"{node.module}.{alias.name}"
                for alias in node.names
                if not hasattr(module, alias.name) and not find_spec(f"{node.module}.{alias.name}")
            ]
    assert not missing
