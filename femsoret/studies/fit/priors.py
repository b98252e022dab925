"""What an experiment and its fluid say of an unknown before any data."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np

from femsoret.base.errors import CaseError, nearest
from femsoret.experiment import Experiment
from femsoret.experiment.schedule import relaxation_time
from femsoret.physics.closures import Mixture
from femsoret.problem.conditions import Condition, Robin, Temperature, resolve
from femsoret.problem.orientation import tilt_and_lean, up_vector
from femsoret.studies.fit.unknowns import Prior, Unknown

UNITS: Final = {
    "soret": "1/K",
    "D": "m^2/s",
    "tilt": "deg",
    "azimuth": "deg",
    "side_loss": "W/m^2/K",
    "thermostat_offset": "K",
    "zero_of_time": "s",
    "contrast": "",
    "baseline": "",
}
"""Unit of the values of each quantity; a baseline has that of its signal."""

_ENTRIES: Final = {"soret": "soret", "D": "diffusion"}
"""Quantity -> kind of the entry of the fluid data that it replaces."""

FLAT: Final = math.inf
"""Standard uncertainty of which nothing is known."""


def stated_prior(
    experiment: Experiment, quantity: str, components: Sequence[str], sides: Sequence[str]
) -> Prior:
    """Return the value that an experiment states, and the uncertainty that its fluid states.

    The uncertainty is infinite where nothing is stated of it. The offset of a thermostat, the zero
    of time and a baseline are 0, a contrast is 1.

    Args:
        experiment: The experiment.
        quantity: The quantity, one of those of :mod:`femsoret.studies.fit.unknowns`.
        components: Components to which it belongs.
        sides: Sides to which it belongs.

    Raises:
        CaseError: The experiment has no such quantity.
    """
    match quantity:
        case "soret" | "D":
            return _of_fluid(experiment, quantity, components)
        case "tilt" | "azimuth":
            return Prior(_angle(experiment, quantity), FLAT)
        case "side_loss":
            robin = [
                float(each.h) for each in _of_sides(experiment, sides) if isinstance(each, Robin)
            ]
            if len(robin) < len(sides):
                raise CaseError(
                    f"not all of the sides {', '.join(sides)} lose heat to their surroundings",
                    "give them a condition of kind robin, with h and T_outside",
                )
            return Prior(float(np.mean(robin)), FLAT)
        case "thermostat_offset":
            held = [each for each in _of_sides(experiment, sides) if _has_temperature(each)]
            if len(held) < len(sides):
                raise CaseError(
                    f"no temperature is given at some of the sides {', '.join(sides)}",
                    "name sides with a condition of kind temperature or robin",
                )
            return Prior(0.0, FLAT)
        case "contrast":
            return Prior(1.0, FLAT)
    return Prior(0.0, FLAT)


def typical_change(experiment: Experiment, quantity: str, prior: Prior) -> float:
    """Return the typical size of a change of an unknown, positive, in its unit.

    Args:
        experiment: The experiment.
        quantity: The quantity.
        prior: What is known of it.
    """
    if not prior.is_flat:
        return prior.uncertainty
    size = 0.1 * abs(prior.value)
    match quantity:
        case "soret":
            return size or 1e-3 / (abs(experiment.orientation.dT) or 1.0)
        case "D" | "side_loss":
            return size or 1.0
        case "tilt":
            return 0.5
        case "azimuth":
            return 10.0
        case "thermostat_offset":
            return 0.01 * (abs(experiment.orientation.dT) or 1.0)
        case "zero_of_time":
            return 0.01 * relaxation_time(experiment.mixture, experiment.orientation.gap)
    return 0.01


def sought_entries(mixture: Mixture, unknowns: Sequence[Unknown]) -> set[str]:
    """Return the entries of the fluid data that unknowns replace.

    Args:
        mixture: The mixture.
        unknowns: The unknowns.
    """
    return {
        _entry(mixture, unknown.quantity, unknown.components)
        for unknown in unknowns
        if unknown.quantity in _ENTRIES
    }


def _entry(mixture: Mixture, quantity: str, components: Sequence[str]) -> str:
    """Return the name of an entry of the fluid data; in a mixture of two it names no component."""
    kind = _ENTRIES[quantity]
    return kind if len(mixture.species) == 1 else ".".join((kind, *components))


def _of_fluid(experiment: Experiment, quantity: str, components: Sequence[str]) -> Prior:
    """Return a transport coefficient of the mixture with the uncertainty of its entry."""
    mixture = experiment.mixture
    names = [species.name for species in mixture.species]
    if not names:
        raise CaseError("a pure fluid has neither S_T nor D", "use a mixture")
    wanted = 1 if quantity == "soret" else 2
    if len(names) == 1:
        if any(name != names[0] for name in components):
            raise CaseError(
                f"there is no component {', '.join(components)} to seek this of",
                "leave component out: a mixture of two has one S_T and one D",
            )
        places = [0] * wanted
    else:
        if len(components) != wanted:
            example = f'"{names[0]}"' if wanted == 1 else f'["{names[0]}", "{names[-1]}"]'
            raise CaseError(
                f"of the components {', '.join(names)}, {len(components)} are named, not {wanted}",
                f"give component = {example}"
                + ("" if wanted == 1 else ", row and column of the matrix D"),
            )
        for name in components:
            if name not in names:
                raise CaseError(f"there is no component {name!r}", nearest(name, names))
        places = [names.index(name) for name in components]
    reference = mixture.reference
    value = float(reference.soret[places[0]] if wanted == 1 else reference.D[places[0], places[1]])
    of_fluid = {} if experiment.fluid is None else experiment.fluid.uncertainties()
    relative = of_fluid.get(_entry(mixture, quantity, components))
    return Prior(value, abs(value) * relative if relative and value else FLAT)


def _angle(experiment: Experiment, quantity: str) -> float:
    """Return the tilt or the azimuth of a cell, degrees."""
    cell, axis = experiment.cell, experiment.orientation.axis
    if cell.coordinates.has_axis:
        raise CaseError(
            f"an axisymmetric cell has no {quantity}: flow in a tilted one depends on the angle",
            'use a 3D cell (kind = "cylinder")',
        )
    if not experiment.mixture.gravity.magnitude:
        raise CaseError(f"there is no gravity, so that no {quantity} matters", "leave it out")
    tilt, aside = tilt_and_lean(axis, experiment.mixture.gravity.up)
    if quantity == "tilt":
        return tilt
    if cell.dim == 2:
        raise CaseError("a 2D cell has no azimuth", "leave it out, or use a 3D cell")
    across, along = (np.asarray(up_vector(axis, 90.0, angle)) for angle in (90.0, 0.0))
    return float(np.degrees(np.arctan2(aside @ across, aside @ along)))


def _of_sides(experiment: Experiment, sides: Sequence[str]) -> list[Condition]:
    """Return the condition for the temperature of each of the sides that has one."""
    if not sides:
        raise CaseError(
            "no side is named",
            f"give sides = [...], some of {', '.join(experiment.cell.exterior_sides)}",
        )
    for side in sides:
        if side not in experiment.cell.exterior_sides:
            raise CaseError(
                f"there is no side {side!r}", nearest(side, experiment.cell.exterior_sides)
            )
    conditions = resolve(experiment.conditions, experiment.cell)
    return [
        condition
        for side in sides
        for condition in conditions
        if side in condition.sides and "theta" in condition.fields
    ]


def _has_temperature(condition: Condition) -> bool:
    return isinstance(condition, Temperature | Robin)
