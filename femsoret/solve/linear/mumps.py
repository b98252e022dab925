"""Factorisations by MUMPS: more workspace where its estimate was too small, and causes of failures.

INFOG, ICNTL and CNTL are the arrays of the MUMPS users' guide.
"""

from __future__ import annotations

from petsc4py import PETSc

from femsoret.base.errors import OutOfMemory
from femsoret.base.log import get_logger
from femsoret.base.memory import MEMORY_HINT, memory_clause

log = get_logger(__name__)

WORKSPACE = frozenset({-8, -9, -11, -12, -14, -15, -17, -20})
"""Values of INFOG(1) if the workspace that MUMPS had estimated was too small."""
UNGRANTED = frozenset({-5, -7, -13, -22})
"""Values of INFOG(1) if the operating system refused to allocate memory."""
CAPPED = -19
"""Value of INFOG(1) if MUMPS needs more memory than ICNTL(23) allows."""

ROOMS = (200, 500, 1200)
"""Workspace to try in turn where it was too small, in % above MUMPS's estimate (ICNTL(14)): pivots
that are delayed to a later front enlarge it, and the estimate does not know of them."""


def factorise(factor: PETSc.PC) -> int:
    """Factorise the matrix of a preconditioner; collective.

    Where MUMPS's workspace was too small, the factorisation is repeated with more, which later
    factorisations keep; not where ICNTL(23) limits the memory.

    Args:
        factor: The preconditioner, with its operators set.

    Returns:
        PETSc's reason for a failure, 0 without one.
    """
    factor.setUp()
    for room in ROOMS:
        if not _needs_room(factor):
            break
        if room <= factor.getFactorMatrix().getMumpsIcntl(14):
            continue
        log.debug("MUMPS's workspace was too small: trying %d %% above its estimate", room)
        # PETSc takes no factorisation by MUMPS again after one that failed, and a new one reads
        # its options from the database.
        PETSc.Options()[f"{factor.getOptionsPrefix() or ''}mat_mumps_icntl_14"] = room
        operators = factor.getOperators()
        factor.reset()
        factor.setOperators(*operators)
        factor.setUp()
    return int(factor.getFailedReason())


def _by_mumps(factor: PETSc.PC) -> bool:
    """Return whether a preconditioner is a factorisation by MUMPS."""
    if factor.getType() != PETSc.PC.Type.LU:
        return False
    return bool(factor.getFactorMatrix().getType() == PETSc.Mat.SolverType.MUMPS)


def _needs_room(factor: PETSc.PC) -> bool:
    """Return whether a factorisation failed because MUMPS's estimate was too small."""
    if not factor.getFailedReason() or not _by_mumps(factor):
        return False
    matrix = factor.getFactorMatrix()
    return matrix.getMumpsInfog(1) in WORKSPACE and not matrix.getMumpsIcntl(23)


def mumps_failure(factor: PETSc.PC) -> str:
    """Return the MUMPS error code as a clause; empty if the preconditioner is not LU.

    Args:
        factor: The factorisation, after it was attempted.
    """
    if factor.getType() != PETSc.PC.Type.LU:
        return ""
    # INFOG(1) < 0: -10 singular; see also mumps_shortage.
    return f", MUMPS INFOG(1) = {factor.getFactorMatrix().getMumpsInfog(1)}"


def mumps_shortage(factor: PETSc.PC) -> OutOfMemory | None:
    """Return the error to raise if MUMPS ran out of memory, else None.

    Args:
        factor: The factorisation, after it was attempted.
    """
    if not factor.getFailedReason() or not _by_mumps(factor):
        return None
    matrix = factor.getFactorMatrix()
    code, room, cap = (matrix.getMumpsInfog(1), matrix.getMumpsIcntl(14), matrix.getMumpsIcntl(23))
    # INFOG(17) is what the analysis estimates for all ranks together.
    needs = f"MUMPS estimates a total of {matrix.getMumpsInfog(17)} MB (INFOG(1) = {code})"
    if code in WORKSPACE:
        limit = f", and raise or remove mat_mumps_icntl_23 (now {cap} MB per rank)" if cap else ""
        return OutOfMemory(
            f"the workspace for a factorisation was too small; {needs}",
            f"raise solver.petsc.mat_mumps_icntl_14 (now {room} % above the estimate){limit}",
        )
    if code == CAPPED:
        return OutOfMemory(
            f"a factorisation needs more than the {cap} MB per rank that "
            f"solver.petsc.mat_mumps_icntl_23 allows; {needs}",
            "raise this option, or remove it to let MUMPS use as much memory as it needs",
        )
    if code in UNGRANTED:
        there = memory_clause(factor.comm.tompi4py())
        return OutOfMemory(f"out of memory during a factorisation; {needs}{there}", MEMORY_HINT)
    return None
