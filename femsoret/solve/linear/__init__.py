"""Linear systems: from a problem to PETSc's matrices, and what solves with them.

Read in this order: :mod:`assembly` (residual and Jacobian of all blocks), :mod:`bordered` (unknowns
and equations beside the sparse matrix), :mod:`constraint` (functional rows inside PETSc's solves),
:mod:`direct` (what Newton asks of a linear solver, and MUMPS), :mod:`block_jacobian`,
:mod:`elimination` and :mod:`reduced` (without the velocity's potential), :mod:`block_sweep`,
:mod:`interpolation` and :mod:`multigrid`, :mod:`options` and :mod:`permitted` (PETSc options),
:mod:`selection` (which solver a problem gets).
"""
