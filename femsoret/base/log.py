"""Logging: one logger a module; the command line decides who speaks, imports configure nothing."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

SOLVES: Final = (
    "femsoret.solve",
    "femsoret.studies.measure.solution",
    "femsoret.studies.measure.stability_check",
)
"""Loggers that speak once a solve or more often."""


def get_logger(name: str) -> logging.Logger:
    """Return the logger of a module.

    Args:
        name: The module's ``__name__``.
    """
    return logging.getLogger(name)


@contextmanager
def many_solves() -> Iterator[None]:
    """Let single solves say warnings only: of a study of many, its own lines show how far it is."""
    loggers = [logging.getLogger(name) for name in SOLVES]
    before = [logger.level for logger in loggers]
    try:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(max(level, logging.WARNING))
        yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)
