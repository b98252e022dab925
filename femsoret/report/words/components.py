"""The components of a mixture in reports: their numbers by name, and phrases on them."""

from __future__ import annotations

from collections.abc import Sequence
from math import hypot

import numpy as np

from femsoret.base.types import Array
from femsoret.report.words.numbers import percent, plain, with_error
from femsoret.report.words.units import Summary, units_of


def by_component(values: Array, summary: Summary) -> dict[str, Array]:
    """Return differences of the mass fraction of each component by its name.

    The rest of a mixture that diffuses across its components is the last of them: all differences
    add up to zero. The solvent of independent solutes is not among them.

    Args:
        values: Differences of the mass fractions of the transported components, shape (N, ...).
            Files of older versions have those of the first one only.
        summary: Summary of the run, with a separation.

    Returns:
        Name -> differences, shape (...), in the order of the summary.
    """
    names = [of["species"] for of in transported(summary)]
    named = dict(zip(names, values, strict=False))
    every = [of["component"] for of in (summary["soret"] or {}).get("components", ())]
    if len(values) == len(names) and every:
        named[every[-1]] = -np.sum(values, axis=0)
    return named


def transported(summary: Summary) -> list[Summary]:
    """Return the separations of the transported components.

    Args:
        summary: Summary of a run, with a separation; those of version 0.1 have one component.
    """
    separation = summary["separation"]
    each: list[Summary] = separation.get("each", [separation])
    return each


# -- several components --------------------------------------------------------------------------


def components(summary: Summary) -> Sequence[Summary]:
    """Return the Soret coefficients of all components; empty if there is only one.

    Args:
        summary: Summary of a run; those of version 0.1 have one component.
    """
    coefficients: Sequence[Summary] = (summary.get("soret") or {}).get("each", ())
    return coefficients if len(coefficients) > 1 else ()


def symbol(summary: Summary) -> str:
    """Return how the coefficients of several components are called.

    It is S'_T = -dc/dT at rest, without a factor c(1-c), where components diffuse across one
    another; trace solutes of one solvent have S_T.
    """
    return "S'_T" if (summary["soret"] or {}).get("components") else "S_T"


def first_component(summary: Summary) -> str:
    """Return the name of the first component in brackets; empty if it is the only one."""
    coefficients = components(summary)
    return f" ({coefficients[0]['species']})" if coefficients else ""


def separation_norms(summary: Summary) -> tuple[float, float]:
    """Return the norms over all components of the separation with and without gravity."""
    separations = summary["separation"]["each"]
    return (
        hypot(*(separation["value"] for separation in separations)),
        hypot(*(separation["without_gravity"] for separation in separations)),
    )


def component_error(summary: Summary, component: Summary, key: str) -> float | None:
    """Return the estimated numerical error of a number of a component; None if unknown.

    Args:
        summary: Summary with several components.
        component: Entry of "soret.each".
        key: Key of the number in that entry.
    """
    error: float | None = summary["numerical_error"].get(f"soret.each.{component['species']}.{key}")
    return error


def reported_coefficients(summary: Summary) -> str:
    """Return the apparent S_T of all components, from the readings, as a text."""
    texts = [
        f"{with_error(component['apparent'], component_error(summary, component, 'apparent'))} "
        f"({component['species']})"
        for component in components(summary)
    ]
    return f"{_enumerated(texts)} {units_of(summary).soret}"


def true_coefficients(summary: Summary) -> str:
    """Return the S_T of all components in the state at rest as a text."""
    texts = [plain(component["true"]) for component in components(summary)]
    return f"{_enumerated(texts)} {units_of(summary).soret}"


def worst_component(summary: Summary) -> str:
    """Return a clause on the component with the largest bias; empty without biases."""
    biased = [component for component in components(summary) if component["bias"] is not None]
    if not biased:
        return ""
    worst = max(biased, key=lambda component: abs(component["bias"]))
    bias, error = abs(worst["bias"]), component_error(summary, worst, "bias")
    if error is not None and bias <= error:
        return (
            f"no bias beyond the numerical error, {percent(error)} of the norm over all components"
        )
    return (
        f"{worst['species']} has the largest bias, {percent(bias)} of the norm over all components"
    )


def _enumerated(texts: Sequence[str]) -> str:
    return f"{', '.join(texts[:-1])} and {texts[-1]}"
