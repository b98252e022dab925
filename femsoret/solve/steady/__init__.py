"""Solution of steady problems.

Read in this order: :mod:`newton` (Newton's method), :mod:`diagnosis` (location of the largest
update and residual after a failure), :mod:`stages` (methods for finding a steady state),
:mod:`tangents` (derivatives of a steady state by unknowns).

:mod:`femsoret.solve.strategy` defines the order in which stages are tried; it also includes time
integration.
"""
