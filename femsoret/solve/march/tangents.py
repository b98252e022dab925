r"""Tangents of a march: the derivatives of its state by unknowns.

They are exact derivatives of the discrete steps, whose lengths are held. With the notation of
:mod:`femsoret.solve.march.rosenbrock`, the matrix A = M/(gamma h) + J, the stages u_i, the states
Y_i and times t_i of the stages and w_i = u_i/(gamma h) - sum_j (c_ij/h) u_j, a prime for the
derivative by an unknown s and N', J', M' for the derivatives of N, J and M by s and along y', a
step solves

    A u_i' = -N'(Y_i, t_i) - J'(y_n, t_n) u_i - M' w_i + M sum_j (c_ij/h) u_j' - gamma_i h N_t',

with the factorisation of A that the step has, and y_{n+1}' = y_n' + sum_i m_i u_i'. The derivatives
by the state are compiled forms (:mod:`femsoret.problem.directional`). Settings of the problem on
either side of the value of an unknown give the derivatives of parameters and prescribed values by
it (:mod:`femsoret.problem.variation`).

A factorisation solves for two right-hand sides in hardly more time than for one, most of which goes
into reading its factors. The tangents of a stage are therefore solved with the next stage of the
march, and those of the last one when the step is accepted. Iterative solvers gain nothing by that:
their tangents follow accepted steps only.
"""

from __future__ import annotations

from collections.abc import Sequence

from petsc4py import PETSc

import numpy as np

from femsoret.base.errors import CaseError
from femsoret.base.types import Array
from femsoret.problem import Problem
from femsoret.problem.directional import Directional
from femsoret.problem.variation import Setting, Variation
from femsoret.solve.march.rosenbrock import Scheme
from femsoret.solve.march.stages import StageSolver

RATES = 1e-3
"""Part of a step over which the time derivative of the equations is a central difference."""


