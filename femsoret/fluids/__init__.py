"""Fluids: sourced properties, property models, the database and dimensionless groups."""

from femsoret.fluids.database import AnyFluid, available, load_fluid, read_fluid
from femsoret.fluids.fluid import Fluid
from femsoret.fluids.groups import (
    DoubleDiffusiveGroups,
    Groups,
    ScaledProperties,
    double_diffusive_values,
    property_values,
)
from femsoret.fluids.multicomponent import FluidComponent, MulticomponentFluid
from femsoret.fluids.properties import MODELS, Property, is_constant, make_property
from femsoret.fluids.sourced import Sourced
from femsoret.fluids.values import PropertyValues

__all__ = [
    "MODELS",
    "AnyFluid",
    "DoubleDiffusiveGroups",
    "Fluid",
    "FluidComponent",
    "Groups",
    "MulticomponentFluid",
    "Property",
    "PropertyValues",
    "ScaledProperties",
    "Sourced",
    "available",
    "double_diffusive_values",
    "is_constant",
    "load_fluid",
    "make_property",
    "property_values",
    "read_fluid",
]
