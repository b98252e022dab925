"""Time integration.

Read in this order: :mod:`rosenbrock` (schemes and step control), :mod:`throughput` (heat and mass
that pass through walls in a step), :mod:`march` (the driver), :mod:`following` (detection of
unsteady flow).
"""

from femsoret.solve.march.march import Clock, March, MarchOptions, Step

__all__ = ["Clock", "March", "MarchOptions", "Step"]
