"""Property laws: the dependence of a property on temperature and composition."""

from femsoret.fluids.properties.composed import Reflected, Scaled, is_constant, negated, reflected
from femsoret.fluids.properties.formulas import (
    Arrhenius,
    Constant,
    IacopiniPiazza,
    Linear,
    Polynomial,
    StokesEinstein,
)
from femsoret.fluids.properties.law import Property, R
from femsoret.fluids.properties.reading import (
    KEY_UNITS,
    MODELS,
    Model,
    kind,
    make_property,
    validate,
)

__all__ = [
    "KEY_UNITS",
    "MODELS",
    "Arrhenius",
    "Constant",
    "IacopiniPiazza",
    "Linear",
    "Model",
    "Polynomial",
    "Property",
    "R",
    "Reflected",
    "Scaled",
    "StokesEinstein",
    "is_constant",
    "kind",
    "make_property",
    "negated",
    "reflected",
    "validate",
]
