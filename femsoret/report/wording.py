"""Texts that tables, verdicts and headlines share, from the summary of a run."""

from __future__ import annotations

from collections.abc import Sequence
from math import hypot
from typing import Final

from femsoret.report.rounding import percent, plain, with_error
from femsoret.report.units import Summary, units_of

_HEATED_FROM: Final = {"above": "above", "below": "below", "side": "the side"}


def capitalised(clause: str) -> str:
    """Return a clause with its first letter capitalised."""
    return f"{clause[:1].upper()}{clause[1:]}"


# -- orientation and walls -----------------------------------------------------------------------


def orientation_text(frame: Summary) -> str:
    """Return the clause on where a cell is heated from and which of its sides is up.

    Args:
        frame: The part "orientation" of a summary.
    """
    if not frame["gravity"]:
        return "without gravity"
    side, heated = frame["up_side"], frame["heated_from"]
    components = ", ".join(f"{x:.3g}" for x in frame["up"]).replace("-", "−")
    up = f"up is towards {side!r}" if side else f"up is ({components})"
    return up if heated is None else f"heated from {_HEATED_FROM[heated]}; {up}"


def reference_wall(summary: Summary) -> str:
    """Return the name of the wall whose Nusselt number characterises a cell.

    It is the hot wall, or the cold wall if a heat flux out of that wall drives the cell.
    """
    frame = summary["orientation"]
    leaves = (frame.get("heat_flux") or 0.0) < 0.0
    return str(frame["cold" if leaves else "hot"])


def reference_nusselt(summary: Summary) -> float | None:
    """Return the Nusselt number of :func:`reference_wall`; None if it has none."""
    number: float | None = summary["nusselt"].get(reference_wall(summary))
    return number


def peclet_kind(summary: Summary) -> str:
    """Return the kind of the Péclet number: "solutal", or "thermal" without species."""
    return "thermal" if summary["peclet"]["solutal"] is None else "solutal"


# -- uncertainty of the fluid data ---------------------------------------------------------------


def data_uncertainty_text(summary: Summary) -> str:
    """Return the uncertainty of the bias due to the fluid data as a text.

    It is a lower bound if the uncertainty of an entry is unknown.
    """
    uncertainty = summary["data_uncertainty"].get("bias")
    if not missing_uncertainties(summary):
        return percent(uncertainty)
    return "unknown" if not uncertainty else f"at least {percent(uncertainty)}"


def missing_uncertainties(summary: Summary) -> str:
    """Return a clause on entries of unknown uncertainty; empty if all are known."""
    names = [name.replace("_", " ") for name in summary["data_uncertainty"].get("unknown", ())]
    return f"the uncertainty of {', '.join(names)} is unknown" if names else ""


# -- several components --------------------------------------------------------------------------


def components(summary: Summary) -> Sequence[Summary]:
    """Return the Soret coefficients of all components; empty if there is only one.

    Args:
        summary: Summary of a run; those of version 0.1 have one component.
    """
    coefficients: Sequence[Summary] = (summary["soret"] or {}).get("each", ())
    return coefficients if len(coefficients) > 1 else ()


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
