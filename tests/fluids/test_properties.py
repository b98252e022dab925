"""Property models: the same numbers for floats, arrays and UFL; errors; reflections."""

from __future__ import annotations

from math import inf, nan

import numpy as np
import pytest
import ufl

from femsoret.base.errors import FluidError
from femsoret.base.parameters import bind
from femsoret.fluids.properties import (
    KEY_UNITS,
    MODELS,
    Arrhenius,
    Constant,
    Derivative,
    GasPolynomial,
    IacopiniPiazza,
    IdealGasDensity,
    IdealGasExpansion,
    IdealGasSolutalExpansion,
    InMoleFraction,
    Limited,
    Linear,
    MassWeighted,
    OfComponent,
    Polynomial,
    Power,
    Product,
    R,
    Reflected,
    Scaled,
    StokesEinstein,
    Sum,
    Table,
    VogelFulcherTammann,
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
LINE = Linear(2.0, 298.15, 0.01, 0.5, -0.7)
IN_T_AND_C = Table(
    values=((1.0, 1.1, 3.0), (1.5, 1.7, 3.1), (1.6, 1.6, 0.5)),
    T=(280.0, 295.0, 310.0),
    c=(0.1, 0.5, 0.95),
)
BILINEAR = Polynomial(((1.0, 0.3, 0.2), 0.01), 298.15)
EXAMPLES = [
    Constant(3.0),
    LINE,
    Polynomial((-1.232e-3, 1.128e-4, -8.70e-7), 273.15),
    Polynomial(((1.0, 0.3, 0.2), 0.01, (1e-4, 2e-4)), 298.15, 0.4),
    Power(7.7e-5, 300.0, 1.684),
    VISCOSITY,
    VogelFulcherTammann(1e-3, 298.15, 580.0, 138.0),
    StokesEinstein(1e-9, 298.15, VISCOSITY),
    StokesEinstein(1e-9, 298.15, Linear(1e-3, 298.15, -1e-5, 0.5, 4e-4)),
    IacopiniPiazza(0.02, 290.0, 15.0),
    Table(values=(1.0, 1.1, 3.0, 2.0), T=(280.0, 290.0, 297.0, 320.0)),
    Table(values=(1.0, 1.1, 3.0), c=(0.1, 0.3, 0.95)),
    IN_T_AND_C,
    Sum((Constant(3.0), Arrhenius(1.0, 298.15, -16e3), LINE)),
    Product((LINE, Power(-1.0, 1.0, -1.0))),
    Reflected(LINE),
    Scaled(IacopiniPiazza(0.02, 290.0, 15.0), -1.0),
    InMoleFraction(LINE, (0.153823, 0.08416)),
    OfComponent(LINE, 1),
    Limited(LINE, (270.0, 320.0), (0.0, 1.0)),
    Limited(BILINEAR, (285.0, 290.0), (0.4, 0.6), "linear"),
    Limited(BILINEAR, (285.0, 290.0), (0.4, 0.6), "constant"),
    GasPolynomial(((2.3e-5, 3e-6, 1e-6), (1e-6, -2e-6)), 300.0, 0.5, 0.004, 0.04),
    IdealGasDensity(1e5, 0.004, 0.04),
    IdealGasExpansion(),
    IdealGasSolutalExpansion(0.004, 0.04),
    MassWeighted(Constant(520.0), Polynomial((5193.0, 0.1), 300.0)),
]
IDS = [f"{kind(p)}-{i}" for i, p in enumerate(EXAMPLES)]


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
    # What the solver does: floats in the tree become UFL objects, T and c stay floats.
    bound = bind(p, lambda name, value: ufl.as_ufl(value))
    assert evaluate(bound(294.0, 0.32)) == pytest.approx(float(p(294.0, 0.32)), rel=1e-13)
    validate(bound)


def _p1():
    import basix.ufl

    return basix.ufl.element("Lagrange", "triangle", 1, shape=(2,))


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
        "gas-expansion": {
            "coefficients": [[1e-5, 0], [1.0]],
            "T_ref": 300,
            "exponent": 1.5,
            "c_ref": [0.3],
        },
        "ideal-mixture-density": {"pressure": 1e5, "molar_masses": [0.004, 0.02, 0.04]},
        "ideal-mixture-solutal-expansion": {"M1": 0.004, "molar_masses": [0.004, 0.02, 0.04]},
        "ideal-mixture-potential": {
            "molar_masses": [0.004, 0.02, 0.04],
            "alike": [1.0, 0.0],
            **MASSES,
        },
        "nrtl-potential": {
            "molar_masses": [0.018, 0.046, 0.092],
            "alpha": [[0, 0.3, 0.3], [0.3, 0, 0.3], [0.3, 0.3, 0]],
            "a": [[0, 0.1, 0.2], [0.3, 0, 0.4], [0.5, 0.6, 0]],
            "b": [[0, 10, 20], [30, 0, 40], [50, 60, 0]],
            "row": 1,
            "column": 2,
        },
        "power": {"value": 1.0, "T_ref": 300.0, "exponent": -1},
        "vogel-fulcher-tammann": {"value": 1e-3, "T_ref": 300.0, "B": 600.0, "T_0": 140.0},
        "table": {"T": [280, 300.0], "values": [1.0, 2.0], "outside": "linear"},
        "sum": {"terms": [1.0, {"kind": "constant", "value": 2.0}]},
        "product": {"factors": [1.0, 2.0]},
        "scaled": {"model": 2.0, "factor": -1.0},
        "reflected": {"model": {"kind": "table", "c": [0.1, 0.9], "values": [1.0, 2.0]}},
        "in-mole-fraction": {"model": 1.0, "molar_masses": [0.018, 0.046]},
        "of-component": {"model": 1.0, "component": 2},
        "limited": {"model": 1.0, "T_range": [280, 300], "outside": "constant"},
    }
    assert set(specs) | {"coolprop"} == set(MODELS)  # coolprop becomes a table: test_packages.py
    for name, spec in specs.items():
        p = make_property({"kind": name, **spec})
        assert type(p) is MODELS[name]
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
        ({"kind": "polynomial", "coefficients": "1", "T_ref": 1.0}, "is not a list of numbers"),
        ({"kind": "polynomial", "coefficients": [], "T_ref": 1.0}, "at least one coefficient"),
        ({"kind": "arrhenius", "value": 1.0, "T_ref": -5.0, "activation": 1.0}, "in kelvin"),
        ({"kind": "iacopini-piazza", "S_inf": 1.0, "T_star": 290.0, "T_0": 0.0}, "T_0 is 0 K"),
        ({"kind": "stokes-einstein", "value": 1.0, "T_ref": 1.0, "viscosity": nan}, "not finite"),
        (inf, "not finite"),
        ({"kind": "table", "values": [1.0, 2.0]}, "neither T nor c is given"),
        ({"kind": "table", "values": [1.0, 2.0], "T": [300, 290]}, "not in ascending order"),
        ({"kind": "table", "values": [1.0], "T": [300]}, "too short"),
        ({"kind": "table", "values": [1.0], "T": [280, 300]}, "the values are not 2 numbers"),
        (
            {"kind": "table", "values": [[1, 2], [1]], "T": [280, 300], "c": [0.1, 0.2]},
            "the values are not 2 rows of 2 numbers",
        ),
        ({"kind": "table", "values": [1, 2], "c": [0.1, 1.2]}, "is not between 0 and 1"),
        ({"kind": "table", "values": [1, nan], "c": [0.1, 0.2]}, "values = nan is not finite"),
        ({"kind": "table", "values": [1, 2], "T": [20, "30"]}, "list of numbers"),
        (
            {"kind": "table", "values": [1, 2], "T": [280, 300], "outside": "linaer"},
            "did you mean 'linear'",
        ),
        ({"kind": "limited", "model": 1.0}, "neither T_range nor c_range"),
        ({"kind": "limited", "model": 1.0, "T_range": [300]}, "is not a list of two numbers"),
        ({"kind": "limited", "model": 1.0, "T_range": [300, 280]}, "T_range = [300.0, 280.0]"),
        ({"kind": "sum", "terms": []}, "at least one term"),
        ({"kind": "sum", "terms": 1.0}, "is not a list of property laws"),
        (
            {"kind": "sum", "terms": [{"kind": "polynomial", "coefficients": [], "T_ref": 1}]},
            "polynomial: a polynomial needs at least one",
        ),
        ({"kind": "in-mole-fraction", "model": 1.0, "molar_masses": [0.018]}, "all components"),
        ({"kind": "of-component", "model": 1.0, "component": 0}, "count components from 1"),
        ({"kind": "of-component", "model": 1.0, "component": 1.5}, "is not an integer"),
        (
            {"kind": "vogel-fulcher-tammann", "value": 1, "T_ref": 130, "B": 1, "T_0": 140},
            "T_ref = 130 K is not above T_0",
        ),
        ("1e-3", "is not a property"),
        (True, "is not a property"),
    ],
)
def test_make_property_says_what_is_wrong(spec, says):
    with pytest.raises(FluidError) as caught:
        make_property(spec)
    assert says in str(caught.value)


