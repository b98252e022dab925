"""Lennard-Jones molecules that the mechanisms of Cantera lack."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Molecule:
    """Parameters of a molecule for the kinetic theory of gases.

    Args:
        geometry: "atom" or "linear".
        diameter: Lennard-Jones collision diameter, 1e-10 m.
        well_depth: Depth of the Lennard-Jones well over k_B, K.
        source: Where the parameters are from.
        verified: Whether they were read there.
        polarizability: Polarizability, 1e-30 m3.
        rotational_relaxation: Number of collisions in which rotation relaxes at 298 K.
    """

    geometry: Literal["atom", "linear"]
    diameter: float
    well_depth: float
    source: str
    verified: bool
    polarizability: float = 0.0
    rotational_relaxation: float = 0.0


@cache
def molecules() -> Mapping[str, Molecule]:
    """Return the molecules of molecules.toml, by name."""
    file = resources.files("femsoret.fluids.gases") / "molecules.toml"
    tables = tomllib.loads(file.read_text(encoding="utf-8"))
    return {name: Molecule(**table) for name, table in tables.items()}
