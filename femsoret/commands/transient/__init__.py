"""Transient runs: a case through its schedule, with all that keeps it from being lost."""

from femsoret.commands.transient.kept import check_inputs, check_resumable
from femsoret.commands.transient.run import TransientRun

__all__ = ["TransientRun", "check_inputs", "check_resumable"]
