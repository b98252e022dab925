"""Experiments: complete descriptions of a run."""

from femsoret.experiment.experiment import Experiment, Pair

__all__ = ["Experiment", "Pair"]
