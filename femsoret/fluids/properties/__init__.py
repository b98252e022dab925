"""Property laws: the dependence of a property on temperature and composition."""

from femsoret.fluids.properties.composed import (
    Reflected,
    Scaled,
    depends_on_temperature,
    is_constant,
    is_proportional_to_temperature,
    negated,
    reflected,
    with_molar_masses,
)
from femsoret.fluids.properties.formulas import (
    Arrhenius,
    Constant,
    IacopiniPiazza,
    Linear,
    Polynomial,
    Proportional,
    StokesEinstein,
)
from femsoret.fluids.properties.gases import (
    GasPolynomial,
    IdealGasDensity,
    IdealGasExpansion,
    IdealGasSolutalExpansion,
    MassWeighted,
)
from femsoret.fluids.properties.law import Property, R
from femsoret.fluids.properties.reading import (
    KEY_UNITS,
    MODELS,
    Model,
    keys_of,
    kind,
    make_property,
    validate,
)

__all__ = [
    "KEY_UNITS",
    "MODELS",
    "Arrhenius",
    "Constant",
    "GasPolynomial",
    "IacopiniPiazza",
    "IdealGasDensity",
    "IdealGasExpansion",
    "IdealGasSolutalExpansion",
    "Linear",
    "MassWeighted",
    "Model",
    "Polynomial",
    "Property",
    "Proportional",
    "R",
    "Reflected",
    "Scaled",
    "StokesEinstein",
    "depends_on_temperature",
    "is_constant",
    "is_proportional_to_temperature",
    "keys_of",
    "kind",
    "make_property",
    "negated",
    "reflected",
    "validate",
    "with_molar_masses",
]
