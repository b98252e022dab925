"""Experiments: complete descriptions of a run."""

from femsoret.experiment.experiment import Experiment
from femsoret.post.signals import Pair

__all__ = ["Experiment", "Pair"]
