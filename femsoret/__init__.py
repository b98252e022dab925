"""femsoret: how wrong is the Soret coefficient measured in a given cell, and why?

The public names are imported on first use. ``import femsoret`` therefore has no side effects and
succeeds without DOLFINx; using a name then raises an error that explains how to install DOLFINx.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

__version__ = "0.2.0"

if TYPE_CHECKING:
    from femsoret.case import load_case as load_case
    from femsoret.cells import Cell as Cell
    from femsoret.cells import Wall as Wall
    from femsoret.cells import annulus as annulus
    from femsoret.cells import axisymmetric as axisymmetric
    from femsoret.cells import box as box
    from femsoret.cells import cylinder as cylinder
    from femsoret.cells import from_file as from_file
    from femsoret.cells import rectangle as rectangle
    from femsoret.commands.run import run_case as run_case
    from femsoret.experiment import Experiment as Experiment
    from femsoret.experiment import Pair as Pair
    from femsoret.fluids import load_fluid as load_fluid
    from femsoret.physics.closures import BoussinesqMixture as BoussinesqMixture
    from femsoret.physics.closures import mixture_of as mixture_of
    from femsoret.physics.closures import mixture_of_groups as mixture_of_groups
    from femsoret.physics.coordinates import AXISYMMETRIC as AXISYMMETRIC
    from femsoret.physics.forms import SUPG as SUPG
    from femsoret.post.readings import LineMean as LineMean
    from femsoret.post.readings import Point as Point
    from femsoret.post.readings import TemperatureElsewhere as TemperatureElsewhere
    from femsoret.post.readings import WallMean as WallMean
    from femsoret.problem import Problem as Problem
    from femsoret.problem.conditions import Closed as Closed
    from femsoret.problem.conditions import Composition as Composition
    from femsoret.problem.conditions import FreeSlip as FreeSlip
    from femsoret.problem.conditions import HeatFlux as HeatFlux
    from femsoret.problem.conditions import Insulated as Insulated
    from femsoret.problem.conditions import NoSlip as NoSlip
    from femsoret.problem.conditions import Robin as Robin
    from femsoret.problem.conditions import Slip as Slip
    from femsoret.problem.conditions import Temperature as Temperature
    from femsoret.problem.orientation import up_vector as up_vector
    from femsoret.solids import load_solid as load_solid
    from femsoret.solids import solid_of as solid_of
    from femsoret.solve import NewtonOptions as NewtonOptions
    from femsoret.studies.measure.steady import measure as measure
    from femsoret.studies.measure.transient import measure_in_time as measure_in_time

_NAMES = {
    "femsoret.case": "load_case",
    "femsoret.cells": "Cell Wall annulus axisymmetric box cylinder from_file rectangle",
    "femsoret.physics.closures": "BoussinesqMixture mixture_of mixture_of_groups",
    "femsoret.problem.conditions": (
        "Closed Composition FreeSlip HeatFlux Insulated NoSlip Robin Slip Temperature"
    ),
    "femsoret.physics.coordinates": "AXISYMMETRIC",
    "femsoret.experiment": "Experiment Pair",
    "femsoret.fluids": "load_fluid",
    "femsoret.physics.forms": "SUPG",
    "femsoret.problem.orientation": "up_vector",
    "femsoret.post.readings": "LineMean Point TemperatureElsewhere WallMean",
    "femsoret.problem": "Problem",
    "femsoret.commands.run": "run_case",
    "femsoret.solids": "load_solid solid_of",
    "femsoret.solve": "NewtonOptions",
    "femsoret.studies.measure.steady": "measure",
    "femsoret.studies.measure.transient": "measure_in_time",
}
"""Module -> the names that femsoret exports from it, separated by spaces."""

_MODULE_OF = {name: module for module, names in _NAMES.items() for name in names.split()}

__all__ = ["__version__", *sorted(_MODULE_OF)]


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'femsoret' has no attribute {name!r}")
    require_dolfinx()
    return getattr(import_module(_MODULE_OF[name]), name)


def __dir__() -> list[str]:
    return list(__all__)


def require_dolfinx() -> None:
    """Check that DOLFINx is installed.

    Raises:
        MissingDependency: DOLFINx is not installed.
    """
    if find_spec("dolfinx") is None:
        from femsoret.base.errors import MissingDependency

        raise MissingDependency(
            "DOLFINx is not installed in this Python environment",
            "it is not available from PyPI; install it with conda (environment.yml), Docker "
            "(Dockerfile) or apt on Debian 13 (python3-dolfinx-real), or let the project's "
            "tools/fenicsx set it up: tools/fenicsx femsoret ...",
        )
