"""Problems in time.

Read in this order: :mod:`rosenbrock` (schemes and step control), :mod:`throughput` (what passes
through walls in a step), :mod:`march` (the driver), :mod:`following` (does a flow settle?).
"""

from femsoret.solve.march.march import Clock, March, MarchOptions, Step

__all__ = ["Clock", "March", "MarchOptions", "Step"]
