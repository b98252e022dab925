"""Say what runs here: versions, and the BLAS that PETSc and MUMPS really use.

`make doctor`, or `tools/fenicsx python3 tools/doctor.py`. The exit status is 1 if the reference
BLAS is loaded: with it a direct solve takes twice the CPU time that it takes with OpenBLAS.
"""

import os
import re
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from mpi4py import MPI
from petsc4py import PETSc

import dolfinx

TUNED = re.compile("openblas|mkl|blis|atlas|armpl|nvpl", re.IGNORECASE)
PACKAGES = ("slepc4py", "adios4dolfinx", "io4dolfinx", "gmsh", "meshio", "cantera", "ruff", "mypy")


def solve_with_mumps(n: int = 100) -> float:
    """Solve a tridiagonal system, so that every library a direct solve needs is loaded."""
    matrix = PETSc.Mat().createAIJ((n, n), nnz=3, comm=MPI.COMM_SELF)
    for i in range(n):
        matrix[i, i] = 4.0
        if i > 0:
            matrix[i, i - 1] = matrix[i - 1, i] = -1.0
    matrix.assemble()
    solution, load = matrix.createVecs()
    load.set(1.0)
    solver = PETSc.KSP().create(MPI.COMM_SELF)
    solver.setOperators(matrix)
    solver.setType("preonly")
    solver.getPC().setType("lu")
    solver.getPC().setFactorSolverType("mumps")
    solver.solve(load, solution)
    return float((matrix * solution - load).norm())


def loaded_blas() -> list[str]:
    """Return the BLAS libraries in the memory of this process; a link shows as what it leads to."""
    lines = Path("/proc/self/maps").read_text().splitlines()
    paths = {line.split(maxsplit=5)[5] for line in lines if "/" in line}
    is_blas = re.compile(r"lib(ref)?blas\W|" + TUNED.pattern, re.IGNORECASE)
    return sorted(path for path in paths if is_blas.search(Path(path).name))


def version_of(package: str) -> str:
    """Return the version of a Python package, or that there is none."""
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def main() -> int:
    """Print one line a fact and return the exit status."""
    facts = {
        "environment": os.environ.get("FEMSORET_ENVIRONMENT", f"the Python of {sys.prefix}"),
        "Python": sys.version.split()[0],
        "DOLFINx": dolfinx.__version__,
        "PETSc": ".".join(map(str, PETSc.Sys.getVersion())),
        "scalars": f"{PETSc.ScalarType.__name__}, indices {PETSc.IntType.__name__}",
        "MPI": MPI.Get_library_version().splitlines()[0].split(", ")[0].strip(" \0"),
        "threads": f"OMP_NUM_THREADS={os.environ.get('OMP_NUM_THREADS', 'not set')}",
        **{package: version_of(package) for package in PACKAGES},
        "MUMPS": f"residual of a small solve {solve_with_mumps():.0e}",
    }
    for name, value in facts.items():
        print(f"{name:14}{value}")

    if sys.platform != "linux":
        print(f"{'BLAS':14}not known: only Linux tells which libraries a process has loaded")
        return 0
    libraries = loaded_blas()
    reference = [path for path in libraries if not TUNED.search(path)]
    for path in libraries:
        print(f"{'BLAS':14}{path}{'   <- the slow reference BLAS' if path in reference else ''}")
    if reference:
        print("Install OpenBLAS (Debian: libopenblas0-serial; conda: libblas=*=*openblas).")
    return 1 if reference else 0


if __name__ == "__main__":
    sys.exit(main())
