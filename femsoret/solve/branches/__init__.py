"""Problems with unknown parameters: target values, and continuation of branches.

Read in this order: :mod:`unknowns` (Newton's method for state and parameters), :mod:`continuation`
(pseudo-arclength continuation).
"""
