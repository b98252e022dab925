"""Properties of fluids as packages compute them; see make_fluids.py.

Methods are named one by one: the default of a package may be a poor one for a liquid.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from math import exp, log
from typing import Any, TypeAlias

ATMOSPHERE = 101325.0
R = 8.31446261815324

# Half widths of the differences that give beta_T (K), and beta_c (fraction of c(1-c)).
STEP_T, STEP_C = 0.5, 0.02

Of: TypeAlias = Callable[[float, float], float]
"""Function of temperature (K) and mass fraction of component 1."""


@dataclass(frozen=True)
class Made:
    """A property that a package computes.

    Args:
        of: Function of temperature (K) and mass fraction of component 1, in the SI unit.
        package: Name of the package in the registry, or of two, joined by " and "; empty for a
            closed form that needs none.
        source: Correlation, model or equation, with the arguments that choose it.
        uncertainty: Relative standard uncertainty, or a function of the state; None if unknown.
        note: Remark for users, or a function of the state.
        law: The property model that states it exactly; None for a fit.
    """

    of: Of
    package: str
    source: str
    uncertainty: float | Of | None
    note: str | Callable[[float, float], str] = ""
    law: Mapping[str, Any] | None = None


Properties: TypeAlias = dict[str, Made]
"""Computed properties by name."""


def expansions(rho: Made) -> Properties:
    """Return density, beta_T and beta_c by differences of a density."""

    def beta_T(T: float, c: float) -> float:
        return -(rho.of(T + STEP_T, c) - rho.of(T - STEP_T, c)) / (2 * STEP_T * rho.of(T, c))

    def beta_c(T: float, c: float) -> float:
        h = STEP_C * c * (1.0 - c)
        return (rho.of(T, c + h) - rho.of(T, c - h)) / (2 * h * rho.of(T, c))

    note = "difference of the density"
    return {
        "density": rho,
        "thermal_expansion": Made(beta_T, rho.package, rho.source, 0.05, note),
        "solutal_expansion": Made(beta_c, rho.package, rho.source, 0.03, note),
    }


# --- Solutions in water ---------------------------------------------------------------------------


def melinder(code: str, *, solute_first: bool) -> Properties:
    """Return the properties of a solution in CoolProp's collection, by the correlations there."""
    from CoolProp.CoolProp import PropsSI

    def of(key: str) -> Of:
        def value(T: float, c: float) -> float:
            solute = c if solute_first else 1.0 - c
            fluid = f"INCOMP::{code}[{solute!r}]"
            return float(PropsSI(key, "T", T, "P", ATMOSPHERE, fluid))

        return value

    source = (
        "A. Melinder, Properties of Secondary Working Fluids for Indirect Systems, IIR, Paris "
        f"2010, correlation {code} of the package"
    )
    found = expansions(Made(of("D"), "CoolProp", source, 0.001))
    found["viscosity"] = Made(of("V"), "CoolProp", source, 0.03)
    found["conductivity"] = Made(
        of("L"), "CoolProp", source, 0.03, "taken as kappa_0; kappa differs by less than 0.1 %"
    )
    found["heat_capacity"] = Made(of("C"), "CoolProp", source, 0.02)
    return found


def laliberte(cas: str) -> Properties:
    """Return the properties of a solution in water by Laliberte's correlations."""
    from thermo import electrochem

    def of(function: Any) -> Of:
        return lambda T, c: float(function(T, [c], [cas]))

    source = (
        "M. Laliberte, J. Chem. Eng. Data 54 (2009) 1725, doi:10.1021/je8008123, "
        f"thermo.electrochem, CAS {cas}"
    )
    found = expansions(Made(of(electrochem.Laliberte_density), "thermo", source, 0.001))
    found["viscosity"] = Made(of(electrochem.Laliberte_viscosity), "thermo", source, 0.02)
    found["heat_capacity"] = Made(of(electrochem.Laliberte_heat_capacity), "thermo", source, 0.01)
    return found


