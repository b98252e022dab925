"""Linear stability of a steady state: growth rates, frequencies and modes, by SLEPc.

With M dx/dt + F(x) = 0 a perturbation z exp(lambda t) of a steady state obeys

    J z + lambda M z = 0

with the Jacobian J of the residual and the mass matrix M that time steps use. A positive growth
rate Re(lambda) makes the state unstable; the frequency Im(lambda) tells stationary modes from
oscillatory ones.

Krylov-Schur iterations (G. W. Stewart, SIAM J. Matrix Anal. Appl. 23 (2001) 601) on a
shift-inverted operator find what is nearest to a shift s. Composition that diffuses slowly crowds
the axis left of zero with real eigenvalues, so a single shift that finds all that grows would have
to be large, and slow. Shifts on the real and on the imaginary axis, a decade apart, see what grows
or oscillates from nearer than that crowd. No finite number of shifts proves that nothing grows: for
that, those that grow are counted (:mod:`femsoret.solve.spectrum.counting`).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

from mpi4py import MPI
from petsc4py import PETSc

import numpy as np

from femsoret.base.errors import MissingDependency, NotConverged, SolveFailure
from femsoret.problem import Problem
from femsoret.problem.layout import ALGEBRAIC
from femsoret.solve.linear.assembly import BlockSystem
from femsoret.solve.linear.options import AUTOMATIC, DIRECT, REDUCED
from femsoret.solve.linear.selection import preset_for
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

DECADE = 10.0
"""Ratio of one default shift to the next."""

ASIDE = 0.1
"""Real part of the shifts on the imaginary axis, relative: a neutral mode must not hit one."""

WAVES = 2.0
"""Frequency of the fastest waves that are looked for, over those of buoyancy and turnover."""

FAR = 30.0
"""Modulus up to which eigenvalues are counted where no bound is known, over the largest shift."""

AGAIN = 4
"""Most places of a kind near which modes are sought that were counted and not found."""

THOROUGH = 12
"""Fewest eigenvalues that are sought near such a place."""

TRUSTED = 1e-5
"""Largest residual of a mode that is reported; of the pencil, or of the shift-inverted operator.

In a strongly stratified liquid J z is a small difference of large terms, buoyancy and pressure. Its
round-off is more than this where Ra Le psi is 1e9 and the mode is slow, although the eigenvalue is
right to six digits."""

SAME = 1e-6
"""Difference of two eigenvalues found from two shifts, over their distance from these, below which
they are one."""


def growth_rates(
    problem: Problem,
    *,
    shifts: Sequence[complex] | None = None,
    options: SpectrumOptions | None = None,
    newton: Newton | None = None,
    callback: ModesCallback | None = None,
) -> Spectrum:
    """Return the eigenvalues of a steady state nearest to given shifts; collective.

    The state and the parameters stay as they are. The mean of a closed cell's composition is
    conserved, so perturbations of it are not among the modes.

    Args:
        problem: A problem whose state is steady.
        shifts: Numbers in 1 over the problem's unit of time, near which eigenvalues are sought.
            Complex ones, near oscillatory modes, factorise a matrix of twice the size. None takes
            :func:`default_shifts`, which is thorough. To follow a mode, give what it was nearby,
            moved a little.
        options: How many, and how closely.
        newton: Solver of this very problem, whose linear solver real shifts use; None makes one.
        callback: Is told what was found so far, after each shift.

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
                modes += [mode for mode in found if not _known(mode, modes)]
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

    Modes are sought from the default shifts. Where more are counted than were found, they are
    sought where the count shows them.

    Args:
        problem: A problem whose state is steady.
        reach: Modulus up to which eigenvalues are counted; None takes FAR times the largest shift.
        extra_shifts: Shifts beside modes that are known nearby. A neutral mode has to be found:
            otherwise the count fails.
        options: How many around each shift, and how closely.
        callback: Is told what was found so far, after each shift of the first search.

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
    """Return shifts for what was counted and not found.

    What grows slowly makes the steps along the axis short; what does not may be anywhere, and hides
    from shifts beside the axis behind slow modes.
    """
    beside = [complex(ASIDE * abs(place), place.imag) for place in count.narrow[:AGAIN]]
    inside = [complex(1.0, 1.0) * count.reach / 4.0**n for n in range(1, AGAIN + 1)]
    return beside + inside


def _with_count(
    newton: Newton, found: Spectrum, reach: float | None
) -> tuple[Spectrum, Count | None]:
    """Return a spectrum with the count of all that grows, where one can be made."""
    problem = newton.problem
    # One matrix, which an iterative solver of Newton's steps has not.
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
    """Return a spectrum with the modes of another that it has not."""
    new = [mode for mode in more.modes if not _known(mode, found.modes)]
    modes = sorted((*found.modes, *new), key=lambda mode: mode.growth_rate, reverse=True)
    return replace(found, modes=tuple(modes), shifts=found.shifts + more.shifts)


def _options(problem: Problem) -> NewtonOptions:
    """Return the options of a solver for many right-hand sides: a whole factorisation, if any.

    It sees both of two equal eigenvalues, too, since its round-off is no function of the matrix.
    """
    preset = preset_for(problem, AUTOMATIC)
    return NewtonOptions(preset=DIRECT if preset == REDUCED else preset)


