"""Sweeps: one case at many values of one or two of its keys."""

from femsoret.sweep.axes import Axis, parse_axis
from femsoret.sweep.folder import SweepFolder
from femsoret.sweep.points import Plan, plan_of
from femsoret.sweep.run import run_sweep

__all__ = ["Axis", "Plan", "SweepFolder", "parse_axis", "plan_of", "run_sweep"]
