"""Numbers that follow from entries of the fluid database, and from conversions of their forms."""

from __future__ import annotations

import math

from mpi4py import MPI

from femsoret.cells import rectangle
from femsoret.experiment import Experiment
from femsoret.fluids import load_fluid
from femsoret.fluids.conversions import convert
from femsoret.fluids.mixture_state import MixtureState
from femsoret.physics.closures import mixture_of
from femsoret.problem.conditions import Temperature
from femsoret.solve import NewtonOptions
from femsoret.studies.measure.solution import solve

HOT, COLD = 650.0, 580.0


def argon_and_helium() -> dict[str, float]:
    """Return forms of alpha_T = 0.382 of argon in helium, x = 0.5, 300 K, 1 atm."""
    M1, M2 = 39.948e-3, 4.0026e-3
    rho = 40.62 * 0.5 * (M1 + M2)  # the molar density as printed, mol/m3
    state = MixtureState(T=300.0, x=0.5, M1=M1, M2=M2, rho=rho, D=7.71e-5)
    forms = ("S_T", "k_T_x", "k_T_c", "D_T_kg")
    return {"c": state["c"]} | {form: convert(0.382, "alpha_T", form, state) for form in forms}


def hydrogen_in_zirconium() -> dict[str, float]:
    """Return what the separation of a solved piece shows; collective."""
    metal = load_fluid("hydrogen-zircaloy")
    piece = Experiment(
        "hydrogen in zirconium",
        rectangle(MPI.COMM_WORLD, (5e-3, 5e-3), (2, 16)),
        mixture_of(metal, T0=0.5 * (HOT + COLD), c0=metal.c, up=(0.0, 1.0)),
        (Temperature(("top",), HOT), Temperature(("bottom",), COLD)),
        newton=NewtonOptions(tolerance=1e-10),
        fluid=metal,
    )
    at, at_rest = solve(piece).each[0]
    assert at == at_rest  # one state: nothing flows
    c_cold, c_hot = metal.c + at.gamma_cold, metal.c + at.gamma_hot
    return {"ln of c/(1-c), cold less hot": math.log(c_cold / (1 - c_cold) / c_hot * (1 - c_hot))}
