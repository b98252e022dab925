"""Real summaries have the keys of the layout that docs/summary.md is made from, and no others."""

from __future__ import annotations

import json
import re

import pytest
from pydantic import ValidationError

from femsoret.io.files import as_json
from femsoret.report.summary.audit import AuditSummary
from femsoret.report.summary.run import RunSummary
from femsoret.report.summary.state import ERRORS
from femsoret.report.summary.vocabulary import BY_DEPTH, OF_GROUPS, keys_of

FEW_SECONDS = ("square", "heated", "departed", "unbiased", "physical", "between_walls")
FEW_SECONDS += ("ternary", "exchanging", "transient", "heated_in_time", "relaxing", "unsettled")
FEW_SECONDS += ("column_marched", "column_not_evaluated", "two_states")
MORE_SECONDS = ("two_chambers", "moving_sphere", "molecule", "molecule_marched", "lit")
MORE_SECONDS += ("ternary_in_time", "instruments")
KINDS = (*FEW_SECONDS, *MORE_SECONDS)
EACH = (*FEW_SECONDS, *(pytest.param(kind, marks=pytest.mark.slow) for kind in MORE_SECONDS))


@pytest.fixture
def run(kind, request):
    """Return the run of a kind; solved before the test that looks at it begins."""
    return request.getfixturevalue(kind)


def read_back(run):
    return json.loads(as_json(run.summary))


def leaves(tree, path=""):
    """Yield the dotted path of every leaf, and of what is null or empty."""
    if isinstance(tree, list) and tree and isinstance(tree[0], dict):
        tree = tree[0]
    if not isinstance(tree, dict) or not tree:
        yield path
        return
    for key, value in tree.items():
        yield from leaves(value, f"{path}.{key}" if path else key)


def of_layout(path, layout):
    """Return the key of the layout, stars and all, that a path of a summary belongs to."""
    if path in layout:
        return path
    starred = [key for key in layout if "*" in key]
    matching = [key for key in starred if re.fullmatch(re.escape(key).replace(r"\*", ".+"), path)]
    return max(matching, key=len, default=None)


@pytest.mark.parametrize("kind", EACH)
def test_a_summary_has_the_layout_and_keeps_its_numbers(kind, run):
    content = read_back(run)
    layout = RunSummary.model_validate(content)
    again = layout.model_dump(by_alias=True, exclude_unset=True)
    assert json.loads(as_json(again)) == content


def test_an_unknown_key_is_no_summary(square):
    with pytest.raises(ValidationError):
        RunSummary.model_validate({**read_back(square), "soret_coefficient": 1.0})


def test_folders_of_before_have_the_layout(square):
    content = read_back(square)
    for key in ("kind", "femsoret", "case_hash", "unit_of"):
        del content[key]
    assert RunSummary.model_validate(content).kind is None


@pytest.mark.slow
def test_every_key_of_the_layout_is_in_some_summary(request):
    layout = {key.path: key for key in keys_of(RunSummary)}
    # Nobody is without numerical errors here, and no body moves in time (tests/transient).
    found = {"numerical_error.reason", "unit_of.*", "bodies.*.moved"}
    for kind in KINDS:
        content = read_back(request.getfixturevalue(kind))
        found |= {of_layout(path, layout) for path in leaves(content)}
    missing = {path for path, key in layout.items() if key.type != "table"} - found
    assert {path for path in missing if not layout[path].meaning.startswith("one table")} == set()


@pytest.mark.parametrize(
    ("kind", "key", "unit"),
    [
        ("physical", "soret.true", "1/K"),
        ("physical", "heat_flow.*", "W/m"),
        ("physical", "max_speed", "m/s"),
        ("physical", "numerical_error.soret.bias", "1"),
        ("physical", "solver.wall_seconds", "s"),
        ("square", "soret.true", "1/dT"),
        ("square", "heat_flow.*", "kappa dT"),
        ("square", "solver.wall_seconds", "s"),
        ("transient", "time.tau", "s"),
        ("heated_in_time", "time.tau", "L^2/alpha"),
        pytest.param("two_chambers", "chambers.*.volume", "m^2", marks=pytest.mark.slow),
    ],
)
def test_units_are_those_of_the_run(kind, run, key, unit):
    assert run.summary["unit_of"][key] == unit


def test_every_number_has_a_unit():
    """Those of tables of properties, and of limits, have it beside them."""
    for layout, beside in ((RunSummary, ("rows.value",)), (AuditSummary, ("limits", "rows.value"))):
        without = [k.path for k in keys_of(layout) if k.type == "number" and not k.unit]
        assert [path for path in without if not any(part in path for part in beside)] == []


def test_every_unit_has_a_name_in_groups():
    keys = [*keys_of(RunSummary), *keys_of(AuditSummary)]
    units = {key.unit for key in keys if key.unit and key.of_run}
    units |= {BY_DEPTH[unit] for unit in units & set(BY_DEPTH)}
    assert units - set(OF_GROUPS) <= {"1", "deg", "rad"}


@pytest.mark.parametrize("kind", EACH)
def test_every_numerical_error_has_a_unit(kind, run):
    errors = set(read_back(run)["numerical_error"]) - {"method", "reason"}
    assert all(of_layout(name, ERRORS) for name in errors)
