"""Cases with three components."""

from __future__ import annotations

import pytest
from case_texts import condition, in_a_rectangle
from ternary_files import fluid_text

from femsoret.base.errors import CaseError, FemsoretError
from femsoret.case import load_case, resolved_toml
from femsoret.commands.check import check_report
from femsoret.problem.conditions import Composition

CASE = in_a_rectangle(
    """file = "fluid.toml"
c0 = { a = 0.4, "the rest" = "25 %" }
[fluid.overrides.component.a]
soret = { value = "2e-3 1/K", uncertainty = "4 %" }
diffusion = { b = "2e-6 cm^2/s" }""",
    condition("temperature", "top", '"303.15 K"'),
    condition("temperature", "bottom", '"293.15 K"'),
    cells=(4, 4),
)


@pytest.fixture
def case_of(write):
    def made(text):
        path = write(text)
        (path.parent / "fluid.toml").write_text(fluid_text())
        return load_case(path)

    return made


def test_a_case_makes_the_mixture(case_of, comm):
    case = case_of(CASE)
    mixture = case.build(comm).experiment.mixture
    at = mixture.reference
    assert at.c == pytest.approx((0.4, 0.35))
    assert at.D[0, 1] == pytest.approx(2e-10)
    assert at.separation == pytest.approx([2e-3, -3e-4])
    assert case.fluid.fluid.uncertainties()["soret.a"] == 0.04
    assert "# psi = " in check_report(case, comm)
    assert case.fluid.resolved_c0 == pytest.approx({"a": 0.4, "b": 0.35})


def test_what_a_run_used_is_written_out(case_of, comm):
    case = case_of(CASE.replace('c0 = { a = 0.4, "the rest" = "25 %" }', ""))
    again = case_of(resolved_toml(case))
    assert again.fluid.c0 == {"a": 0.5, "b": 0.3}
    assert again.build(comm).experiment.mixture == case.build(comm).experiment.mixture


def test_a_wall_holds_any_component(case_of, comm):
    held = '[[condition]]\nkind = "composition"\nsides = ["left"]\nvalue = 0.3\ncomponent = "{}"\n'
    conditions = case_of(CASE + held.format("b")).build(comm).experiment.conditions
    (composition,) = (one for one in conditions if isinstance(one, Composition))
    assert (composition.species, composition.value) == (1, 0.3)
    both = case_of(CASE + held.format("a") + held.format("b")).build(comm).experiment
    assert sum(isinstance(one, Composition) for one in both.conditions) == 2
    with pytest.raises(FemsoretError, match=r"component: the mass fraction of 'the rest'"):
        case_of(CASE + held.format("the rest")).build(comm)
    with pytest.raises(CaseError, match="two conditions"):
        case_of(CASE + held.format("a") + held.format("a"))


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('c0 = { a = 0.4, "the rest" = "25 %" }', "c0 = 0.4", "but one mass fraction is given"),
        ('"the rest" = "25 %"', 'd = "25 %"', "no component 'd'"),
        ('"the rest" = "25 %"', 'b = "65 %"', "mass fraction -0.05 of the rest"),
        ('"the rest" = "25 %"', 'b = "2 mm"', r"\[fluid\] c0.b: "),
        ("overrides.component.a]", "overrides.component.x]", "'x' cannot be replaced"),
        ("[fluid.overrides.component.a]", "[fluid.overrides]", "diffusion"),
        ("diffusion = { b", "diffusion = { x", "diffusion names 'x'"),
        ('"2e-6 cm^2/s"', '"2e-6 cm"', "overrides.component"),
        ("[fluid]\n", '[fluid]\nclosure = "dilute"\n', "a closure is for two components"),
    ],
)
def test_mistakes_are_told_with_their_place(case_of, before, after, said):
    assert before in CASE
    with pytest.raises(CaseError, match=said):
        case_of(CASE.replace(before, after))


def test_a_table_is_not_for_two_components(write):
    text = CASE.replace('file = "fluid.toml"', 'name = "water-ethanol"')
    with pytest.raises(CaseError, match=r"overrides.component\]: water-ethanol has two components"):
        load_case(write(text))
    without, _, rest = text.partition("[fluid.overrides")
    walls = rest[rest.index("[[condition]]") :]
    with pytest.raises(CaseError, match="a table of mass fractions is given"):
        load_case(write(without + walls))


def on_reciprocity(case, comm):
    """Return what a case says about Onsager's relations."""
    orientation = case.build(comm).experiment.orientation
    return [each for each in case.fluid.warnings(orientation) if "Onsager" in each]


OVERRIDES = CASE[CASE.index("[fluid.overrides") : CASE.index("[[condition]]")]
IMPOSED = CASE.replace("[fluid]\n", '[fluid]\nreciprocity = "imposed"\n')


def test_reciprocity_is_told_of(case_of, comm):
    # An overridden value is of unknown uncertainty: there is nothing to compare with.
    assert on_reciprocity(case_of(CASE), comm) == []
    (said,) = on_reciprocity(case_of(CASE.replace(OVERRIDES, "")), comm)
    assert "contradict" in said
    assert "standard deviations" in said
    uncertain = CASE.replace(
        OVERRIDES,
        "[fluid.overrides.component.a.diffusion]\n"
        'b = { value = "1e-10 m2/s", uncertainty = "90 %" }\n',
    )
    assert on_reciprocity(case_of(uncertain), comm) == []


def test_reciprocity_is_imposed_on_request(case_of, comm):
    measured, imposed = (
        case_of(text).build(comm).experiment.mixture.reference for text in (CASE, IMPOSED)
    )
    assert imposed.separation == pytest.approx(measured.separation, rel=1e-12)
    assert abs(imposed.D - measured.D).max() > 1e-2 * measured.D.max()
    (said,) = on_reciprocity(case_of(IMPOSED), comm)
    assert "made symmetric, as asked" in said


def test_a_binary_has_no_reciprocity_to_impose(write):
    text = IMPOSED.replace('file = "fluid.toml"', 'name = "water-ethanol"')
    text = text.replace(OVERRIDES, "").replace('c0 = { a = 0.4, "the rest" = "25 %" }\n', "")
    with pytest.raises(CaseError, match=r"reciprocity: reciprocity cannot be imposed"):
        load_case(write(text))
