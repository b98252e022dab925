"""Sweeps: one case at many values of one or two of its keys."""

from femsoret.case.sweep import SweepAxis, SweepPlan, parse_axis, plan_sweep
from femsoret.commands.sweep.run import run_sweep
from femsoret.io.sweep_folder import SweepFolder

__all__ = ["SweepAxis", "SweepFolder", "SweepPlan", "parse_axis", "plan_sweep", "run_sweep"]
