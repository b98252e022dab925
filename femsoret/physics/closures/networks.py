"""Networks of first-order transitions: conserved amounts and steady occupations.

The entries of a matrix of rates k are floats, numpy arrays of one shape or UFL expressions:
``k[a][b]`` is the rate from a to b, 1/s, the float 0 where there is no transition. Diagonal entries
are ignored.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from femsoret.base.types import Value
from femsoret.physics.closures.point import Matrix, Row, is_zero


def conserved_groups(size: int, pairs: Iterable[tuple[int, int]]) -> tuple[tuple[int, ...], ...]:
    """Return the groups of states that transitions connect, each in ascending order.

    A transition a to b has the stoichiometric vector e_b - e_a. Combinations of amounts that are
    orthogonal to all of these vectors are constant on connected groups of states, so that the sums
    over the groups are a basis of what is conserved, exactly.

    Args:
        size: Number of states.
        pairs: Indices of the states that each transition connects.
    """
    ends = np.array(list(pairs), dtype=int).reshape(-1, 2)
    edges = coo_matrix((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(size, size))
    number, labels = connected_components(edges, directed=False)
    return tuple(tuple(map(int, np.flatnonzero(labels == group))) for group in range(number))


def occupations(rates: Matrix, group: Sequence[int]) -> Row:
    """Return the steady occupations of a connected group of states, which add up to 1.

    The algorithm eliminates one state after the other without subtractions, so that each
    occupation is accurate to round-off relative to itself, and without pivots, so that entries may
    be UFL expressions (W. K. Grassmann, M. I. Taksar, D. P. Heyman, Oper. Res. 33 (1985) 1107).

    Args:
        rates: Rates between all states, 1/s; every transition of the group has a reverse.
        group: Indices of the states of the group.

    Returns:
        One occupation per state of the group, dimensionless.
    """
    n = len(group)
    k = [[rates[a][b] if a != b else 0.0 for b in group] for a in group]
    for last in reversed(range(1, n)):
        leaving = _sum(k[last][:last])
        for a in range(last):
            if is_zero(k[a][last]):
                continue
            k[a][last] = k[a][last] / leaving
            for b in range(last):
                if b != a and not is_zero(k[last][b]):
                    k[a][b] = k[a][b] + k[a][last] * k[last][b]
    weights: list[Value] = [1.0]
    for b in range(1, n):
        arriving = [w * k[a][b] for a, w in enumerate(weights) if not is_zero(k[a][b])]
        weights.append(_sum(arriving))
    total = _sum(weights)
    return tuple(weight / total for weight in weights)


def _sum(terms: Sequence[Value]) -> Value:
    others = [term for term in terms if not is_zero(term)]
    return sum(others[1:], start=others[0])
