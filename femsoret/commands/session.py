"""One call of the command line: what starts before it, and how it speaks and ends.

The same commands work under mpirun: one rank speaks. Errors become one message and an exit status.
"""

from __future__ import annotations

import logging
import shutil
import signal
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn, cast

import typer
from rich.console import Console, RenderableType
from rich.logging import RichHandler

from femsoret import require_dolfinx
from femsoret.base.errors import FemsoretError, OutputError
from femsoret.base.log import QuietConsole, QuietHandler, discard_output
from femsoret.base.memory import memory_error
from femsoret.base.progress import LiveProgress, Progress
from femsoret.base.ranks import gather_messages, merge_messages

if TYPE_CHECKING:
    from mpi4py import MPI

WIDTH: Final = 140
"""Columns of what is printed into a file or a pipe, where no terminal says how wide it is."""


@dataclass(frozen=True)
class Session:
    """What a command works with.

    Args:
        comm: All ranks; missing where there is no MPI, for commands that do not solve.
        console: The console for results, on which rank 0 alone speaks.
        progress: The live line of a terminal; None without a terminal.
    """

    comm: MPI.Comm
    console: Console
    progress: Progress | None

    def show(self, result: RenderableType) -> None:
        """Print a table or another result of rich."""
        self.console.print(result)

    def say(self, text: str, *, wrap: bool = False) -> None:
        """Print a text as it is.

        Args:
            text: The text, without markup.
            wrap: Whether to break lines; a path or a case file that is broken is of no use.
        """
        self.console.print(text, markup=False, highlight=False, soft_wrap=not wrap)


@contextmanager
def open_session(*, solving: bool = True) -> Iterator[Session]:
    """Start what a command needs; turn its errors into one message and an exit status.

    Ranks that all stop leave by themselves, and one of them speaks. Where one stops and others go
    on, or wait for it, it speaks and MPI is aborted.

    Args:
        solving: Whether DOLFINx is needed; without it there may be no communicator.
    """
    comm = None
    try:
        if solving:
            require_dolfinx()
            _start_petsc()
            _check_cache()
            # Batch scripts send it to every run before the time limit; a steady one keeps nothing.
            signal.signal(signal.SIGUSR1, signal.SIG_IGN)
        comm = _world()
        rank = 0 if comm is None else comm.rank
        with _logging(rank) as progress:
            # Commands that solve have one.
            yield Session(cast("MPI.Comm", comm), _results_console(rank), progress)
    except FemsoretError as error:
        _stop(f"femsoret: {error}", error.status, comm)
    except typer.Exit:
        raise
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    except BaseException as error:
        short = memory_error(error)
        if short is not None:
            _stop(f"femsoret: {short}", short.status, comm)
        _stop(traceback.format_exc().rstrip(), 1, comm)


def _stop(message: str, status: int, comm: MPI.Comm | None) -> NoReturn:
    """Say why this rank stops, once if all of them do, and leave with a status."""
    messages = gather_messages(comm, message)
    if messages is None or comm is None or comm.rank == 0:
        try:
            text = message if messages is None else merge_messages(messages)
            print(text, file=sys.stderr, flush=True)
        except BrokenPipeError:
            discard_output(sys.stderr)
    if messages is None and comm is not None:
        comm.Abort(status)
    raise typer.Exit(status) from None


def _start_petsc() -> None:
    """Start PETSc without the options of ``.petscrc`` and ``petscrc``.

    It looks for them in the working directory, too, where they may have come with somebody's case,
    and they can write files and run code. (What ``PETSC_OPTIONS`` says is the user's own.)
    """
    import petsc4py

    petsc4py.init(["-skip_petscrc"])
    # PETSc takes a reader that has gone for a crash; Python has an error for it.
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)


def _check_cache() -> None:
    """Refuse to start where compiled forms cannot be kept.

    Raises:
        OutputError: They cannot.
    """
    try:
        Path.home()  # DOLFINx asks for it while it is imported
    except RuntimeError as error:
        raise OutputError(
            "this user has no home folder, where compiled forms are kept",
            "set HOME to a folder that you may write to",
        ) from error
    from femsoret.base.compiled import check_cache

    check_cache()


def _world() -> MPI.Comm | None:
    """Return the communicator of all ranks, or None where there is no MPI."""
    try:
        from mpi4py import MPI
    except ImportError:
        return None
    return MPI.COMM_WORLD


def _results_console(rank: int) -> Console:
    """Return the console for results: rank 0 speaks, as widely as its terminal, if it has one.

    A terminal without width is the one that mpirun gives to its ranks: it may end in a file.
    """
    columns = shutil.get_terminal_size((0, 0)).columns
    return QuietConsole(
        quiet=rank > 0, width=columns or WIDTH, force_terminal=None if columns else False
    )


@contextmanager
def _logging(rank: int) -> Iterator[Progress | None]:
    """Show progress: a live line with rich on a terminal, plain lines in a log, rank 0 only.

    Yields:
        The live line; None where there is none.
    """
    logger = logging.getLogger("femsoret")
    before = logger.level, logger.propagate
    logger.setLevel(logging.INFO if rank == 0 else logging.ERROR)
    logger.propagate = False
    console = Console(stderr=True)
    if rank == 0 and console.is_terminal:
        handler: logging.Handler = RichHandler(console=console, show_path=False, show_level=False)
        live: LiveProgress | None = LiveProgress(console)
    else:
        handler = QuietHandler(sys.stderr)
        handler.setFormatter(logging.Formatter("%(message)s"))
        live = None
    logger.addHandler(handler)
    try:
        if live is None:
            yield None
        else:
            with live:
                yield live
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before[0])
        logger.propagate = before[1]
