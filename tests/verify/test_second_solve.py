"""The first solution stands when the solve for its numerical error fails."""

from squares import heated_square

from femsoret.base.errors import NotConverged
from femsoret.studies.measure import numerical_error as module
from femsoret.studies.measure.solution import solve


def test_a_failed_second_solve_leaves_no_bounds_but_says_why(comm, monkeypatch):
    solution = solve(heated_square(1e3, 4, comm=comm))
    assert module.numerical_error(solution).of["nusselt.left"] > 0.0

    def fails(*_args, **_options):
        raise NotConverged("Newton stopped after 20 steps")

    monkeypatch.setattr(module, "solve", fails)
    failed = module.numerical_error(solution)
    assert failed.of == {}
    assert "Newton stopped after 20 steps" in failed.method
