"""Linear systems: assembly of PETSc matrices from a problem, and the solvers for them.

Read in this order: :mod:`assembly` (residual and Jacobian of all blocks), :mod:`bordered` (extra
unknowns and equations around the sparse matrix), :mod:`constraint` (functional rows inside PETSc's
solves), :mod:`direct` (the interface of linear solvers, and MUMPS), :mod:`block_jacobian`,
:mod:`elimination` and :mod:`reduced` (elimination of the velocity potential), :mod:`block_sweep`,
:mod:`interpolation` and :mod:`multigrid`, :mod:`options` and :mod:`permitted` (PETSc options),
:mod:`selection` (choice of a solver for a problem).
"""
