"""Values of other sources, and how far the computed ones are from them."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal

from pydantic import TypeAdapter

Quantity = Literal["alpha_T", "diffusion"]


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """A value of a pair of gases, at 1 atm.

    Args:
        pair: Names of the two gases, the heavier one first.
        T_ref: Temperature of the value, K.
        value: alpha_T, positive if the heavier gas goes to the cold side, or D, m2/s.
        source: Where it is from.
        x: Mole fraction of the heavier gas; None if the value holds for all.
        name: Name under which a case can choose it; "" if it is no law.
        exponent: The value is proportional to T to the power of it.
        T_range: Temperatures that the law covers, K; None if it is no law.
    """

    pair: tuple[str, str]
    T_ref: float
    value: float
    source: str
    x: float | None = None
    name: str = ""
    exponent: float = 0.0
    T_range: tuple[float, float] | None = None

    def sentence(self, found: float) -> str:
        """Return how far a computed value is from this one."""
        percent = 100.0 * (found / self.value - 1.0)
        more = "more" if percent > 0.0 else "less"
        where = f"{self.T_ref:g} K" + ("" if self.x is None else f" and x = {self.x:g}")
        return f"{abs(percent):.1f} % {more} than {self.value:g} at {where} ({self.source})"


@cache
def _all() -> dict[str, tuple[Comparison, ...]]:
    file = resources.files("femsoret.fluids.gases") / "comparisons.toml"
    tables = tomllib.loads(file.read_text(encoding="utf-8"))
    return TypeAdapter(dict[str, tuple[Comparison, ...]]).validate_python(tables)


def comparisons(quantity: Quantity, pair: tuple[str, ...]) -> Iterator[Comparison]:
    """Yield the values of other sources for two gases, in either order."""
    return (other for other in _all()[quantity] if set(other.pair) == set(pair))
