"""Terms: what equations are sums of, each with all that its users ask of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Flag, auto
from typing import Any

from femsoret.physics.closures import Mixture, State

Form = Callable[[State, State, Any, Any], Any]
"""``form(s, v, m, dx) -> ufl.Form``: fields, test functions, medium, measure."""


class Phase(Flag):
    """Where a term may hold."""

    FLUID = auto()
    SOLID = auto()


@dataclass(frozen=True)
class Term:
    """One term of an equation, on the left-hand side.

    Args:
        name: Its name.
        form: Gives its form over a measure, with the medium that is there.
        where: The phases where it holds.
        is_rate: Whether the form is what a volume holds, of which the equation has the rate of
            change, and a steady state nothing.
        leaves_out_rate: Whether it is zero for exact steady states only, since it leaves out their
            rate of change: equations with it have neither a course in time nor modes.
        without_chi: What stands for it, nearly, where the velocity potential is eliminated; None:
            itself, empty: nothing.
        resistance: Gives what it puts before div u div v, Pa s; None where it has no such part.
    """

    name: str
    form: Form
    where: Phase = Phase.FLUID
    is_rate: bool = False
    leaves_out_rate: bool = False
    without_chi: tuple[Term, ...] | None = None
    resistance: Callable[[State, Mixture], Any] | None = None


def term(
    *,
    where: Phase = Phase.FLUID,
    is_rate: bool = False,
    leaves_out_rate: bool = False,
    without_chi: tuple[Term, ...] | None = None,
) -> Callable[[Form], Term]:
    """Return the decorator that makes a function the form of a term of its name.

    Args:
        where: See :class:`Term`, likewise the others.
        is_rate: Whether the form is what a volume holds.
        leaves_out_rate: Whether it is zero for exact steady states only.
        without_chi: What stands for it where the velocity potential is eliminated.
    """

    def made(form: Form) -> Term:
        return Term(form.__name__, form, where, is_rate, leaves_out_rate, without_chi)

    return made
