"""Type aliases for arrays and for UFL objects.

UFL has no type stubs, so type checkers treat its types as ``Any``; the aliases are for readers.
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
"""A JSON object, as in the files of summaries, run records and checkpoints."""

Array: TypeAlias = npt.NDArray[np.float64]
"""Array of floats."""

Indices: TypeAlias = npt.NDArray[np.int32]
"""Array of rank-local indices of mesh entities or dofs."""

GlobalIndices: TypeAlias = npt.NDArray[np.int64]
"""Array of global indices of mesh entities or dofs."""

Flags: TypeAlias = npt.NDArray[np.bool_]
"""Array of booleans."""

Value: TypeAlias = Any
"""A float, an array of floats or a UFL expression; argument and result of property laws."""
