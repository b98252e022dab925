"""Gaps: properties of a fluid of which no number is known, with the reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from femsoret.base.errors import FluidError, nearest
from femsoret.fluids.sourced import Sourced


def check_gaps(fluid: str, given: Mapping[str, bool], missing: Mapping[str, str]) -> None:
    """Check that every property has either a value or a reason why it has none.

    Args:
        fluid: Name of the fluid, for error messages.
        given: Whether a property has a value, by the names of all properties.
        missing: Reasons, by name of the property.

    Raises:
        FluidError: A name is unknown, a reason is empty, or a property has both or neither.
    """
    for name, why in missing.items():
        if name not in given:
            raise FluidError(f"{fluid}: missing: {name!r} is not a property", nearest(name, given))
        if not why:
            raise FluidError(
                f"{fluid}: missing: no reason is given for {name}",
                "say what is known of it, and where one could look",
            )
        if given[name]:
            raise FluidError(
                f"{fluid}: {name} has a value but is listed as missing",
                f"remove it from [missing], or remove the table [{name}]",
            )
    unsaid = [name for name, has_value in given.items() if not has_value and name not in missing]
    if unsaid:
        raise FluidError(
            f"{fluid}: missing {', '.join(unsaid)}",
            f"give the table [{unsaid[0]}], or the reason why there is no value: "
            f'[missing] {unsaid[0]} = "..."'
            + (", and likewise for the others" if len(unsaid) > 1 else ""),
        )


def lacking(
    fluid: str,
    units: Mapping[str, str],
    missing: Mapping[str, str],
    alternatives: Mapping[str, Iterable[str]],
) -> FluidError:
    """Return the error that needed properties are gaps, with the reasons and what to give.

    Args:
        fluid: Name of the fluid.
        units: Units of the properties that are needed, by name.
        missing: Reasons, by name of the property.
        alternatives: Names of the sources that a case can choose, by name of the property.
    """
    reasons = "; ".join(f"{name} ({missing.get(name, 'not given')})" for name in units)
    values = ", ".join(
        f"{name} = ..." if unit == "1" else f'{name} = "... {unit}"' for name, unit in units.items()
    )
    choices = [
        f'[fluid] sources = {{ {name} = "{source}" }}'
        for name in units
        for source in alternatives.get(name, ())
    ]
    return FluidError(
        f"{fluid}: no value is known of {reasons}",
        f"give your own in [fluid.overrides], as {values}"
        + (f"; or choose a source: {' or '.join(choices)}" if choices else ""),
    )


def described_gaps(entries: Mapping[str, Sourced], missing: Mapping[str, str]) -> tuple[str, ...]:
    """Return descriptions of the properties without a published value: estimates, or nothing.

    Args:
        entries: Properties that have a value, by name.
        missing: Reasons why others have none, by name.
    """
    assumed = (
        f"{name}: assumed: {entry.source}" + (f" ({entry.note})" if entry.note else "")
        for name, entry in entries.items()
        if entry.assumed
    )
    return (*assumed, *(f"{name}: missing: {why}" for name, why in missing.items()))
