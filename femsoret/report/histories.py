"""Histories: the rows of a transient run as arrays, for figures without the run itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from femsoret.studies.measure.transient import Marched, TransientFindings

Array = npt.NDArray[np.float64]
Columns = Mapping[str, Array]


@dataclass(frozen=True, eq=False)
class Histories:
    """Columns of the histories of a transient run.

    Args:
        with_gravity: Column name -> values, shape (steps,); nan where a row has none.
        without_gravity: Likewise of the run without gravity; empty where there is none.
    """

    with_gravity: Columns
    without_gravity: Columns = MappingProxyType({})

    def arrays(self) -> dict[str, Any]:
        """Return the columns as arrays by name, as :func:`numpy.savez` takes them."""
        return {
            f"{run}.{name}": values
            for run, columns in (
                ("with_gravity", self.with_gravity),
                ("without_gravity", self.without_gravity),
            )
            for name, values in columns.items()
        }

    @staticmethod
    def from_arrays(arrays: Mapping[str, Any]) -> Histories:
        """Return histories from what :meth:`arrays` gave, among other arrays.

        Args:
            arrays: Arrays by name.

        Raises:
            KeyError: The run with gravity is missing.
        """
        runs: dict[str, dict[str, Array]] = {"with_gravity": {}, "without_gravity": {}}
        for path in arrays:
            run, _, name = path.partition(".")
            if run in runs:
                runs[run][name] = arrays[path]
        if not runs["with_gravity"]:
            raise KeyError("with_gravity")
        return Histories(runs["with_gravity"], runs["without_gravity"])


def histories(findings: TransientFindings) -> Histories:
    """Return the histories of a transient run.

    Args:
        findings: The findings.
    """
    without = findings.without_gravity
    return Histories(
        _columns(findings.with_gravity), _columns(without) if without else MappingProxyType({})
    )


def _columns(marched: Marched) -> Columns:
    def number(value: float | None) -> float:
        return np.nan if value is None else float(value)

    return {
        column.name: np.array([number(row[column.name]) for row in marched.rows])
        for column in marched.columns
    }