def test_a_polynomial_in_both_is_bilinear():
    p = make_property(
        {"kind": "polynomial", "coefficients": [[1.0, 2.0], [3.0, 4.0]], "T_ref": 300, "c_ref": 0.1}
    )
    assert p(302.0, 0.6) == pytest.approx(1.0 + 2.0 * 0.5 + 3.0 * 2.0 + 4.0 * 2.0 * 0.5)


def test_vogel_fulcher_tammann_with_T_0_at_zero_kelvin_is_an_arrhenius_law():
    law = VogelFulcherTammann(1e-3, 300.0, 2000.0, 0.0)
    expected = Arrhenius(1e-3, 300.0, -2000.0 * R)(320.0, 0.1)
    assert law(320.0, 0.1) == pytest.approx(expected, rel=1e-14)
    assert law(320.0, 0.1) < law(300.0, 0.1)


def test_several_components():
    c = (0.2, 0.3)
    second = OfComponent(Linear(1.0, 300.0, 0.0, 0.0, 10.0), 2)
    assert second(300.0, c) == pytest.approx(4.0)
    assert Linear(1.0, 300.0, 0.0, 0.0, 10.0)(300.0, c) == pytest.approx(3.0)
    # Mole fractions of three components: 0.2/1, 0.3/2 and 0.5/5 of 0.45.
    in_x = InMoleFraction(second, (1.0, 2.0, 5.0))
    assert in_x(300.0, c) == pytest.approx(1.0 + 10.0 * 0.15 / 0.45)
    assert Derivative(second, "c", 2)(300.0, c) == pytest.approx(10.0)
    assert Derivative(second, "c", 1)(300.0, c) == 0.0
    with pytest.raises(FluidError, match="component 3 is used in a mixture with 2"):
        OfComponent(Constant(1.0), 3)(300.0, c)
    with pytest.raises(FluidError, match="has 2 molar masses, but there are 3 components"):
        InMoleFraction(second, (1.0, 2.0))(300.0, c)


