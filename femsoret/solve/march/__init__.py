"""Time integration.

Read in this order: :mod:`rosenbrock` (schemes and step control), :mod:`throughput` (heat and mass
that pass through walls in a step), :mod:`tangents` (derivatives of the state by unknowns),
:mod:`march` (the driver), :mod:`following` (detection of unsteady flow).
"""

from femsoret.solve.march.march import Clock, March, MarchOptions, Step
from femsoret.solve.march.tangents import Tangents
from femsoret.solve.march.throughput import WallThroughput

__all__ = ["Clock", "March", "MarchOptions", "Step", "Tangents", "WallThroughput"]
