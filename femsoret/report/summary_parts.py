"""Parts of a summary that steady and transient runs share, as plain data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

from femsoret.experiment import Experiment
from femsoret.fluids.table import Row, rows
from femsoret.post.chambers import Chamber
from femsoret.post.readings import Gradients
from femsoret.post.resolution import Coarsest, Resolution
from femsoret.post.soret import HotCold, SoretOutcome
from femsoret.problem.orientation import heated_from, side_facing
from femsoret.studies.measure.uncertainty import BiasUncertainty


def orientation_part(experiment: Experiment) -> dict[str, Any]:
    """Return how the cell stands; collective.

    Args:
        experiment: The experiment.
    """
    frame, up = experiment.orientation, experiment.mixture.gravity.up
    wall_pair = frame.wall_pair
    return {
        "coordinates": experiment.cell.coordinates.name,
        "hot": frame.hot,
        "cold": frame.cold,
        "axis": list(frame.axis),
        "gap": frame.gap,
        "T_hot": frame.T_hot,
        "T_cold": frame.T_cold,
        "heat_flux": frame.flux,
        "up": list(up),
        "gravity": experiment.mixture.gravity.magnitude,
        "axis_from": frame.basis,
        "distance": wall_pair.distance if wall_pair else None,
        "askew": wall_pair.misalignment if wall_pair else None,
        "aside": wall_pair.offset_angle if wall_pair else None,
        "heated_from": heated_from(frame, up),
        "up_side": side_facing(experiment.cell, up),
    }


def separation_part(
    experiment: Experiment,
    readings: Sequence[tuple[HotCold, HotCold]],
    extra: Mapping[str, HotCold],
) -> dict[str, Any]:
    """Return the readings: of the species named first, and of each.

    Args:
        experiment: The experiment.
        readings: Readings with gravity and without, one pair a species.
        extra: Further readings of the species named first by name, with gravity.
    """
    T0 = experiment.mixture.T0
    c0 = [float(species.c0) for species in experiment.mixture.species]

    def ends(at: HotCold, mean: float) -> dict[str, Any]:
        return {
            "hot": {"T": T0 + at.theta_hot, "c": mean + at.gamma_hot},
            "cold": {"T": T0 + at.theta_cold, "c": mean + at.gamma_cold},
        }

    each = [
        {
            "species": species.name,
            "value": at.separation,
            "without_gravity": at_reference.separation,
            **ends(at, mean),
        }
        for species, mean, (at, at_reference) in zip(
            experiment.mixture.species, c0, readings, strict=True
        )
    ]
    return {
        **each[0],
        "extra": {name: more.separation for name, more in extra.items()},
        "ends": {name: ends(more, c0[0]) for name, more in extra.items()},
        "each": each,
    }


def sherwood_of_each(
    experiment: Experiment, numbers: Sequence[Mapping[str, float | None]]
) -> list[dict[str, Any]]:
    """Return the Sherwood numbers of each species by side.

    Args:
        experiment: The experiment.
        numbers: Side -> number, one a species.
    """
    names = [species.name for species in experiment.mixture.species]
    return [
        {"species": name, "sides": dict(sides)} for name, sides in zip(names, numbers, strict=True)
    ]


def gradients_part(gradients: Mapping[str, Gradients]) -> dict[str, Any]:
    """Return the gradients that were read.

    Args:
        gradients: Gradients by name.
    """
    return {name: {"T": found.T, "c": found.c} for name, found in gradients.items()}


def soret_part(
    experiment: Experiment,
    outcomes: Sequence[SoretOutcome],
    at_thermostats: SoretOutcome | None = None,
) -> dict[str, Any]:
    """Return the Soret coefficients: of the species named first, and of each.

    Args:
        experiment: The experiment.
        outcomes: What the readings say, one a species.
        at_thermostats: What they say of the first with the temperatures imposed behind solid walls.
    """
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
        "bias_reason": (
            "S_T changes sign or vanishes between the readings" if each[0]["bias"] is None else ""
        ),
        "at_thermostats": (
            {
                "dT": at_thermostats.at.dT,
                "apparent": at_thermostats.apparent,
                "bias": at_thermostats.bias,
            }
            if at_thermostats
            else None
        ),
    }


def chambers_part(chambers: Sequence[Chamber]) -> dict[str, Any]:
    """Return the chambers by name; empty where the fluid is in one part.

    Args:
        chambers: The chambers.
    """
    return {
        chamber.name: {
            "volume": chamber.volume,
            "filled": chamber.filled,
            "mean": chamber.mean,
            "separation": chamber.at.separation if chamber.at else None,
            "true": chamber.soret.true.value if chamber.soret else None,
            "apparent": chamber.soret.apparent if chamber.soret else None,
            "bias": chamber.soret.bias if chamber.soret else None,
            "reason": chamber.missing,
        }
        for chamber in chambers
    }


def resolution_part(found: Resolution) -> dict[str, Any]:
    """Return how well the mesh resolves the fields, without warnings.

    Args:
        found: What was found.
    """
    largest = found.solutal or found.thermal
    return {
        "cell_peclet": {
            "thermal": found.thermal.value,
            "solutal": found.solutal.value if found.solutal else None,
            "x": list(largest.x),
            "side": largest.side,
        },
        "walls": {
            side: {
                # Without flow a layer has no thickness.
                "thickness": wall.thickness if isfinite(wall.thickness) else None,
                "cell_size": wall.cell_size,
            }
            for side, wall in found.walls.items()
        },
        "coarsest": _coarsest(found.coarsest),
        "temperature": _coarsest(found.temperature),
        "velocity": _coarsest(found.velocity),
    }


def _coarsest(cell: Coarsest | None) -> dict[str, Any] | None:
    """Return the mesh cell that misses most of a field."""
    if cell is None:
        return None
    return {
        "missed": cell.missed,
        "limit": cell.limit,
        "x": list(cell.x),
        "side": cell.side,
        "cell_peclet": cell.cell_peclet,
        "cell_size": cell.cell_size,
        "needed": cell.needed,
    }


def uncertainty_part(uncertainty: BiasUncertainty) -> dict[str, Any]:
    """Return what the uncertainty of the fluid data does to a bias.

    Args:
        uncertainty: What was found.
    """
    return {
        "bias": uncertainty.total,
        "unknown": list(uncertainty.unknown),
        "entries": {
            c.entry: {
                "relative": c.relative,
                "sensitivity": c.sensitivity,
                "of_bias": c.of_bias,
            }
            for c in uncertainty.contributions
        },
    }


def fluid_part(experiment: Experiment) -> dict[str, Any] | None:
    """Return the sourced fluid, None where there is none.

    Args:
        experiment: The experiment.
    """
    fluid, mixture = experiment.fluid, experiment.mixture
    if fluid is None:
        return None
    return {
        "name": fluid.name,
        "unverified": list(fluid.unverified()),
        "gaps": list(fluid.gaps),
        "rows": [_fluid_row(row) for row in rows(fluid, mixture.T0, mixture.reference.binary.c)],
    }


def solids_part(experiment: Experiment) -> dict[str, Any]:
    """Return what solid walls are made of, by region.

    Args:
        experiment: The experiment.
    """
    T0 = experiment.mixture.T0
    return {
        region: {
            "name": solid.name,
            "unverified": list(solid.unverified()),
            "rows": [
                {
                    "name": name,
                    "value": float(entry.value(T0, 0.0)),
                    "unit": entry.unit,
                    "uncertainty": entry.uncertainty,
                    "source": entry.source,
                    "verified": entry.verified,
                    "note": entry.note,
                }
                for name, entry in solid.entries().items()
            ],
        }
        for region, solid in experiment.solids.items()
    }


def _fluid_row(row: Row) -> dict[str, Any]:
    return {
        "name": row.name,
        "symbol": row.symbol,
        "value": row.value,
        "unit": row.unit,
        "uncertainty": row.uncertainty,
        "source": row.source,
        "verified": row.verified,
        "assumed": row.assumed,
        "note": row.note,
    }
