"""Solids: wall materials with sourced properties, and their database."""

from femsoret.solids.solid import (
    UNITS,
    Solid,
    SolidValues,
    available_solids,
    load_solid,
    solid_of,
)

__all__ = ["UNITS", "Solid", "SolidValues", "available_solids", "load_solid", "solid_of"]
