"""Logs and terminals: one logger a module, and streams that end no run.

Importing femsoret configures no logging; the command line decides which loggers speak. A run may
take hours: neither a reader that has gone (``| head -1``) nor a terminal without Greek letters is
a reason to lose it or to call it failed.
"""

from __future__ import annotations

import codecs
import logging
import os
import sys
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, Final, TextIO

from rich.console import Console

SOLVES: Final = (
    "femsoret.solve",
    "femsoret.studies.measure.solution",
    "femsoret.studies.measure.stability_check",
)
"""Loggers that write at least one line a solve."""


def get_logger(name: str) -> logging.Logger:
    """Return the logger of a module."""
    return logging.getLogger(name)


@contextmanager
def quiet_solves() -> Iterator[None]:
    """Restrict the loggers of single solves to warnings, for studies that report by themselves."""
    loggers = [logging.getLogger(name) for name in SOLVES]
    before = [logger.level for logger in loggers]
    try:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(max(level, logging.WARNING))
        yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)


PLAIN: Final = "femsoret.plain"
"""Name of the codec error handler that writes letters which an encoding does not have."""

ASCII: Final[Mapping[str, str]] = MappingProxyType(
    {
        **{"−": "-", "–": "-", "×": "x", "·": "*", "±": "+-", "°": "deg", "→": "->", "…": "..."},
        **{"α": "alpha", "β": "beta", "γ": "gamma", "κ": "kappa", "ν": "nu", "ρ": "rho"},
        **{"π": "pi", "τ": "tau", "ψ": "psi", "φ": "phi", "ω": "omega", "μ": "u", "µ": "u"},
        **{"∞": "inf", "≤": "<=", "≥": ">=", "≈": "~", "é": "e"},
    }
)
"""Letter -> its replacement in ASCII."""

_RAISED: Final = frozenset("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺")


def plain_text(text: str) -> str:
    """Return a text in ASCII: 3.1×10⁻³ as 3.1x10^-3, and "?" for letters without a replacement."""
    parts = []
    for i, letter in enumerate(text):
        if letter in _RAISED and (i == 0 or text[i - 1] not in _RAISED):
            parts.append("^")
        simple = ASCII.get(letter) or unicodedata.normalize("NFKD", letter)
        simple = "".join(ASCII.get(part, part) for part in simple)
        parts.append(simple.encode("ascii", "ignore").decode() or "?")
    return "".join(parts)


def _substitute(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return plain_text(error.object[error.start : error.end]), error.end


def accept_any_text() -> None:
    """Let standard output and error accept every text, whatever their encoding."""
    codecs.register_error(PLAIN, _substitute)
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:  # what a test puts there may have none
            reconfigure(errors=PLAIN)


def discard_output(stream: TextIO) -> None:
    """Discard what is written from now on to a stream whose reader has gone."""
    null = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(null, stream.fileno())
    except (OSError, ValueError):
        pass  # the stream is no file: nothing needs to be discarded
    finally:
        os.close(null)


class QuietConsole(Console):
    """A console for results that goes on without a reader."""

    def print(self, *objects: Any, **options: Any) -> None:
        """Print, if somebody reads."""
        try:
            super().print(*objects, **options)
        except BrokenPipeError:
            self.on_broken_pipe()

    def on_broken_pipe(self) -> None:
        """Go on without a reader; rich would end the process."""
        discard_output(sys.stdout)


class QuietHandler(logging.StreamHandler[TextIO]):
    """A handler of log lines that goes on without a reader."""

    def handleError(self, record: logging.LogRecord) -> None:
        """Go on without a reader."""
        if isinstance(sys.exc_info()[1], BrokenPipeError):
            discard_output(self.stream)
        else:
            super().handleError(record)
