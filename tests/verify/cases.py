"""The verification table: case -> what is expected, how closely, and where that number is from.

Every number that a run is compared with stands here, once. Tests ask for the rows of a case with
:func:`check`; ``tools/make_verification.py`` runs every case and writes docs/verification.md.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal["relative", "absolute", "at least"]

DE_VAHL_DAVIS = (
    "Chebyshev spectral solution; G. de Vahl Davis, Int. J. Numer. Meth. Fluids 3 (1983) 249 and "
    "P. Le Quere, Comput. Fluids 20 (1991) 29 agree within their accuracy"
)
SPECTRAL = "Chebyshev spectral solution"
THEORY = "theory of the elements"


@dataclass(frozen=True)
class Case:
    """One number.

    Args:
        problem: What is solved.
        given: With which parameters.
        quantity: What is looked at.
        expected: What it should be.
        tolerance: How far it may be from that: relative, absolute, or not at all below it.
        kind: Which of these.
        source: Where the expected number is from.
    """

    problem: str
    given: str
    quantity: str
    expected: float
    tolerance: float
    kind: Kind
    source: str

    def error(self, found: float) -> float:
        """Return the error, in the sense of the tolerance."""
        if self.kind == "at least":
            return max(0.0, self.expected - found)
        error = abs(found - self.expected)
        return error / abs(self.expected) if self.kind == "relative" else error

    def holds(self, found: float) -> bool:
        """Return whether a number is what is expected."""
        return self.error(found) <= self.tolerance


def relative(value: float, tolerance: float) -> tuple[float, float, Kind]:
    """Return an expectation with a relative tolerance."""
    return value, tolerance, "relative"


def absolute(value: float, tolerance: float) -> tuple[float, float, Kind]:
    """Return an expectation with an absolute tolerance."""
    return value, tolerance, "absolute"


def at_least(value: float) -> tuple[float, float, Kind]:
    """Return an expectation that a number reaches a value."""
    return value, 0.0, "at least"


def _cases(
    problem: str,
    source: str,
    table: Mapping[str, Mapping[str, tuple[float, float, Kind]]],
) -> tuple[Case, ...]:
    return tuple(
        Case(problem, given, quantity, *expected, source)
        for given, row in table.items()
        for quantity, expected in row.items()
    )


# -- the table -----------------------------------------------------------------------------------

HEATED = "heated square"
SORET = "closed Soret square"
DOUBLE = "square with given compositions"
STILL = "closed cell without flow"
MANUFACTURED = "manufactured solution"
WATER_ETHANOL = "tilted cell of water and ethanol"
ONSET = "onset of convection"
COLUMN = "thermogravitational column"
UNICELLULAR = "horizontal cell heated from below, psi = 0.1"
CUBE = "cube, adiabatic sides"
CONJUGATE = "square enclosure with one conducting wall"
GASES = "thermal diffusion factor of two gases"
GAS_COLUMN = "Clusius-Dickel column of nitrogen and oxygen, 1 atm, 20 K"
TRAP = "hydrothermal pore, dilute, S_T dT = 0.1"
CONVERSIONS = "conversions of thermodiffusion"
METAL = "hydrogen in a metal, no flow"
MIXING = "entropy balance with a heat of mixing"
SEVERAL_AT_REST = "closed cell of four components at rest"
REORDERED = "three components in another order"
DISGUISED = "water and ethanol as three components"
FULL_MATRICES = "manufactured solution with full matrices"
POINTWISE = "fluxes of four components at a point"
BEAM = "particles in a film at rest under a laser beam"
DRIVEN = "sphere driven by slip along a temperature gradient"
JANUS = "sphere with a heat flux q0 on one half of its surface"
NEAR_PLATE = "sphere that is pulled from a plate, two radii from it"
SIGNALS = "signals of a cell without flow"
LIGHT = "light through a layer at rest"
LIGHT_IN_TIME = "light through a layer on its way to its separation"
EVALUATED_COLUMN = "cell evaluated as a thermogravitational column"
DUCT = "parallel flow in a duct of finite depth"


DUCTS = ((1.0, 0.696138, 0.490463), (2.0, 0.847522, 0.734213), (4.0, 0.923761, 0.866868))
"""Depth over gap, and both integrals over those between plates without end."""


def _heated(Nu: float, u_max: float, v_max: float) -> dict[str, tuple[float, float, Kind]]:
    return {
        "Nu hot": relative(Nu, 1e-4),
        "Nu cold": relative(Nu, 1e-4),
        "u_max": relative(u_max, 3e-3),
        "v_max": relative(v_max, 3e-3),
    }


def _soret(
    S_x: float, S_y: float, lost: float | None = None
) -> dict[str, tuple[float, float, Kind]]:
    """``lost`` is 1 - S_x where it is known to more digits than S_x shows."""
    return {
        "S_x": absolute(S_x, 1e-5),
        "1 - S_x": relative(1.0 - S_x if lost is None else lost, 1e-3),
        "S_y": relative(S_y, 1e-3),
    }


def _transfer(Nu: float, Sh: float) -> dict[str, tuple[float, float, Kind]]:
    return {
        "Nu hot": relative(Nu, 1e-4),
        "Nu cold": relative(Nu, 1e-4),
        "Sh hot": relative(Sh, 1e-4),
        "Sh cold": relative(Sh, 1e-4),
    }


def _orders(scalar: float, pressure: float) -> dict[str, tuple[float, float, Kind]]:
    names = {"u": scalar, "p": pressure, "theta": scalar, "gamma_0": scalar}
    return {f"order of {name}": at_least(order) for name, order in names.items()}


def _vibrated_orders(scalar: float, pressure: float) -> dict[str, tuple[float, float, Kind]]:
    return _orders(scalar, pressure) | {"order of w": at_least(scalar)}


def _full_orders(species: int, least: float) -> dict[str, tuple[float, float, Kind]]:
    fields = ("u", "theta", *(f"gamma_{i}" for i in range(species)))
    return {f"order of {field}": at_least(least) for field in fields}


def _slope(X: float) -> float:
    """Return the closed form of a column; see :mod:`femsoret.studies.columns`."""
    return X / 720.0 / (1.0 + X**2 / math.factorial(9))


WEAK_FLOW = 2.285388e-7
"""1 - S_x = WEAK_FLOW (Ra Le)^2 for psi = 0, Le = 100 as the flow goes to zero; 2.270787e-7 +
1.460119e-7/Le at any Le, by perturbation (:mod:`weak_flow`). At Ra Le = 10 it is 2.28530e-7."""

CONJUGATE_NU = {
    "Ra = 1e4, kappa_s/kappa = 0.1": (0.3808, 0.41),
    "Ra = 1e4, kappa_s/kappa = 1": (1.523, 1.57),
    "Ra = 1e4, kappa_s/kappa = 10": (2.269, 2.28),
    "Ra = 1e5, kappa_s/kappa = 0.1": (0.4251, 0.461),
    "Ra = 1e5, kappa_s/kappa = 1": (2.248, 2.35),
    "Ra = 1e5, kappa_s/kappa = 10": (4.216, 4.25),
}
"""Nusselt number of the enclosure by finite volumes, and as published."""

CASES: tuple[Case, ...] = (
    *_cases(
        HEATED,
        DE_VAHL_DAVIS,
        {
            "Ra = 1e3": _heated(1.11779, 3.64945, 3.69744),
            "Ra = 1e4": _heated(2.24482, 16.1833, 19.6282),
            "Ra = 1e5": _heated(4.52164, 34.7407, 68.6354),
            "Ra = 1e6": _heated(8.8252, 64.8344, 220.565),
        },
    ),
    *_cases(
        CONJUGATE,
        "finite volumes on 80 x 80 cells by another code, meteor-cfd: its deviations from the next "
        "table, to 0.01 % of that, as its validation report lists them",
        {given: {"Nu": relative(Nu, 6e-3)} for given, (Nu, _) in CONJUGATE_NU.items()},
    ),
    *_cases(
        CONJUGATE,
        "A. Belazizia, S. Benissaad, S. Abboudi, Adv. Theor. Appl. Mech. 5 (2012) 179, after "
        "D. A. Kaminski, C. Prakash, Int. J. Heat Mass Transfer 29 (1986) 1979; as quoted in the "
        "tests of meteor-cfd, neither paper was read; too large where the wall conducts badly",
        {
            given: {"Nu (published)": relative(published, 8e-2)}
            for given, (_, published) in CONJUGATE_NU.items()
        },
    ),
    *_cases(
        SORET,
        SPECTRAL,
        {
            "Ra Le = 10, psi = 0": _soret(0.999977, 0.0039105, 2.28530e-5),
            "Ra Le = 1e3, psi = 0": _soret(0.832470, 0.290331),
            "Ra Le = 1e3, psi = 0.2": _soret(0.798841, 0.307921),
            "Ra Le = 1e4, psi = 0": _soret(0.323519, 0.191245),
            "Ra Le = 1e5, psi = 0, tilt 0.5": _soret(0.920226, 0.218672),
        },
    ),
    *_cases(
        SORET,
        SPECTRAL,
        {"Ra Le = 10, psi = 0.2": {"1 - S_x": relative(3.29073e-5, 1e-3)}},
    ),
    *_cases(
        SORET,
        "perturbation to the order (Ra Le)^2 by Legendre-Galerkin polynomials: "
        "tests/verify/weak_flow.py",
        {f"Ra Le = {X:g}, psi = 0": {"1 - S_x": relative(WEAK_FLOW * X**2, 1e-4)} for X in (1, 3)},
    ),
    *_cases(DOUBLE, SPECTRAL, {"Le = 2, Sr = Df = 0.3": _transfer(3.24187, 4.20480)}),
    *_cases(
        DOUBLE,
        "exact map to the heated square at Ra = 1e4: Nu = Sh = (1 + s) times its spectral Nu",
        {
            f"Le = 1, Sr = Df = {s:g}": _transfer((1.0 + s) * 2.24482, (1.0 + s) * 2.24482)
            for s in (0.2, 0.5, 0.8)
        },
    ),
    *_cases(
        ONSET,
        "Chebyshev spectral solution; layers at the wavenumbers k = 3.1163, 2.6823, 2.2214 of the "
        "lowest onset, as in S. Chandrasekhar, Hydrodynamic and Hydromagnetic Stability (1961); "
        "square box: J. Mizushima, M. Nakamura, J. Phys. Soc. Jpn 72 (2003) 197",
        {
            "rigid plates": {"Ra": relative(1707.762, 5e-6)},
            "rigid and free plate": {"Ra": relative(1100.650, 5e-6)},
            "free plates": {"Ra": relative(657.511, 5e-6)},
            "square box, adiabatic sides": {"Ra": relative(2585.02, 1e-4)},
        },
    ),
    *_cases(
        ONSET,
        "Puigjaner, Simo, Grau, Giralt; Mizushima, Nakamura (as above), as quoted; a double mode",
        {CUBE: {"Ra": relative(3389.0, 3e-3), "second growth rate": absolute(0.0, 1e-5)}},
    ),
    *_cases(
        ONSET,
        "Chebyshev spectral solution, with Soret effect; the oscillatory one also W. Barten, "
        "M. Luecke, M. Kamps, R. Schmitz, Phys. Rev. E 51 (1995) 5636 (r = 1.3347)",
        {
            "Le = 100, psi = 0.001": {"Ra": relative(1471.794, 1e-3)},
            "Le = 100, psi = -0.25, Pr = 10": {
                "Ra": relative(2279.447, 1e-3),
                "frequency": relative(11.2136, 1e-3),
            },
        },
    ),
    *_cases(
        ONSET,
        "long wave, k -> 0: exact",
        {"Le = 100, psi = 0.1, k = 0.02": {"Ra Le psi": relative(720.0, 1e-3)}},
    ),
    *_cases(
        ONSET,
        "Chebyshev spectral solution; opposing gradients of T and c across a square, no Soret",
        {"N = -1, Le = 2": {"Ra (Le - 1)": relative(17163.87, 1e-4)}},
    ),
    *_cases(
        ONSET,
        "G. Z. Gershuni, E. M. Zhukhovitsky, Sov. Phys. Dokl. 24 (1979) 894, quoted: mean effect "
        "of a fast vibration, at k = 3.23",
        {
            f"layer that vibrates along itself, weightless, Pr = {Pr:g}": {
                "Ra_v": relative(2129.0, 1e-3)
            }
            for Pr in (1.0, 7.0)
        },
    ),
    *_cases(
        COLUMN,
        "Chebyshev spectral solution of the closed slot, ten widths high, psi = 0",
        {
            f"X = {X:g}": {"slope at mid-height": relative(slope, 1e-3)}
            for X, slope in ((50.0, 0.068967), (602.39, 0.418301), (1200.0, 0.335461))
        },
    ),
    *_cases(
        COLUMN,
        "W. H. Furry, R. C. Jones, L. Onsager, Phys. Rev. 55 (1939) 1083, far from the ends",
        {
            f"X = {X:g}": {"slope at mid-height": relative(_slope(X), 1e-3)}
            for X in (1.0, 10.0, 100.0, 300.0, 2000.0, 3000.0)
        },
    ),
    *_cases(
        UNICELLULAR,
        "Chebyshev spectral solution of the closed cell of length 10",
        {"Ra Le psi = 1440": {"slope in the middle": relative(0.418360, 1e-3)}},
    ),
    *_cases(
        TRAP,
        "W. H. Furry, R. C. Jones, L. Onsager, Phys. Rev. 55 (1939) 1083, dilute; "
        "[ln ratio(H/a = 50) - ln ratio(10)]/40, which leaves the ends out",
        {
            f"X = {X:g}": {"ln ratio a width": relative(0.1 * _slope(X), 2e-3)}
            for X in (100.0, 602.0, 3000.0)
        },
    ),
    *_cases(
        STILL,
        "closed form: Phi(c) + integral of S_T dT = const",
        {
            f"{closure} closure, S_T {law}": {"error of the separation": absolute(0.0, 1e-8)}
            for closure in ("full", "dilute", "linearised")
            for law in ("constant", "of T")
        },
    ),
    *_cases(
        STILL,
        "dPhi/dT = -S_T(T, c) with the mean c0, integrated by DOP853",
        {
            f"{closure} closure, S_T a table in T and c": {
                "error of the separation": absolute(0.0, 1e-8)
            }
            for closure in ("full", "dilute", "linearised")
        },
    ),
    *_cases(
        SORET,
        "no gravity, no bias; what is left is the error of the gravity-free profile",
        {
            f"{closure} closure, no gravity": {"bias": absolute(0.0, tolerance)}
            for closure, tolerance in (("full", 1e-6), ("dilute", 1e-6), ("linearised", 1e-12))
        },
    ),
    *_cases(
        WATER_ETHANOL,
        "conservation",
        {
            "full closure, Dufour effect": {
                "mass defect": absolute(0.0, 1e-12),
                "heat defect": absolute(0.0, 1e-9),
                "species defect": absolute(0.0, 1e-9),
                "entropy defect": absolute(0.0, 1e-9),
            }
        },
    ),
    *_cases(
        MIXING,
        "zero, or what the balance misses: docs/theory.md",
        {
            "G = A(c) T + B(c)": {
                "order of the defect": at_least(3.5),
                "missing/produced": absolute(0.0, 1e-7),
                "heat defect": absolute(0.0, 1e-9),
            },
            "G = A(c) T + B(c), without the term": {"order of the defect": absolute(0.0, 0.2)},
            "G of any other form": {
                "order of the defect": at_least(3.5),
                "heat defect": absolute(0.0, 1e-9),
            },
        },
    ),
    *_cases(
        GASES,
        "first approximation of Chapman and Enskog (J. O. Hirschfelder, C. F. Curtiss, R. B. Bird, "
        "Molecular Theory of Gases and Liquids, section 8.2)",
        {
            "hard spheres of masses that differ little": {
                "alpha_T (M1+M2)/(M1-M2)": relative(105.0 / 118.0, 1e-5)
            },
            "hard spheres He-Ar, x of He 0.01": {"-alpha_T": relative(0.3878, 2e-4)},
            "hard spheres He-Ar, x of He 0.5": {"-alpha_T": relative(0.5336, 2e-4)},
            "hard spheres He-Ar, x of He 0.99": {"-alpha_T": relative(0.8853, 2e-4)},
            "Lennard-Jones He-Ar, 300 K, x 0.5": {"-alpha_T": relative(0.393, 2e-3)},
            "Lennard-Jones Ne-Ar, 300 K, x 0.5": {"-alpha_T": relative(0.188, 7e-3)},
            "Cantera, He-Ar, 300 K, x 0.5": {"-alpha_T": relative(0.393, 0.03)},
        },
    ),
    *_cases(
        GASES,
        "Cantera 3.2 run apart from this code, with gri30.yaml",
        {
            "Cantera, H2-N2, 300 K, x 0.5": {"-alpha_T": relative(0.348, 5e-3)},
            "Cantera, H2-CO2, 300 K, x 0.5": {"-alpha_T": relative(0.300, 5e-3)},
        },
    ),
    *_cases(
        GASES,
        "measured between walls at 20 and 130 degC",
        {"Cantera, H2-D2, 348 K, x 0.5": {"-alpha_T": relative(0.149, 0.16)}},
    ),
    *_cases(
        GAS_COLUMN,
        "W. H. Furry, R. C. Jones, L. Onsager, Phys. Rev. 55 (1939) 1083, psi -> 0",
        {"width 6.7 mm": {"slope over the formula": relative(1.0, 0.01)}},
    ),
    *_cases(
        MANUFACTURED,
        THEORY,
        {
            "quadrilaterals": _orders(2.8, 1.8),
            "triangles, closed": _orders(2.8, 1.8),
            "triangles, two leaning walls slip": _orders(2.8, 1.8),
            "curved quadrilaterals, two curved walls slip": _orders(2.8, 1.8),
        },
    ),
    *_cases(
        MANUFACTURED,
        THEORY + "; the mean force of a fast vibration as published, w the pulsation",
        {
            "quadrilaterals, vibrated": _vibrated_orders(2.8, 1.8),
            "triangles, vibrated": _vibrated_orders(2.8, 1.8),
            "axisymmetric, vibrated": _vibrated_orders(2.8, 1.8),
            "hexahedra, vibrated": _vibrated_orders(2.6, 1.7),
            "tetrahedra, vibrated": _vibrated_orders(2.6, 1.7),
        },
    ),
    *_cases(
        CONVERSIONS,
        "arithmetic from the definitions; D_T_kg by J. O. Hirschfelder, C. F. Curtiss, R. B. Bird, "
        "(C^2/rho) M1 M2 D k_T",
        {
            "argon and helium, x = 0.5, 300 K, alpha_T = 0.382": {
                "c": absolute(0.9089, 5e-5),
                "S_T": absolute(1.273e-3, 5e-7),
                "k_T_x": absolute(0.0955, 5e-5),
                "k_T_c": absolute(0.03162, 5e-6),
                "D_T_kg": absolute(2.176e-6, 5e-10),
            },
        },
    ),
    *_cases(
        METAL,
        "Q* (1/T_cold - 1/T_hot)/R, since S_T = Q*/(R T^2)",
        {
            "Zircaloy, 580 to 650 K, Q* = 25 kJ/mol": {
                "ln of c/(1-c), cold less hot": relative(
                    25e3 / 8.31446261815324 * (1.0 / 580.0 - 1.0 / 650.0), 1e-6
                ),
            },
        },
    ),
    *_cases(
        SEVERAL_AT_REST,
        "at rest dc/dT = -D^-1 D'_T: -(G^-1 Q*)/T, integrated; and "
        "c_i/c_4 = A_i exp(-S_i (T - T0)). The error is the largest at the two walls over the "
        "largest separation",
        {
            "constant L, G and Q*": {"error": absolute(0.0, 1e-8)},
            "D and D'_T of c, constant frame-invariant S_i": {"error": absolute(0.0, 1e-8)},
        },
    ),
    *_cases(
        REORDERED,
        "the same liquid, properties of T and c, in a leaning cell. The change is the largest of "
        "the separations, over the largest of them, and of heat flow, speed and entropy",
        {order: {"change": absolute(0.0, 1e-10)} for order in ("b a c", "a c b", "c b a")},
    ),
    *_cases(
        DISGUISED,
        "the binary mixture, one of whose components is called a and b, in a leaning cell: numbers "
        "over those of the binary mixture",
        {
            "a is 30 % of the sum of a and b": {
                "separation of a and b": relative(1.0, 1e-9),
                "separation of a": relative(0.3, 1e-9),
                "largest speed": relative(1.0, 1e-8),
                "heat flow": relative(1.0, 1e-10),
                "entropy produced": relative(1.0, 1e-9),
                "lost part of the separation": relative(1.0, 1e-7),
            },
        },
    ),
    *_cases(
        FULL_MATRICES,
        THEORY,
        {
            "three components, 2D": _full_orders(2, 2.75),
            "four components, 2D": _full_orders(3, 2.75),
            "three components, axisymmetric": _full_orders(2, 2.75),
            "four components, axisymmetric": _full_orders(3, 2.75),
            "three components, 3D": _full_orders(2, 2.75),
            "four components, 3D": _full_orders(3, 2.75),
        },
    ),
    *_cases(
        POINTWISE,
        "second law and reciprocity: fluxes times forces are the quadratic form at any state, and "
        "symmetric L makes the responses of q and all j_i to unit forces symmetric",
        {
            "symmetric L and G": {
                "fluxes times forces over the quadratic form, less 1": absolute(0.0, 1e-12),
                "asymmetry of the responses": absolute(0.0, 1e-12),
            },
        },
    ),
    *_cases(
        DRIVEN,
        "-2 kappa_s/(2 kappa_s + kappa_p) (J. L. Anderson, Annu. Rev. Fluid Mech. 21 (1989) 61); "
        "spheres of fluid of 4 and 8 radii, extrapolated",
        {
            f"kappa_p/kappa_s = {kappa:g}": {
                "U/(mu_s grad T)": relative(-2.0 / (2.0 + kappa), 1e-3)
            }
            for kappa in (0.0, 1.0, 5.0, 1e6)
        },
    ),
    *_cases(
        JANUS,
        "1/[2 (2 + kappa_p/kappa_s)], from the part P_1 of the surface temperature; extrapolated "
        "likewise. The particle that conducts is part of the mesh",
        {
            f"kappa_p/kappa_s = {kappa:g}": {
                "|U| kappa_s/(mu_s q0)": relative(0.5 / (2.0 + kappa), 2e-3)
            }
            for kappa in (0.0, 5.0)
        },
    ),
    *_cases(
        NEAR_PLATE,
        "H. Brenner, Chem. Eng. Sci. 16 (1961) 242: series in bispherical coordinates",
        {
            "a plate that holds the fluid": {"drag/(6 pi mu a U)": relative(2.125536, 5e-4)},
            "a plate at which it slips freely": {"drag/(6 pi mu a U)": relative(1.596682, 1e-3)},
        },
    ),
    *_cases(
        BEAM,
        "T(0) - T(R) = P'/(4 pi kappa) [ln(2 R^2/w^2) + gamma + E1(2 R^2/w^2)] for weak "
        "absorption, c = C exp(-S_T (T - T0))",
        {
            "w = R/4, S_T dT of order 1": {
                "rise/closed form": relative(1.0, 3e-4),
                "ln of c(0)/c(R) over closed form": relative(1.0, 3e-4),
            },
        },
    ),
    *_cases(
        SIGNALS,
        "the same signal F of the closed form at rest, -F[Phi(c)]/F[T]; 24 x 24 cells",
        {
            name: {"S_T over closed form, less 1": absolute(0.0, tolerance)}
            for name, tolerance in (
                *((place, 1e-8) for place in ("points", "lines", "windows", "ports")),
                *((place, 1e-7) for place in ("point", "line")),
            )
        },
    ),
    *_cases(
        LIGHT,
        "linear T and c: l [l/(2 n) + l_D/n_air] dn/dy (A. Königer, B. Meier, W. Köhler, Phil. "
        "Mag. 89 (2009) 907) and 2 pi l/lambda times the difference of n; of windows likewise",
        {
            given: {
                "displacement over closed form": relative(1.0, 1e-8),
                "phase over closed form": relative(1.0, 1e-8),
            }
            for given in (
                "quadrilaterals, across the plane",
                "triangles, in the plane",
                "hexahedra",
                "tetrahedra",
                "chords of a cell of revolution",
                "windows of the mesh, their part",
            )
        },
    ),
    *_cases(
        LIGHT_IN_TIME,
        "cosine series of a layer (J. A. Bierlein, J. Chem. Phys. 23 (1955) 10), at the tolerance "
        "1e-4 of the steps, from 0.05 tau on; exact samples with a constant",
        {
            "marched": {
                "largest error of the displacement": absolute(0.0, math.pi * 1e-4),
                "largest error of the phase": absolute(0.0, math.pi * 1e-4),
            },
            "samples and 30 plateaus": {
                "D over closed form": relative(1.0, 1e-5),
                "plateau over closed form": relative(1.0, 1e-5),
                "constant over closed form": relative(1.0, 1e-6),
            },
        },
    ),
    *_cases(
        EVALUATED_COLUMN,
        "the fluid's own S_T: the formula of parallel flow with psi, far from the ends, inverted",
        {
            **{
                f"plates, X = {X:g}, psi = {psi:g}": {
                    "S_T over that of the fluid": relative(1.0, 1e-3)
                }
                for X in (60.0, 2000.0)
                for psi in (-0.4, 0.5)
            },
            "tubes": {"S_T over that of the fluid": relative(1.0, 1e-4)},
            "plates behind conducting walls": {"S_T over that of the fluid": relative(1.0, 1e-3)},
        },
    ),
    *_cases(
        DUCT,
        "finite differences on 64 and 128 cells across the gap, extrapolated "
        "(`tests/problem/test_duct.py` has them on 16 and 32)",
        {
            f"depth {depth:g} gaps": {
                "I1 over 1/720": relative(first, 1e-5),
                "I2 over 1/9!": relative(second, 1e-4),
            }
            for depth, first, second in DUCTS
        },
    ),
)

CONVERGED: Mapping[tuple[str, str], Mapping[str, float]] = {
    (HEATED, "Ra = 1e3"): {"nusselt": 1.1177897142},
    (HEATED, "Ra = 1e4"): {"nusselt": 2.2448157591},
    (HEATED, "Ra = 1e5"): {"nusselt": 4.521636146},
    (HEATED, "Ra = 1e6"): {"nusselt": 8.82520158},
    (SORET, "Ra Le = 10, psi = 0"): {"bias": -2.2853043e-5},
    (SORET, "Ra Le = 10, psi = 0.2"): {"bias": -3.2907289e-5},
    (SORET, "Ra Le = 1e3, psi = 0"): {"bias": -0.1675302189},
    (SORET, "Ra Le = 1e3, psi = 0.2"): {"bias": -0.2011586417},
    (SORET, "Ra Le = 1e4, psi = 0"): {"bias": -0.6764811627},
    (SORET, "Ra Le = 1e5, psi = 0, tilt 0.5"): {"bias": -0.0797741262},
}
"""What the errors of coarse runs are measured against, since the six digits above end too early.

This code with degree 4 on 32 x 32 (heated) and 28 x 28 cells (Soret); the digits shown are the same
on 24 x 24 and 20 x 20. They round to the spectral values.
"""


def rows(problem: str, given: str) -> tuple[Case, ...]:
    """Return the rows of a case.

    Args:
        problem: What is solved.
        given: With which parameters.

    Raises:
        KeyError: There is no such case.
    """
    found = tuple(case for case in CASES if (case.problem, case.given) == (problem, given))
    if not found:
        raise KeyError((problem, given))
    return found


def check(problem: str, given: str, found: Mapping[str, float]) -> None:
    """Assert every row of a case.

    Args:
        problem: What is solved.
        given: With which parameters.
        found: Quantity -> number; more quantities than the table has are allowed, fewer are not.
    """
    wrong = {
        case.quantity: (found[case.quantity], case)
        for case in rows(problem, given)
        if not case.holds(found[case.quantity])
    }
    assert not wrong, wrong
