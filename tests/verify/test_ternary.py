"""Three components: what must not depend on how they are described, and what must follow exactly.

Nothing physical may depend on the order of the components or on which of them is the rest; two
components that are the same substance make a binary mixture; uncertainties from the data are the
derivatives that another run with other data shows.
"""

from __future__ import annotations

from dataclasses import dataclass

from mpi4py import MPI

import numpy as np
import pytest
from cases import CASES, DISGUISED, REORDERED, SEVERAL_AT_REST, check
from scipy.optimize import fsolve
from ternary_files import fluid_text

import femsoret as fs
from femsoret.fluids import load_fluid, read_fluid
from femsoret.physics.closures import (
    Component,
    Gravity,
    MeasuredTransport,
    MulticomponentMixture,
    OnsagerTransport,
    mixture_of,
    reordered,
)
from femsoret.physics.forms import DIFFUSION
from femsoret.post.balances import entropy_rates
from femsoret.post.flow import speed
from femsoret.post.readings import WallMean
from femsoret.post.wall_flows import wall_flows
from femsoret.solve import NewtonOptions, find_steady, solve_steady
from femsoret.studies.measure.solution import solve
from femsoret.studies.measure.steady import measure

T0, DT = 300.0, 10.0
SIZE = (6e-3, 4e-3)
UP = fs.up_vector((0.0, 1.0), 2.0)
GRAVITY = Gravity(9.81, UP)
TIGHT = NewtonOptions(tolerance=1e-12)


def experiment(mixture, fluid=None, cells=(8, 6)):
    """Return a closed cell that leans, heated from above."""
    walls = (fs.Temperature("top", T0 + DT / 2), fs.Temperature("bottom", T0 - DT / 2))
    cell = fs.rectangle(MPI.COMM_WORLD, SIZE, cells)
    return fs.Experiment("leaning", cell, mixture, walls, newton=TIGHT, fluid=fluid)


@dataclass(frozen=True)
class Law:
    """A coefficient as a function of T and the mass fractions."""

    of: object

    def __call__(self, T, c):
        return self.of(T, c)


@pytest.fixture(scope="module")
def fluid(tmp_path_factory):
    path = tmp_path_factory.mktemp("fluids") / "fluid.toml"
    path.write_text(fluid_text())
    return read_fluid(path)


# -- other descriptions of the same liquid ---------------------------------------------------------


def varying():
    """Return a mixture all of whose properties vary with T and with every mass fraction."""

    def law(value, by_T, by_a, by_b):
        return Law(
            lambda T, c: value * (1 + by_T * (T - T0) + by_a * (c[0] - 0.5) + by_b * (c[1] - 0.3))
        )

    # Symmetric L and G, so that reciprocity holds at every state.
    L = ((law(1.9e-9, 0.02, 0.3, -0.2),), (law(-3e-10, 0.01, 0.2, 0.3), law(1.3e-9, 0.02, 0.1, 1)))
    G = ((law(1.2e5, 0.001, 1.0, 0.5),), (law(5e4, 0.002, 0.4, 0.2), law(2e5, 0.001, 0.3, 0.9)))
    heats = (law(5e4, 0.01, 0.5, 0.2), law(-2e4, 0.02, 0.3, 0.7))
    return MulticomponentMixture(
        T0=T0,
        rho0=900.0,
        cp=1800.0,
        beta_T=8.5e-4,
        viscosity=law(1.5e-3, -0.01, 0.4, -0.6),
        conductivity=law(0.13, -1e-3, 0.2, 0.1),
        gravity=GRAVITY,
        species=(Component("a", 0.5, 0.25), Component("b", 0.3, 0.1)),
        transport=OnsagerTransport(L, G, heats),
        rest="c",
    )


def solved(mixture):
    """Return what a run with this mixture finds, by names that do not depend on the order."""
    problem = experiment(mixture).problem()
    find_steady(problem, TIGHT)
    cold, hot = WallMean("bottom"), WallMean("top")
    names = [species.name for species in mixture.species]
    separations = {
        name: cold.of(problem, field) - hot.of(problem, field)
        for name, field in zip(names, problem.layout.compositions, strict=True)
    }
    separations[mixture.rest] = -sum(separations.values())
    entropy = entropy_rates(problem)
    return {
        **separations,
        "heat": wall_flows(problem, "theta")["top"],
        "speed": speed(problem).maximum,
        "produced": entropy.produced,
        "leaving": entropy.leaving,
    }


@pytest.fixture(scope="module")
def expected():
    return solved(varying())


