"""Bars of budgets: what is next to nothing has none, and ticks are read at a glance."""

from __future__ import annotations

import re

import pytest
from matplotlib.figure import Figure

from femsoret.report.figures import budget
from femsoret.report.figures.budget import Bar, audit_pictures, draw_bar, error_bars, error_budget
from femsoret.report.figures.canvas import ORANGE, tick_decades


@pytest.fixture
def axes():
    found = Figure().add_subplot()
    found.set_xscale("log")
    return found


def texts_of(axes):
    axes.figure.canvas.draw()
    labels = [*axes.get_xticklabels(), *axes.get_xticklabels(minor=True)]
    return [label.get_text() for label in labels if label.get_text()]


def figures_that_are_drawn(monkeypatch):
    """Return a list that gets the figures as they are drawn from now on."""
    drawn, finish = [], budget.finish
    monkeypatch.setattr(
        budget,
        "finish",
        lambda figure, *rest: drawn.append(figure) or finish(figure, *rest),
    )
    return drawn


@pytest.mark.parametrize(
    ("low", "high", "shown"),
    [
        (0.3, 5.0, {"0.5", "1", "2"}),  # within a decade and a bit: it was 3x10^-1, 6x10^-1
        (1.1, 9.0, {"2", "5"}),
        (0.005, 20.0, {"0.01", "0.1", "1", "10"}),
    ],
)
def test_ticks_are_round_and_written_in_one_way(axes, low, high, shown):
    axes.set_xlim(low, high)
    tick_decades(axes.xaxis, "{:g}".format)
    texts = texts_of(axes)
    assert set(texts) >= shown
    assert all(re.fullmatch(r"[0-9.]+|[0-9]+e-?[0-9]+", text) for text in texts)


def test_what_is_off_the_axis_has_its_number_and_no_bar(axes):
    axes.set_xlim(1e-6, 1.0)
    draw_bar(axes, 0, Bar("", 1e-9, "10⁻⁷ %", ORANGE))
    draw_bar(axes, 1, Bar("", 0.5, "50 %", ORANGE))
    assert [patch.get_y() > 0.5 for patch in axes.patches] == [True]
    assert [text.get_text() for text in axes.texts] == ["0 (10⁻⁷ %)", "50 %"]


@pytest.mark.parametrize(
    ("bias", "lengths"),
    [(7e-12, None), (1e-7, (0.0, 0.55)), (0.01, (0.6, 1.0)), (0.5, (0.6, 1.0))],
)
def test_a_bar_is_as_long_as_its_bias_is_large(monkeypatch, bias, lengths):
    """A levelled cell's 7e-10 % filled the axis; only what a laboratory would see does."""
    drawn = figures_that_are_drawn(monkeypatch)
    summary = {
        "soret": {"bias": bias},
        "numerical_error": {"soret.bias": 1e-3 * bias},
        "data_uncertainty": {},
    }
    error_budget(summary)
    (axes,) = drawn[0].axes
    ends = [patch.get_x() + patch.get_width() for patch in axes.patches[:1]]
    if lengths is None:
        assert not ends
        assert "0 (< 10⁻⁸ %)" in [text.get_text() for text in axes.texts]
        return
    part = (axes.transData + axes.transAxes.inverted()).transform((ends[0], 0.0))[0]
    assert lengths[0] < part < lengths[1]


def audited(scale, **values):
    """Return the summary of an audit as far as its budget goes, all sizes times a factor."""
    effects = {"levelling": -0.01, "plates": -0.0018, "shape": 0.0, "interaction": -1e-4} | values
    entries = {
        name: {"label": name, "value": value * scale, "error": 1e-4 * abs(value * scale)}
        for name, value in effects.items()
    }
    causes = {name: entries[name] for name in ("levelling", "plates")}
    rest = {name: entries[name] for name in ("shape", "interaction")}
    total = {"label": "total", "value": -0.012 * scale, "error": 0.0}
    return {
        "budget": {"terms": causes, **rest, "total": total},
        "data_uncertainty": {"bias": 9e-4 * scale},
        "target": 0.01,
        "limits": {},
    }


def test_the_budget_of_an_audit_has_bars_for_what_counts_and_none_for_what_does_not(monkeypatch):
    drawn = figures_that_are_drawn(monkeypatch)
    for scale in (1.0, 1e-11):
        audit_pictures(audited(scale))
    (real,), (levelled,) = (figure.axes for figure in drawn)
    assert len(real.patches) == 5  # levelling, plates, interaction, total and the fluid data
    assert "0 (0 %)" in [text.get_text() for text in real.texts]
    assert not levelled.patches
    # All bars within a decade and a half: the axis had ticks such as 3x10^-1 between.
    audit_pictures(audited(1.0, plates=-0.008, interaction=-0.009))
    texts = texts_of(drawn[-1].axes[0])
    assert {"0.1", "1"} <= set(texts)
    assert not [text for text in texts if set(text) & set("346789")]


def test_all_of_a_cell_that_mixes_is_within_the_panel_of_its_limit(monkeypatch):
    """The last point of a gap that costs 80 % was cut in two by the edge."""
    drawn = figures_that_are_drawn(monkeypatch)
    trials = [{"value": 0.005 * n, "bias": bias} for n, bias in ((1, -0.014), (6, -0.8))]
    gap = {"label": "gap", "present": 0.005, "kind": "none", "value": None, "check": None}
    limits = {"gap": gap | {"trials": trials, "tried": [0.005, 0.03], "note": "no state"}}
    audit_pictures(audited(1.0) | {"limits": limits, "units": "SI"})
    (panel,) = drawn[-1].axes
    assert panel.get_ylim()[1] > 100.0


def test_each_component_has_its_panel(monkeypatch):
    drawn = figures_that_are_drawn(monkeypatch)
    single = audited(1.0)
    budget = single["budget"]
    other = {name: {**budget[name], "value": 0.004} for name in ("shape", "interaction", "total")}
    terms = {name: {**term, "value": 0.004} for name, term in budget["terms"].items()}
    each = [{"species": "a", **budget}, {"species": "b", "terms": terms, **other}]
    data = {"bias": 9e-4, "each": [{"species": "b", "bias": 2e-3}]}
    audit_pictures(single | {"budget": budget | {"each": each}, "data_uncertainty": data})
    first, second = drawn[-1].axes
    assert [axes.get_title(loc="left") for axes in (first, second)] == ["a", "b"]
    assert len(first.patches) == 4  # as above, without the fluid data, which are unknown
    widths = [patch.get_width() + patch.get_x() for patch in second.patches]
    assert widths == pytest.approx([0.4, 0.4, 0.4, 0.4, 0.4, 0.2])
    assert first.get_xlim() == second.get_xlim()


def test_each_component_has_its_bias_and_its_uncertainties(ternary):
    summary = ternary.summary
    groups = error_bars(summary)
    assert list(groups) == ["a", "b"]
    for bars, of, data in zip(
        groups.values(),
        summary["soret"]["each"],
        summary["data_uncertainty"]["each"],
        strict=True,
    ):
        sizes = {bar.label: bar.size for bar in bars}
        assert sizes["bias"] == pytest.approx(abs(of["bias"]))
        assert sizes["fluid data, total"] == pytest.approx(data["bias"])
    assert "diffusion coefficient of a by a" in [bar.label for bar in groups["a"]]
    picture = error_budget(summary)
    assert "of each component" in picture.caption
