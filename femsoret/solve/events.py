"""Names under which PETSc's log (``-log_view``) counts what is ours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from petsc4py import PETSc

Function = TypeVar("Function", bound=Callable[..., Any])

RESIDUAL, JACOBIAN = "femsoret: residual", "femsoret: Jacobian"
TRANSFER = "femsoret: interpolation"


def logged(name: str) -> Callable[[Function], Function]:
    """Return a decorator that counts a function's calls and time in PETSc's log.

    Args:
        name: Name of the event.
    """
    return cast("Callable[[Function], Function]", PETSc.Log.EventDecorator(name))
