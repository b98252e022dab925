from __future__ import annotations

import copy
import re
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from report_cases import LE, RUN

from femsoret.report.contents import draw_fields, run_page
from femsoret.report.figures.budget import error_bars
from femsoret.report.figures.profile import profile
from femsoret.report.figures.samples import sample
from femsoret.report.tables.run import tables
from femsoret.report.verdicts.steady import steady_verdict
from femsoret.report.verdicts.verdict import regime
from femsoret.report.words.numbers import percent_with_error, plain, with_error
from femsoret.report.words.warnings import flow_warnings

FIGURES = {"temperature", "composition", "flow", "profile", "budget", "entropy"}


@cache  # drawn once for each run
def page_of(solved):
    pictures = draw_fields(sample(solved.solution), solved.summary)
    return run_page(solved.summary, RUN, 'title = "<x>"\n', pictures)


def changed(solved, **entries):
    """Return a summary with entries changed: soret__bias is ["soret"]["bias"]."""
    summary = copy.deepcopy(solved.summary)
    for path, value in entries.items():
        *parents, last = path.split("__")
        table = summary
        for parent in parents:
            table = table[parent]
        table[last] = value
    return summary


def test_the_page_leads_with_the_apparent_soret_coefficient_and_its_error_bar(square):
    soret = square.summary["soret"]
    shown = with_error(soret["apparent"], square.summary["numerical_error"]["soret.apparent"])
    assert "(" in shown
    page = page_of(square)
    text = page.markdown()
    finding = next(line for line in text.splitlines() if line.startswith("**This cell"))
    assert f"S_T = {shown} 1/ΔT" in finding
    assert "% low, because convection mixes" in finding
    assert text.index(finding) < text.index("## Results")
    assert shown in page.html()


def test_the_page_has_all_numbers_of_the_summary(physical):
    summary = physical.summary
    text = page_of(physical).markdown()
    for side in ("top", "bottom"):
        error = summary["numerical_error"][f"nusselt.{side}"]
        assert f"| {with_error(summary['nusselt'][side], error, digits=6)} |" in text
    for row in summary["fluid"]["rows"]:
        assert row["source"] in text
    assert "9 were not checked in their primary source; 7 of these are assumed" in text
    fastest, unsure = 1e6 * summary["max_speed"], 1e6 * summary["numerical_error"]["max_speed"]
    assert f"| {with_error(fastest, unsure)} µm/s |" in text
    assert f"| {plain(summary['soret']['true'], 6)} 1/K |" in text
    bias = percent_with_error(summary["soret"]["bias"], summary["numerical_error"]["soret.bias"])
    assert f"**{bias}**" in text
    assert '```toml\ntitle = "<x>"\n```' in text


def test_warnings_stand_before_the_results(physical):
    warning = "soret used at T = 310 K, but known only from 290 to 300 K"
    summary = changed(physical, warnings=[warning, "a < b"])
    page = run_page(summary, RUN, "", ())
    text = page.markdown()
    assert text.index(f"**Warning:** {warning}\n") < text.index("## Results")
    assert warning in page.html()
    assert "a &lt; b" in page.html()
    del summary["warnings"]  # of an older run
    assert "Warning" not in run_page(summary, RUN, "", ()).markdown()


def test_the_html_is_one_file_and_escapes_what_users_write(square):
    page = page_of(square)
    html = page.html()
    assert html.count("data:image/png;base64,") == len(page.pictures)
    assert re.findall(r'(?:src|href)="(?!data:)', html) == []
    assert "Square | &lt;heated&gt;" in html
    assert "title = &#34;&lt;x&gt;&#34;" in html
    assert "S<sub>T</sub>" in html


def test_every_row_of_a_markdown_table_has_as_many_cells(physical):
    width = 0
    for line in page_of(physical).markdown().splitlines():
        if not line.startswith("|"):
            width = 0
            continue
        cells = len(re.findall(r"(?<!\\)\|", line))
        assert width in (0, cells), line
        width = cells


