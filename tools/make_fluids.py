"""Write the computed part of the files in femsoret/fluids/data.

python3 tools/make_fluids.py            write them all
python3 tools/make_fluids.py NAME...    write those of these fluids
python3 tools/make_fluids.py --check    say whether the files have the numbers of the packages

A file has a part that people write, with the numbers that were read or quoted, and below the line
MARKER the part that this script makes with packages, each value with the package and its version.
The packages are those of the extra `fluid-data` in pyproject.toml; femsoret itself needs none of
them, and this script needs neither DOLFINx nor femsoret.
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from fluid_packages import (
    BENZENE,
    CYCLOHEXANE,
    HEXADECANE,
    HEXANE,
    TETRACHLOROMETHANE,
    TOLUENE,
    Of,
    Properties,
    cantera_pair,
    ideal_gas,
    ideal_mixture,
    interstitial,
    laliberte,
    melinder,
    sea_water,
    solvent,
    unifac,
    water,
)

DATA = Path(__file__).resolve().parents[1] / "femsoret" / "fluids" / "data"
MARKER = "# --- Made by tools/make_fluids.py from here on: change the script, not the numbers. ---"

UNITS = {
    "density": "kg/m3",
    "viscosity": "Pa s",
    "conductivity": "W/m/K",
    "heat_capacity": "J/kg/K",
    "thermal_expansion": "1/K",
    "solutal_expansion": "1",
    "diffusion": "m2/s",
    "soret": "1/K",
    "thermodynamic_factor": "1",
}

# Largest departure of the fitted polynomial in T from the values of the package, relative.
FITTED = 5e-4

ATOMIC = {
    "H": 1.008, "D": 2.014, "He": 4.0026, "Li": 6.94, "C": 12.011, "N": 14.007, "O": 15.999,
    "Ne": 20.180, "Na": 22.990, "Cl": 35.45, "Ar": 39.95, "K": 39.098, "Zr": 91.224, "Ag": 107.87,
    "W": 183.84,
}  # fmt: skip
WEIGHTS = (
    "CIAAW standard atomic weights, abridged; https://www.ciaaw.org/atomic-weights.htm "
    "(deuterium: mass of the isotope)"
)


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What is computed for a fluid.

    Args:
        formulas: Chemical formulas of components 1 and 2; None if people write the molar masses.
        made: Function that returns the properties by name.
        T_range: Temperatures to which the computed values are fitted, K.
        c_range: Mass fractions near which they hold.
        only: Names of the properties to take; None for all.
        in_c: Whether values are fitted in c as well, over the whole of c_range.
    """

    formulas: tuple[str, str] | None
    made: Callable[[], Properties]
    T_range: tuple[float, float]
    c_range: tuple[float, float]
    only: tuple[str, ...] | None = None
    in_c: bool = False


# --- The recipes ----------------------------------------------------------------------------------

ROOM = (288.15, 308.15)
"""Temperatures of the organic liquids, K."""