def default_shifts(problem: Problem) -> tuple[complex, ...]:
    """Return shifts a decade apart, from the fastest that is likely to grow downwards.

    It begins at the largest of the diffusion of heat and, with flow, twice the buoyancy frequency
    and twice the turnover rate: waves along the walls of a tall cavity run at 1.8 times the former.
    The slowest diffusion across the gap ends the ladder. Each rung is a real shift and, with flow,
    a complex one. Collective.

    Args:
        problem: A problem whose state is steady.
    """
    at, L = problem.mixture.reference, problem.orientation.gap
    unit = problem.scales.unknown["u"] / L  # alpha/L^2
    diffusivities = [at.alpha, *map(float, at.diffusivities)]
    fast = unit
    if problem.layout.flows:
        diffusivities.append(at.nu)
        speed = float(np.abs(problem.function("u").x.array).max(initial=0.0))
        turnover = problem.cell.comm.allreduce(speed, op=MPI.MAX) / L
        fast = max(unit, WAVES * buoyancy_frequency(problem), WAVES * turnover)
    slow = min(fast, math.pi**2 * min(diffusivities) / L**2)
    rungs = 1 + math.ceil(math.log(fast / slow, DECADE))
    ladder = [fast / DECADE**k for k in range(rungs)]
    ways: tuple[complex, ...] = (1.0,) if not problem.layout.flows else (1.0, complex(ASIDE, 1.0))
    return tuple(way * rung for rung in ladder for way in ways)


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
    found, modes = eps.getConverged(), []
    for i in range(found):
        if eps.getEigenpair(i, *z).imag >= 0.0:
            for pair, mode in _modes(newton.system, inverted, z, shift):
                if mode.residual > TRUSTED:
                    mode = replace(mode, residual=_inverted_residual(operator, pair, mode, shift))
                if mode.residual <= TRUSTED:
                    modes.append(mode)
                for part in pair if pair is not z else ():
                    part.destroy()
    report = ShiftReport(shift, found, eps.getIterationNumber(), found >= options.number)
    listed = ", ".join(f"{mode.eigenvalue:.4g}" for mode in modes)
    newton.note(f"{found} eigenvalues near {shift:.4g}: {listed}")
    for thing in (eps, operator, *z):
        thing.destroy()
    inverted.close()
    return modes, report


def _krylov_schur(operator: PETSc.Mat, inverted: ShiftInvert, options: SpectrumOptions) -> Any:
    """Return a solver that has sought the eigenvalues of largest magnitude."""
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
    # Applied twice, the operator leaves nothing of what the infinite eigenvalues belong to: the
    # Jordan chains of incompressible flow are two long (K. A. Cliffe, T. J. Garratt, A. Spence,
    # SIAM J. Matrix Anal. Appl. 15 (1994) 1310).
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
    """Return the mode of an eigenvector, or the two stationary ones that it stands for.

    Round-off makes a pair of complex eigenvalues of a double real one. Then both parts of the
    vector are eigenvectors by themselves, which those of an oscillation are not.
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

    With K = J + a M the pair obeys K z + (lambda - a) M z = 0; lambda is that of least squares.
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

    S rests on a factorisation and lambda on the matrices themselves, so that each checks the other.
    """
    inverted = 0.5 * sum(1.0 / (s - mode.eigenvalue) for s in (shift, shift.conjugate()))
    image = [part.duplicate() for part in z]
    for part, there in zip(z, image, strict=True):
        operator.mult(part, there)
    entries = z[0].array_r + 1j * z[1].array_r
    left = image[0].array_r + 1j * image[1].array_r - inverted * entries
    squares = np.array([np.vdot(values, values).real for values in (left, entries)])
    error, size = operator.comm.tompi4py().allreduce(squares, op=MPI.SUM)
    for there in image:
        there.destroy()
    return math.sqrt(error / size) / abs(inverted)


def _applied(A: PETSc.Mat, system: BlockSystem, z: Pair) -> Any:
    """Return the local entries of A z, complex."""
    y = system.vector()
    parts = []
    for part in z:
        A.mult(part, y)
        parts.append(y.array_r.copy())
    y.destroy()
    return parts[0] + 1j * parts[1]


def _dot(system: BlockSystem, a: Any, b: Any) -> complex:
    return complex(system.comm.allreduce(complex(np.vdot(a, b)), op=MPI.SUM))


def _norm(system: BlockSystem, a: Any) -> float:
    return math.sqrt(_dot(system, a, a).real)


def _largest(system: BlockSystem, entries: Any) -> complex:
    """Return the entry of largest modulus of velocity, temperature and compositions."""
    independent = np.zeros(len(entries), dtype=bool)
    for i, name in enumerate(system.problem.layout.names):
        if name not in ALGEBRAIC:
            independent[system.offsets[i] : system.offsets[i + 1]] = True
    candidates = np.where(independent, entries, 0.0)
    here = candidates[np.argmax(np.abs(candidates))] if len(candidates) else 0.0
    return complex(max(system.comm.allgather(complex(here)), key=abs))


def _known(mode: Mode, modes: Sequence[Mode]) -> bool:
    """Whether another shift has found a mode before."""

    def same(other: Mode) -> bool:
        apart = abs(mode.eigenvalue - other.eigenvalue)
        reach = abs(mode.eigenvalue - mode.shift) + abs(other.eigenvalue - other.shift)
        return other.shift != mode.shift and apart <= SAME * reach

    return any(map(same, modes))
