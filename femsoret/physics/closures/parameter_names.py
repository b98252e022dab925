"""Names of the parameters of a mixture that ramps and uncertainty estimates vary.

A problem names each number of a mixture by its path through the fields of the mixture, such as
"species.0.beta_c" (:mod:`femsoret.base.parameters`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from femsoret.fluids.properties import Constant, Scaled
from femsoret.physics.closures.medium import Mixture
from femsoret.physics.closures.mixture import BoussinesqMixture
from femsoret.physics.closures.multicomponent import (
    MeasuredTransport,
    MulticomponentMixture,
    OnsagerTransport,
    SoretTransport,
)

FLUID_DATA: Final[Mapping[str, str]] = MappingProxyType(
    {
        "density": "rho0",
        "heat_capacity": "cp",
        "thermal_expansion": "beta_T",
        "viscosity": "viscosity.factor",
        "conductivity": "conductivity.factor",
        "solutal_expansion": "species.0.beta_c",
        "diffusion": "species.0.diffusion.factor",
        "soret": "species.0.soret.factor",
        "thermodynamic_factor": "species.0.mixing.Gamma",
    }
)
"""For each property of a fluid, the parameter that is proportional to it in a mixture made by
:func:`femsoret.physics.closures.mixture_of`."""


def diffusion_parameters(mixture: Mixture) -> tuple[str, ...]:
    """Return the names of the parameters that scale all diffusion coefficients of a mixture.

    Multiplying all of them by the same factor changes the rate of diffusion, but not the separation
    at rest.

    Returns:
        Names of parameters; empty if a property model has no such parameter.
    """
    laws: list[tuple[str, object]]
    match mixture:
        case BoussinesqMixture(species=species):
            laws = [(f"species.{i}.diffusion", law.diffusion) for i, law in enumerate(species)]
        case MulticomponentMixture(transport=MeasuredTransport(D=D, D_T=D_T)):
            laws = [(f"transport.D_T.{i}", law) for i, law in enumerate(D_T)]
            laws += _entries("transport.D", D)
        case MulticomponentMixture(transport=SoretTransport(D=D)):
            laws = _entries("transport.D", D)
        case MulticomponentMixture(transport=OnsagerTransport(L=L)):
            laws = _entries("transport.L", L)
        case _:
            return ()
    names = [_factor(name, law) for name, law in laws]
    return () if None in names else tuple(name for name in names if name)


def _entries(name: str, rows: Iterable[Iterable[object]]) -> list[tuple[str, object]]:
    return [(f"{name}.{i}.{k}", law) for i, row in enumerate(rows) for k, law in enumerate(row)]


def _factor(name: str, law: object) -> str | None:
    """Return the parameter to which a property model is proportional; None if there is none."""
    if isinstance(law, Scaled):
        return f"{name}.factor"
    return f"{name}.value" if isinstance(law, Constant) else None
