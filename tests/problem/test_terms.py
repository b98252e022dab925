"""Terms: where they hold, what they are in time, and what stands for them elsewhere."""

from __future__ import annotations

from dataclasses import replace

from mpi4py import MPI

import pytest
from dolfinx import fem
from walled import PLATE, pure_fluid, solid, walled_cell

from femsoret.base.errors import CaseError
from femsoret.physics.closures import State
from femsoret.physics.forms import (
    CONDUCTION,
    CONVECTION,
    DIFFUSION,
    PLAIN_CONVECTION,
    SUPG,
    Equations,
    Phase,
    Term,
    term,
)
from femsoret.physics.forms.flow import velocity_potential
from femsoret.physics.forms.transport import heat_advection, heat_advection_nonconservative
from femsoret.problem import Problem
from femsoret.problem.conditions import Temperature


def volume_of(where, *, is_rate=False):
    """Return a term whose entries add up to the volume where it holds, times rho cp in time."""

    def form(s, v, m, dx):
        of = m.at(m.T0 + s.theta, ()).heat_capacity * s.theta if is_rate else 1.0
        return of * v.theta * dx

    return Term("volume", form, where, is_rate)


@pytest.fixture(scope="module")
def walls():
    """Return a cell of volume 2 between plates of volume 1 together."""
    return walled_cell(MPI.COMM_WORLD, (2, 2), sides=("bottom", "top"))


def stated(cell, equations):
    """Return equations of heat in the cell, its plates with twice the heat capacity."""
    plates = {f"{side} wall": solid(3.0, 2.0) for side in ("bottom", "top")}
    conditions = [Temperature((side,), T) for side, T in (("bottom", 1.0), ("top", 0.0))]
    return Problem(cell, pure_fluid(), conditions, equations=equations, solids=plates)


def total(problem, form):
    """Return the sum of the entries of a form of one block: it is tested with 1."""
    vector = fem.assemble_vector(fem.form(form))  # ghosts hold what this rank adds to others
    return problem.cell.comm.allreduce(float(vector.array.sum()))


@pytest.mark.parametrize(
    ("where", "volume"),
    [(Phase.FLUID, 2.0), (Phase.SOLID, 4 * PLATE), (Phase.FLUID | Phase.SOLID, 2.0 + 4 * PLATE)],
)
def test_a_term_holds_where_it_says(walls, where, volume):
    problem = stated(walls, replace(CONDUCTION, terms=(*CONDUCTION.terms, volume_of(where))))
    assert total(problem, problem.residual_ufl[0]) == pytest.approx(volume, rel=1e-12)
    in_fluid = 2.0 if Phase.FLUID in where else 0.0
    assert total(problem, problem.fluid_ufl[0]) == pytest.approx(in_fluid, abs=1e-12)


def test_a_rate_is_in_no_steady_state(walls):
    extra = volume_of(Phase.SOLID, is_rate=True)
    problem = stated(walls, replace(CONDUCTION, terms=(*CONDUCTION.terms, extra)))
    problem.function("theta").x.array[:] = 0.5
    # Uniform temperature: nothing conducts, so that whatever were left would be the rate's.
    assert total(problem, problem.residual_ufl[0]) == pytest.approx(0.0, abs=1e-12)
    # rho cp theta: 1/2 in the fluid of volume 2; twice (the term is added) 2/2 in the plates.
    held = 0.5 * 2.0 + 2 * 1.0 * 4 * PLATE
    assert total(problem, problem.mass_ufl[0]) == pytest.approx(held, rel=1e-12)


@pytest.mark.parametrize("equations", [CONVECTION, PLAIN_CONVECTION, DIFFUSION, CONDUCTION])
def test_every_term_is_steady_or_a_rate(equations):
    assert {*equations.steady, *equations.rates} == set(equations.terms)
    assert not {*equations.steady} & {*equations.rates}
    fields = {"u", "theta", "gamma"} & set(equations.fields)
    assert len(equations.rates) == len(fields)  # what does not follow the rest at once
    names = [each.name for each in equations.terms]
    assert len(set(names)) == len(names)


def test_preconditioners_take_the_advective_form():
    simple = CONVECTION.without_velocity_potential()
    assert "chi" not in simple.fields
    assert heat_advection_nonconservative in simple.terms
    assert not {heat_advection, velocity_potential} & set(simple.terms)
    assert len(simple.terms) == len(CONVECTION.terms) - 1
    assert simple.without_velocity_potential() is simple
    assert simple.rates == CONVECTION.rates


@pytest.mark.parametrize("Pr", [0.012, 7.0])
def test_resistance_to_a_divergence(Pr):
    """10 mu, or 10 times 0.7 rho alpha where that is more; 1000 times as much for detours."""
    m, rest = pure_fluid(Pr=Pr), State(None, None, 0.0)
    strong = CONVECTION.nearly_divergence_free()
    for equations, weight in ((CONVECTION, 10.0), (strong, 1e4)):
        (found,) = (each.resistance for each in equations.terms if each.resistance)
        assert found(rest, m)(()) == pytest.approx(weight * max(Pr, 0.7), rel=1e-12)
    assert strong.nearly_divergence_free().terms == strong.terms
    assert not [each for each in PLAIN_CONVECTION.terms if each.resistance]


def test_a_term_that_leaves_out_the_rate_has_no_course_in_time():
    CONVECTION.check_rates()

    @term(leaves_out_rate=True)
    def upwind(s, v, m, dx):
        """Return a term of steady states."""

    for equations in (
        SUPG.added_to(CONVECTION),
        Equations("upwind", CONVECTION.fields, (*CONVECTION.terms, upwind)),
    ):
        name = equations.terms[-1].name
        with pytest.raises(CaseError, match=f"'{name}' is for steady states only"):
            equations.check_rates()
