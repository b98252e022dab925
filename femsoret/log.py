"""Logging: one logger a module; the command line decides who speaks, imports configure nothing."""

from __future__ import annotations

import logging


def get_logger(name: str) -> logging.Logger:
    """Return the logger of a module.

    Args:
        name: The module's ``__name__``.
    """
    return logging.getLogger(name)
