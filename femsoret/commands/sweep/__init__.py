"""Sweeps: one case at many values of one or two of its keys."""

from femsoret.case.axes import Axis, parse_axis
from femsoret.case.sweep_points import Plan, plan_of
from femsoret.commands.sweep.run import run_sweep
from femsoret.io.sweep_folder import SweepFolder

__all__ = ["Axis", "Plan", "SweepFolder", "parse_axis", "plan_of", "run_sweep"]