def change(expected, order):
    """Return the number of the verification table: what another order of components changes."""
    found = solved(reordered(varying(), order.split()))
    size = max(abs(expected[name]) for name in "abc")
    scales = {name: size if name in "abc" else abs(value) for name, value in expected.items()}
    return {"change": max(abs(found[name] - expected[name]) / scales[name] for name in expected)}


@pytest.mark.parametrize("order", [case.given for case in CASES if case.problem == REORDERED])
def test_nothing_physical_depends_on_the_order_of_components(expected, order):
    check(REORDERED, order, change(expected, order))
    size = max(abs(expected[name]) for name in "abc")
    assert min(abs(expected[name]) for name in "abc") > 1e-2 * size


def test_another_order_is_undone_by_the_old_one():
    mixture = varying()
    again = reordered(reordered(mixture, ("c", "a", "b")), ("a", "b", "c"))
    before, after = mixture.reference, again.reference
    for name in ("D", "D_T", "heats", "G", "beta_c"):
        np.testing.assert_allclose(getattr(after, name), getattr(before, name), rtol=1e-12)
    assert after.psi == pytest.approx(before.psi, rel=1e-12)
    other = reordered(mixture, ("c", "a", "b")).reference
    assert other.psi == pytest.approx(before.psi, rel=1e-12)
    assert other.kappa_0 == pytest.approx(before.kappa_0, rel=1e-13)
    assert np.sort(other.diffusivities) == pytest.approx(before.diffusivities, rel=1e-12)


# -- a binary mixture in disguise ------------------------------------------------------------------

SHARE = 0.3
"""Share of component a in the sum of a and b, which are one substance."""


def disguised(binary):
    """Return a binary mixture whose component 1 is called a and b."""
    (one,) = binary.species
    D, S_T, mixing = one.diffusion, one.soret, one.mixing
    RT_M = 8.31446261815324 / mixing.M1

    def G(i, k):
        def of(T, c):
            total = c[0] + c[1]
            among = RT_M * T * ((1.0 / c[i] if i == k else 0.0) - 1.0 / total)
            return mixing.g(T, total) / (total * (1.0 - total)) + among

        return Law(of)

    def D_T(i):
        def of(T, c):
            total = c[0] + c[1]
            return D(T, total) * S_T(T, total) * (1.0 - total) * c[i]

        return Law(of)

    diffusion = Law(lambda T, c: D(T, c[0] + c[1]))
    nothing = Law(lambda T, c: 0.0)
    return MulticomponentMixture(
        T0=binary.T0,
        rho0=binary.rho0,
        cp=binary.cp,
        beta_T=binary.beta_T,
        viscosity=Law(lambda T, c: binary.viscosity(T, c[0] + c[1])),
        conductivity=Law(lambda T, c: binary.conductivity(T, c[0] + c[1])),
        gravity=binary.gravity,
        species=(
            Component("a", SHARE * one.c0, one.beta_c),
            Component("b", (1.0 - SHARE) * one.c0, one.beta_c),
        ),
        transport=MeasuredTransport(
            ((diffusion, nothing), (nothing, diffusion)),
            (D_T(0), D_T(1)),
            ((G(0, 0), G(0, 1)), (G(1, 0), G(1, 1))),
        ),
    )


def pair_and_one():
    """Return the solutions of the disguised mixture and of the binary one."""
    binary = mixture_of(load_fluid("water-ethanol"), T0=T0, c0=0.6088, up=UP)
    return solve(experiment(disguised(binary))), solve(experiment(binary))


def compared(pair, one):
    """Return the numbers of the verification table: those of the pair over those of the binary."""
    separation, still = (reading.separation for reading in one.each[0])
    found = [reading.separation for reading, _ in pair.each]
    heats = [wall_flows(run.convection, "theta")["top"] for run in (pair, one)]
    produced = [entropy_rates(run.convection).produced for run in (pair, one)]
    speeds = [speed(run.convection).maximum for run in (pair, one)]
    # The Soret coefficients of the binary mixture have the factor c(1-c), here that of the mean.
    lost = [1.0 - outcome.apparent / outcome.without_gravity for outcome in pair.outcomes]
    ratios = [part / (1.0 - separation / still) for part in lost]
    return {
        "separation of a and b": sum(found) / separation,
        "separation of a": found[0] / separation,
        "largest speed": speeds[0] / speeds[1],
        "heat flow": heats[0] / heats[1],
        "entropy produced": produced[0] / produced[1],
        "lost part of the separation": max(ratios, key=lambda ratio: abs(ratio - 1.0)),
    }


def test_two_equal_components_make_a_binary_mixture():
    pair, one = pair_and_one()
    check(DISGUISED, f"a is {100 * SHARE:g} % of the sum of a and b", compared(pair, one))
    assert abs(one.soret.bias) > 1e-3


# -- coefficients that depend on the composition ---------------------------------------------------

