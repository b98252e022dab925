"""Solids: what walls are made of, with sources."""

from femsoret.solids.solid import (
    UNITS,
    Solid,
    SolidValues,
    available_solids,
    load_solid,
    solid_of,
)

__all__ = ["UNITS", "Solid", "SolidValues", "available_solids", "load_solid", "solid_of"]
