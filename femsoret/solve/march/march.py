"""Time integration by Rosenbrock steps with error control.

The residual and the Jacobian are those of a steady solve. Each step sets up the linear solver once
and uses it for all stages.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from mpi4py import MPI
from petsc4py import PETSc

import numpy as np

from femsoret.base.errors import CaseError, NotConverged
from femsoret.base.log import get_logger
from femsoret.base.ranks import ClosedTogether
from femsoret.problem import Problem
from femsoret.problem.layout import ALGEBRAIC, plain_name
from femsoret.problem.protocol import UNCHANGED, Protocol
from femsoret.solve.linear.options import AUTOMATIC, OptionValue
from femsoret.solve.march.quasi_steady import Held, Unknowns, check_bodies
from femsoret.solve.march.rosenbrock import RODAS4P2, Scheme, StepControl
from femsoret.solve.march.stages import StageSolver
from femsoret.solve.march.tangents import RATES, Tangents
from femsoret.solve.march.throughput import Throughput, WallThroughput
from femsoret.solve.steady.diagnosis import diagnose
from femsoret.solve.steady.newton import NewtonOptions

log = get_logger(__name__)

LOCAL = 0.25
"""Allowed error of a single step, relative to the tolerance, since errors of many steps accumulate.
It is calibrated so that the error of the separation stays within the tolerance at all times
(docs/evidence.md, bench/march.py)."""

MAX_REJECTIONS = 15
"""Maximum number of consecutive rejections of a step."""


@dataclass(frozen=True)
class MarchOptions:
    """Options of the time discretisation and of the linear solver.

    Args:
        tolerance: Target for the error of each field at any time, relative to the largest value of
            the field so far (at least its natural size).
        scheme: The Rosenbrock scheme.
        fixed_step: Constant step length in s, without error control; None uses error control.
        first_step: First step in s, also after a break of the protocol; None uses 1e-6 L^2/alpha.
        largest_step: Maximum step in s.
        control: Step size controller.
        preset: Name of the preset of the linear solver, or "automatic".
        petsc: PETSc options that override those of the preset; the value None removes an option.
    """

    tolerance: float = 1e-3
    scheme: Scheme = RODAS4P2
    fixed_step: float | None = None
    first_step: float | None = None
    largest_step: float = math.inf
    control: StepControl = field(default_factory=StepControl)
    preset: str = AUTOMATIC
    petsc: Mapping[str, OptionValue] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True)
class Clock:
    """Everything except the fields that is needed to resume a march without any difference.

    Args:
        t: Time in s.
        next_step: Length of the next step in s; None at the start and after a break of the
            protocol.
        largest: Block name -> largest entry so far, in natural sizes.
        steps: Number of accepted steps.
        rejections: Number of rejected steps.
        factorisations: Number of Jacobians for which the linear solver was set up.
        linear_iterations: Number of iterations of the linear solver.
        unknowns: Parameter -> value of each unknown without inertia, such as the velocities of free
            bodies.
    """

    t: float = 0.0
    next_step: float | None = None
    largest: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    steps: int = 0
    rejections: int = 0
    factorisations: int = 0
    linear_iterations: int = 0
    unknowns: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, eq=False)
class Step:
    """An accepted time step.

    Args:
        clock: The clock after the step.
        dt: Length of the step in s.
        errors: Block name -> estimated error, relative to the allowed error.
        rejected: Number of rejected attempts before the step.
        rates: Block name -> rms rate of change, relative to the largest value so far, in 1/s.
        throughput: Heat and mass that passed through the walls during the step.
    """

    clock: Clock
    dt: float
    errors: dict[str, float]
    rejected: int
    rates: dict[str, float]
    throughput: WallThroughput


class March(ClosedTogether):
    """Time integration of a problem.

    Call :meth:`close` after use, or use the object as a context manager.

    Args:
        problem: The problem; its state is the initial state, and is updated by each step.
        options: Options of the time discretisation; None uses the defaults.
        protocol: Parameters and wall values that depend on time.
        clock: Clock of an earlier march to resume; None starts at t = 0.
        free: Unknown parameters without inertia, such as :func:`femsoret.solve.free_bodies`; their
            values at the start are those of the parameters, or of the clock.
        tangents: Derivatives of the state by unknowns, which follow each step; None without any.

    Raises:
        CaseError: The problem has rigid bodies, and ``free`` is not given; or tangents are asked
            for with unknowns without inertia, or of a march that is resumed.
    """

    def __init__(
        self,
        problem: Problem,
        options: MarchOptions | None = None,
        protocol: Protocol = UNCHANGED,
        clock: Clock | None = None,
        free: Unknowns | None = None,
        tangents: Tangents | None = None,
    ) -> None:
        check_bodies(problem, stated=free is not None, what="a march")
        if tangents is not None:
            _check_tangents(problem, tangents, protocol, clock, free)
        self.problem = problem
        self.options = options or MarchOptions()
        self.protocol = protocol
        self.clock = clock or Clock()
        self.history: list[str] = []
        self._failure = ""
        self._newton = StageSolver(
            problem,
            NewtonOptions(preset=self.options.preset, petsc=self.options.petsc),
            # Fixed steps have no allowed error.
            error=None if self.options.fixed_step else self._error,
        )
        self.system = self._newton.system
        for name, value in self.clock.unknowns.items():
            problem.parameters[name].value = value
        self._unknowns = (free or Held)(self._newton)
        vectors = [self.system.vector() for _ in range(self.options.scheme.stages)]
        self._stages: Sequence[PETSc.Vec] = vectors
        self._x, self._y, self._b, self._equations, self._sum, self._later, self._earlier = (
            self.system.vector() for _ in range(7)
        )
        self._throughput = Throughput(self.system)
        self._tangents = tangents
        # The tangents that are solved with the stages; others follow accepted steps.
        self._together = tangents if self._newton.solves_several else None
        if tangents is not None:
            precise = self.options.fixed_step is not None
            tangents.begin(self._newton, self.options.scheme, precise=precise)
        if clock is None:
            self._enter_piece()
        else:
            self._set_walls(self.clock.t, self.clock.t)
            self.system.read(self._x)

    # -- use -------------------------------------------------------------------------------------

    def until(self, end: float, stops: Sequence[float] = ()) -> Iterator[Step]:
        """Integrate to a given time, and yield each accepted step; collective.

        Steps end exactly at breaks of the protocol, at stops and at the end. Between steps the
        state may be read but must not be changed; at a break it is the state just before.

        Args:
            end: Final time in s.
            stops: Further times in s at which a step must end.

        Raises:
            NotConverged: Steps became too short; the state is that of the last accepted step.
        """
        breaks = set(self.protocol.breaks)
        marks = sorted(mark for mark in {*breaks, *stops, end} if self.clock.t < mark <= end)
        for mark in marks:
            while self.clock.t < mark:
                yield self._step(mark, anew=mark in breaks)

    def close(self) -> None:
        """Free the PETSc objects; collective."""
        if self._tangents is not None:
            self._tangents.close()
        self._unknowns.close()
        self._newton.close()

    @property
    def comm(self) -> MPI.Comm:
        """Communicator of the problem."""
        return self.system.comm

    # -- steps -----------------------------------------------------------------------------------

    def _enter_piece(self) -> None:
        """Start a piece of the protocol, at whose beginning wall values or gravity may jump."""
        self._set_walls(self.clock.t, self.clock.t)
        self.problem.impose()
        self.system.read(self._x)
        if self._tangents is not None:
            self._tangents.enter_piece(self.clock.t)

    def _set_walls(self, t: float, since: float) -> None:
        if self.protocol:
            self.protocol.apply(self.problem, t, since)
            self.system.reread_walls()

    def _first_step(self) -> float:
        unit = self.problem.orientation.gap / self.problem.scales.unknown["u"]  # L^2/alpha
        return self.options.first_step or 1e-6 * unit

    def _step(self, mark: float, *, anew: bool) -> Step:
        """Attempt steps that do not pass a given time until one is accepted.

        Args:
            mark: Time in s at which the step must end at the latest.
            anew: Whether the protocol has a break at this time.
        """
        if self.clock.next_step is None:
            self._enter_piece()
        options, scheme, clock = self.options, self.options.scheme, self.clock
        h = options.fixed_step or min(clock.next_step or self._first_step(), options.largest_step)
        rejected = 0
        while True:
            dt = _fitted(h, mark - clock.t)
            errors = self._attempt(dt)
            error = max(errors.values())
            if error <= 1.0 or (options.fixed_step and math.isfinite(error)):
                break
            self.system.write(self._x)
            self._unknowns.reject()
            rejected += 1
            ratio = options.control.ratio(error, scheme.embedded_order + 1)
            self.history.append(f"{clock.t:.6g} s: step {dt:.3g} s rejected, error {error:.2g}")
            log.debug(self.history[-1])
            if rejected > MAX_REJECTIONS or options.fixed_step or clock.t + ratio * dt == clock.t:
                raise self._stuck(dt)
            h = ratio * dt
        ratio = options.control.ratio(error, scheme.embedded_order + 1)
        # A step shortened to end at a mark is no measure for the length of the next one.
        following = max(h, ratio * dt) if dt < h else ratio * dt
        passed = self._passed(dt)
        if self._tangents is not None:
            if self._together is None:
                varying = not self.protocol.is_constant(clock.t)
                self._tangents.begin_step(self._x, self._stages, clock.t, dt, varying=varying)
            self._tangents.accept()
        self._unknowns.accept(scheme.m)
        reached = dt == mark - clock.t
        self.clock = Clock(
            t=mark if reached else clock.t + dt,
            next_step=None if reached and anew else following,
            largest=self._largest(self._y),
            steps=clock.steps + 1,
            rejections=clock.rejections + rejected,
            factorisations=clock.factorisations + rejected + 1,
            linear_iterations=clock.linear_iterations + self._linear_iterations(),
            unknowns=self._unknowns.values(),
        )
        self._b.waxpy(-1.0, self._x, self._y)
        rates = {name: value / dt for name, value in self._relative(self._b).items()}
        self.system.write(self._y)
        self.system.read(self._x)  # a restart reads the same, to the last bit
        return Step(self.clock, dt, errors, rejected, rates, passed)

    def _attempt(self, dt: float) -> dict[str, float]:
        """Compute all stages of a step into ``_stages`` and its result into ``_y``.

        Args:
            dt: Length of the step in s.

        Returns:
            Block name -> estimated error relative to the allowed error; infinite if the step
            failed.
        """
        self._failure = ""
        try:
            self._compute_stages(dt)
        except NotConverged as failure:
            self._failure = failure.message
            log.debug("step of %g s at %g s: %s", dt, self.clock.t, failure.message)
            return {"": math.inf}
        return self._errors(self._stages[-1])

    def _compute_stages(self, dt: float) -> None:
        scheme, system, t = self.options.scheme, self.system, self.clock.t
        self._throughput.begin()
        rate = None if self.protocol.is_constant(t) else self._rate(dt)
        if self._together is not None:
            self._together.begin_step(self._x, self._stages, t, dt, varying=rate is not None)
        self._set_walls(t, t)
        self._unknowns.factorise(self._x, 1.0 / (scheme.gamma * dt))
        if rate is not None:
            system.linearise_walls(self._x)
        for i, stage in enumerate(self._stages):
            earlier = list(self._stages[:i])
            also = self._together.sides() if i and self._together is not None else []
            self._x.copy(self._y)
            self._y.maxpy(list(scheme.A[i, :i]), earlier)
            if rate is not None:
                self._set_walls(t + scheme.alpha[i] * dt, t)
            self._unknowns.enter(scheme.A[i, :i])
            system.residual(self._y, self._b, self._equations)
            self._throughput.add(dt * scheme.b[i], self._equations)
            self._b.scale(-1.0)
            if i:
                self._sum.zeroEntries()
                self._sum.maxpy(list(scheme.C[i, :i] / dt), earlier)
                system.mass.multAdd(self._sum, self._b, self._b)
            if rate is not None:
                self._b.axpy(-scheme.gamma_sums[i] * dt, rate)
                system.lift(self._b)
            if also:
                self._newton.solve_stage(self._b, stage, also)
            else:
                self._unknowns.solve(self._y, self._b, stage)
        self._y.axpy(1.0, self._stages[-1])

    def _rate(self, dt: float) -> PETSc.Vec:
        """Return dF/dt at the start of the step, by a central difference.

        Both values are taken from the present piece of the protocol, even next to a break.
        """
        t, reach, scheme = self.clock.t, RATES * dt, self.options.scheme
        for sign, F in zip((1.0, -1.0), (self._later, self._earlier), strict=True):
            self._set_walls(t + sign * reach, t)
            self.system.residual(self._x, F, self._equations)
            weight = dt**2 * float(scheme.b @ scheme.gamma_sums) * sign / (2.0 * reach)
            self._throughput.add(weight, self._equations)
        self._later.axpy(-1.0, self._earlier)
        self._later.scale(0.5 / reach)
        return self._later

    def _linear_iterations(self) -> int:
        """Return the number of iterations of the linear solver since the last call."""
        spent, self._newton.linear_iterations = self._newton.linear_iterations, 0
        return spent

    def _passed(self, dt: float) -> WallThroughput:
        """Return the heat and mass that passed through the walls in a step."""
        self._sum.zeroEntries()
        self._sum.maxpy(list(self.options.scheme.b), list(self._stages))
        self._b.waxpy(-1.0, self._x, self._y)
        return self._throughput.finish(self._x, self._sum, self._b, dt)

    # -- norms -----------------------------------------------------------------------------------

    def _errors(self, change: PETSc.Vec) -> dict[str, float]:
        """Return the size of each time-dependent block, relative to the allowed error of a step."""
        allowed = LOCAL * self.options.tolerance
        return {
            name: error / allowed if math.isfinite(error) else math.inf
            for name, error in self._relative(change).items()
        }

    def _error(self, change: PETSc.Vec) -> float:
        """Return the largest of these sizes."""
        return max(self._errors(change).values())

    def _relative(self, change: PETSc.Vec) -> dict[str, float]:
        """Return the rms of each time-dependent block, relative to its largest entry so far."""
        system, names = self.system, self.problem.layout.names
        squares = np.array(
            [float(np.square(system.owned(change, i)).sum()) for i in range(len(names))]
        )
        counts = np.array(system.sizes, dtype=float)
        system.comm.Allreduce(MPI.IN_PLACE, squares, op=MPI.SUM)
        system.comm.Allreduce(MPI.IN_PLACE, counts, op=MPI.SUM)
        largest = self._largest(self._x)
        return {
            name: float(np.sqrt(squares[i] / counts[i])) / largest[name]
            for i, name in enumerate(names)
            if name not in ALGEBRAIC
        }

    def _largest(self, x: PETSc.Vec) -> dict[str, float]:
        """Return the largest entry so far of each time-dependent block, in natural sizes."""
        maxima = self.system.block_maxima(x)
        return {
            name: max(float(value), self._floor(name), self.clock.largest.get(name, 0.0))
            for name, value in zip(self.problem.layout.names, maxima, strict=True)
            if name not in ALGEBRAIC
        }

    def _floor(self, name: str) -> float:
        """Return the smallest scale for the errors of a block, in natural sizes.

        For the velocity it is D/L, the speed at which advection of the slowest species is as fast
        as its diffusion, or alpha/L in a pure fluid.
        """
        if name != "u":
            return 1.0
        reference = self.problem.mixture.reference
        return min(1.0, reference.slowest / reference.alpha)

    def _stuck(self, dt: float) -> NotConverged:
        diagnosis = diagnose(self.system, self._x, self._stages[-1], self._b)
        self._set_walls(self.clock.t, self.clock.t)
        self.system.write(self._x)
        worst = max(self._relative(self._stages[-1]).items(), key=lambda item: item[1])[0]
        why = self._failure or plain_name(worst)
        return NotConverged(
            f"the march stopped at t = {self.clock.t:.6g} s: a step of {dt:.3g} s still fails "
            f"({why})",
            "increase the tolerance, refine the mesh where the solution breaks down, or check the "
            "protocol at that time",
            self.history,
            diagnosis.record(),
        )


def _check_tangents(
    problem: Problem,
    tangents: Tangents,
    protocol: Protocol,
    clock: Clock | None,
    free: Unknowns | None,
) -> None:
    """Check that tangents belong to a march, and can follow it.

    Raises:
        CaseError: They cannot.
    """
    if tangents.problem is not problem or tangents.setting.protocol != protocol:
        raise CaseError(
            "the tangents are those of another problem or protocol",
            "make them for the problem and the protocol of the march",
        )
    if free not in (None, Held):
        raise CaseError(
            "the tangents of a march with free bodies are not known",
            "hold the bodies by free=Held, or take differences of marches",
        )
    if clock is not None:
        raise CaseError(
            "a march that is resumed does not know its tangents at the start",
            "march from t = 0",
        )


def _fitted(h: float, remaining: float) -> float:
    """Return a step that ends exactly at the next mark or leaves enough time for another step.

    Args:
        h: Proposed step in s.
        remaining: Time in s until the next mark.
    """
    if h >= remaining * (1.0 - 1e-9):
        return remaining
    return 0.5 * remaining if h > 0.5 * remaining else h
