"""What to change in a case that was not solved, in its own keys."""

import pytest
from case_texts import GROUPS, PHYSICAL

from femsoret.case import advice_on, load_case

CYLINDER = (
    "cell={kind='cylinder', radius='5 mm', height='5 mm', cells=[4, 4]}",
    "condition.0={kind='robin', sides=['top'], h=500, T_outside='303 K'}",
)
ANNULUS = (
    "cell={kind='annulus', outer_radius='5 mm', height='5 mm', cells=[4, 4]}",
    "condition.0={kind='heat-flux', sides=['top'], value=9}",
)


@pytest.mark.parametrize(
    ("text", "overrides", "flow"),
    [
        (GROUPS, (), "groups.Ra, now 100000"),
        (PHYSICAL, (), "condition.0.value, condition.1.value, cell.size"),
        (PHYSICAL, CYLINDER, "condition.0.T_outside, condition.1.value, cell.radius, cell.height"),
        (
            PHYSICAL,
            ANNULUS,
            "condition.0.value, condition.1.value, "
            "cell.inner_radius, cell.outer_radius, cell.height",
        ),
    ],
    ids=["groups", "a fluid", "surroundings and another cell", "an annulus"],
)
def test_the_flow_is_weakened_by_keys_of_the_case(write, text, overrides, flow):
    advice = advice_on(load_case(write(text), overrides), {})
    assert advice.startswith(f"weaken the flow ({flow}), or raise solver.max_iterations (now 20)")


def test_where_the_mesh_is_too_coarse_it_comes_first(write):
    case = load_case(write(PHYSICAL))
    assert advice_on(case, {"is_coarse": True}).startswith("refine the mesh there (cell.cells, ")


def test_without_flow_nothing_is_said_of_it(write):
    advice = advice_on(load_case(write(PHYSICAL)), {"flows": False})
    assert advice == "check the property laws and the conditions: there is no flow in this solve"


def test_more_steps_are_advised_only_where_steps_ran_out(write):
    case = load_case(write(PHYSICAL))
    assert "max_iterations" not in advice_on(case, {"ran_out": False})
    settled = {"ran_out": False, "course": [(0.1, 0.1, 3.0), (0.2, 0.1, 5e-9)]}
    assert advice_on(case, settled).startswith("loosen solver.tolerance (now 1e-08)")
    moving = {"ran_out": False, "course": [(0.2, 0.1, 0.3)]}
    assert "tolerance" not in advice_on(case, moving)
