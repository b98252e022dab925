"""Linear stability of a steady state: growth rates, frequencies and modes, by SLEPc.

With M dx/dt + F(x) = 0 a perturbation z exp(lambda t) of a steady state obeys

    J z + lambda M z = 0

with the Jacobian J of the residual and the mass matrix M of time steps. A positive growth rate
Re(lambda) makes the state unstable; the frequency Im(lambda) distinguishes oscillatory from
stationary modes.

Krylov-Schur iterations (G. W. Stewart, SIAM J. Matrix Anal. Appl. 23 (2001) 601) on a
shift-inverted operator find the eigenvalues nearest to a shift s. Slow diffusion of composition
makes many real eigenvalues just left of zero, so that a single shift would need many vectors to
find everything that grows. Shifts on the real and on the imaginary axis, a decade apart, are nearer
to growing or oscillating modes than to these. No finite number of shifts proves that nothing grows;
a count of growing eigenvalues does (:mod:`femsoret.solve.spectrum.counting`).
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
from femsoret.solve.linear.assembly import BlockSystem
from femsoret.solve.linear.options import AUTOMATIC, DIRECT, REDUCED
from femsoret.solve.linear.selection import preset_for
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
from femsoret.solve.spectrum.shift_invert import RealShift, ShiftInvert, complex_shift, operator_of
from femsoret.solve.steady.newton import Newton, NewtonOptions
from femsoret.solve.steady.stages import buoyancy_frequency

if TYPE_CHECKING:
    from slepc4py import SLEPc

DECADE = 10.0
"""Ratio of one default shift to the next."""

ASIDE = 0.1
"""Relative distance of shifts from the imaginary axis, so that no neutral mode hits one."""

WAVES = 2.0
"""Frequency of the fastest waves that are sought, over those of buoyancy and turnover."""

FAR = 30.0
"""Modulus up to which eigenvalues are counted where no bound is known, over the largest shift."""

AGAIN = 4
"""Most points of a kind near which modes are sought that were counted but not found."""

THOROUGH = 12
"""Fewest eigenvalues that are sought near such a point."""

TRUSTED = 1e-5
"""Largest residual of a mode that is reported, of the pencil or of the shift-inverted operator.

