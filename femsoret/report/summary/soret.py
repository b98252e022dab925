"""Readings, Soret coefficients and chambers: layout and content."""

# ruff: noqa: D101 (tables are described at the fields that contain them)

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from femsoret.experiment import Experiment
from femsoret.physics.closures import MulticomponentMixture, of_all_components
from femsoret.physics.closures.all_components import frame_invariant, with_rest
from femsoret.post.chambers import Chamber as SolvedChamber
from femsoret.post.soret import HotCold, SoretOutcome
from femsoret.report.summary.vocabulary import (
    Kelvin,
    Number,
    Part,
    PerKelvin,
    Thermodiffusion,
    Volume,
)

# -- what is read ------------------------------------------------------------------------------


class End(Part):
    T: Kelvin
    """temperature"""
    c: Number
    """mass fraction"""


class Ends(Part):
    hot: End
    """the hot reading, with gravity"""
    cold: End
    """the cold reading, with gravity"""


class SpeciesSeparation(Part):
    species: str
    """name of the component"""
    value: Number
    """c at the cold reading less c at the hot reading, with gravity"""
    without_gravity: Number
    """the same without gravity, on the same mesh"""
    hot: End
    """the hot reading, with gravity"""
    cold: End
    """the cold reading, with gravity"""
    extra: dict[str, Number]
    """separation of further pairs of readings, by name; empty unless the case defines such pairs"""
    ends: dict[str, Ends]
    """the readings of further pairs, by name; empty if `extra` is"""


class Separation(SpeciesSeparation):
    each: list[SpeciesSeparation]
    """one table for each transported component; the keys above are those of the first one"""


class Coefficients(Part):
    true: PerKelvin
    """true S_T: that of the same readings of the state at rest, by the closed form"""
    fluid: PerKelvin
    """S_T of the fluid between the temperatures read at rest; equal to `true` if the temperature
    does not vary along the readings"""
    reading_effect: Number | None
    """effect of the readings, independent of the flow: `true` less `fluid`, over `fluid`, or over
    its norm for several species; exactly 0 if the temperature does not vary along the readings;
    null if `bias` is"""
    apparent: PerKelvin
    """apparent S_T, from the readings with gravity"""
    without_gravity: PerKelvin
    """S_T from the readings without gravity: equal to `true` except for the numerical error"""
    error: PerKelvin
    """`apparent` less `true`"""
    bias: Number | None
    """`error` over `true`; for several species over the norm of their `true`, since a single one
    may vanish; null if S_T vanishes or, in a binary mixture, changes sign between the readings"""


class SpeciesCoefficients(Coefficients):
    species: str
    """name of the component"""


class ComponentCoefficients(Part):
    component: str
    """name of the component"""
    c: Number
    """its mean mass fraction"""
    true: PerKelvin
    """true S'_T = -dc/dT: that of the same readings of the state at rest"""
    apparent: PerKelvin
    """apparent S'_T, from the readings with gravity"""
    bias: Number | None
    """`apparent` less `true`, over the norm of the `true` of the transported components, which
    `soret.each` lists; null if `soret.bias` is"""
    thermodiffusion: Thermodiffusion
    """D'_T of the fluid at the reference state"""
    thermodiffusion_apparent: Thermodiffusion
    """D'_T that follows from the apparent S'_T and the diffusion matrix of the fluid"""
    invariant: dict[str, PerKelvin]
    """true frame-invariant coefficients -d ln(c/c_k)/dT, by the name of the reference component k;
    0 for the component itself"""
    invariant_apparent: dict[str, PerKelvin]
    """the same from the apparent S'_T"""


class AtThermostats(Part):
    dT: Kelvin
    """temperature difference of the thermostats"""
    apparent: PerKelvin
    """apparent Soret coefficient with this difference"""
    bias: Number | None
    """this coefficient over the true one, less 1; null if `soret.bias` is"""


class Soret(Coefficients):
    each: list[SpeciesCoefficients]
    """one table for each transported component; the keys above are those of the first one. For
    components with cross-diffusion, S_T is S'_T = -dc/dT at rest, without the factor c(1-c)"""
    components: list[ComponentCoefficients]
    """one table for each component of three or more that diffuse across one another, the last one
    included, whose coefficients follow from the others; empty otherwise"""
    bias_reason: str
    """why `bias` is null; empty if it is not"""
    at_thermostats: AtThermostats | None
    """apparent S_T from the same compositions with the temperatures imposed behind solid walls, as
    an experimenter reads them; null if there is no solid between the hot or cold wall and its
    thermostat, and in a transient run"""


class SpeciesInChamber(Part):
    species: str
    """name of the component"""
    filled: Number | None
    """like `chambers.*.filled`, for this component, as are the other keys"""
    mean: Number
    """computed mean mass fraction"""
    separation: Number | None
    """separation"""
    true: PerKelvin | None
    """true Soret coefficient"""
    apparent: PerKelvin | None
    """apparent Soret coefficient"""
    bias: Number | None
    """bias, like that of `soret.each`"""


