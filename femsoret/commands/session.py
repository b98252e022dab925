"""Sessions of the command line: set-up, output, logging and exit status.

The same commands work under mpirun, where only one rank prints. Errors are turned into a single
message and an exit status.
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
"""Width in columns of output to a file or a pipe."""


@dataclass(frozen=True)
class Session:
    """Resources of a command.

    Args:
        comm: Communicator of all ranks; None without MPI, for commands that do not solve.
        console: Console for results; only rank 0 prints.
        progress: Live progress display on a terminal; None without a terminal.
    """

    comm: MPI.Comm
    console: Console
    progress: Progress | None

    def show(self, result: RenderableType) -> None:
        """Print a table or another object that rich can render."""
        self.console.print(result)

    def say(self, text: str, *, wrap: bool = False) -> None:
        """Print a text verbatim, without interpreting markup.

        Args:
            text: The text.
            wrap: Whether to wrap long lines; use False for paths and case files.
        """
        self.console.print(text, markup=False, highlight=False, soft_wrap=not wrap)


@contextmanager
def open_session(*, solving: bool = True) -> Iterator[Session]:
    """Set up a command, and turn its errors into a single message and an exit status.

    If all ranks stop, one of them prints the message and all of them exit. If only some ranks stop,
    each of them prints its message, and MPI is aborted.

    Args:
        solving: Whether DOLFINx is needed; otherwise there may be no communicator.
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
    """Print why this rank stops, only once if all ranks stop, and exit with a status."""
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
    """Start PETSc without the options in ``.petscrc`` and ``petscrc``.

    PETSc also reads these files from the working directory, where they may have come with somebody
    else's case, and options can write files and run code. ``PETSC_OPTIONS`` is still read, since
    only the user can set it.
    """
    import petsc4py

    petsc4py.init(["-skip_petscrc"])
    # PETSc takes a reader that has gone for a crash; Python has an error for it.
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)


def _check_cache() -> None:
    """Check that compiled forms can be cached.

    Raises:
        OutputError: The cache folder cannot be written to, or there is no home folder for it.
    """
    try:
        Path.home()  # DOLFINx asks for it while it is imported
    except RuntimeError as error:
        raise OutputError(
            "this user has no home folder, in which compiled forms are cached",
            "set HOME to a writable folder",
        ) from error
    from femsoret.base.compiled import check_cache

    check_cache()


def _world() -> MPI.Comm | None:
    """Return the communicator of all ranks, or None without MPI."""
    try:
        from mpi4py import MPI
    except ImportError:
        return None
    return MPI.COMM_WORLD


def _results_console(rank: int) -> Console:
    """Return the console for results, on which only rank 0 prints.

    It is as wide as the terminal. The pseudo-terminal that mpirun gives to its ranks has no width,
    and may be redirected to a file; it is not treated as a terminal.
    """
    columns = shutil.get_terminal_size((0, 0)).columns
    return QuietConsole(
        quiet=rank > 0, width=columns or WIDTH, force_terminal=None if columns else False
    )


@contextmanager
def _logging(rank: int) -> Iterator[Progress | None]:
    """Set up logging: a live display with rich on a terminal, otherwise plain lines; rank 0 only.

    Yields:
        The live progress display; None without a terminal.
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
