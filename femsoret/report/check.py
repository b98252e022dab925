"""What `femsoret check` shows: everything short of solving."""

from __future__ import annotations

from mpi4py import MPI

from femsoret.case import Case, resolved_toml
from femsoret.forms import CONVECTION
from femsoret.solve.options import resolved
from femsoret.studies.findings import dimensionless_groups

MEGABYTES_PER_UNKNOWN = {2: 0.008, 3: 0.04}
"""Memory of a direct solve, MB an unknown, by dimension: measured at 35,000 unknowns in 2D and at
19,000 in 3D, the base of a rank not counted. In 3D it grows with the size of the problem."""

MEGABYTES_PER_RANK = 250.0
"""Memory of a rank that has only imported everything."""


def checked(case: Case, comm: MPI.Comm) -> str:
    """Return the text: resolved case, groups, mesh, memory and solver options; collective.

    Args:
        case: The case.
        comm: The ranks that would solve it.

    Raises:
        FemsoretError: What running the case would raise before it solves anything.
    """
    built = case.build(comm)
    experiment = built.experiment
    cell, frame = experiment.cell, experiment.orientation
    problem = experiment.problem(CONVECTION)
    smallest, largest = cell.h_range
    length = "m" if built.units == "SI" else "gaps"
    memory = comm.size * MEGABYTES_PER_RANK + MEGABYTES_PER_UNKNOWN[cell.dim] * problem.num_dofs
    newton = experiment.newton
    lines = [
        resolved_toml(case).rstrip(),
        "",
        f"# cell: {cell.title}, {cell.num_cells} cells of {smallest:.3g} to {largest:.3g} {length}, "
        f"worst quality {cell.min_quality():.2g} (1 is ideal)",
        "# sides: " + ", ".join(cell.sides),
        f"# hot: {frame.hot}, cold: {frame.cold}, gap {frame.gap:.6g} {length}, dT {frame.dT:.6g}",
        f"# up: ({', '.join(f'{x:.4f}' for x in experiment.mixture.gravity.up)})",
        *(f"# {name} = {value:.5g}" for name, value in dimensionless_groups(experiment).items()),
        f"# unknowns: {problem.num_dofs} with flow "
        + ("and a second solve for the numerical error" if built.numerical_error else ""),
        f"# memory: about {memory:.0f} MB for the solve with flow on {comm.size} ranks (estimate)",
        "# PETSc options: "
        + ", ".join(f"{k} = {v}" for k, v in resolved(newton.preset, newton.petsc).items()),
        *(f"# warning: {warning}" for warning in built.warnings),
    ]
    return "\n".join(lines)
