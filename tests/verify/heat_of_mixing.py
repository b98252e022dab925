"""A made-up binary with a heat of mixing, G = A(c) T + B(c), that convects in a small cell.

Everything is of order one, so that the heat of mixing is a large part of the entropy balance.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from mpi4py import MPI

import numpy as np

from femsoret.base.types import Value
from femsoret.cells import rectangle
from femsoret.fluids.properties import Constant
from femsoret.physics.closures import BoussinesqMixture, Full, Gravity, MolarMixing, Species
from femsoret.physics.forms import CONVECTION, Equations, heat_of_mixing
from femsoret.post.balances import balances, entropy_rates
from femsoret.post.wall_flows import flows_of
from femsoret.problem import Problem
from femsoret.problem.conditions import Temperature
from femsoret.solve import NewtonOptions, solve_steady

T0, C0, DT = 2.0, 0.4, 1.0
EXACT, GENERAL = (0.5, 6.0), (0.5, 6.0, 2.0)
"""Parameters of :class:`Gamma`: with the first, G = A(c) T + B(c)."""

WITHOUT = replace(
    CONVECTION, terms=tuple(term for term in CONVECTION.terms if term is not heat_of_mixing)
)
"""The equations before the term was there."""


@dataclass(frozen=True)
class Gamma:
    """Gamma = 1 + x1 x2 (a + b/T), so that G = A(c) T + B(c); with d, b/T + d T, which is not."""

    a: Value
    b: Value
    d: Value = 0.0

    def __call__(self, T: Value, c: Value) -> Value:
        return 1.0 + c * (1.0 - c) * (self.a + self.b / T + self.d * T)


def mixture(gamma: Any, gravity: float = 1e3) -> BoussinesqMixture:
    return BoussinesqMixture(
        T0=T0,
        rho0=1.0,
        cp=10.0,
        beta_T=0.5,
        viscosity=Constant(1.0),
        conductivity=Constant(10.0),
        gravity=Gravity(gravity, (0.8, 0.6)),
        species=(
            # Equal molar masses of R make mu_c = Gamma T/(c (1-c)), of order one.
            Species("a", C0, 0.3, Constant(0.3), Constant(0.8), MolarMixing(8.314, 8.314, gamma)),
        ),
        closure=Full(),
    )


def solved(comm: MPI.Comm, n: int, gamma: Any, equations: Equations = CONVECTION) -> Problem:
    """Return the solved problem of a closed square on n x n mesh cells."""
    problem = Problem(
        rectangle(comm, (1.0, 1.0), (n, n)),
        mixture(gamma),
        (Temperature("top", T0 + DT / 2), Temperature("bottom", T0 - DT / 2)),
        equations=equations,
    )
    solve_steady(problem, NewtonOptions(tolerance=1e-11))
    return problem


def gap(problem: Problem) -> float:
    """Return the part of the entropy produced that neither leaves nor is missing."""
    entropy = entropy_rates(problem)
    return abs(entropy.produced - entropy.leaving - (entropy.missing or 0.0)) / entropy.produced


GIVEN = {
    "G = A(c) T + B(c)": (EXACT, CONVECTION),
    "G = A(c) T + B(c), without the term": (EXACT, WITHOUT),
    "G of any other form": (GENERAL, CONVECTION),
}
"""The cases of the verification table: parameters and equations."""


def numbers(given: str, comm: MPI.Comm = MPI.COMM_WORLD) -> dict[str, float]:
    """Return the numbers of a case of the verification table, from 8 x 8 and 16 x 16 mesh cells."""
    parameters, equations = GIVEN[given]
    coarse, fine = (solved(comm, n, Gamma(*parameters), equations) for n in (8, 16))
    entropy = entropy_rates(fine)
    heat = balances(fine, flows_of(fine), entropy).heat
    return {
        "order of the defect": float(np.log2(gap(coarse) / gap(fine))),
        "defect": gap(fine),
        "missing/produced": (entropy.missing or 0.0) / entropy.produced,
        "heat defect": heat,
    }
