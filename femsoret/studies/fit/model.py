"""What a fit needs of a model: predictions of the data and their slopes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from femsoret.base.types import Array
from femsoret.studies.fit.unknowns import Unknown


@dataclass(frozen=True, eq=False)
class Predictions:
    """What a model predicts for all data.

    The order is that of the data sets, of their series and of the times; gaps are left out.

    Args:
        values: Predicted values in SI units, shape (data,).
        jacobian: Their derivatives by the unknowns, shape (data, unknowns); None if they were not
            asked for.
    """

    values: Array
    jacobian: Array | None


class Model(Protocol):
    """Interface of a model of the data."""

    @property
    def unknowns(self) -> tuple[Unknown, ...]:
        """The unknowns, in the order of their values."""

    def predict(self, values: Array, *, slopes: bool = True) -> Predictions:
        """Return what the model predicts; collective.

        Args:
            values: Values of the unknowns, in their units, shape (unknowns,).
            slopes: Whether derivatives by the unknowns are needed.

        Raises:
            NotConverged: There is no prediction at these values.
        """