RECIPES: Mapping[str, Recipe] = {
    "water-ethanol-50": Recipe(
        formulas=("H2O", "C2H6O"),
        made=lambda: melinder("MEA", solute_first=False) | unifac("water", "ethanol"),
        T_range=(283.15, 308.15),
        c_range=(0.47, 0.53),
    ),
    "water-ethanol-71": Recipe(
        formulas=("H2O", "C2H6O"),
        made=lambda: melinder("MEA", solute_first=False) | unifac("water", "ethanol"),
        T_range=(283.15, 308.15),
        c_range=(0.68, 0.74),
    ),
    "water-ethanol-92": Recipe(
        formulas=("H2O", "C2H6O"),
        made=lambda: melinder("MEA", solute_first=False) | unifac("water", "ethanol"),
        T_range=(283.15, 308.15),
        c_range=(0.9, 0.94),
    ),
    "water-methanol-70": Recipe(
        formulas=("H2O", "CH4O"),
        made=lambda: melinder("MMA", solute_first=False) | unifac("water", "methanol"),
        T_range=(283.15, 308.15),
        c_range=(0.67, 0.73),
    ),
    "water-isopropanol-90": Recipe(
        formulas=("H2O", "C3H8O"),
        made=lambda: unifac("water", "isopropanol"),
        T_range=(288.15, 298.15),
        c_range=(0.88, 0.92),
    ),
    "glycerol-water-50": Recipe(
        formulas=("C3H8O3", "H2O"),
        made=lambda: melinder("MGL", solute_first=True),
        only=("conductivity", "heat_capacity"),
        T_range=(283.15, 308.15),
        c_range=(0.47, 0.53),
    ),
    "propylene-glycol-water-58": Recipe(
        formulas=("C3H8O2", "H2O"),
        made=lambda: melinder("MPG", solute_first=True),
        only=("viscosity", "conductivity", "heat_capacity"),
        T_range=(283.15, 308.15),
        c_range=(0.555, 0.615),
    ),
    "kcl-water": Recipe(
        formulas=("KCl", "H2O"),
        made=lambda: laliberte("7447-40-7"),
        T_range=(283.15, 313.15),
        c_range=(0.025, 0.05),
    ),
    "licl-water": Recipe(
        formulas=("LiCl", "H2O"),
        made=lambda: (
            laliberte("7447-41-8")
            | {"conductivity": melinder("MLI", solute_first=True)["conductivity"]}
        ),
        T_range=(283.15, 308.15),
        c_range=(0.015, 0.03),
    ),
    "sea-salt-water": Recipe(
        formulas=None,
        made=sea_water,
        T_range=(273.15, 303.15),
        c_range=(0.02, 0.04),
    ),
    "sucrose-water-10": Recipe(
        formulas=("C12H22O11", "H2O"),
        made=lambda: laliberte("57-50-1"),
        only=("density", "viscosity", "thermal_expansion", "solutal_expansion"),
        T_range=(283.15, 308.15),
        c_range=(0.08, 0.12),
    ),
    "latex-water": Recipe(
        formulas=None,
        made=lambda: water(
            "density", "viscosity", "conductivity", "heat_capacity", "thermal_expansion"
        ),
        T_range=(288.15, 308.15),
        c_range=(0.001, 0.02),
    ),
    "dna-water": Recipe(
        formulas=None,
        made=lambda: water(
            "density", "viscosity", "conductivity", "heat_capacity", "thermal_expansion"
        ),
        T_range=(288.15, 308.15),
        c_range=(1e-6, 1e-3),
    ),
    "toluene-hexane": Recipe(
        formulas=("C7H8", "C6H14"),
        made=lambda: ideal_mixture(TOLUENE, HEXANE),
        T_range=ROOM,
        c_range=(0.45, 0.55),
    ),
    "toluene-hexadecane": Recipe(
        formulas=("C7H8", "C16H34"),
        made=lambda: ideal_mixture(TOLUENE, HEXADECANE),
        T_range=(293.15, 308.15),
        c_range=(0.45, 0.55),
    ),
    "toluene-cyclohexane-40": Recipe(
        formulas=("C7H8", "C6H12"),
        made=lambda: ideal_mixture(TOLUENE, CYCLOHEXANE),
        T_range=ROOM,
        c_range=(0.35, 0.45),
    ),
    "benzene-cyclohexane": Recipe(
        formulas=("C6H6", "C6H12"),
        made=lambda: ideal_mixture(BENZENE, CYCLOHEXANE),
        T_range=ROOM,
        c_range=(0.45, 0.55),
    ),
    "ccl4-cyclohexane": Recipe(
        formulas=("CCl4", "C6H12"),
        made=lambda: ideal_mixture(TETRACHLOROMETHANE, CYCLOHEXANE),
        T_range=(293.15, 308.15),
        c_range=(0.05, 0.95),
        in_c=True,
    ),
    "polystyrene96k-toluene": Recipe(
        formulas=None,
        made=lambda: solvent(TOLUENE),
        T_range=ROOM,
        c_range=(1e-4, 5e-3),
    ),
    "polystyrene9k-toluene": Recipe(
        formulas=None,
        made=lambda: solvent(TOLUENE),
        T_range=ROOM,
        c_range=(0.01, 0.025),
    ),
    "glucose-water-10": Recipe(
        formulas=("C6H12O6", "H2O"), made=dict, T_range=ROOM, c_range=(0.08, 0.12)
    ),
    "silver-lithium-nitrate": Recipe(
        formulas=("AgNO3", "LiNO3"), made=dict, T_range=(500.0, 600.0), c_range=(0.4, 0.6)
    ),
    "hydrogen-zircaloy": Recipe(
        formulas=("H", "Zr"),
        made=interstitial,
        T_range=(573.15, 773.15),
        c_range=(1e-6, 5e-4),
    ),
    "hydrogen-tungsten": Recipe(
        formulas=("H", "W"), made=interstitial, T_range=(1100.0, 1500.0), c_range=(1e-8, 1e-5)
    ),
    "deuterium-hydrogen": Recipe(
        formulas=("D2", "H2"),
        made=lambda: ideal_gas(4.028e-3, 2.016e-3),
        T_range=(273.15, 403.15),
        c_range=(0.6, 0.73),
    ),
    "argon-helium": Recipe(
        formulas=("Ar", "He"),
        made=lambda: ideal_gas(39.95e-3, 4.0026e-3),
        T_range=(273.15, 393.15),
        c_range=(0.89, 0.93),
    ),
    "nitrogen-hydrogen": Recipe(
        formulas=("N2", "H2"),
        made=lambda: cantera_pair("N2", "H2"),
        T_range=(273.15, 373.15),
        c_range=(0.92, 0.945),
    ),
    "carbon-dioxide-hydrogen": Recipe(
        formulas=("CO2", "H2"),
        made=lambda: cantera_pair("CO2", "H2"),
        T_range=(273.15, 373.15),
        c_range=(0.945, 0.965),
    ),
}
"""What is computed for each fluid, by the name of its file."""