@pytest.mark.parametrize("p", EXAMPLES, ids=IDS)
@pytest.mark.parametrize("of", ["T", "c"])
def test_derivatives_agree_with_differences_and_with_ufl(p, of):
    T, c, h = 294.0, 0.32, 1e-4
    law = Derivative(p, of)
    up, down = (p(T + s * h, c) if of == "T" else p(T, c + s * h) for s in (1, -1))
    scale = abs(float(p(T, c)))
    assert law(T, c) == pytest.approx((up - down) / (2 * h), rel=1e-5, abs=1e-7 * scale)
    assert of_ufl(p, of, T, c) == pytest.approx(float(law(T, c)), rel=1e-12, abs=1e-14 * scale)


def of_ufl(p, of, T, c):
    """Evaluate UFL's derivative of a law whose fields are constants."""
    from ufl.algorithms.apply_algebra_lowering import apply_algebra_lowering
    from ufl.algorithms.apply_derivatives import apply_derivatives

    bound = bind(p, lambda name, value: ufl.as_ufl(value))
    expression = Derivative(bound, of)(ufl.as_ufl(T), ufl.as_ufl(c))
    return evaluate(apply_derivatives(apply_algebra_lowering(expression)))


def test_numbers_of_second_derivatives_are_refused():
    with pytest.raises(FluidError, match="second derivatives"):
        Derivative(Derivative(VISCOSITY, "T"), "T")(300.0, 0.3)
