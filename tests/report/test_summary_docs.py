"""docs/summary.md has every key of summary.json."""

from __future__ import annotations

import re

import pytest

# Tables whose keys are names of the case: the page has a star for them.
NAMED = (
    "separation.extra",
    "separation.ends",
    "gradients",
    "nusselt",
    "nusselt_gradient",
    "sherwood",
    "sherwood_each.sides",
    "heat_flow",
    "resolution.walls",
    "data_uncertainty.entries",
    "solids",
    "chambers",
)


@pytest.fixture(scope="module")
def documented(pytestconfig):
    page = (pytestconfig.rootpath / "docs" / "summary.md").read_text(encoding="utf-8")
    of_a_run = page.partition("## summary.json of an audit")[0]
    return set(re.findall(r"^\| `([^`]+)` \|", of_a_run, flags=re.MULTILINE))


def keys(tree, path=""):
    """Yield the dotted path of every leaf, and of what is null or empty."""
    if isinstance(tree, list) and tree and isinstance(tree[0], dict):
        tree = tree[0]
    if not isinstance(tree, dict) or not tree:
        yield path
        return
    for key, value in tree.items():
        name = "*" if path in NAMED else key
        if path == "numerical_error":
            name = re.sub(
                r"^(nusselt|sherwood|separation\.extra|gradients|chambers)\.[^.]+", r"\1.*", key
            )
        yield from keys(value, f"{path}.{name}" if path else name)


KINDS = ("square", "heated", "departed", "unbiased", "physical", "between_walls", "two_chambers")
KINDS += ("exchanging", "transient", "heated_in_time", "relaxing", "unsettled")


@pytest.mark.parametrize("kind", KINDS)
def test_every_key_is_on_the_page(kind, documented, request):
    found = set(keys(request.getfixturevalue(kind).summary))
    # The two runs of a transient one have the same keys.
    found = {re.sub(r"\.without_gravity\.", ".with_gravity.", key) for key in found}
    missing = {
        key for key in found - documented if not any(d.startswith(f"{key}.") for d in documented)
    }
    assert not missing


def test_every_line_of_the_page_is_a_key(documented, request):
    found = {"numerical_error.reason"}  # where nobody asked for it
    for kind in KINDS:
        found |= set(keys(request.getfixturevalue(kind).summary))
    tables = {"separation", "soret", "fluid", "fluid.rows"}
    tables |= {f"resolution.{field}" for field in ("coarsest", "temperature", "velocity")}
    tables |= {
        f"resolution.in_time.{field}" for field in ("composition", "temperature", "velocity")
    }
    tables |= {"time", "time.without_gravity", "evaluation", "evaluation.without_gravity"}
    tables |= {"statistics.bias", "stability", "stability.departure"}
    tables |= {"soret.at_thermostats", "solids.*", "solids.*.rows"}
    assert documented - tables - found == set()
