"""Series: fields of one problem at one or more times, whatever the format."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Protocol

from femsoret.base.errors import OutputError
from femsoret.base.log import get_logger
from femsoret.base.ranks import may_be_on_one_rank
from femsoret.io.samples import Samples
from femsoret.io.staging import Staging

log = get_logger(__name__)


class Sink(Protocol):
    """Open files of one format."""

    def write(self, time: float) -> None:
        """Add the present values of the functions that the files were opened with."""

    def close(self) -> None:
        """Finish the files."""


class FieldSeries:
    """Open field files; a context manager. They are results only once they are closed.

    Leaving the context with an exception leaves what there is in a folder ``*.partial``.

    Args:
        staging: Where the files grow.
        samples: What is written, one a file that ParaView opens.
        open_sink: Opens the files in the staging folder.
    """

    def __init__(
        self,
        staging: Staging,
        samples: Sequence[Samples],
        open_sink: Callable[[], Sink],
    ) -> None:
        self._staging = staging
        self._samples = tuple(samples)
        self._paths = tuple(staging.folder / of_file.name for of_file in samples)
        self._written = 0
        self._sink: Sink | None = None
        staging.collectively("write to", lambda: self._open(open_sink))

    def write(self, time: float = 0.0) -> None:
        """Add the problem's present state.

        Args:
            time: Time, s.

        Raises:
            OutputError: The file system refused; the same on all ranks.
        """
        sink = self._still_open()
        for of_file in self._samples:
            of_file.update()
        self._staging.collectively("write to", lambda: sink.write(time))
        self._written += 1

    def close(self) -> tuple[Path, ...]:
        """Finish the files and give them their place.

        Returns:
            What ParaView opens; the same on all ranks.

        Raises:
            OutputError: The file system refused, or nothing was written.
        """
        sink, self._sink = self._still_open(), None
        self._staging.collectively("write to", sink.close)
        if not self._written:
            raise OutputError("field files were closed before anything was written")
        self._staging.publish()
        return self._paths

    def _open(self, open_sink: Callable[[], Sink]) -> None:
        self._sink = open_sink()

    def _still_open(self) -> Sink:
        if self._sink is None:
            raise ValueError("the field files are closed")
        return self._sink

    def __enter__(self) -> FieldSeries:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._sink is None:
            return
        if error is None:
            self.close()
            return
        if may_be_on_one_rank(self._staging.comm, error):
            return  # to close a file takes all ranks
        # What was written so far stays readable, under a name that nobody takes for a result.
        self._sink.close()
        self._sink = None
        log.warning(
            "field output was interrupted; what there is stays in %s", self._staging.partial
        )
