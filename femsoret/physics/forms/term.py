"""Terms: equations are sums of them. Each has all that solvers and studies need to know of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Flag, auto
from typing import Any, TypeAlias

from femsoret.base.types import Expr, Form, Measure
from femsoret.physics.closures import Mixture, State

FormOf: TypeAlias = Callable[[State, State, Any, Measure], Form]
"""``form(s, v, m, dx)``: fields, test functions, medium (mixture or solid), measure."""


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
        is_rate: Whether it is a storage term: the form is what a volume holds, of which the
            equation has the rate of change, and a steady state nothing.
        leaves_out_rate: Whether it is zero for exact steady states only, because it leaves out
            their rate of change. Equations with it can neither be integrated in time nor linearised
            for eigenvalues.
        without_chi: What replaces it, approximately, where the velocity potential is eliminated:
            None for itself, empty for nothing.
        resistance: Gives the factor of div u div v in it, Pa s; None where it has no such part.
    """

    name: str
    form: FormOf
    where: Phase = Phase.FLUID
    is_rate: bool = False
    leaves_out_rate: bool = False
    without_chi: tuple[Term, ...] | None = None
    resistance: Callable[[State, Mixture], Expr] | None = None


def term(
    *,
    where: Phase = Phase.FLUID,
    is_rate: bool = False,
    leaves_out_rate: bool = False,
    without_chi: tuple[Term, ...] | None = None,
) -> Callable[[FormOf], Term]:
    """Return the decorator that makes a function the form of a term of the same name.

    Args:
        where: See :class:`Term`, also for the other arguments.
        is_rate: Whether it is a storage term.
        leaves_out_rate: Whether it is zero for exact steady states only.
        without_chi: What replaces it where the velocity potential is eliminated.
    """

    def make(form: FormOf) -> Term:
        return Term(form.__name__, form, where, is_rate, leaves_out_rate, without_chi)

    return make
