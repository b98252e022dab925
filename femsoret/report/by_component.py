"""Values of each component by name, the one that is not transported by itself included."""

from __future__ import annotations

import numpy as np

from femsoret.base.types import Array
from femsoret.report.units import Summary


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