INVARIANT = np.array([9e-3, -5e-3, 4e-3])
"""Constant frame-invariant coefficients S_i = -d ln(c_i/c_4)/dT, 1/K."""
MEANS = np.array([0.35, 0.25, 0.15])


def with_invariant_coefficients():
    """Return a mixture with constant S_i: S' = W S, W_ik = c_i delta_ik - c_i c_k."""
    D0 = np.array([[7e-10, 1e-10, -5e-11], [3e-11, 9e-10, 8e-11], [-4e-11, 6e-11, 1.1e-9]])

    def D(i, k):
        return Law(lambda T, c: D0[i, k] * (1.0 + 0.5 * c[0] - 0.3 * c[2]))

    def D_T(i):
        def of(T, c):
            mean = sum(S * c_k for S, c_k in zip(INVARIANT, c, strict=True))
            of_all = [c_k * (S - mean) for S, c_k in zip(INVARIANT, c, strict=True)]
            return sum(D(i, k)(T, c) * of_all[k] for k in range(3))

        return Law(of)

    return MulticomponentMixture(
        T0=T0,
        rho0=900.0,
        cp=1800.0,
        beta_T=8.5e-4,
        viscosity=Law(lambda T, c: 1.5e-3),
        conductivity=Law(lambda T, c: 0.13),
        gravity=GRAVITY,
        species=tuple(
            Component(name, float(mean), 0.1) for name, mean in zip("abc", MEANS, strict=True)
        ),
        transport=MeasuredTransport(
            tuple(tuple(D(i, k) for k in range(3)) for i in range(3)),
            tuple(D_T(i) for i in range(3)),
        ),
    )


def closed_form(theta):
    """Return c at theta = T - T0, in a closed layer with linear T: c_i/c_4 = A_i exp(-S_i theta).

    The constants A_i follow from the means, by Gauss-Legendre quadrature and Newton's method.
    """
    x, w = np.polynomial.legendre.leggauss(20)

    def c(A, at):
        ratio = A[:, None] * np.exp(-INVARIANT[:, None] * np.atleast_1d(at))
        return ratio / (1.0 + ratio.sum(axis=0))

    start = MEANS / (1.0 - MEANS.sum())
    A = fsolve(lambda A: c(A, 0.5 * DT * x) @ w / 2.0 - MEANS, start, xtol=1e-14)
    return c(A, theta)


def error_at_rest():
    """Return the number of the verification table: the error at the walls."""
    problem = experiment(with_invariant_coefficients(), cells=(2, 8)).problem(DIFFUSION, degree=4)
    solve_steady(problem, TIGHT)
    expected = closed_form(np.array([-DT / 2, DT / 2]))
    seen = [
        [WallMean(side).of(problem, field) for side in ("bottom", "top")]
        for field in problem.layout.compositions
    ]
    size = np.abs(expected[:, 0] - expected[:, 1]).max()
    return {"error": float(np.abs(seen - (expected - MEANS[:, None])).max() / size)}


def test_four_components_with_coefficients_of_composition_have_their_closed_form():
    given = "D and D'_T of c, constant frame-invariant S_i"
    check(SEVERAL_AT_REST, given, error_at_rest())


# -- uncertainties ---------------------------------------------------------------------------------


def findings(fluid):
    mixture = mixture_of(fluid, T0=T0, c0=fluid.c, up=UP)
    return measure(experiment(mixture, fluid), with_numerical_error=False)


@pytest.fixture(scope="module")
def uncertainties(fluid):
    return findings(fluid).uncertainties


@pytest.mark.slow
@pytest.mark.parametrize("entry", ["soret.a", "diffusion.a.b", "chemical_derivative.a.b"])
def test_sensitivities_are_those_of_other_data(fluid, uncertainties, entry):
    """The derivative of the biases by an entry, against runs with the entry changed by 1 %."""
    kind, *names = entry.split(".")
    value = float(fluid.entries()[entry].value(T0, fluid.c))
    runs = []
    for factor in (0.99, 1.01):
        of = {names[1]: factor * value} if len(names) == 2 else factor * value
        changed = fluid.with_(component={names[0]: {kind: of}})
        runs.append(np.array([outcome.bias for outcome in findings(changed).solution.outcomes]))
    expected = (runs[1] - runs[0]) / 0.02
    each = [{c.entry: c.sensitivity for c in of.contributions} for of in uncertainties]
    found = [of[entry] for of in each]
    size = max(abs(slope) for of in each for slope in of.values())
    assert found == pytest.approx(expected, abs=2e-4 * size)
    if kind != "chemical_derivative":  # heat carried by diffusion is tiny in liquids
        assert abs(expected).max() > 1e-3 * size