# --- Writing --------------------------------------------------------------------------------------


def law(of: Of, T_ref: float, c_ref: float, recipe: Recipe) -> tuple[Any, float]:
    """Return a constant, or a polynomial in T (and c) of the least degree that fits, and its error.

    Args:
        of: The property, as a function of T and c.
        T_ref: Temperature at which the polynomial is centred, K.
        c_ref: Mass fraction at which it is centred.
        recipe: Ranges of T and c.
    """
    T = chebyshev(*recipe.T_range)
    c = chebyshev(*recipe.c_range) if recipe.in_c else np.array([c_ref])
    values = np.array([[of(float(t), float(x)) for x in c] for t in T])
    size = float(np.max(np.abs(values)))
    grid = np.meshgrid(T - T_ref, c - c_ref, indexing="ij")
    points, data = [part.ravel() for part in grid], values.ravel()
    for degree in range(6):
        degrees = [min(degree, 2), degree] if recipe.in_c else [degree, 0]
        basis = np.polynomial.polynomial.polyvander2d(*points, degrees)
        scales = np.max(np.abs(basis), axis=0)
        scales[scales == 0.0] = 1.0
        fit = np.linalg.lstsq(basis / scales, data, rcond=None)[0] / scales
        rounded = np.array([float(f"{a:.6g}") for a in fit])
        error = float(np.max(np.abs(basis @ rounded - data))) / size
        if error <= FITTED:
            break
    if degree == 0:
        return float(rounded[0]), error
    rows = rounded.reshape(degrees[0] + 1, degrees[1] + 1).tolist()
    spec: dict[str, Any] = {"kind": "polynomial"}
    if recipe.in_c:
        return spec | {"coefficients": rows, "T_ref": T_ref, "c_ref": c_ref}, error
    return spec | {"coefficients": [row[0] for row in rows], "T_ref": T_ref}, error


