"""Linear stability of steady states.

Read in this order: :mod:`modes` (results), :mod:`stability` (search for eigenvalues),
:mod:`shift_invert` (shift-inverted operators), :mod:`counting` (number of growing modes),
:mod:`complex_lu` (complex factorisations).
"""
