"""A detour where the mesh, not the flow, is in the way: a strong grad-div term first.

On a mesh too coarse for its flow, Taylor-Hood velocities are far from divergence-free. What is left
makes heat and species out of nothing, so that searches stray through states that no liquid has.
"""

from __future__ import annotations

from dataclasses import dataclass

from femsoret.base.errors import NotConverged
from femsoret.solve.pseudo_transient import PseudoTransient
from femsoret.solve.report import SolveReport
from femsoret.solve.stage import Plain, Stage
from femsoret.solve.steady import Newton


@dataclass(frozen=True)
class StrongGradDiv:
    """Find the state with a strong grad-div term, and from it the one without.

    Args:
        ways: What is tried in turn, with the term and from there without.
    """

    ways: tuple[Stage, ...] = (Plain(), PseudoTransient())

    @property
    def name(self) -> str:
        """What is done, in a few words."""
        return "strong grad-div first"

    def run(self, newton: Newton) -> SolveReport:
        """Solve (see :class:`~femsoret.solve.stage.Stage`)."""
        problem = newton.problem
        twin = problem.with_equations(problem.equations.nearly_divergence_free())
        newton.note(f"# {twin.equations.name}")
        with Newton(twin, newton.options) as solver:
            try:
                self._first_that_works(solver)
            except NotConverged as failure:
                raise NotConverged(
                    f"not even with it: {failure.message}",
                    failure.hint,
                    newton.history,
                    failure.record,
                ) from failure
            finally:
                newton.history += solver.history
                newton.newton_iterations += solver.newton_iterations
                newton.linear_iterations += solver.linear_iterations
                newton.factorisations += solver.factorisations
        problem.set_state(twin.get_state())
        newton.note(f"# {problem.equations.name}")
        return self._first_that_works(newton)

    def _first_that_works(self, newton: Newton) -> SolveReport:
        start = newton.problem.get_state()
        for way in self.ways:
            try:
                return way.run(newton)
            except NotConverged as failure:
                last = failure
                newton.problem.set_state(start)
        raise last
