"""Double-diffusive square: Soret and Dufour effect together, between walls of given composition.

Temperature and composition both are given on the vertical walls and drive the flow with equal
strength (N = 1). Each also drives the other's flux: the Soret effect a flux of mass, the Dufour
effect a flux of heat, with one coefficient for both. Two numbers come out, the Nusselt number of
heat and the Sherwood number of mass; a wrong sign, or a Dufour term at odds with the Soret term,
shows in the second digit.

    mpirun -n 2 python3 demos/double_diffusive.py

The same as a case file: femsoret run demos/double_diffusive.toml
"""

from __future__ import annotations

from pathlib import Path

from mpi4py import MPI

from femsoret import load_case, measure

# Ra = 1e4, Pr = 0.71, Le = 2, N = 1, Sr = Df = 0.3, in the groups of kappa_0 (spectral solution).
NU, SH = 3.24187, 4.20480
# Le = 1, N = 1, Sr = Df = s: temperature and composition become one field, a single fluid with
# s more conduction and, with both pushing, twice the buoyancy. Nu = Sh = (1 + s) Nu of that fluid.
MAPPED = {"Ra": 7500.0, "Pr": 1.065, "Le": 1.0, "Sr": 0.5, "Df": 0.5}
NU_MAPPED = 1.5 * 2.24482
TOLERANCE = 1e-4

case_file = Path(__file__).with_suffix(".toml")
comm = MPI.COMM_WORLD


def transfer(*changes: str) -> tuple[float, float]:
    """Return Nusselt and Sherwood number of the hot wall; heat and mass are conserved."""
    case = load_case(case_file, changes)
    found = measure(case.build(comm).experiment, with_numerical_error=False)
    hot, cold = found.walls["left"], found.walls["right"]
    assert abs(hot.heat + cold.heat) < 1e-10 * abs(hot.heat)
    assert abs(hot.mass + cold.mass) < 1e-10 * abs(hot.mass)
    return hot.nusselt, hot.sherwood


Nu, Sh = transfer()
Nu_mapped, Sh_mapped = transfer(*(f"groups.{name}={value}" for name, value in MAPPED.items()))
if comm.rank == 0:
    print(f"Le = 2, Sr = Df = 0.3: Nu = {Nu:.5f} (spectral {NU}), Sh = {Sh:.5f} (spectral {SH})")
    print(
        f"Le = 1, Sr = Df = 0.5: Nu = {Nu_mapped:.5f}, Sh = {Sh_mapped:.5f} "
        f"(exact map {NU_MAPPED:.5f})"
    )

assert abs(Nu - NU) < TOLERANCE * NU
assert abs(Sh - SH) < TOLERANCE * SH
assert abs(Nu_mapped - NU_MAPPED) < TOLERANCE * NU_MAPPED
assert abs(Nu_mapped - Sh_mapped) < 1e-9 * Nu_mapped  # one field, whatever the mesh
