"""The resolved case: all that a run depends on, in the form of a case file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import tomli_w

from femsoret.case.values import Context

if TYPE_CHECKING:
    from femsoret.case.case import Case

_HEAD = """\
# Resolved by femsoret: every default is spelled out, paths are absolute.
# What follows from the cell and its conditions (gap, T0, readings) is left to them unless given.
"""


def resolved_toml(case: Case) -> str:
    """Return a case as TOML with its defaults in it; reading it gives the same case.

    Args:
        case: The case.
    """
    if case.fluid is not None:
        # The database may change; what a run used must not.
        fluid = case.fluid.model_copy(update={"c0": case.fluid.mean_fraction})
        case = case.model_copy(update={"fluid": fluid})
    context = Context(source=case.source, units=case.units)
    text: str = tomli_w.dumps(case.model_dump(mode="json", exclude_none=True, context=context))
    return _HEAD + text
