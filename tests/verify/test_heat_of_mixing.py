"""The heat of mixing: with it the entropy balance closes where an entropy exists, else not.

Produced less leaving entropy is -int j.dG/dT grad c in a closed steady cell. The integral vanishes
for G = A(c) T + B(c); for any other G it is what the balance misses, and the run states it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from cases import MIXING, check
from heat_of_mixing import (
    C0,
    DT,
    EXACT,
    GENERAL,
    GIVEN,
    T0,
    WITHOUT,
    Gamma,
    gap,
    mixture,
    numbers,
    solved,
)

from femsoret.cells import rectangle
from femsoret.fluids.properties import Constant
from femsoret.physics.closures import Component, MeasuredTransport, MulticomponentMixture
from femsoret.physics.forms import CONVECTION
from femsoret.post.balances import entropy_production, entropy_rates, heat_of_mixing
from femsoret.post.fields import integral
from femsoret.post.flow import speed
from femsoret.post.wall_flows import flows_of
from femsoret.problem import Problem
from femsoret.problem.conditions import Temperature
from femsoret.solve import NewtonOptions, solve_steady
from femsoret.solve.march import March, MarchOptions


@pytest.mark.slow
def test_the_balance_closes_at_its_order_with_the_term_and_not_without(comm):
    found = {given: numbers(given, comm) for given in GIVEN}
    for given, each in found.items():
        check(MIXING, given, each)
    closed, left_out, general = found.values()
    assert left_out["defect"] > 500.0 * closed["defect"]
    assert abs(general["missing/produced"]) > 500.0 * general["defect"]


def test_the_cell_convects_and_releases_heat_where_there_is_no_enthalpy(comm):
    problem = solved(comm, 8, Gamma(*GENERAL))
    assert speed(problem).maximum > 1.0  # alpha/L is 1, D/L is 0.3
    # The walls pass as much heat as diffusion releases: far more than round-off.
    found = sum(flows_of(problem).heat.values())
    assert found == pytest.approx(heat_of_mixing(problem), rel=1e-6)
    assert abs(found) > 1e-6


def test_without_a_heat_of_mixing_there_is_no_term(comm):
    problem = solved(comm, 4, Constant(1.3))
    assert problem.source_ufl == {}
    assert heat_of_mixing(problem) == 0.0
    assert entropy_rates(problem).missing is entropy_rates(problem).heat_of_mixing is None


def test_a_march_counts_the_heat_that_diffusion_releases(comm):
    problem = Problem(
        rectangle(comm, (1.0, 1.0), (4, 4)),
        mixture(Gamma(*EXACT)),
        (Temperature("top", T0 + DT / 2), Temperature("bottom", T0 - DT / 2)),
    )
    with March(problem, MarchOptions(first_step=1e-3, tolerance=1e-3)) as march:
        steps = list(march.until(0.05))
    created = np.array([step.throughput.created["theta"] for step in steps])
    defect = [
        step.throughput.gained["theta"]
        + comm.allreduce(float(step.throughput.left["theta"].sum()))
        - step.throughput.created["theta"]
        for step in steps
    ]
    assert np.abs(created).max() > 1e-5
    assert np.abs(defect).max() < 1e-10 * np.abs(created).max() + 1e-13


def test_the_parts_of_the_entropy_production_as_a_field(comm):
    problem = solved(comm, 8, Gamma(*EXACT))
    found, entropy = entropy_production(problem), entropy_rates(problem)
    for i, part in enumerate((entropy.conduction, entropy.diffusion, entropy.viscous)):
        # Interpolated: the integral is that of polynomials of degree 2.
        assert integral(problem, found[i] * problem.dx) == pytest.approx(part, rel=1e-2)
    assert entropy.conduction + entropy.diffusion == pytest.approx(entropy.produced, rel=1e-12)
    assert entropy.mass_current < 1e-10  # a closed cell in its steady state


# -- three components ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Entry:
    """An entry of T times the Hessian of ideal mixing (molar masses of R), plus a constant."""

    row: str
    column: str
    constant: float

    def __call__(self, T, c):
        first, second = c
        own = {"a": 1.0 / first, "b": 1.0 / second}[self.row] if self.row == self.column else 0.0
        return T * (own + 1.0 / (1.0 - first - second)) + self.constant


def ternary():
    binary = mixture(Gamma(*EXACT))
    constants = ((Constant(0.3), Constant(-0.05)), (Constant(0.04), Constant(0.2)))
    B = {"aa": 4.0, "ab": -1.5, "ba": -1.5, "bb": 0.4}
    G = tuple(tuple(Entry(i, k, B[i + k]) for k in "ab") for i in "ab")
    return MulticomponentMixture(
        **{name: getattr(binary, name) for name in ("T0", "rho0", "cp", "beta_T", "viscosity")},
        conductivity=binary.conductivity,
        gravity=binary.gravity,
        species=(Component("a", C0, 0.3), Component("b", 0.3, -0.2)),
        transport=MeasuredTransport(constants, (Constant(0.05), Constant(-0.02)), G),
    )


@pytest.mark.parametrize("equations", [CONVECTION, WITHOUT], ids=["with", "without"])
def test_a_ternary_closes_with_the_term_alone(comm, equations):
    gaps = []
    for n in (6, 12):
        problem = Problem(
            rectangle(comm, (1.0, 1.0), (n, n)),
            ternary(),
            (Temperature("top", T0 + DT / 2), Temperature("bottom", T0 - DT / 2)),
            equations=equations,
        )
        solve_steady(problem, NewtonOptions(tolerance=1e-11))
        gaps.append(gap(problem))
    order = np.log2(gaps[0] / gaps[1])
    assert order > 3.5 if equations is CONVECTION else abs(order) < 1.0
