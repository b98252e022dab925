"""The verdict of an onset study."""

from __future__ import annotations

from femsoret.report.verdicts.verdict import Fact, Verdict
from femsoret.report.words.numbers import plain
from femsoret.report.words.phrases import capitalised
from femsoret.report.words.units import Summary


def onset_verdict(study: Summary) -> Verdict:
    """Return the verdict of an onset study."""
    leading, errors, critical = study["modes"][0], study["numerical_error"], study["critical"]
    facts = [
        Fact(
            "leading growth rate",
            f"{plain(leading['growth_rate'], 6)} {study['unit_of_rates']}",
            f"numerical error {plain(errors['growth_rate'], 2)}",
        )
    ]
    if critical is not None:
        facts.append(
            Fact(
                f"critical {critical['key']}",
                plain(critical["value"], 7),
                f"numerical error {plain(errors['value'], 2)}",
            )
        )
    return Verdict(
        f"{capitalised(study['finding'])}.",
        f"Perturbations considered: {study['perturbations']}.",
        tuple(facts),
    )


def onset_warnings(study: Summary) -> list[str]:
    """Return a warning if the mesh is too coarse; empty otherwise."""
    coarse = " and the ".join(study["unresolved"])
    return [f"the mesh is too coarse for the {coarse} of the steady state"] if coarse else []
