"""Warnings that the numbers of a run give rise to."""

from __future__ import annotations

from test_page import changed

from femsoret.report.words.warnings import resolution_warnings


def test_resolved_fields_give_none(square, physical):
    assert square.summary["resolution"]["coarsest"]["missed"] < 0.03
    for solved in (square, physical):
        assert resolution_warnings(solved.summary) == ()
        assert solved.summary["resolution"]["warnings"] == []


def test_a_pure_fluid_on_a_mesh_too_coarse_for_its_flow_is_warned_of(heated):
    found = heated.summary["resolution"]  # Ra = 10^4 on 6 x 6 cells
    assert found["coarsest"] is None
    temperature, velocity = found["warnings"]
    assert "too coarse for the temperature" in temperature
    assert "too coarse for the velocity" in velocity
    assert "of the largest speed" in velocity
    assert set(found["warnings"]) <= set(heated.summary["warnings"])


def test_the_warning_names_side_cell_peclet_number_size_and_what_is_needed(physical, square):
    entries = {
        "resolution__coarsest__missed": 0.12,
        "resolution__coarsest__side": "top",
        "resolution__coarsest__cell_peclet": 431.0,
        "resolution__coarsest__cell_size": 1.25e-4,
        "resolution__coarsest__needed": 3.1e-5,
    }
    (warning,) = resolution_warnings(changed(physical, **entries))
    assert "at the side 'top'" in warning
    assert "cell Péclet number of 431" in warning
    assert "12 % of the range" in warning
    assert "they measure 0.12 mm, but should measure 0.031 mm" in warning
    entries |= {"resolution__coarsest__cell_size": 0.25, "resolution__coarsest__needed": 0.031}
    (warning,) = resolution_warnings(changed(square, **entries))
    assert "they measure 0.25 L, but should measure 0.031 L" in warning
    entries["resolution__coarsest__needed"] = 0.249
    (warning,) = resolution_warnings(changed(square, **entries))
    assert "they measure 0.25 L, but should measure a little less" in warning
