"""The reference page of all keys."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from femsoret.case import case_reference
from femsoret.case.tables.groups import SoretGroups
from femsoret.case.values import Table

ROOT = Path(__file__).parents[2]


def tables(base: type[Table] = Table) -> set[type[Table]]:
    """Return all classes of tables that a file can hold."""
    found = set()
    for table in base.__subclasses__():
        found |= {table} if not table.__name__.startswith("_") else set()
        found |= tables(table)
    return found


@pytest.fixture(scope="module")
def page() -> str:
    return case_reference()


def test_every_key_is_documented(page):
    assert len(tables()) > 20
    for table in tables():
        for key, field in table.model_fields.items():
            assert field.description, f"{table.__name__}.{key}"
            assert f"| `{key}` |" in page


@pytest.mark.parametrize(
    "line",
    [
        "| `size` | list of 2 lengths > 0 | m | required | Width (x) and height (y). |",
        '| `shape` | `"hexahedron"` or `"tetrahedron"` |  | `"hexahedron"` |',
        "| `magnitude` | quantity >= 0 | m/s^2 | 9.80665 m/s^2 |",
        "| `soret` | quantity or table | 1/K |  |",
        "| `figures` | true or false |  | `true` |",
        "| `h` | quantity > 0 | W/m^2/K | required |",
        "## `[[condition]]` of kind `heat-flux`",
        "## `[groups]` (double-diffusive)",
        "## `[[readings.extra]]`",
        "| `iacopini-piazza` | `S_inf`, `T_star`, `T_0` |",
    ],
)
def test_types_units_and_defaults(page, line):
    assert line in page


def test_defaults_are_those_of_the_code(page):
    default = SoretGroups.model_fields["S_T_dT"].default
    assert f"| `S_T_dT` | number |  | `{default:g}` |" in page


def test_committed_page_is_current():
    path = ROOT / "tools" / "make_docs.py"
    spec = importlib.util.spec_from_file_location("make_docs", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for file, text in module.pages().items():
        assert file.read_text(encoding="utf-8") == text, f"run {path.relative_to(ROOT)}"