def water(*names: str) -> Properties:
    """Return properties of pure water for a dilute solution."""
    keys = {"density": "D", "viscosity": "V", "conductivity": "L", "heat_capacity": "C"}
    keys["thermal_expansion"] = "isobaric_expansion_coefficient"
    return {
        name: Made(
            coolprop("Water", keys[name]),
            "CoolProp",
            "pure water (IAPWS)",
            0.01,
            "that of the solvent: the solution is dilute",
        )
        for name in names
    }


def sea_water() -> Properties:
    """Return the properties of sea water; c is the mass fraction of salt, as absolute salinity."""
    import gsw
    from CoolProp.CoolProp import PropsSI

    # At atmospheric pressure conservative temperature is converted from the one in situ.
    def at(function: Any) -> Of:
        def value(T: float, c: float) -> float:
            salinity, t = 1e3 * c, T - 273.15
            return float(function(salinity, gsw.CT_from_t(salinity, t, 0.0), 0.0))

        return value

    source = "TEOS-10, absolute salinity 1000 c g/kg, at the surface"
    found = expansions(Made(at(gsw.rho), "gsw", source, 1e-4))
    found["heat_capacity"] = Made(
        lambda T, c: float(gsw.cp_t_exact(1e3 * c, T - 273.15, 0.0)), "gsw", source, 0.005
    )
    mit = "M. H. Sharqawy, J. H. Lienhard, S. M. Zubair (2010), correlation MITSW of the package"
    for name, key in (("viscosity", "V"), ("conductivity", "L")):
        found[name] = Made(
            lambda T, c, key=key: float(
                PropsSI(key, "T", T, "P", ATMOSPHERE, f"INCOMP::MITSW[{c!r}]")
            ),
            "CoolProp",
            mit,
            0.03,
        )
    return found


# --- Organic liquids ------------------------------------------------------------------------------


def coolprop(fluid: str, key: str) -> Of:
    """Return a property of a pure fluid by its reference equation, as a function of T alone."""
    from CoolProp.CoolProp import PropsSI

    return lambda T, c: float(PropsSI(key, "T", T, "P", ATMOSPHERE, fluid))


@dataclass(frozen=True)
class Pure:
    """A pure liquid.

    Args:
        name: Name in thermo.
        coolprop: Name in CoolProp; None if it has no reference equation for the liquid.
        methods: Methods of thermo for density, viscosity, conductivity and heat capacity, for the
            properties that CoolProp does not give.
    """

    name: str
    coolprop: str | None
    methods: Mapping[str, str]

    def of(self, name: str) -> Callable[[float], float]:
        """Return a property as a function of temperature."""
        keys = {"density": "D", "viscosity": "V", "conductivity": "L", "heat_capacity": "C"}
        if name not in self.methods and self.coolprop is not None:
            value = coolprop(self.coolprop, keys[name])
            return lambda T: value(T, 0.0)
        liquid = chemical(self.name)
        method = self.methods[name]
        match name:
            case "density":
                return lambda T: 1e-3 * liquid.MW / liquid.VolumeLiquid.calculate(T, method)
            case "viscosity":
                return lambda T: liquid.ViscosityLiquid.calculate(T, method)
            case "conductivity":
                return lambda T: liquid.ThermalConductivityLiquid.calculate(T, method)
            case _:
                molar = liquid.HeatCapacityLiquid
                return lambda T: molar.calculate(T, method) / (1e-3 * liquid.MW)

    def said(self, name: str) -> str:
        """Return package and method of a property, in words."""
        if name not in self.methods and self.coolprop is not None:
            return f"{self.name}: CoolProp's reference equation"
        return f"{self.name}: thermo, {self.methods[name]}"

    def package(self, name: str) -> str:
        """Return the package of a property."""
        return "thermo" if name in self.methods or self.coolprop is None else "CoolProp"


DIPPR = "DIPPR_PERRY_8E"
TOLUENE = Pure("toluene", "Toluene", {})
HEXANE = Pure("hexane", "n-Hexane", {})
BENZENE = Pure("benzene", "Benzene", {})
CYCLOHEXANE = Pure("cyclohexane", "CycloHexane", {"conductivity": DIPPR})
HEXADECANE = Pure(
    "hexadecane",
    None,
    {
        "density": DIPPR,
        "viscosity": DIPPR,
        "conductivity": DIPPR,
        "heat_capacity": "ZABRANSKY_SPLINE_C",
    },
)
# The default heat capacity of carbon tetrachloride (DADGOSTAR_SHAW) is half of the measured one.
TETRACHLOROMETHANE = Pure(
    "carbon tetrachloride",
    None,
    {"density": DIPPR, "viscosity": DIPPR, "conductivity": DIPPR, "heat_capacity": "CRCSTD"},
)


