"""A meter of CPU time that leaves out meshing and compilation, for both sides of a comparison.

As a script it runs a script for NGSolve, which must be importable, on that meter:

    PYTHON metered.py SCRIPT ARGUMENT...

The import of NGSolve and the making of its structured meshes do not count. The last line of the
output is a JSON object with the CPU seconds.
"""

from __future__ import annotations

import json
import runpy
import sys
import time
from collections.abc import Callable
from typing import Any


class Meter:
    """CPU seconds of this process, all threads, less those of certain functions."""

    def __init__(self) -> None:
        self._left_out = 0.0
        self._depth = 0
        self._start = 0.0

    def leave_out(self, owner: Any, name: str) -> None:
        """Replace a function by one whose time does not count.

        Args:
            owner: Module or class that holds it.
            name: Its name.
        """
        setattr(owner, name, self._uncounted(getattr(owner, name)))

    def _uncounted(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def uncounted(*args: Any, **options: Any) -> Any:
            start, self._depth = time.process_time(), self._depth + 1
            try:
                return function(*args, **options)
            finally:
                self._depth -= 1
                if self._depth == 0:
                    self._left_out += time.process_time() - start

        return uncounted

    def start(self) -> None:
        """Start from zero."""
        self._start, self._left_out = time.process_time(), 0.0

    @property
    def seconds(self) -> float:
        """CPU seconds since the start that count."""
        return time.process_time() - self._start - self._left_out


def main() -> None:
    """Run the script named on the command line."""
    import ngsolve  # noqa: F401 - before the clock starts
    from ngsolve import meshes

    meter = Meter()
    meter.leave_out(meshes, "MakeStructured2DMesh")
    meter.leave_out(meshes, "MakeStructured3DMesh")
    sys.argv = sys.argv[1:]
    meter.start()
    runpy.run_path(sys.argv[0], run_name="__main__")
    print(json.dumps({"counted": meter.seconds}))


if __name__ == "__main__":
    main()
