"""The search for critical values, with growth rates that are known functions of the parameter."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from femsoret.base.errors import NotConverged
from femsoret.studies.onset import critical


@pytest.fixture
def modes(monkeypatch):
    """Give the search its growth rates, those near known modes and those from all shifts."""

    def give(near, everywhere):
        def stability(value, *, everywhere: bool, **_):
            rates = sorted(all_shifts(value) if everywhere else near(value), reverse=True)
            found = [
                SimpleNamespace(growth_rate=rate, frequency=0.0, eigenvalues=(rate,))
                for rate in rates
            ]
            spectrum = SimpleNamespace(modes=found, missing=0, found_growing=1, count=None)
            return SimpleNamespace(spectrum=spectrum, problem=None)

        all_shifts = everywhere
        monkeypatch.setattr(critical, "stability", stability)
        monkeypatch.setattr(critical, "_beginning", lambda last, experiment: None)
        monkeypatch.setattr(critical, "unresolved", lambda problem: ())

    return give


def test_a_mode_that_grows_earlier_is_followed_instead(modes):
    modes(
        lambda value: [value - 7.0, value - 3.0][: 1 if value > 5.0 else 2],
        lambda value: [value - 7.0, value - 3.0],
    )
    found = critical.critical_value(lambda value: value, 0.0, 10.0)
    assert found.value == pytest.approx(3.0, abs=1e-5)


def test_a_root_at_which_something_always_grows_is_refused(modes):
    modes(lambda value: [value - 7.0], lambda value: [1.0 if value > 0.0 else -1.0])
    with pytest.raises(NotConverged, match="4 times a mode was found that already grows"):
        critical.critical_value(lambda value: value, 0.0, 10.0)
