"""What to change in a case that was not solved, in its own keys."""

import pytest
from case_texts import GROUPS, PHYSICAL

from femsoret.case import advice_on, load_case

CYLINDER = (
    "cell={kind='cylinder', radius='5 mm', height='5 mm', cells=[4, 4]}",
    "condition.0={kind='robin', sides=['top'], h=500, T_outside='303 K'}",
)


@pytest.mark.parametrize(
    ("text", "overrides", "flow"),
    [
        (GROUPS, (), "groups.Ra, now 100000"),
        (PHYSICAL, (), "condition.0.value, condition.1.value, cell.size"),
        (PHYSICAL, CYLINDER, "condition.0.T_outside, condition.1.value, cell.radius, cell.height"),
    ],
    ids=["groups", "a fluid", "surroundings and another cell"],
)
def test_the_flow_is_weakened_by_keys_of_the_case(write, text, overrides, flow):
    advice = advice_on(load_case(write(text), overrides), is_coarse=False)
    assert advice.startswith(f"weaken the flow ({flow}), or raise solver.max_iterations (now 20)")


def test_where_the_mesh_is_too_coarse_it_comes_first(write):
    case = load_case(write(PHYSICAL))
    assert advice_on(case, is_coarse=True).startswith("refine the mesh there (cell.cells, ")
