"""Conversions between the forms in which thermodiffusion is published.

All forms of a binary mixture are affine in its Soret coefficient S_T, which is defined by
j1 = -rho D [grad c + S_T c(1-c) grad T] and positive if component 1 goes to the cold side. A
conversion goes through S_T: a :class:`Form` knows its slope and its offset, so that the way back is
exact. What a slope depends on is the :class:`MixtureState`.

The forms of components, frames and heats of transport: J. M. Ortiz de Zarate, Eur. Phys. J. E 42
(2019) 43; S. R. de Groot, P. Mazur, Non-Equilibrium Thermodynamics, North-Holland 1962, ch. XI.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from femsoret.base.errors import FluidError, nearest
from femsoret.fluids.composition import mean_molar_mass
from femsoret.fluids.mixture_state import STATE_UNITS, MixtureState
from femsoret.fluids.properties import R

_UNIFIED: Final = 1e-3
"""Molar mass of one atomic mass unit, kg/mol."""


@dataclass(frozen=True, kw_only=True)
class Form:
    """A form in which thermodiffusion is stated: slope S_T + offset.

    Args:
        unit: SI unit.
        definition: What the number is, in terms of fluxes, gradients or S_T.
        slope: Function of the state, in the unit of the form times kelvin.
        offset: Function of the state, in the unit of the form.
        needs: Names of the quantities of the state on which slope and offset depend.
        source: Where the form is defined.
    """

    unit: str
    definition: str
    slope: Callable[[MixtureState], float]
    needs: tuple[str, ...] = ()
    offset: Callable[[MixtureState], float] = lambda s: 0.0
    source: str = ""

    def lacking(self, state: MixtureState) -> tuple[str, ...]:
        """Return the names of the needed quantities that a state does not have."""
        known = state.known()
        return tuple(name for name in self.needs if name not in known)


def _mean_molar_mass(s: MixtureState) -> float:
    return float(mean_molar_mass(s["c"], s["M1"], s["M2"]))


def _mass_difference(s: MixtureState) -> float:
    """Return M1 - M2, kg/mol."""
    if s["M1"] == s["M2"]:
        raise FluidError("both molar masses are the same", "isotopes differ in M1 and M2")
    return s["M1"] - s["M2"]


def _f(s: MixtureState) -> float:
    return s["c"] * (1.0 - s["c"])


def _f_x(s: MixtureState) -> float:
    return s["x"] * (1.0 - s["x"])


def _energy(s: MixtureState) -> float:
    """Return R T^2 Gamma, J K/mol."""
    return R * s["T"] ** 2 * s["Gamma"]


_ORTIZ: Final = "J. M. Ortiz de Zarate, Eur. Phys. J. E 42 (2019) 43"
_HEAT: Final = "S. R. de Groot, P. Mazur, Non-Equilibrium Thermodynamics (1962), ch. XI"
_ISO: Final = "ISO 80000-9, items 9-40.1 and 9-40.2"
_BY_DEFINITION: Final = "by the definition of S_T"

FORMS: Final[Mapping[str, Form]] = {
    "S_T": Form(
        unit="1/K",
        definition="j1 = -rho D [grad c + S_T c(1-c) grad T]; -d ln[c/(1-c)]/dT in a closed cell; "
        "the same number with x for c",
        slope=lambda s: 1.0,
        source=_ORTIZ,
    ),
    "S_T_2": Form(
        unit="1/K",
        definition="S_T of component 2: the other sign",
        slope=lambda s: -1.0,
        source=_BY_DEFINITION,
    ),
    "D_T": Form(
        unit="m2/s/K",
        definition="D S_T: j1 = -rho [D grad c + D_T c(1-c) grad T]",
        slope=lambda s: s["D"],
        needs=("D",),
        source=_ORTIZ,
    ),
    "S_T_primed": Form(
        unit="1/K",
        definition="S'_T = c(1-c) S_T = -dc/dT in a closed cell; usual for ternary mixtures",
        slope=_f,
        needs=("c",),
        source=_ORTIZ,
    ),
    "D_T_primed": Form(
        unit="m2/s/K",
        definition="D'_T = c(1-c) D_T: j1 = -rho [D grad c + D'_T grad T]",
        slope=lambda s: s["D"] * _f(s),
        needs=("D", "c"),
        source=_ORTIZ,
    ),
    "S_T_primed_x": Form(
        unit="1/K",
        definition="x(1-x) S_T = -dx/dT in a closed cell, with the mole fraction x",
        slope=_f_x,
        needs=("x",),
        source=_ORTIZ,
    ),
    "S_T_dilute": Form(
        unit="1/K",
        definition="(1-c) S_T = -d ln c/dT in a closed cell: j1 = -rho [D grad c + c D_T grad T] "
        "of colloids and polymers",
        slope=lambda s: 1.0 - s["c"],
        needs=("c",),
        source=_BY_DEFINITION,
    ),
    "D_T_dilute": Form(
        unit="m2/s/K",
        definition="(1-c) D_T of colloids and polymers: j1 = -rho [D grad c + c D_T grad T]",
        slope=lambda s: s["D"] * (1.0 - s["c"]),
        needs=("D", "c"),
        source=_BY_DEFINITION,
    ),
    "S_T_molality": Form(
        unit="1/K",
        definition="-d ln m/dT in a closed cell, with the molality m; 'sigma' of Agar and Leaist",
        slope=lambda s: 1.0,
        source="d ln m = dc/[c(1-c)]",
    ),
    "S_T_molarity": Form(
        unit="1/K",
        definition="-d ln C1/dT in a closed cell, with the molarity C1 = rho c/M1: "
        "S_T (1-c)(1+c beta_c) + beta_T",
        slope=lambda s: (1.0 - s["c"]) * (1.0 + s["c"] * s["beta_c"]),
        offset=lambda s: s["beta_T"],
        needs=("c", "beta_c", "beta_T"),
        source="d ln C1 = d ln c + d ln rho",
    ),
    "S_T_volume": Form(
        unit="1/K",
        definition="-d ln[phi/(1-phi)]/dT in a closed cell, with the volume fraction phi of "
        "additive volumes: S_T + beta_2 - beta_1",
        slope=lambda s: 1.0,
        offset=lambda s: s["beta_2"] - s["beta_1"],
        needs=("beta_1", "beta_2"),
        source="phi/(1-phi) = (rho2/rho1) c/(1-c)",
    ),
    "alpha_T": Form(
        unit="1",
        definition="thermal diffusion factor T S_T",
        slope=lambda s: s["T"],
        needs=("T",),
        source=_ISO,
    ),
    "alpha_0": Form(
        unit="1",
        definition="reduced thermal diffusion factor of isotopes, alpha_T (M1+M2)/(M1-M2)",
        slope=lambda s: s["T"] * (s["M1"] + s["M2"]) / _mass_difference(s),
        needs=("T", "M1", "M2"),
        source="R. C. Jones, W. H. Furry, Rev. Mod. Phys. 18 (1946) 151",
    ),
    "Omega": Form(
        unit="1",
        definition="per mille per atomic mass unit per 100 K of isotopes: S_T = 1e-5 Omega "
        "(M1-M2)/(1 g/mol)",
        slope=lambda s: 1e5 * _UNIFIED / _mass_difference(s),
        needs=("M1", "M2"),
        source="isotopes in silicate melts, F. M. Richter and others",
    ),
    "k_T_x": Form(
        unit="1",
        definition="thermal diffusion ratio x(1-x) alpha_T, in mole fractions",
        slope=lambda s: _f_x(s) * s["T"],
        needs=("T", "x"),
        source=_ISO,
    ),
    "k_T_c": Form(
        unit="1",
        definition="thermal diffusion ratio c(1-c) alpha_T, in mass fractions",
        slope=lambda s: _f(s) * s["T"],
        needs=("T", "c"),
        source="L. D. Landau, E. M. Lifshitz, Fluid Mechanics, section 59",
    ),
    "D_T_kg": Form(
        unit="kg/m/s",
        definition="rho D k_T_c: j1 = -rho D grad c - D_T_kg grad ln T (Cantera, CHEMKIN, Fluent)",
        slope=lambda s: s["rho"] * s["D"] * _f(s) * s["T"],
        needs=("rho", "D", "T", "c"),
        source="J. O. Hirschfelder, C. F. Curtiss, R. B. Bird, Molecular Theory of Gases and "
        "Liquids (1954)",
    ),
    "psi": Form(
        unit="1",
        definition="separation ratio c(1-c) S_T beta_c/beta_T; with rho = rho0 [1 - beta_T dT "
        "+ beta_c dc]",
        slope=lambda s: _f(s) * s["beta_c"] / s["beta_T"],
        needs=("c", "beta_c", "beta_T"),
        source="J. K. Platten, J. Appl. Mech. 73 (2006) 5",
    ),
    "Q_solvent": Form(
        unit="J/mol",
        definition="heat of transport of component 1 in the frame of component 2: "
        "S_T R T^2 Gamma (1-x)",
        slope=lambda s: _energy(s) * (1.0 - s["x"]),
        needs=("T", "Gamma", "x"),
        source=_HEAT,
    ),
    "Q_molar": Form(
        unit="J/mol",
        definition="heat of transport in the molar frame, Q1 - Q2: S_T R T^2 Gamma",
        slope=_energy,
        needs=("T", "Gamma"),
        source=_HEAT,
    ),
    "Q_mass": Form(
        unit="J/kg",
        definition="heat of transport per mass in the barycentric frame: S_T R T^2 Gamma M/(M1 M2)",
        slope=lambda s: _energy(s) * _mean_molar_mass(s) / (s["M1"] * s["M2"]),
        needs=("T", "Gamma", "c", "M1", "M2"),
        source=_HEAT,
    ),
    "Q_dilute": Form(
        unit="J/mol",
        definition="heat of transport of a trace, or of an interstitial in a solid: S_T R T^2, "
        "J = -D [grad c + c Q grad T/(R T^2)]",
        slope=lambda s: R * s["T"] ** 2,
        needs=("T",),
        source=_HEAT,
    ),
    "Q_salt": Form(
        unit="J/mol",
        definition="heat of transport of a dissociated salt, per mole of salt: "
        "S_T ions R T^2 Gamma_el",
        slope=lambda s: s["ions"] * R * s["T"] ** 2 * s["Gamma_el"],
        needs=("T", "ions", "Gamma_el"),
        source="J. N. Agar, C. Y. Mou, J.-L. Lin, J. Phys. Chem. 93 (1989) 2079",
    ),
}
"""The forms by their names."""


def soret_from(form: str, value: float, state: MixtureState) -> float:
    """Return S_T of component 1, 1/K.

    Args:
        form: Name of the form in which the value is stated, one of :data:`FORMS`.
        value: The value, in the unit of the form.
        state: State of the mixture.

    Raises:
        FluidError: The form is unknown, the state lacks what the form needs, or the form does not
            determine S_T in this state.
    """
    chosen = _checked(form, state)
    slope = chosen.slope(state)
    if slope == 0.0:
        raise FluidError(
            f"{form} does not determine S_T in this state: it is {chosen.offset(state):g} whatever "
            "S_T is",
            "give the coefficient in another form",
        )
    return (value - chosen.offset(state)) / slope


def soret_as(form: str, S_T: float, state: MixtureState) -> float:
    """Return a Soret coefficient in another form, in the unit of the form.

    Args:
        form: Name of the wanted form, one of :data:`FORMS`.
        S_T: Soret coefficient of component 1, 1/K.
        state: State of the mixture.

    Raises:
        FluidError: The form is unknown, or the state lacks what the form needs.
    """
    chosen = _checked(form, state)
    return chosen.slope(state) * S_T + chosen.offset(state)


def convert(value: float, form: str, to: str, state: MixtureState) -> float:
    """Return a coefficient of thermodiffusion in another form, in the unit of that form.

    Args:
        value: The value, in the unit of its form.
        form: Name of its form, one of :data:`FORMS`.
        to: Name of the wanted form.
        state: State of the mixture.

    Raises:
        FluidError: A form is unknown, the state lacks what a form needs, or the form does not
            determine S_T in this state.
    """
    return soret_as(to, soret_from(form, value, state), state)


def _checked(name: str, state: MixtureState) -> Form:
    if name not in FORMS:
        raise FluidError(f"unknown form {name!r}", nearest(name, FORMS))
    form = FORMS[name]
    lacking = form.lacking(state)
    if lacking:
        raise FluidError(
            f"{name} needs {', '.join(form.needs)}; not known: {', '.join(lacking)}",
            "; ".join(f"{quantity}: {STATE_UNITS[quantity][1]}" for quantity in lacking),
        )
    return form


def matching(names: Iterable[str]) -> tuple[str, ...]:
    """Return the forms that are called by their name, or by the beginning of several names.

    Args:
        names: Names such as "alpha_T", or "k_T" for both thermal diffusion ratios.

    Raises:
        FluidError: No form has such a name.
    """
    found: list[str] = []
    for name in names:
        forms = [name] if name in FORMS else [form for form in FORMS if form.startswith(f"{name}_")]
        if not forms:
            raise FluidError(f"unknown form {name!r}", nearest(name, FORMS))
        found += forms
    return tuple(dict.fromkeys(found))
