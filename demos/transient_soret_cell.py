"""D and S_T from a transient: what does a tilt of half a degree do to the time constant?

A laboratory does not wait for the steady state. It records how the separation grows from the start
of heating, and fits the series of a quiet layer to it: the plateau gives S_T, the time constant D.
The flow that half a degree of tilt drives takes 0.2 % from the plateau, but it is strongest while
the liquid is still mixed, and holds the separation back then: the layer seems to diffuse more
slowly than it does, and D comes out 1.1 % low. Without gravity the same evaluation finds both to
better than 0.1 %; what is left is its own: heat needs a minute to spread, and steps have errors.

    mpirun -n 2 python3 demos/transient_soret_cell.py

The same with a report page, fields and a history: femsoret run demos/transient_soret_cell.toml
"""

from __future__ import annotations

from pathlib import Path

from mpi4py import MPI

from femsoret import load_case, measure_in_time

comm = MPI.COMM_WORLD
built = load_case(Path(__file__).with_suffix(".toml")).build(comm)
found = measure_in_time(built.experiment, built.schedule)

with_gravity, without = (found.evaluations.of[run] for run in ("with_gravity", "without_gravity"))
if comm.rank == 0:
    for name, marched in (("with", found.with_gravity), ("without", found.without_gravity)):
        evaluation = found.evaluations.of[f"{name}_gravity"]
        print(
            f"{name:>7} gravity: D = {evaluation.fit.D:.3e} m2/s ({100 * evaluation.D_bias:+.2f} %)"
            f", S_T = {evaluation.S_T:.3e} 1/K ({100 * evaluation.S_T_bias:+.3f} %), "
            f"{marched.clock.steps} steps"
        )

# Without flow the evaluation finds what was put in ...
assert abs(without.D_bias) < 2e-3
assert abs(without.S_T_bias) < 2e-4
# ... and the flow takes more from D than from S_T.
assert -0.013 < with_gravity.D_bias < -0.008
assert -0.0025 < with_gravity.S_T_bias < -0.0012
# Heat and liquid are where they were, or passed through the walls.
last = found.with_gravity.rows[-1]
assert max(last["balance.heat"], last["balance.mass"]) < 1e-12