def test_a_soret_coefficient_that_changes_sign_has_no_bias(unbiased):
    assert unbiased.summary["soret"]["bias"] is None
    found = steady_verdict(unbiased.summary)
    assert "where without gravity it would report" in found.finding
    assert "a relative bias is undefined here" in found.finding
    assert "bias" not in [fact.label for fact in found.facts]
    page = page_of(unbiased)
    assert "budget" not in [picture.name for picture in page.pictures]
    assert "None" not in page.markdown()
    assert "nan" not in page.markdown().replace("name", "")


def test_a_pure_fluid_is_about_heat(heated):
    page = page_of(heated)
    assert [picture.name for picture in page.pictures] == ["temperature", "flow"]
    found = steady_verdict(heated.summary)
    shown = with_error(
        heated.summary["nusselt"]["left"], heated.summary["numerical_error"]["nusselt.left"]
    )
    assert "pure fluid" in found.finding
    assert f"{shown} times as much heat passes through the side left" in found.finding
    html = re.sub('base64,[^"]*"', "", page.html())
    for text in (page.markdown(), html):
        assert "None" not in text
        assert "S_T apparent |" not in text


@pytest.mark.parametrize(
    ("bias", "bound", "words"),
    [
        (-0.0437, 0.001, "4.4 % low"),
        (0.0437, 0.001, "4.4 % high"),
        (-1.5, 0.001, "150 % low, with the wrong sign"),
        (-0.0437, 0.05, "no bias beyond the numerical error of 5.0 %"),
        (0.0, None, ": no bias, because"),
    ],
)
def test_the_verdict_says_which_way_the_cell_errs(square, bias, bound, words):
    summary = changed(square, soret__bias=bias)
    summary["numerical_error"]["soret.bias"] = bound
    assert words in steady_verdict(summary).finding


@pytest.mark.parametrize(
    ("bound", "named", "unsure"), [(0.001, True, False), (0.05, False, False), (None, True, True)]
)
def test_the_verdict_blames_nothing_within_the_numerical_error(square, bound, named, unsure):
    summary = changed(square, soret__bias=-0.0437)
    summary["numerical_error"] = {"soret.bias": bound} if bound else {"reason": "not requested"}
    finding = steady_verdict(summary).finding
    assert ("convection mixes" in finding) == named
    assert ("effect of the flow is within the numerical error of the readings" in finding) != named
    assert ("without an estimate of the numerical error" in finding) == unsure


def test_the_flow_is_not_blamed_for_what_the_mesh_does_without_gravity(square):
    # 4.4 % low in all, 2 % of it without gravity: the flow's 2.4 % lie within 3 %.
    summary = changed(square, soret__bias=-0.0437)
    summary["soret"]["without_gravity"] = 0.98 * summary["soret"]["true"]
    for bound, named in ((0.03, False), (0.001, True)):
        summary["numerical_error"] = {"soret.bias": bound}
        finding = steady_verdict(summary).finding
        assert "4.4 % low" in finding
        assert ("convection mixes" in finding) == named
        assert ("the part of the flow is within the numerical error" in finding) != named
    summary["soret"]["without_gravity"] = 0.97 * summary["soret"]["true"]
    assert "the error of this mesh: without gravity it is 3.0 % low as well" in (
        steady_verdict(summary).finding
    )


def test_the_flow_stands_with_its_numerical_error(square):
    summary = changed(square)
    errors = summary["numerical_error"]
    assert 0.0 < errors["max_speed"] < 0.1 * summary["max_speed"]
    assert errors["peclet.solutal"] == pytest.approx(errors["max_speed"] * LE)
    assert {"separation.extra.across", "gradients.mid-height.c"} <= set(errors)
    rows = dict(next(t for t in tables(summary) if t.title == "Flow").rows)
    assert "(" in rows["largest speed"]
    assert "(" in rows["solutal Péclet number"]
    assert flow_warnings(summary) == ()
    errors["max_speed"] = 0.4 * summary["max_speed"]
    (warning,) = flow_warnings(changed(square, peclet__solutal=2.0, numerical_error=errors))
    assert "error of the largest speed is 40 %" in warning
    assert flow_warnings(changed(square, peclet__solutal=0.5, numerical_error=errors)) == ()


