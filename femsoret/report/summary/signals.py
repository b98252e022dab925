"""Signals besides the main readings, and thermometers: layout and content."""

# ruff: noqa: D101 (tables are described at the fields that contain them)

from __future__ import annotations

from typing import Any

from femsoret.post.signals import Seen
from femsoret.report.summary.vocabulary import Diffusivity, Kelvin, Number, Part, PerKelvin
from femsoret.studies.measure.state import MeasuredState
from femsoret.studies.measure.time_series import Evaluations, FittedCoefficients, FittedComponents
from femsoret.studies.measure.transient import TransientFindings


class SignalOfSpecies(Part):
    species: str
    """name of the component"""
    dc: Number
    """difference of its mass fraction, hot less cold, with gravity"""
    dc_without_gravity: Number
    """the same without gravity, on the same mesh"""
    true: PerKelvin | None
    """true S_T: that of the same signal of the state at rest; null if there is a `reason`"""
    fluid: PerKelvin | None
    """S_T of the fluid at rest: between the temperatures read, or where the signal is taken"""
    apparent: PerKelvin | None
    """apparent S_T, from the signal with gravity"""
    without_gravity: PerKelvin | None
    """S_T from the signal without gravity: equal to `true` except for the numerical error"""
    bias: Number | None
    """`apparent` less `true`, over the size of `true` as for `soret.bias`"""


class SignalFit(Part):
    species: str
    """name of the component"""
    D: Diffusivity | None
    """D of the fitted series; null for several components"""
    D_bias: Number | None
    """fitted over true D, less 1"""
    S_T: PerKelvin | None
    """S_T of the fitted plateau"""
    S_T_bias: Number | None
    """fitted less true S_T over the size of the true one"""


class SignalEvaluation(Part):
    with_gravity: list[SignalFit]
    """one table for each transported component: what a laboratory would report from the history of
    the signal; empty for the reason in `reason`"""
    without_gravity: list[SignalFit]
    """one table for each, from the march without gravity; empty if it cannot be evaluated"""
    reason: str
    """why nothing is fitted; empty if something is"""


class Signal(Part):
    dT: Kelvin
    """difference of the temperature, hot less cold, with gravity: for a pair, that of its readings;
    for another signal, the difference across the gap of a linear profile with the same signal"""
    dT_without_gravity: Kelvin
    """the same without gravity"""
    reason: str
    """why there is no Soret coefficient; empty if there is one"""
    each: list[SignalOfSpecies]
    """one table for each transported component; empty in a pure fluid"""
    evaluation: SignalEvaluation | None = None
    """fits to the history of the signal; absent in a steady run"""


class Thermometer(Part):
    T: Kelvin
    """temperature with gravity"""
    without_gravity: Kelvin
    """the same without gravity"""


def signals_part(state: MeasuredState, findings: TransientFindings | None) -> dict[str, Any]:
    """Return the parts of a summary on further signals and thermometers.

    Args:
        state: The measured state.
        findings: Results of a transient run; None in a steady run.
    """
    solution, T0 = state.solution, state.solution.experiment.mixture.T0
    names = [species.name for species in solution.experiment.mixture.species]
    signals = {}
    for name, there in solution.signals.items():
        signals[name] = _signal(there, names)
        if findings is not None:
            signals[name]["evaluation"] = _evaluation(findings.of_signals[name], names)
    return {
        "signals": signals,
        "thermometers": {
            name: {"T": T0 + at, "without_gravity": T0 + without}
            for name, (at, without) in state.thermometers.items()
        },
    }


def _signal(there: Seen, names: list[str]) -> dict[str, Any]:
    keys = ("true", "fluid", "apparent", "without_gravity", "bias")
    each: list[dict[str, Any]] = []
    for i, name in enumerate(names):
        of: dict[str, Any] = dict.fromkeys(keys)
        if there.outcomes:
            outcome = there.outcomes[i]
            of = {
                "true": outcome.true.value,
                "fluid": outcome.true.fluid,
                "apparent": outcome.apparent,
                "without_gravity": outcome.without_gravity,
                "bias": outcome.bias,
            }
        differences = {"dc": there.at.dc[i], "dc_without_gravity": there.at_reference.dc[i]}
        each.append({"species": name, **differences, **of})
    return {
        "dT": there.at.dT,
        "dT_without_gravity": there.at_reference.dT,
        "reason": there.missing,
        "each": each,
    }


def _evaluation(found: Evaluations, names: list[str]) -> dict[str, Any]:
    march = "with_gravity"
    return {
        march: _fits(found, march, names),
        "without_gravity": _fits(found, "without_gravity", names),
        "reason": found.why_none or found.refused.get(march, ""),
    }


def _fits(found: Evaluations, march: str, names: list[str]) -> list[dict[str, Any]]:
    """Return the fitted coefficients of each component; none if nothing was fitted."""
    one: FittedCoefficients | None = found.of.get(march)
    if one is not None:
        of_D = {"D": one.fit.D, "D_bias": one.D_bias}
        return [{"species": names[0], **of_D, "S_T": one.S_T, "S_T_bias": one.S_T_bias}]
    several: FittedComponents | None = found.components.get(march)
    if several is None:
        return []
    S, bias = several.S_T, several.S_T_bias
    return [
        {
            "species": name,
            "D": None,
            "D_bias": None,
            "S_T": None if S is None else float(S[i]),
            "S_T_bias": None if bias is None else float(bias[i]),
        }
        for i, name in enumerate(names)
    ]