def solvent(pure: Pure) -> Properties:
    """Return the properties of a pure liquid, for a dilute solution in it."""
    note = "that of the solvent: the solution is dilute"
    found = {}
    for name, uncertainty in (
        ("density", 0.005),
        ("viscosity", 0.05),
        ("conductivity", 0.05),
        ("heat_capacity", 0.02),
    ):
        of = pure.of(name)
        found[name] = Made(
            lambda T, c, of=of: of(T), pure.package(name), pure.said(name), uncertainty, note
        )
    beta_T = expansions(found["density"])["thermal_expansion"]
    return found | {"thermal_expansion": replace(beta_T, note=note)}


@cache
def chemical(name: str) -> Any:
    """Return a substance of thermo."""
    from thermo import Chemical

    return Chemical(name)


def mole_fraction(c: float, M1: float, M2: float) -> float:
    """Return the mole fraction of component 1."""
    return c / M1 / (c / M1 + (1.0 - c) / M2)


def ideal_mixture(first: Pure, second: Pure) -> Properties:
    """Return the properties of a mixture from those of the pure liquids, by simple rules."""
    M1, M2 = chemical(first.name).MW, chemical(second.name).MW

    def made(name: str, of: Of, rule: str, uncertainty: float, note: str) -> Made:
        packages = dict.fromkeys(pure.package(name) for pure in (first, second))
        source = f"{rule}; {first.said(name)}; {second.said(name)}"
        return Made(of, " and ".join(packages), source, uncertainty, note)

    def pair(name: str) -> tuple[Callable[[float], float], Callable[[float], float]]:
        return first.of(name), second.of(name)

    rho1, rho2 = pair("density")
    mu1, mu2 = pair("viscosity")

    def density(T: float, c: float) -> float:
        return 1.0 / (c / rho1(T) + (1.0 - c) / rho2(T))

    def viscosity(T: float, c: float) -> float:
        x = mole_fraction(c, M1, M2)
        return exp(x * log(mu1(T)) + (1.0 - x) * log(mu2(T)))

    def mean(name: str) -> Of:
        of1, of2 = pair(name)
        return lambda T, c: c * of1(T) + (1.0 - c) * of2(T)

    found = expansions(
        made("density", density, "additive volumes", 0.005, "assumes no excess volume")
    )
    found["viscosity"] = made(
        "viscosity", viscosity, "mean of logarithms by mole fraction", 0.15, "no interaction"
    )
    found["conductivity"] = made(
        "conductivity", mean("conductivity"), "mean by mass fraction", 0.05, "taken as kappa_0"
    )
    found["heat_capacity"] = made(
        "heat_capacity", mean("heat_capacity"), "mean by mass fraction", 0.02, "no excess"
    )
    return found | unifac(first.name, second.name)


def unifac(first: str, second: str) -> Properties:
    """Return Gamma by modified UNIFAC (Dortmund), with half its spread to the original one."""
    from thermo.unifac import DOUFIP2016, DOUFSG, UFIP, UFSG, UNIFAC

    a, b = chemical(first), chemical(second)

    def of(groups: Sequence[Mapping[int, int]], **tables: Any) -> Of:
        def ln_gamma(T: float, x: float) -> float:
            model = UNIFAC.from_subgroups(T=T, xs=[x, 1.0 - x], chemgroups=groups, **tables)
            return log(model.gammas()[0])

        def value(T: float, c: float) -> float:
            x, h = mole_fraction(c, a.MW, b.MW), 1e-4
            return 1.0 + x * (ln_gamma(T, x + h) - ln_gamma(T, x - h)) / (2.0 * h)

        return value

    modified = of(
        [a.UNIFAC_Dortmund_groups, b.UNIFAC_Dortmund_groups],
        version=1,
        interaction_data=DOUFIP2016,
        subgroups=DOUFSG,
    )
    original = of(
        [a.UNIFAC_groups, b.UNIFAC_groups], version=0, interaction_data=UFIP, subgroups=UFSG
    )
    source = "modified UNIFAC (Dortmund), a prediction from group contributions"

    def note(T: float, c: float) -> str:
        return (
            f"original UNIFAC gives {original(T, c):.2f}, and the spread is the uncertainty; "
            "enters only the Dufour effect and the entropy production"
        )

    def spread(T: float, c: float) -> float:
        return max(0.05, abs(original(T, c) / modified(T, c) - 1.0))

    return {"thermodynamic_factor": Made(modified, "thermo", source, spread, note)}


