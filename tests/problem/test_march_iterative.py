"""A march in 3D by multigrid, beside the same march by a factorisation."""

from __future__ import annotations

import numpy as np
import pytest
from test_multigrid import MESHES, soret_cell

from femsoret.post.fields import integral
from femsoret.solve.march import March, MarchOptions

TOLERANCE = 1e-3
END = 0.1
"""In units of L^2/alpha."""


def marched(problem, preset, end=END):
    """March from rest; return the clock and the size of each field at each step."""
    with March(problem, MarchOptions(preset=preset, tolerance=TOLERANCE)) as march:
        for _ in march.until(end):
            pass
        return march.clock


def difference(one, other):
    """Return block -> rms difference of two states of one mesh, relative to the largest entry."""
    comm, names = one.cell.comm, one.layout.names
    found = {}
    for a, b, name in zip(one.functions, other.functions, names, strict=True):
        size = a.function_space.dofmap.index_map.size_local * a.function_space.dofmap.index_map_bs
        wrong = a.x.array[:size] - b.x.array[:size]
        sums = comm.allreduce(np.array([wrong @ wrong, float(size)]))
        largest = max(comm.allgather(np.abs(b.x.array[:size]).max(initial=0.0)))
        found[name] = float(np.sqrt(sums[0] / sums[1]) / largest)
    return found


@pytest.mark.slow
def test_the_same_march_as_by_a_factorisation(comm):
    cell = MESHES["hexahedra"](comm, 4)
    direct, iterative = soret_cell(cell, 1e3), soret_cell(cell, 1e3)
    wanted, clock = marched(direct, "direct"), marched(iterative, "multigrid")
    assert clock.steps == pytest.approx(wanted.steps, abs=1)
    wrong = difference(iterative, direct)
    # The tolerance in time is for the sum of all errors; those of linear solves are a part of it.
    assert max(wrong[name] for name in ("u", "theta", "gamma")) < 0.1 * TOLERANCE
    # A closed cell keeps its species to round-off, however loosely a system is solved.
    assert abs(integral(iterative, iterative.function("gamma") * iterative.dx)) < 1e-12


@pytest.mark.slow
def test_fixed_steps_are_solved_to_the_end(comm):
    """They have no allowed error; one iteration for each was once taken as enough."""
    cell, found = MESHES["hexahedra"](comm, 4), []
    for preset in ("direct", "multigrid"):
        problem = soret_cell(cell, 1e3)
        with March(problem, MarchOptions(preset=preset, fixed_step=0.02)) as march:
            for _ in march.until(0.04):
                pass
        found.append(problem)
    wrong = difference(*found)
    assert max(wrong[name] for name in ("u", "theta", "gamma")) < 1e-6
