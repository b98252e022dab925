"""An experiment: everything that defines one run, as a value."""

from femsoret.experiment.experiment import Experiment, Pair

__all__ = ["Experiment", "Pair"]
