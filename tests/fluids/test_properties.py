"""Property models: the same numbers for floats, arrays and UFL; errors; reflections."""

from __future__ import annotations

from dataclasses import fields, replace
from math import inf, nan

import numpy as np
import pytest
import ufl

from femsoret.base.errors import FluidError
from femsoret.fluids.properties import (
    KEY_UNITS,
    MODELS,
    Arrhenius,
    Constant,
    GasPolynomial,
    IacopiniPiazza,
    IdealGasDensity,
    IdealGasExpansion,
    IdealGasSolutalExpansion,
    Linear,
    MassWeighted,
    Polynomial,
    R,
    Reflected,
    Scaled,
    StokesEinstein,
    is_constant,
    keys_of,
    kind,
    make_property,
    negated,
    reflected,
    validate,
)

VISCOSITY = Arrhenius(1e-3, 298.15, -16e3)
MASSES = {"M1": 0.004, "M2": 0.04}
EXAMPLES = [
    Constant(3.0),
    Linear(2.0, 298.15, 0.01, 0.5, -0.7),
    Polynomial((-1.232e-3, 1.128e-4, -8.70e-7), 273.15),
    VISCOSITY,
    StokesEinstein(1e-9, 298.15, VISCOSITY),
    StokesEinstein(1e-9, 298.15, Linear(1e-3, 298.15, -1e-5, 0.5, 4e-4)),
    IacopiniPiazza(0.02, 290.0, 15.0),
    Reflected(Linear(2.0, 298.15, 0.01, 0.5, -0.7)),
    Scaled(IacopiniPiazza(0.02, 290.0, 15.0), -1.0),
    GasPolynomial(((2.3e-5, 3e-6, 1e-6), (1e-6, -2e-6)), 300.0, 0.5, 0.004, 0.04),
    IdealGasDensity(1e5, 0.004, 0.04),
    IdealGasExpansion(),
    IdealGasSolutalExpansion(0.004, 0.04),
    MassWeighted(Constant(520.0), Polynomial((5193.0, 0.1), 300.0)),
]
IDS = [kind(p) for p in EXAMPLES]


def evaluate(expression: object) -> float:
    """Evaluate a UFL expression without spatial dependence at a point."""
    return float(ufl.as_ufl(expression)((0.0, 0.0)))


@pytest.mark.parametrize("p", EXAMPLES, ids=IDS)
def test_arrays_agree_with_floats(p):
    T, c = np.array([280.0, 298.15, 310.0]), np.array([0.2, 0.5, 0.9])
    expected = [float(p(t, x)) for t, x in zip(T, c, strict=True)]
    np.testing.assert_allclose(np.broadcast_to(p(T, c), 3), expected, rtol=1e-14)


@pytest.mark.parametrize("p", EXAMPLES, ids=IDS)
def test_ufl_arguments_agree_with_floats(p):
    x = ufl.SpatialCoordinate(ufl.Mesh(_p1()))
    T, c = 280.0 + 20.0 * x[0], 0.2 + 0.3 * x[1]
    value = p(T, c)
    got = ufl.as_ufl(value)((0.7, 0.4))
    assert got == pytest.approx(float(p(294.0, 0.32)), rel=1e-13)
    if not is_constant(p):
        assert isinstance(value, ufl.core.expr.Expr)


@pytest.mark.parametrize("p", EXAMPLES, ids=IDS)
def test_fields_may_be_ufl_expressions(p):
    # What the solver does: every float in the tree becomes a UFL object, T and c stay floats.
    bound = _bind(p)
    assert evaluate(bound(294.0, 0.32)) == pytest.approx(float(p(294.0, 0.32)), rel=1e-13)
    validate(bound)


def _p1():
    import basix.ufl

    return basix.ufl.element("Lagrange", "triangle", 1, shape=(2,))


def _bind(tree):
    if isinstance(tree, float):
        return ufl.as_ufl(tree)
    if isinstance(tree, tuple):
        return tuple(_bind(leaf) for leaf in tree)
    return replace(tree, **{f.name: _bind(getattr(tree, f.name)) for f in fields(tree)})


def test_arrhenius_grows_with_temperature_for_a_positive_activation_energy():
    D = Arrhenius(1e-9, 300.0, 20e3)
    assert D(300.0, 0.5) == pytest.approx(1e-9, rel=1e-15)
    assert D(310.0, 0.5) == pytest.approx(1e-9 * np.exp(20e3 / R * (1 / 300 - 1 / 310)), rel=1e-14)
    assert D(310.0, 0.5) > 1.2e-9
    assert VISCOSITY(310.0, 0.5) < VISCOSITY(300.0, 0.5)


def test_stokes_einstein_keeps_D_mu_over_T():
    D = StokesEinstein(1e-9, 298.15, VISCOSITY)
    assert D(298.15, 0.3) == pytest.approx(1e-9, rel=1e-15)
    invariant = [D(T, 0.3) * VISCOSITY(T, 0.3) / T for T in (280.0, 298.15, 330.0)]
    assert np.ptp(invariant) < 1e-14 * invariant[0]


def test_iacopini_piazza_changes_sign_at_T_star_and_saturates():
    S = IacopiniPiazza(0.02, 290.0, 15.0)
    assert S(290.0, 0.1) == 0.0
    assert S(280.0, 0.1) == pytest.approx(0.02 * (1 - np.exp(10 / 15)))
    assert S(280.0, 0.1) < 0.0 < S(300.0, 0.1)
    assert S(290.0 + 400.0, 0.1) == pytest.approx(0.02, rel=1e-9)


def test_polynomial_is_horner_from_the_constant_term_upwards():
    assert Polynomial((1.0, 2.0, 3.0), 300.0)(302.0, 0.0) == 1.0 + 2.0 * 2.0 + 3.0 * 4.0


