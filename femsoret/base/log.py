"""Logging and terminal output: one logger per module, and streams whose errors never stop a run.

Importing femsoret does not configure logging; the command line selects the active loggers. A run
may take hours, so neither a closed pipe (``| head -1``) nor a terminal that cannot display Greek
letters may abort it or change its exit status.
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
    "femsoret.studies.measure.all_states",
    "femsoret.studies.measure.convection",
    "femsoret.studies.measure.solution",
    "femsoret.studies.measure.stability_check",
)
"""Loggers that write at least one line per solve."""


def get_logger(name: str) -> logging.Logger:
    """Return the logger of a module.

    Args:
        name: The module's ``__name__``.
    """
    return logging.getLogger(name)


@contextmanager
def quiet_solves() -> Iterator[None]:
    """Restrict the loggers of single solves to warnings inside the context.

    For studies of many solves, which log their own progress.
    """
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
"""Name of the codec error handler that replaces characters which an encoding cannot represent."""

ASCII: Final[Mapping[str, str]] = MappingProxyType(
    {
        **{"−": "-", "–": "-", "×": "x", "·": "*", "±": "+-", "°": "deg", "→": "->", "…": "..."},
        **{"α": "alpha", "β": "beta", "γ": "gamma", "κ": "kappa", "ν": "nu", "ρ": "rho"},
        **{"π": "pi", "τ": "tau", "ψ": "psi", "φ": "phi", "ω": "omega", "μ": "u", "µ": "u"},
        **{"∞": "inf", "≤": "<=", "≥": ">=", "≈": "~", "é": "e"},
    }
)
"""Character -> its replacement in ASCII."""

_RAISED: Final = frozenset("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺")


def plain_text(text: str) -> str:
    """Return a text in ASCII: 3.1×10⁻³ becomes 3.1x10^-3, and unknown characters become "?"."""
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
    """Make standard output and standard error accept any text, whatever their encoding."""
    codecs.register_error(PLAIN, _substitute)
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:  # streams that tests put there may have none
            reconfigure(errors=PLAIN)


def discard_output(stream: TextIO) -> None:
    """Discard everything written from now on to a stream whose reader has closed the pipe."""
    null = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(null, stream.fileno())
    except (OSError, ValueError):
        pass  # the stream is no file: nothing needs to be discarded
    finally:
        os.close(null)


class QuietConsole(Console):
    """A console for results that ignores a closed pipe."""

    def print(self, *objects: Any, **options: Any) -> None:
        """Print as :meth:`rich.console.Console.print` does; discard the output of a closed pipe."""
        try:
            super().print(*objects, **options)
        except BrokenPipeError:
            self.on_broken_pipe()

    def on_broken_pipe(self) -> None:
        """Discard further output, where rich would end the process."""
        discard_output(sys.stdout)


class QuietHandler(logging.StreamHandler[TextIO]):
    """A logging handler that ignores a closed pipe."""

    def handleError(self, record: logging.LogRecord) -> None:
        """Discard further output if the pipe is closed; handle other errors as usual."""
        if isinstance(sys.exc_info()[1], BrokenPipeError):
            discard_output(self.stream)
        else:
            super().handleError(record)