class Tangents:
    """Derivatives of the state of a march by unknowns.

    Args:
        problem: The problem that is marched.
        setting: Its setting, whose protocol is that of the march.
        variations: One variation for each unknown.
        initial: For each unknown the derivative of the initial state: one array for each block, in
            the problem's units per unit of the unknown, ghosts included; None if the initial state
            does not depend on the unknowns. On walls with prescribed values, those of the setting
            take its place.
        forms: Derivatives of the equations from an earlier march of the same problem, which take
            a while to make; None makes them.

    Raises:
        CaseError: The forms are those of another problem, or hold a parameter that varies.
    """

    def __init__(
        self,
        problem: Problem,
        setting: Setting,
        variations: Sequence[Variation],
        initial: Sequence[Sequence[Array]] | None = None,
        forms: Directional | None = None,
    ) -> None:
        self.problem, self.setting = problem, setting
        self.variations = tuple(variations)
        self._initial = initial
        names = frozenset[str]().union(*(v.parameters for v in self.variations))
        self._forms = Directional(problem, names) if forms is None else forms
        if self._forms.problem is not problem or not names <= set(self._forms.names):
            raise CaseError(
                "the derivatives of the equations are those of another problem, or of other "
                f"parameters than {', '.join(sorted(names))}",
                "make them for this problem and all parameters that vary",
            )
        self._solver: StageSolver | None = None

    # -- use -------------------------------------------------------------------------------------

    def arrays(self, unknown: int) -> list[Array]:
        """Return the tangent of the state by an unknown, after a step of the march; collective.

        Args:
            unknown: Number of the unknown.

        Returns:
            One array for each block, in the problem's units per unit of the unknown, shape (local
            dofs,) including ghosts.
        """
        return self._system.arrays(self._dx[unknown])

    # -- called by the march ---------------------------------------------------------------------

    def begin(self, solver: StageSolver, scheme: Scheme, *, precise: bool) -> None:
        """Prepare for a march; collective.

        Args:
            solver: Linear solver of its stages.
            scheme: Its scheme.
            precise: Whether stages are solved to the relative residual of other linear systems,
                rather than as the allowed error of steps deserves.

        Raises:
            CaseError: The tangents belong to another march already.
        """
        if self._solver is not None:
            raise CaseError(
                "these tangents belong to a march already", "make new tangents for each march"
            )
        self._solver, self._system, self._scheme = solver, solver.system, scheme
        self._precise = precise
        vector, number = self._system.vector, len(self.variations)
        self._dx = [vector() for _ in range(number)]
        self._du = [[vector() for _ in range(scheme.stages)] for _ in range(number)]
        self._dN_t = [vector() for _ in range(number)]
        self._dy, self._F, self._sum, self._y = (vector() for _ in range(4))
        if self._initial is not None:
            for x, arrays in zip(self._dx, self._initial, strict=True):
                for i, values in enumerate(arrays):
                    size = self._system.sizes[i]
                    self._system.local(x, i)[:] = values[:size] / self._system.unknown_size(i)

    def enter_piece(self, t: float) -> None:
        """Give nodes on walls the derivatives of their prescribed values; collective.

        Args:
            t: Time at which a piece of the protocol begins, s.
        """
        system = self._system
        for k, x in enumerate(self._dx):
            _, walls = self._rates(k, t, t)
            for i, dofs in enumerate(system.fixed):
                system.local(x, i)[dofs] = walls[i] / system.unknown_size(i)[dofs]
        self.setting.apply(self.problem, t, t)

    def begin_step(
        self, x: PETSc.Vec, stages: Sequence[PETSc.Vec], t: float, dt: float, *, varying: bool
    ) -> None:
        """Begin to follow an attempt of a step; collective.

        The state of the problem is overwritten. Its parameters and prescribed values are those of
        the start of the step.

        Args:
            x: The state at the start of the step, in natural sizes.
            stages: The stages of the step, which the march computes.
            t: Time at its start, s.
            dt: Its length, s.
            varying: Whether conditions change within the step.
        """
        self._x, self._stages, self._t, self._dt, self._varying = x, stages, t, dt, varying
        self._solved = 0
        self._at_start = [self._rates(k, t, t) for k in range(len(self._dx))]
        self.setting.apply(self.problem, t, t)
        if varying:
            self._differentiate_rates(x, t, dt)
            self.setting.apply(self.problem, t, t)

    def sides(self) -> list[PETSc.Vec]:
        """Return the right-hand sides of the next stage, which the march has solved; collective.

        The caller overwrites them with the solutions. The state of the problem is overwritten. Its
        parameters and prescribed values are those of this stage.
        """
        system, scheme, forms, i = self._system, self._scheme, self._forms, self._solved
        x, stages, t, dt = self._x, self._stages, self._t, self._dt
        self._solved += 1
        if self._varying:
            self.setting.apply(self.problem, t, t)
        self._compute_curvatures(i)
        at = self._at_start
        if self._varying:
            now = t + scheme.alpha[i] * dt
            at = [self._rates(k, now, t) for k in range(len(self._dx))]
            self.setting.apply(self.problem, now, t)
        x.copy(self._y)
        self._y.maxpy(list(scheme.A[i, :i]), list(stages[:i]))
        system.write(self._y)
        for k, (rates, walls) in enumerate(at):
            b, earlier = self._du[k][i], self._du[k][:i]
            self._dx[k].copy(self._dy)
            self._dy.maxpy(list(scheme.A[i, :i]), earlier)
            system.write(self._dy, forms.along)
            forms.set_rates(rates)
            system.join_forms(forms.first, b, add=True)
            self._replace_rows(b, self._dy, walls)
            b.scale(-1.0)
            if i:
                self._sum.zeroEntries()
                self._sum.maxpy(list(scheme.C[i, :i] / dt), earlier)
                system.mass.multAdd(self._sum, b, b)
            if self._varying:
                b.axpy(-scheme.gamma_sums[i] * dt, self._dN_t[k])
                system.lift(b)
        return [of[i] for of in self._du]

    def accept(self) -> None:
        """Take the step that was followed, after the march has accepted it; collective.

        The state of the problem is overwritten. Its parameters and prescribed values are those of
        the last stage afterwards, as before.

        Raises:
            NotConverged: The linear solver failed.
        """
        assert self._solver is not None
        while self._solved < self._scheme.stages:
            self._solver.solve_tangents(self.sides(), precise=self._precise)
        for k, tangent in enumerate(self._dx):
            tangent.maxpy(list(self._scheme.m), self._du[k])

    def close(self) -> None:
        """Free the PETSc objects; collective."""
        if self._solver is None:
            return
        vectors = [*self._dx, *self._dN_t, self._dy, self._F, self._sum, self._y]
        for vector in (*vectors, *(u for stages in self._du for u in stages)):
            vector.destroy()

    # -- parts -----------------------------------------------------------------------------------

    def _rates(self, k: int, t: float, since: float) -> tuple[dict[str, float], list[Array]]:
        """Return the derivatives of parameters and prescribed values by an unknown at a time.

        The problem has another setting afterwards.

        Args:
            k: Number of the unknown.
            t: Time, s.
            since: Start of the step that contains it, s.

        Returns:
            Name of a parameter -> derivative, and one array for each block, shape (owned dofs with
            conditions,).
        """
        variation, problem, found = self.variations[k], self.problem, []
        names = self._forms.names
        for setting in (variation.lower, variation.upper):
            setting.apply(problem, t, since)
            numbers = np.array(
                [float(problem.parameters[name].value) for name in self._forms.names]
            )
            walls = self._system.wall_values() if variation.moves_walls else []
            found.append((numbers, walls))
        (less, below), (more, above) = found
        rates = dict(zip(names, (more - less) / variation.between, strict=True))
        if not variation.moves_walls:
            return rates, [np.zeros(len(dofs)) for dofs in self._system.fixed]
        return rates, [
            np.asarray((b - a) / variation.between) for a, b in zip(below, above, strict=True)
        ]

    def _replace_rows(self, F: PETSc.Vec, dx: PETSc.Vec, walls: Sequence[Array]) -> None:
        """Put the derivatives of Dirichlet and functional rows in their places."""
        self._system.replace_rows(F, dx, walls, [0.0] * len(self._system.constraints))

    def _compute_curvatures(self, i: int) -> None:
        """Put J' u_i + M' w_i of each unknown into the vectors of u_i'.

        Args:
            i: Number of the stage.
        """
        system, forms, scheme, dt = self._system, self._forms, self._scheme, self._dt
        stage, earlier = self._stages[i], self._stages[:i]
        system.write(self._x)
        if forms.of_mass:
            stage.copy(self._sum)
            self._sum.scale(1.0 / (scheme.gamma * dt))
            self._sum.maxpy(list(-scheme.C[i, :i] / dt), list(earlier))
            system.write(self._sum, forms.also)
            for k, (rates, _) in enumerate(self._at_start):
                forms.set_rates(rates)
                system.join_forms(forms.of_mass, self._du[k][i])
        system.write(stage, forms.also)
        for k, (rates, _) in enumerate(self._at_start):
            system.write(self._dx[k], forms.along)
            forms.set_rates(rates)
            system.join_forms(forms.second, self._du[k][i], add=bool(forms.of_mass))

    def _differentiate_rates(self, x: PETSc.Vec, t: float, dt: float) -> None:
        """Compute the derivatives of N_t at the start of a step, as the march computes N_t."""
        system, forms, reach = self._system, self._forms, RATES * dt
        driven = any(change.parameters for change in self.setting.protocol.changes)
        for sign in (1.0, -1.0):
            at = [self._rates(k, t + sign * reach, t) for k in range(len(self._dx))]
            self.setting.apply(self.problem, t + sign * reach, t)
            system.write(x)
            for k, (rates, walls) in enumerate(at):
                self._F.zeroEntries()
                if driven:  # otherwise these terms cancel
                    system.write(self._dx[k], forms.along)
                    forms.set_rates(rates)
                    system.join_forms(forms.first, self._F)
                self._replace_rows(self._F, self._dx[k], walls)
                if sign > 0.0:
                    self._F.copy(self._dN_t[k])
                else:
                    self._dN_t[k].axpy(-1.0, self._F)
                    self._dN_t[k].scale(0.5 / reach)
