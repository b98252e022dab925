"""Small case files that several tests read, solve or spoil."""

from __future__ import annotations

from typing import Final


def condition(kind: str, side: str, value: float | str) -> str:
    """Return the table of a condition with a value, which is a number or a text in quotes."""
    return f'[[condition]]\nkind = "{kind}"\nsides = ["{side}"]\nvalue = {value}\n'


def in_a_rectangle(fluid: str, *conditions: str, cells: tuple[int, int] = (4, 2)) -> str:
    """Return a case of 10 mm x 5 mm.

    Args:
        fluid: The table [fluid] without its heading, and tables below it.
        conditions: Tables of conditions.
        cells: Numbers of mesh cells.
    """
    return f"""
[cell]
kind = "rectangle"
size = ["10 mm", "5 mm"]
cells = {list(cells)}
[fluid]
{fluid}
{"".join(conditions)}"""


PHYSICAL: Final = in_a_rectangle(
    'name = "water-ethanol"',
    condition("temperature", "top", '"303.15 K"'),
    condition("temperature", "bottom", 293.15),
)
"""A liquid heated from above; its Soret coefficient is known up to 300.65 K."""

GROUPS: Final = (
    """
[cell]
kind = "rectangle"
size = [2, 1]
cells = [4, 2]
[groups]
Ra = 1e5
Pr = 10
Le = 100
psi = 0.2
"""
    + condition("temperature", "top", 1)
    + condition("temperature", "bottom", 0)
)
"""Likewise, stated by groups."""

DOUBLE: Final = GROUPS.replace("psi = 0.2", "N = -0.5\nSr = 0.3\nDf = 0.1")
"""Double-diffusive groups, with no composition given on any wall."""

QUICK: Final = """
[solver]
numerical_error = false
[output]
formats = []
figures = false
"""
"""What makes a case quick to run: half of its time would go into figures."""


def drawn(case: str) -> str:
    """Return a quick case with its figures."""
    return case.replace("figures = false\n", "")


LIQUID: Final = PHYSICAL + QUICK

SQUARE: Final = (
    """
[cell]
kind = "rectangle"
size = [1, 1]
cells = [3, 3]
[groups]
Ra = 100
Pr = 10
Le = 100
psi = 0.2
[gravity]
tilt = "90 deg"
"""
    + condition("temperature", "left", 0.5)
    + condition("temperature", "right", -0.5)
    + QUICK
)
"""A square heated from the side, so small that it is solved at once."""