In a strongly stratified liquid J z is a small difference of buoyancy and pressure. Its round-off
may make the residual of the pencil larger although the eigenvalue is right."""

SAME = 1e-6
"""Two eigenvalues found from two shifts are the same where their difference is below this times
their distances from the shifts."""


def growth_rates(
    problem: Problem,
    *,
    shifts: Sequence[complex] | None = None,
    options: SpectrumOptions | None = None,
    newton: Newton | None = None,
    callback: ModesCallback | None = None,
) -> Spectrum:
    """Return the eigenvalues of a steady state nearest to given shifts; collective.

    State and parameters stay as they are. The mean composition of a closed cell is conserved, so
    no mode changes it.

    Args:
        problem: A problem whose state is steady.
        shifts: Numbers near which eigenvalues are sought, 1 over the problem's unit of time.
            Complex shifts, near oscillatory modes, factorise a matrix of twice the size. None takes
            :func:`default_shifts`, which is thorough. To follow a mode along a parameter, give its
            last eigenvalue, moved a little.
        options: How many eigenvalues are sought, and their tolerance.
        newton: Solver of this problem, whose linear solver real shifts use; None makes one.
        callback: Called after each shift.

    Raises:
        CaseError: A stabilisation leaves out the rate of change.
        NotConverged: No eigenvalue converged, or a matrix could not be factorised.
        MissingDependency: slepc4py cannot be imported.
    """
    problem.equations.check_rates()
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
                found, report = _around(solver, x, shift, options)
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
                "allow more restarts, ask for fewer eigenvalues, or give a shift nearer to them",
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
) -> Spectrum:
    """Return the leading eigenvalues of a steady state, and count those that grow; collective.

    Modes are sought from the default shifts. Where fewer growing modes are found than counted, more
    are sought where the count shows them.

    Args:
        problem: A problem whose state is steady.
        reach: Modulus up to which eigenvalues are counted; None takes FAR times the largest shift.
        extra_shifts: Shifts beside modes that are known nearby. A neutral mode has to be found:
            otherwise the count fails.
        options: How many eigenvalues are sought around each shift, and their tolerance.
        callback: Called after each shift of the first search.

    Raises:
        NotConverged: No eigenvalue converged.
        MissingDependency: slepc4py cannot be imported.
    """
    shifts = (*default_shifts(problem), *extra_shifts)
    with Newton(problem, _options(problem)) as newton:
        found = growth_rates(
            problem, shifts=shifts, options=options, newton=newton, callback=callback
        )
        found, count = _with_count(newton, found, reach)
        options = options or SpectrumOptions()
        thorough = replace(options, number=max(options.number, THOROUGH))
        for shift in _where_counted(count) if count else ():
            if not found.missing:
                break
            try:
                more = growth_rates(problem, shifts=(shift,), options=thorough, newton=newton)
            except NotConverged:
                continue
            found = _together(found, more)
    return found


def _where_counted(count: Count) -> list[complex]:
    """Return shifts for modes that were counted but not found.

    Slow growth makes the steps along the axis short; fast growth may be anywhere inside.
    """
    near_axis = [complex(ASIDE * abs(point), point.imag) for point in count.narrow[:AGAIN]]
    inside = [complex(1.0, 1.0) * count.reach / 4.0**n for n in range(1, AGAIN + 1)]
    return near_axis + inside


def _with_count(
    newton: Newton, found: Spectrum, reach: float | None
) -> tuple[Spectrum, Count | None]:
    """Return a spectrum with the count of growing eigenvalues, where one can be made."""
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
            count = count_growing(system, x, known, reach=reach, slow=slow)
        except SolveFailure as error:
            why = error.message
        problem.set_state(before)
    x.destroy()
    if own:
        own.destroy()
    return replace(found, count=count, uncounted=why), count


def _together(found: Spectrum, more: Spectrum) -> Spectrum:
    """Return a spectrum with the new modes of another."""
    new = [mode for mode in more.modes if not _found_before(mode, found.modes)]
    modes = sorted((*found.modes, *new), key=lambda mode: mode.growth_rate, reverse=True)
    return replace(found, modes=tuple(modes), shifts=found.shifts + more.shifts)


def _options(problem: Problem) -> NewtonOptions:
    """Return options of a solver for many right-hand sides: a factorisation of the whole, if any.

    Its round-off also lets Krylov's method find both of two equal eigenvalues.
    """
    preset = preset_for(problem, AUTOMATIC)
    return NewtonOptions(preset=DIRECT if preset == REDUCED else preset)


def default_shifts(problem: Problem) -> tuple[complex, ...]:
    """Return shifts a decade apart, from the fastest likely growth downwards; collective.

    The largest is the rate of diffusion of heat or, with flow, twice the buoyancy frequency or
    twice the turnover rate if larger: waves along the walls of a tall cavity have 1.8 times the
    buoyancy frequency. The smallest is the slowest diffusion across the gap. With flow, each decade
    has a real and a complex shift.

    Args:
        problem: A problem whose state is steady.
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
    newton: Newton, x: PETSc.Vec, shift: complex, options: SpectrumOptions
) -> tuple[list[Mode], ShiftReport]:
    """Return the modes nearest to a shift."""
    inverted: ShiftInvert = (
        complex_shift(newton, x, shift) if shift.imag else RealShift(newton, x, shift.real)
    )
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
    """Return SLEPc's solver after its search for the eigenvalues of largest magnitude."""
    try:
        from slepc4py import SLEPc
    except ImportError as error:
        raise MissingDependency(
            "eigenvalues need slepc4py, which cannot be imported",
            "install it with PETSc's own version, e.g. python3-slepc4py-real, or conda's slepc4py",
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
"""Real and imaginary part of a vector."""


def _modes(
    system: BlockSystem, inverted: ShiftInvert, z: Pair, shift: complex
) -> list[tuple[Pair, Mode]]:
    """Return the mode of an eigenvector, or two stationary modes.

    Round-off turns a double real eigenvalue into a complex pair. Then real and imaginary part are
    eigenvectors by themselves, unlike those of an oscillation.
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
    """Return the mode of an eigenvector, given by real and imaginary part.

    With K = J + a M the pair obeys K z + (lambda - a) M z = 0; lambda solves it by least squares.
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
    """Return ||S z - mu z||/(|mu| ||z||), S the shift-inverted operator, mu from the mode's lambda.

    S comes from a factorisation and lambda from the matrices themselves: each checks the other.
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
    """Return the entry of largest modulus of velocity, temperature and compositions."""
    independent = np.zeros(len(entries), dtype=bool)
    for i, name in enumerate(system.problem.layout.names):
        if name not in ALGEBRAIC:
            independent[system.offsets[i] : system.offsets[i + 1]] = True
    candidates = np.where(independent, entries, 0.0)
    here = candidates[np.argmax(np.abs(candidates))] if len(candidates) else 0.0
    return complex(max(system.comm.allgather(complex(here)), key=abs))


def _found_before(mode: Mode, modes: Sequence[Mode]) -> bool:
    """Return whether another shift has found a mode before."""

    def same(other: Mode) -> bool:
        apart = abs(mode.eigenvalue - other.eigenvalue)
        reach = abs(mode.eigenvalue - mode.shift) + abs(other.eigenvalue - other.shift)
        return other.shift != mode.shift and apart <= SAME * reach

    return any(map(same, modes))