# --- Gases ----------------------------------------------------------------------------------------


def ideal_gas(M1: float, M2: float) -> Properties:
    """Return density, beta_T and beta_c of a mixture of ideal gases at 1 atm.

    Args:
        M1: Molar mass of component 1, kg/mol.
        M2: Molar mass of component 2, kg/mol.
    """

    def M(c: float) -> float:
        return 1.0 / (c / M1 + (1.0 - c) / M2)

    source = "ideal gas: rho = p M/(R T) with 1/M = c/M1 + (1-c)/M2"
    masses = {"M1": M1, "M2": M2}
    return {
        "density": Made(
            lambda T, c: ATMOSPHERE * M(c) / (R * T),
            "",
            source,
            0.001,
            law={"kind": "ideal-gas-density", "pressure": ATMOSPHERE, **masses},
        ),
        "thermal_expansion": Made(
            lambda T, c: 1.0 / T,
            "",
            f"{source}; beta_T = 1/T",
            0.001,
            law={"kind": "ideal-gas-expansion"},
        ),
        "solutal_expansion": Made(
            lambda T, c: M(c) * (1.0 / M2 - 1.0 / M1),
            "",
            f"{source}; beta_c = M (1/M2 - 1/M1)",
            0.001,
            law={"kind": "ideal-gas-solutal-expansion", **masses},
        ),
        "thermodynamic_factor": Made(lambda T, c: 1.0, "", "ideal gas", 0.001),
    }


def cantera_pair(first: str, second: str) -> Properties:
    """Return the properties of two gases of gri30 at 1 atm, by Cantera's multicomponent model."""
    import cantera

    gas = cantera.Solution("gri30.yaml")
    gas.transport_model = "multicomponent"
    i, j = gas.species_index(first), gas.species_index(second)
    M1, M2 = (1e-3 * gas.molecular_weights[k] for k in (i, j))

    def of(read: Callable[[], float]) -> Of:
        def value(T: float, c: float) -> float:
            gas.TPY = T, ATMOSPHERE, {first: c, second: 1.0 - c}
            return float(read())

        return value

    def S_T() -> float:
        c, D = gas.Y[i], gas.binary_diff_coeffs[i, j]
        return float(gas.thermal_diff_coeffs[i] / (gas.density * D * c * (1.0 - c) * gas.T))

    source = "kinetic theory with the Lennard-Jones parameters of gri30.yaml, multicomponent, 1 atm"
    reads: dict[str, tuple[Callable[[], float], float | None, str]] = {
        "viscosity": (lambda: gas.viscosity, 0.05, ""),
        "conductivity": (lambda: gas.thermal_conductivity, 0.05, "at uniform composition, kappa_0"),
        "heat_capacity": (lambda: gas.cp_mass, 0.005, ""),
        "diffusion": (lambda: gas.binary_diff_coeffs[i, j], 0.05, ""),
        "soret": (S_T, 0.1, "positive: the heavy gas goes to the cold side"),
    }
    made = {
        name: Made(of(read), "cantera", source, uncertainty, note)
        for name, (read, uncertainty, note) in reads.items()
    }
    return ideal_gas(M1, M2) | made


# --- Solids ---------------------------------------------------------------------------------------


def interstitial() -> Properties:
    """Return Gamma of a dilute interstitial."""
    return {"thermodynamic_factor": Made(lambda T, c: 1.0, "", "dilute: ideal", 0.01)}
