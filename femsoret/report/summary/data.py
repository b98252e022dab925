"""Fluid data, data of solids, and the uncertainty that follows: layout and content."""

# ruff: noqa: D101 (tables are described at the fields that contain them)

from __future__ import annotations

from typing import Any, Literal

from femsoret.experiment import Experiment
from femsoret.fluids.multicomponent import MulticomponentFluid
from femsoret.fluids.table import rows
from femsoret.report.summary.vocabulary import Diffusivity, Number, Part
from femsoret.studies.measure.uncertainty import BiasUncertainty


class Contribution(Part):
    relative: Number | None
    """relative standard uncertainty of the entry; null if its source states none"""
    sensitivity: Number
    """d bias/d ln(entry)"""
    of_bias: Number | None
    """standard uncertainty of the bias due to this entry; null if `relative` is"""


class SpeciesUncertainty(Part):
    species: str
    """name of the component"""
    bias: Number | None
    """standard uncertainty of the bias of this component, like `data_uncertainty.bias`"""
    unknown: list[str]
    """like `data_uncertainty.unknown`, for the bias of this component"""
    entries: dict[str, Contribution]
    """like `data_uncertainty.entries`, for the bias of this component"""


class DataUncertainty(Part):
    bias: Number | None = None
    """standard uncertainty of the bias from the fluid data, with entries taken as independent; a
    lower bound if `data_uncertainty.unknown` is not empty; null if no entry has a stated
    uncertainty; absent if there is a `reason`"""
    unknown: list[str] | None = None
    """entries without a stated uncertainty (such as a plain number in `[fluid.overrides]`) whose
    sensitivity is above 1 % of the largest; they are not in `data_uncertainty.bias`; may be empty;
    absent if `bias` is"""
    entries: dict[str, Contribution] | None = None
    """contribution of each entry of the fluid data, by entry; absent if `bias` is"""
    each: list[SpeciesUncertainty] | None = None
    """one table for each transported component; the keys above are those of the first one; absent
    if `bias` is"""
    reason: str | None = None
    """why there is no uncertainty: no fluid data, no bias, or a transient run; absent if there is
    one"""


class SolidRow(Part):
    name: str
    """name of the entry"""
    value: float
    """value at the reference state, in `unit`"""
    unit: str
    """unit of the value"""
    uncertainty: Number | None
    """relative standard uncertainty; null if the source states none"""
    source: str
    """source of the value"""
    verified: bool
    """whether the value was checked in its primary source"""
    note: str
    """what a user should know; may be empty"""


class FluidRow(SolidRow):
    symbol: str
    """symbol of the property"""
    assumed: bool
    """whether the value is an assumption"""
    mark: str
    """how the value came here: read, quoted, derived, assumed, or computed with a package"""


class Asymmetry(Part):
    value: Number
    """|L - L^T|/|L + L^T| of Onsager's matrix L = rho T D G^-1 at the reference state"""
    uncertainty: Number | None
    """its standard uncertainty from the data; null if that of an entry is unknown"""
    deviations: Number | None
    """how many standard deviations of a normal distribution the data are from symmetry; null
    likewise"""


class Fluid(Part):
    name: str
    """name of the fluid"""
    phase: Literal["fluid", "solid"]
    """"solid" for a species in a solid, in which nothing flows: speeds and Péclet numbers are 0,
    and the states with and without gravity are one"""
    diffusivities: list[Diffusivity]
    """eigenvalues of the diffusion matrix at the reference state, in ascending order; D of a binary
    mixture"""
    asymmetry: Asymmetry | None
    """how far the data of three or more components are from Onsager's reciprocal relations; null
    for two components, and if the chemical potentials are unknown or the matrix of the relations
    is given itself"""
    unverified: list[str]
    """entries that were not checked in their primary source"""
    gaps: list[str]
    """entries without a published value: the assumptions made for them, or that they are missing"""
    rows: list[FluidRow]
    """one table per entry"""


class Solid(Part):
    name: str
    """name of the material"""
    unverified: list[str]
    """entries that were not checked in their primary source"""
    rows: list[SolidRow]
    """one table per entry"""


def uncertainty_part(uncertainty: BiasUncertainty) -> dict[str, Any]:
    """Return the part of a summary on the uncertainty of a bias from the fluid data.

    Args:
        uncertainty: The uncertainty of the bias.
    """
    return {
        "bias": uncertainty.total,
        "unknown": list(uncertainty.unknown),
        "entries": {part.entry: part for part in uncertainty.contributions},
    }


def fluid_part(experiment: Experiment) -> dict[str, Any] | None:
    """Return the part of a summary on the fluid data; None if the case has no fluid.

    Args:
        experiment: The experiment.
    """
    fluid, mixture = experiment.fluid, experiment.mixture
    if fluid is None:
        return None
    T0, at = float(mixture.T0), mixture.reference
    return {
        "name": fluid.name,
        "phase": "fluid" if fluid.flows else "solid",
        "unverified": list(fluid.unverified()),
        "gaps": list(fluid.gaps),
        "diffusivities": at.diffusivities.tolist(),
        "asymmetry": (
            fluid.asymmetry(T0, at.c) if isinstance(fluid, MulticomponentFluid) else None
        ),
        "rows": rows(fluid, T0, at.c),
    }


def solids_part(experiment: Experiment) -> dict[str, Any]:
    """Return the data of the material of each solid wall, by region."""
    T0 = experiment.mixture.T0
    return {
        region: {
            "name": solid.name,
            "unverified": list(solid.unverified()),
            "rows": [
                {
                    "name": name,
                    "value": float(sourced.value(T0, 0.0)),
                    "unit": sourced.unit,
                    "uncertainty": sourced.uncertainty,
                    "source": sourced.source,
                    "verified": sourced.verified,
                    "note": sourced.note,
                }
                for name, sourced in solid.entries().items()
            ],
        }
        for region, solid in experiment.solids.items()
    }
