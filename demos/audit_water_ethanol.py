"""The audit of a Soret cell: what falsifies its S_T, and by how much?

Water and ethanol between copper plates 5 mm and 10 K apart, heated from above, in a room at 22 C.
The axis is one degree off the vertical, the side walls exchange heat with still air, the copper
takes its part of the temperature difference, viscosity and D vary by a third from plate to plate,
and the separation is read after six relaxation times. Each of these is put alone into a cell that
has none of them, and then all together.

    mpirun -n 2 python3 demos/audit_water_ethanol.py

With a report page, the regime, and the gap, tilt and temperature difference that would do:
femsoret audit demos/audit_water_ethanol.toml
"""

from __future__ import annotations

from pathlib import Path

from mpi4py import MPI

from femsoret import load_case
from femsoret.studies.audit.budget import budget
from femsoret.studies.audit.ideal import ideal_of

comm = MPI.COMM_WORLD
case = Path(__file__).with_suffix(".toml")
built = load_case(case, ["cell.cells=[16,12]"]).build(comm)
found = budget(ideal_of(built.experiment), built.audit.causes)

rows = [(term.cause.label, term.entry) for term in found.terms]
rows += [("interaction", found.interaction), ("total", found.total)]
if comm.rank == 0:
    for label, entry in rows:
        print(f"{label:>28} {100 * entry.value:+10.5f} % +- {100 * entry.error:.1g} %")
    print(f"{'from the fluid data':>28} +- {100 * found.uncertainty.total:.2g} %")

numbers = {label: entry.value for label, entry in rows}
# The tilt is what a levelled cell would be rid of: a fifth of a per cent each is left by the plates
# and by the time, and little by the room.
assert found.dominant.cause.name == "tilt"
assert -0.0100 < numbers["levelling"] < -0.0098
# Plates are resistances in series with the liquid ...
kappa = built.experiment.mixture.reference.kappa
series = 1 / (1 + 2 * kappa / (5e-3 * 400 / 5e-3)) - 1
assert abs(numbers["conductivity of the plates"] / series - 1) < 1e-4
# ... D and viscosity do nothing where nothing flows, and the parts nearly add up.
assert abs(numbers["properties that vary"]) < 1e-8
assert abs(numbers["interaction"]) < 0.02 * abs(numbers["total"])
