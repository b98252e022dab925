"""Linear stability of a steady state: growth rates, frequencies and modes, by SLEPc.

With M dx/dt + F(x) = 0, a perturbation z exp(lambda t) of a steady state satisfies

    J z + lambda M z = 0

with the Jacobian J of the residual and the mass matrix M. The state is unstable if a growth rate
Re(lambda) is positive; the frequency Im(lambda) distinguishes oscillatory from stationary modes.

Krylov-Schur iterations (G. W. Stewart, SIAM J. Matrix Anal. Appl. 23 (2001) 601) with a
shift-inverted operator find the eigenvalues nearest to a shift s. Slow diffusion of species leads
to many real eigenvalues just left of zero, so that with a single shift many vectors would be needed
to find all growing modes. Shifts along the real axis and near the imaginary axis, a decade apart,
are closer to growing or oscillating modes than to these eigenvalues. No finite number of shifts
proves that there are no growing modes, but a count of growing eigenvalues does
(:mod:`femsoret.solve.spectrum.counting`).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING

from mpi4py import MPI
from petsc4py import PETSc

import numpy as np

from femsoret.base.errors import MissingDependency, NotConverged, SolveFailure
from femsoret.problem import Problem
from femsoret.problem.layout import ALGEBRAIC
from femsoret.solve.branches.bodies import FreeBodies
from femsoret.solve.linear.assembly import BlockSystem
from femsoret.solve.linear.options import AUTOMATIC, DIRECT, REDUCED
from femsoret.solve.linear.selection import preset_for
from femsoret.solve.march.quasi_steady import Held, check_bodies
from femsoret.solve.spectrum.complex_lu import Complexes
from femsoret.solve.spectrum.counting import count_growing, why_not_counted
from femsoret.solve.spectrum.modes import (
    Count,
    Mode,
    ModesCallback,
    ShiftReport,
    Spectrum,
    SpectrumOptions,
)
from femsoret.solve.spectrum.shift_invert import (
    FreeComplexShift,
    FreeShift,
    RealShift,
    ShiftInvert,
    added_by,
    complex_shift,
    operator_of,
)
from femsoret.solve.steady.newton import Newton, NewtonOptions
from femsoret.solve.steady.stages import buoyancy_frequency

if TYPE_CHECKING:
    from slepc4py import SLEPc

DECADE = 10.0
"""Ratio of successive default shifts."""

ASIDE = 0.1
"""Relative distance of complex shifts from the imaginary axis, so that no shift coincides with a
neutral mode."""

WAVES = 2.0
"""Largest default shift, relative to the buoyancy frequency and the turnover rate."""

FAR = 30.0
"""Modulus up to which eigenvalues are counted if no bound is given, relative to the largest
shift."""

AGAIN = 4
"""Maximum number of points of each kind near which modes that were not found are searched for."""

THOROUGH = 12
"""Minimum number of eigenvalues to find near such a point."""

TRUSTED = 1e-5
"""Largest residual, of the pencil or of the shift-inverted operator, for a mode to be reported.

