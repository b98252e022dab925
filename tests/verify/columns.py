"""Columns of the verification table: the case files of the demos, at other Ra."""

from __future__ import annotations

import math
from pathlib import Path

from mpi4py import MPI

from femsoret.case import load_case
from femsoret.studies.measure.steady import SteadyFindings, measure

DEMOS = Path(__file__).resolve().parents[2] / "demos"
LE, PSI = 100.0, 0.1
SHORT = ("cell.size=[1,10]", "cell.cells=[6,20]", "cell.grading=[3,3]", "readings.gradient=[]")
"""What makes the pore of the demo ten widths high."""


def _found(name: str, Ra: float, *changes: str) -> SteadyFindings:
    case = load_case(DEMOS / f"{name}.toml", [f"groups.Ra={Ra!r}", *changes])
    return measure(case.build(MPI.COMM_WORLD).experiment, with_numerical_error=False)


def _slope(found: SteadyFindings, name: str) -> float:
    """Return a gradient of c in units of S_T f dT/a."""
    fluid = found.solution.experiment.mixture.reference.binary
    return found.gradients[name].c / (fluid.S_T * fluid.f)


def column(X: float) -> tuple[dict[str, float], int]:
    """Return what the table asks of the thermogravitational column, and the unknowns.

    Args:
        X: Ra Le.
    """
    found = _found("thermogravitational_column", X / LE)
    values = {"slope at mid-height": -_slope(found, "mid-height")}
    return values, found.solution.convection.num_dofs


def unicellular(X: float) -> tuple[dict[str, float], int]:
    """Return what the table asks of the horizontal cell, and the unknowns.

    Args:
        X: Ra Le psi.
    """
    found = _found("unicellular_cell", X / (LE * PSI))
    return {"slope in the middle": _slope(found, "middle")}, found.solution.convection.num_dofs


def trap(X: float) -> tuple[dict[str, float], int]:
    """Return what the table asks of the pore, and the unknowns of the higher one.

    Args:
        X: Ra Le.
    """
    logs = []
    for changes in (SHORT, ()):
        found = _found("thermal_trap", X / LE, *changes)
        c0, along = found.solution.experiment.mixture.species[0].c0, found.extra["along"][0]
        logs.append(math.log((c0 + along.gamma_cold) / (c0 + along.gamma_hot)))
    values = {"ln ratio a width": (logs[1] - logs[0]) / 40.0}
    return values, found.solution.convection.num_dofs
