"""Terms of equations, with the properties that solvers and studies use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Flag, auto
from typing import Any, TypeAlias

from femsoret.base.types import Expr, Form, Measure
from femsoret.physics.closures import Mixture, State

FormOf: TypeAlias = Callable[[State, State, Any, Measure], Form]
"""Function ``form(s, v, m, dx)`` of fields, test functions, mixture or solid, and measure."""


class Phase(Flag):
    """Phases of the medium on which a term may be defined."""

    FLUID = auto()
    SOLID = auto()


@dataclass(frozen=True)
class Term:
    """One term of an equation, on the left-hand side.

    Args:
        name: Name of the term.
        form: Function that returns the UFL form of the term; see :data:`FormOf`.
        where: Phases on which the term is defined.
        is_rate: Whether this is a storage term. Its form is then the stored quantity, whose time
            derivative is in the equation; steady equations do not contain it.
        is_source: Whether the term creates what its equation balances, instead of moving it.
        leaves_out_rate: Whether the term vanishes for exact steady states only, because it omits
            their rate of change. Equations with such a term can neither be integrated in time nor
            linearised for eigenvalues.
        without_chi: Terms that replace this one, approximately, if the velocity potential is
            eliminated; None to keep the term, () to omit it.
        resistance: Function that returns the coefficient of div u div v in the term, Pa s; None if
            the term has no such part.
    """

    name: str
    form: FormOf
    where: Phase = Phase.FLUID
    is_rate: bool = False
    is_source: bool = False
    leaves_out_rate: bool = False
    without_chi: tuple[Term, ...] | None = None
    resistance: Callable[[State, Mixture], Expr] | None = None


def term(
    *,
    where: Phase = Phase.FLUID,
    is_rate: bool = False,
    is_source: bool = False,
    leaves_out_rate: bool = False,
    without_chi: tuple[Term, ...] | None = None,
) -> Callable[[FormOf], Term]:
    """Return a decorator that turns a form function into a term of the same name.

    The arguments are those of :class:`Term`.

    Args:
        where: Phases on which the term is defined.
        is_rate: Whether this is a storage term.
        is_source: Whether the term creates what its equation balances.
        leaves_out_rate: Whether the term vanishes for exact steady states only.
        without_chi: Terms that replace this one if the velocity potential is eliminated.
    """

    def make(form: FormOf) -> Term:
        return Term(form.__name__, form, where, is_rate, is_source, leaves_out_rate, without_chi)

    return make
