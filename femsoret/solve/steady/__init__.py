"""Steady states.

Read in this order: :mod:`newton`, :mod:`diagnosis` (where a failed solve is worst), :mod:`stages`
(the ways to a steady state).

The order in which stages are tried is in :mod:`femsoret.solve.strategy`, which also marches.
"""
