"""Logging: one logger a module, rank 0 at INFO, the others at WARNING, nothing on import."""

from __future__ import annotations

import logging


def get_logger(name: str) -> logging.Logger:
    """Return the logger of a module.

    Args:
        name: The module's ``__name__``.
    """
    return logging.getLogger(name)


def configure(rank: int, level: int = logging.INFO) -> None:
    """Send the package's messages to standard error as plain lines; for applications, not imports.

    Args:
        rank: MPI rank of this process.
        level: Level on rank 0.
    """
    logger = logging.getLogger("femsoret")
    logger.setLevel(level if rank == 0 else logging.WARNING)
    if not logger.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(message)s"))
        logger.addHandler(handler)
        logger.propagate = False
