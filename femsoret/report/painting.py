"""Painting: figures are drawn one by one, and one that cannot be drawn loses nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from traceback import extract_tb
from typing import TypeVar

from femsoret.base.log import get_logger

T = TypeVar("T")

log = get_logger(__name__)


def paint(painters: Mapping[str, Callable[[], T | None]]) -> tuple[T, ...]:
    """Return what painters draw, without what there is nothing of; an error of one is logged.

    A figure shows results that are there already: they must not be lost to it.

    Args:
        painters: Name of a figure -> what draws it, or gives None.
    """
    found = []
    for name, painter in painters.items():
        try:
            picture = painter()
        except Exception as error:  # whatever it is, it is an error of the figure alone
            place = extract_tb(error.__traceback__)[-1]
            log.warning(
                "warning: the figure %r could not be drawn, all else is complete "
                "(an error inside femsoret: %s: %s, at %s:%s)",
                name,
                type(error).__name__,
                error,
                Path(place.filename).name,
                place.lineno,
            )
        else:
            if picture is not None:
                found.append(picture)
    return tuple(found)
