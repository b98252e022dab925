"""Names of types: arrays, and what UFL makes.

UFL has no type stubs, so a type checker sees ``Any`` in its place; a reader sees what is meant.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from ufl import Form as Form
    from ufl import Measure as Measure
    from ufl.core.expr import Expr as Expr
else:
    Form = Measure = Expr = Any

JsonObject: TypeAlias = Mapping[str, Any]
"""A JSON object: what summaries, records and checkpoints are written as and read from."""

Array: TypeAlias = npt.NDArray[np.float64]
"""Floats."""

Indices: TypeAlias = npt.NDArray[np.int32]
"""Indices of entities or unknowns of this rank."""

GlobalIndices: TypeAlias = npt.NDArray[np.int64]
"""Indices of entities or unknowns among those of all ranks."""

Flags: TypeAlias = npt.NDArray[np.bool_]
"""Truth values."""

Value: TypeAlias = Any
"""A float, an array of floats or a UFL expression: what laws of properties take and return."""