@pytest.mark.parametrize("p", EXAMPLES, ids=IDS)
def test_reflected_and_negated_twice_is_the_same_model(p):
    assert reflected(reflected(p)) == p
    assert negated(negated(p)) == p
    assert negated(reflected(negated(reflected(p)))) == p


@pytest.mark.parametrize("p", EXAMPLES, ids=IDS)
def test_reflected_and_negated_values(p):
    assert reflected(p)(300.0, 0.2) == pytest.approx(float(p(300.0, 0.8)), rel=1e-15)
    assert negated(p)(300.0, 0.2) == -p(300.0, 0.2)


def test_gas_polynomial_is_in_the_mole_fraction_and_the_logarithm_of_temperature():
    law = GasPolynomial(((2.0, 3.0), (5.0, 7.0)), 300.0, 1.5, 0.004, 0.04)
    T, x = 350.0, 0.3
    c = 0.004 * x / (0.004 * x + 0.04 * (1.0 - x))
    t, y = np.log(T / 300.0), 2.0 * x - 1.0
    expected = (T / 300.0) ** 1.5 * (2.0 + 3.0 * y + t * (5.0 + 7.0 * y))
    assert law(T, c) == pytest.approx(expected, rel=1e-14)


def test_expansion_of_an_ideal_gas_is_the_slope_of_its_density():
    rho, T, c, step = IdealGasDensity(1e5, 0.004, 0.04), 310.0, 0.2, 1e-4
    of_T = -(rho(T + step, c) - rho(T - step, c)) / (2 * step * rho(T, c))
    of_c = (rho(T, c + step) - rho(T, c - step)) / (2 * step * rho(T, c))
    assert IdealGasExpansion()(T, c) == pytest.approx(of_T, rel=1e-8)
    assert IdealGasSolutalExpansion(0.004, 0.04)(T, c) == pytest.approx(of_c, rel=1e-6)


def test_is_constant():
    yes = [
        Constant(1.0),
        Polynomial((2.0,), 300.0),
        Linear(1.0, 300.0, 0.0),
        Scaled(Constant(1.0), -1.0),
    ]
    no = [VISCOSITY, Polynomial((2.0, 1.0), 300.0), Linear(1.0, 300.0, 0.0, 0.5, 1.0)]
    assert [is_constant(p) for p in yes + no] == [True] * 4 + [False] * 3


def test_every_key_of_a_model_has_a_unit():
    keys = {key for model in MODELS.values() for key in keys_of(model)}
    assert keys == set(KEY_UNITS)


def test_make_property_reads_every_kind():
    specs = {
        "constant": {"value": 3},
        "linear": {"value": 1.0, "T_ref": 298.15, "slope_T": 0.1},
        "polynomial": {"coefficients": [1, 2.0], "T_ref": 273.15},
        "arrhenius": {"value": 1e-9, "T_ref": 298.15, "activation": 2e4},
        "stokes-einstein": {"value": 1e-9, "T_ref": 298.15, "viscosity": 1e-3},
        "iacopini-piazza": {"S_inf": 0.02, "T_star": 290.0, "T_0": 15.0},
        "proportional": {"value": 2.0, "T_ref": 298.15},
        "margules": {"A12": 0.5, "A21": [0.4, 20.0]},
        "van-laar": {"A12": 0.5, "A21": [0.4, 20.0]},
        "redlich-kister": {"a": [0.5, 0.1]},
        "nrtl": {"tau12": [0.0, 500.0], "tau21": 0.1, "alpha": 0.3},
        "gas-polynomial": {
            "coefficients": [[1e-5, 0], [1.0]],
            "T_ref": 300,
            "exponent": 1.5,
            **MASSES,
        },
        "ideal-gas-density": {"pressure": 1e5, **MASSES},
        "ideal-gas-expansion": {},
        "ideal-gas-solutal-expansion": MASSES,
        "mass-weighted": {"first": 520.0, "second": 5193.0},
    }
    assert set(specs) == set(MODELS)
    for name, spec in specs.items():
        p = make_property({"kind": name, **spec})
        assert type(p) is MODELS[name]
        assert kind(p) == name
    assert make_property(2) == Constant(2.0)
    assert make_property(VISCOSITY) is VISCOSITY
    nested = make_property({"kind": "stokes-einstein", **specs["stokes-einstein"]})
    assert nested.viscosity == Constant(1e-3)


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ({"kind": "arhenius", "value": 1.0}, "did you mean 'arrhenius'"),
        ({"value": 1.0}, "the key 'kind' is missing"),
        ({"kind": "constant", "valeu": 1.0}, "did you mean 'value'"),
        ({"kind": "arrhenius", "value": 1.0}, "missing T_ref, activation"),
        ({"kind": "constant", "value": "1e-3"}, "is not a number"),
        ({"kind": "constant", "value": True}, "is not a number"),
        ({"kind": "polynomial", "coefficients": "1", "T_ref": 1.0}, "or a list of numbers"),
        ({"kind": "polynomial", "coefficients": [], "T_ref": 1.0}, "at least one coefficient"),
        ({"kind": "arrhenius", "value": 1.0, "T_ref": -5.0, "activation": 1.0}, "in kelvin"),
        ({"kind": "iacopini-piazza", "S_inf": 1.0, "T_star": 290.0, "T_0": 0.0}, "T_0 is 0 K"),
        ({"kind": "stokes-einstein", "value": 1.0, "T_ref": 1.0, "viscosity": nan}, "not finite"),
        (inf, "not finite"),
        ("1e-3", "is not a property"),
        (True, "is not a property"),
    ],
)
def test_make_property_says_what_is_wrong(spec, says):
    with pytest.raises(FluidError) as caught:
        make_property(spec)
    assert says in str(caught.value)
