"""Fluid files of a made-up liquid of three components, for tests."""

from __future__ import annotations

SHARED = {
    "density": (900.0, "kg/m3"),
    "viscosity": (1.5e-3, "Pa s"),
    "conductivity": (0.13, "W/m/K"),
    "heat_capacity": (1800.0, "J/kg/K"),
    "thermal_expansion": (8.5e-4, "1/K"),
}
C = {"a": 0.5, "b": 0.3}
BETA = {"a": 0.25, "b": 0.1}
SORET = {"a": 1.2e-3, "b": -3e-4}
D = {("a", "a"): 7e-10, ("a", "b"): 1e-10, ("b", "a"): 3e-11, ("b", "b"): 9e-10}
G = {("a", "a"): 1.2e5, ("a", "b"): 5e4, ("b", "b"): 2e5}


def entry(heading: str, value: object, unit: str, uncertainty: float = 0.05) -> str:
    """Return the table of a sourced property."""
    return (
        f'[{heading}]\nvalue = {value}\nunit = "{unit}"\nsource = "made up"\n'
        f"uncertainty = {uncertainty}\n"
    )


def fluid_text(*, soret=SORET, diffusion=D, mixing=G, extra="", shared=SHARED) -> str:
    """Return a fluid file of the components a, b and the rest."""
    text = 'name = "a-b-rest"\nT = 300.0\nsummary = "made up"\n'
    text += "".join(entry(name, *of) for name, of in shared.items()) + extra
    for name in C:
        text += f'[[component]]\nname = "{name}"\nc = {C[name]}\n'
        text += entry("component.solutal_expansion", BETA[name], "1")
        text += entry("component.soret", soret[name], "1/K") if soret else ""
        for kind, pairs, unit in (
            ("diffusion", diffusion, "m2/s"),
            ("chemical_derivative", mixing, "J/kg"),
        ):
            for (i, k), value in (pairs or {}).items():
                text += entry(f"component.{kind}.{k}", value, unit) if i == name else ""
    return text + '[[component]]\nname = "the rest"\n'
