"""What the uncertainty of the fluid data does to a bias, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from femsoret.report.rounding import percent


def unknown_entries(summary: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the entries whose uncertainty nobody states although the bias depends on them.

    Args:
        summary: Summary of a run or an audit.
    """
    found = summary["data_uncertainty"].get("unknown", ())
    return tuple(name.replace("_", " ") for name in found)


def from_data(summary: Mapping[str, Any]) -> str:
    """Return the uncertainty from the fluid data: what is known of it is a lower bound.

    Args:
        summary: Summary of a run or an audit.
    """
    known = summary["data_uncertainty"].get("bias")
    if not unknown_entries(summary):
        return percent(known)
    return "unknown" if not known else f"at least {percent(known)}"


def left_out(summary: Mapping[str, Any]) -> str:
    """Return the clause on what is not in it; empty where all is.

    Args:
        summary: Summary of a run or an audit.
    """
    missing = unknown_entries(summary)
    return f"the uncertainty of {', '.join(missing)} is unknown" if missing else ""