class Chamber(Part):
    volume: Volume
    """volume of the chamber (area in 2D)"""
    filled: Number | None
    """initial mean mass fraction; null if the composition is imposed at a wall of the chamber"""
    mean: Number
    """computed mean mass fraction with gravity"""
    separation: Number | None
    """separation with gravity, read in this chamber only; null if there is a `reason` other than
    readings of the same temperature"""
    true: PerKelvin | None
    """like `soret.true`, for this chamber; null if there is a `reason`"""
    apparent: PerKelvin | None
    """like `soret.apparent`; null if `true` is"""
    bias: Number | None
    """like `soret.bias`; null if `true` is, and for the same reasons as `soret.bias`"""
    reason: str
    """why the chamber has no Soret coefficient: a wall with imposed composition, or readings that
    lie outside the chamber or have the same temperature; empty if it has one"""
    each: list[SpeciesInChamber]
    """one table for each transported component; the keys above are those of the first one"""


# -- parts of runs -----------------------------------------------------------------------------


def separation_part(
    experiment: Experiment,
    readings: Sequence[tuple[HotCold, HotCold]],
    extra: Mapping[str, Sequence[HotCold]],
) -> dict[str, Any] | None:
    """Return the part of a summary on the readings; None if there are none.

    Its keys are those of the first species, with a list of all species.

    Args:
        experiment: The experiment.
        readings: Readings with gravity and without, one pair per species.
        extra: Name -> further readings with gravity, one per species.
    """
    T0, species = experiment.mixture.T0, experiment.mixture.species

    def ends(at: HotCold) -> dict[str, Any]:
        c0 = float(species[at.species].c0)
        return {
            "hot": {"T": T0 + at.theta_hot, "c": c0 + at.gamma_hot},
            "cold": {"T": T0 + at.theta_cold, "c": c0 + at.gamma_cold},
        }

    each = [
        {
            "species": species[at.species].name,
            "value": at.separation,
            "without_gravity": at_reference.separation,
            **ends(at),
            "extra": {name: more[at.species].separation for name, more in extra.items()},
            "ends": {name: ends(more[at.species]) for name, more in extra.items()},
        }
        for at, at_reference in readings
    ]
    if not each:
        return None
    return {**each[0], "each": each}


def soret_part(
    experiment: Experiment, outcomes: Sequence[SoretOutcome], at_thermostats: SoretOutcome | None
) -> dict[str, Any] | None:
    """Return the part of a summary on Soret coefficients; None if there are none.

    Its keys are those of the first species, with a list of all species.

    Args:
        experiment: The experiment.
        outcomes: Apparent and true S_T, one outcome per species.
        at_thermostats: Outcome of the first species with the temperatures imposed behind solid
            walls; None without such walls.
    """
    if not outcomes:
        return None
    each = [
        {
            "true": outcome.true.value,
            "fluid": outcome.true.fluid,
            "reading_effect": outcome.true.reading_effect,
            "apparent": outcome.apparent,
            "without_gravity": outcome.without_gravity,
            "error": outcome.error,
            "bias": outcome.bias,
        }
        for outcome in outcomes
    ]
    names = [species.name for species in experiment.mixture.species]
    return {
        **each[0],
        "each": [{"species": name, **of} for name, of in zip(names, each, strict=True)],
        "components": _components(experiment, outcomes),
        "bias_reason": (
            "S_T changes sign or vanishes between the readings" if each[0]["bias"] is None else ""
        ),
        "at_thermostats": at_thermostats
        and {
            "dT": at_thermostats.at.dT,
            "apparent": at_thermostats.apparent,
            "bias": at_thermostats.bias,
        },
    }


def _components(experiment: Experiment, outcomes: Sequence[SoretOutcome]) -> list[dict[str, Any]]:
    """Return the coefficients of all N + 1 components; empty for fewer than three."""
    mixture = experiment.mixture
    if len(outcomes) < 2 or not isinstance(mixture, MulticomponentMixture):
        return []
    fluid, D = of_all_components(mixture), mixture.reference.D
    true = np.array([outcome.true.value for outcome in outcomes])
    seen = np.array([outcome.apparent for outcome in outcomes])
    all_true, all_seen = with_rest(true, 0.0), with_rest(seen, 0.0)
    of_seen = with_rest(D @ seen, 0.0)
    S_true, S_seen = (frame_invariant(fluid.c, of) for of in (all_true, all_seen))
    size = outcomes[0].true.size
    return [
        {
            "component": name,
            "c": fluid.c[i],
            "true": all_true[i],
            "apparent": all_seen[i],
            "bias": None if size is None else (all_seen[i] - all_true[i]) / size,
            "thermodiffusion": fluid.thermodiffusion[i],
            "thermodiffusion_apparent": of_seen[i],
            "invariant": dict(zip(fluid.names, S_true[i], strict=True)),
            "invariant_apparent": dict(zip(fluid.names, S_seen[i], strict=True)),
        }
        for i, name in enumerate(fluid.names)
    ]


def chamber_part(chamber: SolvedChamber, names: Sequence[str]) -> dict[str, Any]:
    """Return the part of a summary on one chamber.

    Its keys are those of the first species, with a list of all species.
    """
    nothing: dict[str, float | None] = {"true": None, "apparent": None, "bias": None}
    coefficients: list[dict[str, float | None]] = [
        {"true": of.true.value, "apparent": of.apparent, "bias": of.bias} for of in chamber.outcomes
    ] or [nothing] * len(names)
    each = [
        {
            "filled": chamber.fillings[i],
            "mean": chamber.means[i],
            "separation": chamber.readings[i].separation if chamber.readings else None,
            **coefficients[i],
        }
        for i in range(len(names))
    ]
    return {
        "volume": chamber.volume,
        **each[0],
        "reason": chamber.missing,
        "each": [{"species": name, **of} for name, of in zip(names, each, strict=True)],
    }
