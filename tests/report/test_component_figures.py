"""Figures of a run with three components show each of them."""

from __future__ import annotations

import numpy as np
import pytest

from femsoret.io.history import Histories
from femsoret.post.fields import values_at
from femsoret.report.figures import fields, history
from femsoret.report.figures import profile as profile_figure
from femsoret.report.figures.canvas import finish, styled
from femsoret.report.figures.fields import composition
from femsoret.report.figures.history import separations
from femsoret.report.figures.profile import profile
from femsoret.report.figures.samples import sample
from femsoret.report.tables.run import tables
from femsoret.report.words.components import by_component

NAMES = ["a", "b", "the rest"]


@pytest.fixture(scope="module")
def sampled(ternary):
    return sample(ternary.solution)


@pytest.fixture
def drawn(monkeypatch):
    """Return the figures that are drawn during a test, by name."""
    figures = {}

    def keep(figure, name, title, caption):
        figures[name] = figure
        return finish(figure, name, title, caption)

    for module in (fields, profile_figure, history):
        monkeypatch.setattr(module, "finish", keep)
    return figures


def test_each_component_is_sampled_where_it_is(ternary, sampled):
    plane, line = sampled.plane, sampled.profile
    i, j, k = 20, 150, 100
    at = values_at(ternary.solution.convection.function("gamma"), [(plane.s[j], plane.t[i])])[0]
    np.testing.assert_allclose(plane.gamma[:, i, j], at, atol=1e-15)
    assert plane.gamma[0, i, j] * plane.gamma[1, i, j] < 0.0  # S'_T of a and b differ in sign
    # Without flow the profile of every component is that of the closed form.
    np.testing.assert_allclose(line.gamma_reference, line.gamma_closed, atol=1e-9)
    assert abs(line.gamma_closed[0, k] / line.gamma_closed[1, k]) > 3.0  # S'_T: 1.2 to -0.3


def test_the_rest_makes_up_the_difference(ternary, sampled):
    named = by_component(sampled.plane.gamma, ternary.summary)
    assert list(named) == NAMES
    np.testing.assert_allclose(sum(named.values()), 0.0, atol=1e-15)
    # The samples of older versions have the first component, and nothing of the rest.
    assert list(by_component(sampled.plane.gamma[:1], ternary.summary)) == ["a"]


def test_the_figures_of_fields_have_a_panel_or_a_line_for_each(ternary, sampled, drawn):
    with styled():
        fields, lines = (draw(sampled, ternary.summary) for draw in (composition, profile))
    figure, axes = drawn["composition"], drawn["profile"].axes
    assert [panel.get_title(loc="left") for panel in figure.axes[:3]] == NAMES
    assert [text.get_text() for text in axes[0].get_legend().get_texts()][:3] == NAMES
    assert len(axes[1].lines) == 1 + 3  # zero, and what gravity changes of each
    assert "Mass fraction of each component" in fields.caption
    assert "a " in lines.caption
    assert "; b " in lines.caption


@pytest.mark.slow
def test_the_history_has_lines_for_each(ternary_in_time, drawn):
    marched = ternary_in_time
    histories = Histories.of(marched.findings)
    with styled():
        picture = separations(histories, marched.summary)
    (axes,) = drawn["separation"].axes
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert labels == [f"{name}, {run} gravity" for name in NAMES for run in ("with", "without")]
    ends = {line.get_label(): line.get_ydata()[-1] for line in axes.lines}
    a, b, rest = (ends[f"{name}, with gravity"] for name in NAMES)
    assert a > 0.0 > b
    assert rest == pytest.approx(-a - b, rel=1e-12)
    # Dotted: where each of them ends.
    dotted = [line.get_ydata()[0] for line in axes.lines if line.get_linestyle() == ":"]
    each = marched.summary["soret"]["components"]
    np.testing.assert_allclose(
        np.array(dotted) / dotted[0], [of["true"] / each[0]["true"] for of in each], rtol=1e-12
    )
    assert 0.3 < a / dotted[0] < 1.0
    assert "Dotted: S'_T" in picture.caption


@pytest.mark.slow
def test_titles_of_a_transient_run_say_that_numbers_are_of_the_end(ternary_in_time):
    titles = [table.title for table in tables(ternary_in_time.summary)]
    assert "Soret coefficient of the last readings (a)" in titles
    assert "Separation at the end (a)" in titles
    assert "Separations of all components at the end" in titles
