"""Each pair of gases of the data sheet: within what its source is known to differ by."""

from __future__ import annotations

import gas_pairs
import pytest

pytest.importorskip("cantera", reason="gases are computed with Cantera")


def check(rows):
    off = [(row, found) for row in rows if not row.holds(found := row.found())]
    assert off == []


def test_pairs_as_cantera_prints_them():
    """The same numbers through molecules, fits and closures; the heavier gas goes to the cold."""
    rows = [row for row in gas_pairs.rows() if row.source == gas_pairs.CANTERA]
    assert len(rows) == 26
    check(rows)


@pytest.mark.slow
def test_pairs_of_other_sources():
    check([row for row in gas_pairs.rows() if row.source != gas_pairs.CANTERA])
