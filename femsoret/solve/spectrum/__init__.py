"""Linear stability of steady states.

Read in this order: :mod:`modes` (what is reported), :mod:`stability` (the search),
:mod:`shift_invert` (its operators), :mod:`counting` (of the eigenvalues that grow),
:mod:`complex_lu` (complex factorisations).
"""
