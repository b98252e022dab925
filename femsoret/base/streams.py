"""What a terminal, a pipe or a file at the other end can do to a run: nothing.

A run may take hours. That the reader of its output has gone (``| head -1``), or that a terminal
knows no Greek letters, is no reason to lose it or to call it failed.
"""

from __future__ import annotations

import codecs
import logging
import os
import sys
import unicodedata
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, TextIO

from rich.console import Console

PLAIN: Final = "femsoret.plain"
"""Name of the way in which letters are written that a stream has not."""

WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        **{"−": "-", "–": "-", "×": "x", "·": "*", "±": "+-", "°": "deg", "→": "->", "…": "..."},
        **{"α": "alpha", "β": "beta", "γ": "gamma", "κ": "kappa", "ν": "nu", "ρ": "rho"},
        **{"π": "pi", "τ": "tau", "ψ": "psi", "φ": "phi", "ω": "omega", "μ": "u", "µ": "u"},
        **{"∞": "inf", "≤": "<=", "≥": ">=", "≈": "~", "é": "e"},
    }
)
"""Letter -> what stands for it in ASCII."""

_RAISED: Final = frozenset("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺")


def plain_text(text: str) -> str:
    """Return a text in ASCII: 3.1×10⁻³ as 3.1x10^-3, and "?" for what nothing stands for.

    Args:
        text: The text.
    """
    found = []
    for i, letter in enumerate(text):
        if letter in _RAISED and (i == 0 or text[i - 1] not in _RAISED):
            found.append("^")
        simple = WORDS.get(letter) or unicodedata.normalize("NFKD", letter)
        simple = "".join(WORDS.get(part, part) for part in simple)
        found.append(simple.encode("ascii", "ignore").decode() or "?")
    return "".join(found)


def _substitute(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return plain_text(error.object[error.start : error.end]), error.end


def take_all_letters() -> None:
    """Let standard output and error take every text, whatever their encoding."""
    codecs.register_error(PLAIN, _substitute)
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:  # what a test puts there may have none
            reconfigure(errors=PLAIN)


def to_nowhere(stream: TextIO) -> None:
    """Send to nowhere what is written from now on to a stream whose reader has gone."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, stream.fileno())
    except (OSError, ValueError):
        pass  # no file: nothing is lost at its end either
    finally:
        os.close(nowhere)


class QuietConsole(Console):
    """A console of results that goes on without a reader."""

    def print(self, *objects: Any, **how: Any) -> None:
        """Print, if somebody reads it."""
        try:
            super().print(*objects, **how)
        except BrokenPipeError:
            self.on_broken_pipe()

    def on_broken_pipe(self) -> None:
        """Go on without a reader; rich would end the process."""
        to_nowhere(sys.stdout)


class QuietHandler(logging.StreamHandler[TextIO]):
    """A handler of log lines that goes on without a reader."""

    def handleError(self, record: logging.LogRecord) -> None:
        """Go on without a reader."""
        if isinstance(sys.exc_info()[1], BrokenPipeError):
            to_nowhere(self.stream)
        else:
            super().handleError(record)