def test_the_verdict_names_what_the_bias_is_uncertain_by(square):
    data = {
        "bias": 0.2,
        "entries": {
            "viscosity": {"relative": 0.1, "sensitivity": 1.0, "of_bias": 0.1},
            "soret": {"relative": None, "sensitivity": 9.0, "of_bias": None},
        },
    }
    summary = changed(square, data_uncertainty=data, soret__bias=0.1)
    reason = steady_verdict(summary).reason
    assert "20 % (fluid data, mostly viscosity)" in reason
    assert "so that even its sign is unknown" in reason
    assert [bar.label for bar in error_bars(summary)[""]][-1] == "viscosity"
    without = changed(square, numerical_error={"reason": "not requested"})
    assert "not evaluated" in steady_verdict(without).reason
    assert "numerical error not evaluated" in steady_verdict(without).facts[0].note


def test_fluid_data_whose_uncertainty_nobody_states_are_not_certain(square):
    """It said "uncertain by 0 % (density above all)"."""
    entries = {
        name: {"relative": None, "sensitivity": 1.0, "of_bias": None}
        for name in ("density", "viscosity")
    }
    data = {"bias": 0.0, "entries": entries, "unknown": list(entries)}
    reason = steady_verdict(changed(square, data_uncertainty=data)).reason
    assert "fluid data, mostly" not in reason
    assert "since the uncertainty of density, viscosity is unknown" in reason


@pytest.mark.parametrize(
    ("ratio", "peclet", "word"),
    [
        (1.0, 0.5, "conduction"),
        (1.0, 2.0, "weak convection"),
        (0.95, 0.5, "weak convection"),
        (0.8, 0.5, "convection"),
        (1.2, 50.0, "convection"),
    ],
)
def test_the_regime_follows_from_peclet_number_and_separation(square, ratio, peclet, word):
    value = ratio * square.summary["separation"]["without_gravity"]
    assert regime(changed(square, separation__value=value, peclet__solutal=peclet)) == word


def test_a_balance_that_is_not_met_is_said(square):
    def met(summary):
        table = next(t for t in tables(summary) if t.title == "Balances")
        return {row[0]: row[-1] for row in table.rows}

    assert met(square.summary)["heat flows of all sides add up to what is released inside"] == "yes"
    broken = changed(square, balance__heat=1e-3)
    assert met(broken)["heat flows of all sides add up to what is released inside"] == "no"


def test_figures_have_known_names(square, heated, physical):
    for solved in (square, heated, physical):
        pictures = draw_fields(sample(solved.solution), solved.summary)
        assert {picture.name for picture in pictures} <= FIGURES
        assert all(picture.png.startswith(b"\x89PNG") for picture in pictures)


def test_without_flow_no_streamlines_are_drawn(square):
    still = changed(square, peclet={"thermal": 1e-14, "solutal": 1e-12}, max_speed=1e-14)
    samples = sample(square.solution)
    captions = {p.name: p.caption for p in draw_fields(samples, still)}
    assert "without streamlines, since there is no flow" in captions["composition"]
    captions = {p.name: p.caption for p in draw_fields(samples, square.summary)}
    assert "with streamlines" in captions["composition"]


def test_in_3d_the_flow_is_drawn_as_arrows(square):
    samples = sample(square.solution)
    flat = samples.plane
    vectors = {name: np.append(getattr(flat, name), 0.0) for name in ("across", "upright")}
    in_space = replace(samples, plane=replace(flat, **vectors))
    (caption,) = (
        p.caption for p in draw_fields(in_space, square.summary) if p.name == "composition"
    )
    assert "with the velocity in the plane as arrows; largest speed" in caption


def test_what_gravity_changes_has_a_panel_of_its_own(square):
    samples = sample(square.solution)
    along = samples.profile
    still = replace(samples, profile=replace(along, gamma=along.gamma_reference))
    stirred = profile(samples, square.summary)
    quiet = profile(still, square.summary)
    assert "Lower panel: the curve with gravity less the one without." in stirred.caption
    assert "The change due to gravity is too small to draw." in quiet.caption
    assert height(stirred.png) > 1.2 * height(quiet.png)


def height(png: bytes) -> int:
    """Return the height of a picture, pixels, from the head of its file."""
    return int.from_bytes(png[20:24], "big")