In a strongly stratified liquid J z is a small difference of buoyancy and pressure. Round-off may
then increase the residual of the pencil although the eigenvalue is accurate."""

SAME = 1e-6
"""Eigenvalues found with two shifts are identified if their difference, relative to the sum of
their distances from the shifts, is below this value."""


def growth_rates(
    problem: Problem,
    *,
    shifts: Sequence[complex] | None = None,
    options: SpectrumOptions | None = None,
    newton: Newton | None = None,
    callback: ModesCallback | None = None,
    free: FreeBodies | type[Held] | None = None,
) -> Spectrum:
    """Return the eigenvalues of a steady state nearest to given shifts; collective.

    State and parameters are left unchanged. The mean composition of a closed cell is conserved, so
    it is zero in all modes.

    Args:
        problem: A problem whose state is steady.
        shifts: Points near which eigenvalues are searched for, in reciprocals of the problem's unit
            of time. Complex shifts, for oscillatory modes, cost more than real ones. None uses
            :func:`default_shifts`, which covers all time scales. To follow a mode along a
            parameter, give its last eigenvalue, slightly changed.
        options: Number of eigenvalues and tolerance; None uses the defaults.
        newton: Newton's method for this problem, whose linear solver is used for real shifts; None
            creates one.
        callback: Called with the modes found so far after each shift.
        free: Where the problem has rigid bodies: :func:`femsoret.solve.free_bodies`, or ``Held`` if
            they keep their velocities. Bodies have no inertia.

    Returns:
        The modes in descending order of growth rate, without a count.

    Raises:
        CaseError: A stabilisation term omits the time derivative, or the problem has rigid bodies
            and ``free`` is not given.
        NotConverged: No eigenvalue converged, or a matrix could not be factorised.
        MissingDependency: slepc4py cannot be imported.
    """
    problem.equations.check_rates()
    check_bodies(problem, stated=free is not None, what="a spectrum")
    bodies = _with_unknowns(free)
    options = options or SpectrumOptions()
    before = problem.get_state()
    if shifts is None:
        shifts = default_shifts(problem)
    modes: list[Mode] = []
    reports = []
    with Newton(problem, _options(problem)) if newton is None else nullcontext(newton) as solver:
        x = solver.system.vector()
        solver.system.read(x)
        try:
            for shift in map(complex, shifts):
                found, report = _around(solver, x, shift, options, bodies)
                modes += [mode for mode in found if not _found_before(mode, modes)]
                reports.append(report)
                if callback:
                    callback(modes)
        finally:
            problem.set_state(before)
        if not modes:
            raise NotConverged(
                "no eigenvalue converged near "
                + ", ".join(f"{report.shift:.4g}" for report in reports),
                "allow more restarts, request fewer eigenvalues, or choose other shifts",
                solver.history,
            )
    modes.sort(key=lambda mode: mode.growth_rate, reverse=True)
    return Spectrum(tuple(modes), tuple(reports))


def counted_modes(
    problem: Problem,
    *,
    reach: float | None = None,
    extra_shifts: Sequence[complex] = (),
    options: SpectrumOptions | None = None,
    callback: ModesCallback | None = None,
    free: FreeBodies | type[Held] | None = None,
) -> Spectrum:
    """Return the leading eigenvalues of a steady state and count the growing ones; collective.

    Modes are searched for with the default shifts. If fewer growing modes are found than counted,
    the search continues near points that the count indicates.

    Args:
        problem: A problem whose state is steady.
        reach: Modulus up to which eigenvalues are counted, in reciprocals of the problem's unit of
            time; None uses FAR times the largest shift.
        extra_shifts: Additional shifts, e.g. close to modes of a similar state. The count fails if
            there is a neutral mode that has not been found.
        options: Number of eigenvalues near each shift and tolerance; None uses the defaults.
        callback: Called with the modes found so far after each shift of the first search.
        free: As in :func:`growth_rates`.

    Returns:
        The modes in descending order of growth rate, with the count or the reason why there is
        none.

    Raises:
        CaseError: A stabilisation term omits the time derivative, or the problem has rigid bodies
            and ``free`` is not given.
        NotConverged: No eigenvalue converged, or a matrix could not be factorised.
        MissingDependency: slepc4py cannot be imported.
    """
    shifts = (*default_shifts(problem), *extra_shifts)
    with Newton(problem, _options(problem)) as newton:
        found = growth_rates(
            problem, shifts=shifts, options=options, newton=newton, callback=callback, free=free
        )
        found, count = _with_count(newton, found, reach, _with_unknowns(free))
        options = options or SpectrumOptions()
        thorough = replace(options, number=max(options.number, THOROUGH))
        for shift in _where_counted(count) if count else ():
            if not found.missing:
                break
            try:
                more = growth_rates(
                    problem, shifts=(shift,), options=thorough, newton=newton, free=free
                )
            except NotConverged:
                continue
            found = _together(found, more)
    return found


def _with_unknowns(free: FreeBodies | type[Held] | None) -> FreeBodies | None:
    """Return free bodies that add unknowns to the system; None without any."""
    return free if isinstance(free, FreeBodies) and free.unknowns else None


def _where_counted(count: Count) -> list[complex]:
    """Return shifts for the search for modes that were counted but not found.

    Modes that grow slowly are near the points where steps along the imaginary axis were short;
    modes that grow fast may be anywhere in the region.
    """
    near_axis = [complex(ASIDE * abs(point), point.imag) for point in count.narrow[:AGAIN]]
    inside = [complex(1.0, 1.0) * count.reach / 4.0**n for n in range(1, AGAIN + 1)]
    return near_axis + inside


def _with_count(
    newton: Newton, found: Spectrum, reach: float | None, free: FreeBodies | None
) -> tuple[Spectrum, Count | None]:
    """Add the count of growing eigenvalues to a spectrum, or the reason why there is none."""
    problem = newton.problem
    # The count needs one matrix, which iterative solvers of Newton's steps do not have.
    own = BlockSystem(problem) if newton.system.nested else None
    system = own or newton.system
    x = system.vector()
    before = problem.get_state()
    why, count = why_not_counted(system), None
    if not why:
        system.read(x)
        known = [z for mode in found.modes for z in mode.eigenvalues]
        slow = min(abs(report.shift) for report in found.shifts)
        reach = reach or FAR * found.highest
        try:
            added = None if free is None else added_by(free, newton, x)
            count = count_growing(system, x, known, reach=reach, slow=slow, added=added)
        except SolveFailure as error:
            why = error.message
        problem.set_state(before)
    x.destroy()
    if own:
        own.destroy()
    return replace(found, count=count, uncounted=why), count


def _together(found: Spectrum, more: Spectrum) -> Spectrum:
    """Return a spectrum with the additional modes and shifts of another one."""
    new = [mode for mode in more.modes if not _found_before(mode, found.modes)]
    modes = sorted((*found.modes, *new), key=lambda mode: mode.growth_rate, reverse=True)
    return replace(found, modes=tuple(modes), shifts=found.shifts + more.shifts)


def _options(problem: Problem) -> NewtonOptions:
    """Return Newton options for many right-hand sides: "direct" instead of "reduced".

    The round-off of a factorisation also lets the Krylov method find both of two equal eigenvalues.
    """
    preset = preset_for(problem, AUTOMATIC)
    return NewtonOptions(preset=DIRECT if preset == REDUCED else preset)


def default_shifts(problem: Problem) -> tuple[complex, ...]:
    """Return shifts a decade apart that cover the time scales of a problem; collective.

    The largest modulus is the rate of heat diffusion alpha/L^2 or, with flow, twice the buoyancy
    frequency or twice the turnover rate if these are larger (waves along the walls of a tall cavity
    have 1.8 times the buoyancy frequency). The smallest is the rate of the slowest diffusion across
    the gap. With flow, each decade has a real and a complex shift.

    Args:
        problem: A problem whose state is steady.

    Returns:
        Shifts in reciprocals of the problem's unit of time, the largest first.
    """
    reference, L = problem.mixture.reference, problem.orientation.gap
    unit = problem.scales.unknown["u"] / L  # alpha/L^2
    diffusivities = [reference.alpha, *map(float, reference.diffusivities)]
    fast = unit
    if problem.layout.flows:
        diffusivities.append(reference.nu)
        speed = float(np.abs(problem.function("u").x.array).max(initial=0.0))
        turnover = problem.cell.comm.allreduce(speed, op=MPI.MAX) / L
        fast = max(unit, WAVES * buoyancy_frequency(problem), WAVES * turnover)
    slow = min(fast, math.pi**2 * min(diffusivities) / L**2)
    number = 1 + math.ceil(math.log(fast / slow, DECADE))
    directions: tuple[complex, ...] = (1.0,)
    if problem.layout.flows:
        directions = (1.0, complex(ASIDE, 1.0))
    return tuple(direction * (fast / DECADE**k) for k in range(number) for direction in directions)


# -- one shift -----------------------------------------------------------------------------------


def _around(
    newton: Newton,
    x: PETSc.Vec,
    shift: complex,
    options: SpectrumOptions,
    free: FreeBodies | None,
) -> tuple[list[Mode], ShiftReport]:
    """Return the modes nearest to a shift, and the report of the search."""
    inverted: ShiftInvert
    if free and shift.imag:
        inverted = FreeComplexShift(newton, x, shift, free)
    elif free:
        inverted = FreeShift(newton, x, shift.real, free)
    elif shift.imag:
        inverted = complex_shift(newton, x, shift)
    else:
        inverted = RealShift(newton, x, shift.real)
    operator = operator_of(newton.system, inverted)
    eps = _krylov_schur(operator, inverted, options)
    z = (newton.system.vector(), newton.system.vector())
    converged, modes = eps.getConverged(), []
    for i in range(converged):
        if eps.getEigenpair(i, *z).imag >= 0.0:
            for pair, mode in _modes(newton.system, inverted, z, shift):
                if mode.residual > TRUSTED:
                    mode = replace(mode, residual=_inverted_residual(operator, pair, mode, shift))
                if mode.residual <= TRUSTED:
                    modes.append(mode)
                for part in pair if pair is not z else ():
                    part.destroy()
    restarts = eps.getIterationNumber()
    report = ShiftReport(shift, converged, restarts, converged >= options.number)
    listed = ", ".join(f"{mode.eigenvalue:.4g}" for mode in modes)
    newton.note(f"{converged} eigenvalues near {shift:.4g}: {listed}")
    for petsc_object in (eps, operator, *z):
        petsc_object.destroy()
    inverted.close()
    return modes, report


def _krylov_schur(
    operator: PETSc.Mat, inverted: ShiftInvert, options: SpectrumOptions
) -> SLEPc.EPS:
    """Compute the eigenvalues of largest magnitude, and return the SLEPc solver."""
    try:
        from slepc4py import SLEPc
    except ImportError as error:
        raise MissingDependency(
            "eigenvalues need slepc4py, which cannot be imported",
            "install the version that fits PETSc, e.g. python3-slepc4py-real, or conda's slepc4py",
        ) from error
    eps = SLEPc.EPS().create(operator.comm)
    eps.setOperators(operator)
    eps.setProblemType(SLEPc.EPS.ProblemType.NHEP)
    eps.setType(SLEPc.EPS.Type.KRYLOVSCHUR)
    eps.setWhichEigenpairs(SLEPc.EPS.Which.LARGEST_MAGNITUDE)
    size = operator.getSize()[0]
    number = min(options.number, size)
    eps.setDimensions(number, min(size, options.subspace or max(4 * number, number + 24)))
    eps.setTolerances(options.tolerance, options.max_restarts)
    # Two applications remove the modes of infinite eigenvalues: the Jordan chains of incompressible
    # flow have the length two (K. A. Cliffe, T. J. Garratt, A. Spence, SIAM J. Matrix Anal. Appl.
    # 15 (1994) 1310).
    start, once = operator.createVecs()
    start.setRandom()
    inverted.mult(operator, start, once)
    inverted.mult(operator, once, start)
    eps.setInitialSpace([start])
    eps.solve()
    return eps


Pair = tuple[PETSc.Vec, PETSc.Vec]
"""Real and imaginary part of a complex vector."""


def _modes(
    system: BlockSystem, inverted: ShiftInvert, z: Pair, shift: complex
) -> list[tuple[Pair, Mode]]:
    """Return the mode of an eigenvector, or two stationary modes.

    Round-off can turn a double real eigenvalue into a complex pair. In this case the real and the
    imaginary part are eigenvectors themselves, unlike for an oscillatory mode.
    """
    if z[1].norm():
        halves = [(part.copy(), system.vector()) for part in z]
        alone = [(pair, _mode(system, inverted, pair, shift)) for pair in halves]
        if all(mode.residual <= SAME for _, mode in alone):
            return alone
        for part in itertools.chain(*halves):
            part.destroy()
    return [(z, _mode(system, inverted, z, shift))]


def _mode(system: BlockSystem, inverted: ShiftInvert, z: Pair, shift: complex) -> Mode:
    """Return the mode of an eigenvector with real and imaginary part z.

    With K = J + a M, where a is the real part of the shift, lambda is the least-squares solution of
    K z + (lambda - a) M z = 0.
    """
    Kz, Mz = (_applied(A, system, z) for A in (inverted.shifted, system.mass))
    entries = z[0].array_r + 1j * z[1].array_r
    beyond = -_dot(system, Mz, Kz) / _dot(system, Mz, Mz)
    eigenvalue = shift.real + beyond
    rates = abs(eigenvalue) + abs(shift)
    residual = _norm(system, Kz + beyond * Mz) / (rates * _norm(system, Mz))
    if eigenvalue.imag < 0.0:
        eigenvalue, entries = eigenvalue.conjugate(), entries.conj()
    if not z[1].norm():
        eigenvalue = complex(eigenvalue.real)
    entries = entries / _largest(system, entries)
    parts = []
    for vector, values in zip(z, (entries.real, entries.imag), strict=True):
        vector.array_w[:] = values
        parts.append(tuple(system.arrays(vector)))
    return Mode(eigenvalue.real, eigenvalue.imag, residual, shift, *parts)


def _inverted_residual(operator: PETSc.Mat, z: Pair, mode: Mode, shift: complex) -> float:
    """Return ||S z - mu z||/(|mu| ||z||) for the shift-inverted operator S.

    mu is computed from the eigenvalue of the mode. S is computed from a factorisation and the
    eigenvalue from the matrices, so this is a check of both.
    """
    inverted = 0.5 * sum(1.0 / (s - mode.eigenvalue) for s in (shift, shift.conjugate()))
    image = [part.duplicate() for part in z]
    for part, result in zip(z, image, strict=True):
        operator.mult(part, result)
    entries = z[0].array_r + 1j * z[1].array_r
    left = image[0].array_r + 1j * image[1].array_r - inverted * entries
    squares = np.array([np.vdot(values, values).real for values in (left, entries)])
    error, size = operator.comm.tompi4py().allreduce(squares, op=MPI.SUM)
    for result in image:
        result.destroy()
    return math.sqrt(error / size) / abs(inverted)


def _applied(A: PETSc.Mat, system: BlockSystem, z: Pair) -> Complexes:
    """Return the local entries of A z, shape (owned entries,)."""
    y = system.vector()
    parts = []
    for part in z:
        A.mult(part, y)
        parts.append(y.array_r.copy())
    y.destroy()
    return np.asarray(parts[0] + 1j * parts[1])


def _dot(system: BlockSystem, a: Complexes, b: Complexes) -> complex:
    return complex(system.comm.allreduce(complex(np.vdot(a, b)), op=MPI.SUM))


def _norm(system: BlockSystem, a: Complexes) -> float:
    return math.sqrt(_dot(system, a, a).real)


def _largest(system: BlockSystem, entries: Complexes) -> complex:
    """Return the entry of largest modulus among velocity, temperature and compositions."""
    independent = np.zeros(len(entries), dtype=bool)
    for i, name in enumerate(system.problem.layout.names):
        if name not in ALGEBRAIC:
            independent[system.offsets[i] : system.offsets[i + 1]] = True
    candidates = np.where(independent, entries, 0.0)
    here = candidates[np.argmax(np.abs(candidates))] if len(candidates) else 0.0
    return complex(max(system.comm.allgather(complex(here)), key=abs))


def _found_before(mode: Mode, modes: Sequence[Mode]) -> bool:
    """Return whether a mode has already been found with another shift."""

    def same(other: Mode) -> bool:
        apart = abs(mode.eigenvalue - other.eigenvalue)
        reach = abs(mode.eigenvalue - mode.shift) + abs(other.eigenvalue - other.shift)
        return other.shift != mode.shift and apart <= SAME * reach

    return any(map(same, modes))