def chebyshev(low: float, high: float) -> np.ndarray:
    """Return points between two ends, both of them included, that suit a polynomial."""
    return 0.5 * (low + high) + 0.5 * (high - low) * np.cos(np.pi * np.arange(21) / 20)


def molar_mass(formula: str) -> float:
    """Return the molar mass of a chemical formula, kg/mol."""
    parts = re.findall(r"([A-Z][a-z]?)(\d*)", formula)
    return 1e-3 * sum(ATOMIC[element] * int(number or 1) for element, number in parts)


def section(name: str, table: Mapping[str, Any]) -> str:
    """Return a table of a TOML file."""
    return f"[{name}]\n" + "".join(f"{key} = {written(value)}\n" for key, value in table.items())


def written(value: Any) -> str:
    """Return a value as TOML."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return json.dumps(value, ensure_ascii=False)
        case Mapping():
            return "{ " + ", ".join(f"{k} = {written(v)}" for k, v in value.items()) + " }"
        case list() | tuple():
            return "[" + ", ".join(written(item) for item in value) + "]"
        case _:
            return repr(float(value))


def made_part(name: str, hand: str) -> str:
    """Return the computed part of a file.

    Args:
        name: Name of the fluid.
        hand: The part that people write, which has the reference state.
    """
    recipe, state = RECIPES[name], tomllib.loads(hand)
    T, c = state["T"], state["c"]
    parts = []
    for key, made in recipe.made().items():
        if (recipe.only is not None and key not in recipe.only) or key in state:
            continue
        if made.law is not None:
            value, fitted = made.law, ""
        else:
            value, error = law(made.of, T, c, recipe)
            variables = "T and c" if recipe.in_c else "T"
            fitted = f"fitted in {variables} to {100 * error:.1g} %"
            fitted = fitted if isinstance(value, dict) else ""
        note = made.note(T, c) if callable(made.note) else made.note
        spread = made.uncertainty(T, c) if callable(made.uncertainty) else made.uncertainty
        table: dict[str, Any] = {"value": value, "unit": UNITS[key], "source": made.source}
        if spread is not None:
            table["uncertainty"] = float(f"{spread:.2g}")
        if made.package:
            packages = made.package.split(" and ")
            table["computed_with"] = " and ".join(f"{p} {version(p)}" for p in packages)
        else:
            table |= {"verified": True, "derived": True}
        table |= {"T_range": list(recipe.T_range), "c_range": list(recipe.c_range)}
        text = "; ".join(part for part in (note, fitted) if part)
        parts.append(section(key, table | ({"note": text} if text else {})))
    for formula in recipe.formulas or ():
        mass = float(f"{molar_mass(formula):.6g}")
        entry = {"value": mass, "unit": "kg/mol", "source": f"{formula}: {WEIGHTS}"}
        parts.append(section("[molar_masses]", entry | {"uncertainty": 1e-4, "verified": True}))
    return "\n".join(parts)


def same(old: object, new: object) -> bool:
    """Return whether two tables are the same but for the last digits of numbers."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return old.keys() == new.keys() and all(same(old[key], new[key]) for key in old)
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(same, old, new))
    if isinstance(old, float) and isinstance(new, float):
        return abs(old - new) <= 1e-3 * max(abs(old), abs(new))
    return old == new


def main(arguments: list[str]) -> int:
    """Write or check the files; return the exit status."""
    check = "--check" in arguments
    names = [name for name in arguments if name != "--check"] or list(RECIPES)
    stale = 0
    for name in names:
        path = DATA / f"{name}.toml"
        text = path.read_text(encoding="utf-8")
        hand = text.partition(MARKER)[0].rstrip() + "\n"
        new = f"{hand}\n{MARKER}\n\n{made_part(name, hand)}"
        if check and not same(tomllib.loads(text), tomllib.loads(new)):
            stale += 1
            print(f"{path.name} does not have the numbers that the packages give")
        if not check and text != new:
            path.write_text(new, encoding="utf-8")
            print(f"wrote {path.name}")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
