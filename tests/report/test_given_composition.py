"""Where walls hold the composition there is no Soret coefficient to report."""

from case_texts import SQUARE, condition

from femsoret.case import load_case
from femsoret.report.summary.head import RunContext
from femsoret.report.summary.run import summary
from femsoret.report.verdicts.steady import steady_verdict
from femsoret.studies.measure.steady import measure

GIVEN = (
    SQUARE.replace("cells = [3, 3]", "cells = [6, 6]").replace(
        "psi = 0.2", "N = 1\nSr = 0.3\nDf = 0.3"
    )
    + condition("composition", "left", 1.0)
    + condition("composition", "right", 0.0)
)


def test_soret_is_null_and_the_page_says_why(comm, write):
    experiment = load_case(write(GIVEN)).build(comm).experiment
    found = measure(experiment, with_numerical_error=False)
    content = summary(found, RunContext("groups"))
    assert content["soret"] is None
    assert content["separation"] is None
    assert content["sherwood"]["left"] > 1.0
    assert "the composition is imposed at walls" in steady_verdict(content).finding
