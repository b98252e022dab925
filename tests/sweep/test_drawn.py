"""What a sweep is asked to draw and no point has is said."""

import logging

from femsoret.commands.sweep import _warn_if_unknown

RECORDS = [{"numbers": {"soret.bias": 0.1, "peclet.solutal": 3.0}}, {"error": "none"}]


def test_a_number_that_no_point_has(caplog):
    logging.getLogger("femsoret").propagate = True
    with caplog.at_level(logging.WARNING, logger="femsoret"):
        _warn_if_unknown("peclet.soluta", RECORDS)
        assert "no point has a number 'peclet.soluta'; did you mean 'peclet.solutal'" in caplog.text
        caplog.clear()
        _warn_if_unknown("peclet.solutal", RECORDS)
        _warn_if_unknown("soret.bias", [{"numbers": {"nusselt.top": 1.0}}])
        assert not caplog.text
