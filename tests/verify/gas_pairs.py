"""Gas pairs of the data sheet row by row: what the closures have, beside values of other sources.

    tools/fenicsx python3 tests/verify/gas_pairs.py

prints the table of docs/evidence.md. Every number passes through all of it: molecules, Cantera, the
fitted laws of the fluid, the mixture at its reference state.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from femsoret.fluids.gases import gas_fluid
from femsoret.physics.closures import mixture_of

CANTERA = "Cantera 3.2 run apart from this code, with gri30.yaml"
RET_MIE = "RET-Mie (pykingas 2.0.0): another theory, Mie potentials"
MALINAUSKAS = "measured, Malinauskas, JCP 42 (1965) 156: fit in T, 0 to 120 degC"
TEXTBOOKS = "measured, quoted in textbooks: middle of the range"
ISOTOPES = "measured between walls at 20 and 130 degC"

AGREES: dict[str, dict[str, float]] = {
    CANTERA: {"alpha_T": 0.012, "D": 0.002},
    RET_MIE: {"alpha_T": 0.27, "D": 0.24},
    MALINAUSKAS: {"D": 0.055},
    TEXTBOOKS: {"alpha_T": 0.06},
    ISOTOPES: {"alpha_T": 0.16},
}
"""Source -> largest relative difference. That of Cantera is half a digit of what was printed, and
what the fit in T adds; all others are differences of theory, parameters and measurement."""

DIGIT = {CANTERA: 0.0006, RET_MIE: 0.02}
"""Source -> difference of alpha_T that counts as none: several are only a few hundredths."""


@dataclass(frozen=True)
class Row:
    """One value.

    Args:
        pair: Names of the gases, the lighter one first.
        quantity: The magnitude of alpha_T; or D, 1e-4 m2/s.
        value: As printed.
        source: Where it is from.
        x: Mole fraction of the lighter gas.
        T: Temperature, K.
    """

    pair: str
    quantity: Literal["alpha_T", "D"]
    value: float
    source: str
    x: float = 0.5
    T: float = 300.0

    def found(self) -> float:
        """Return what the closures have: positive if the heavier gas goes to the cold side."""
        names, file = self.pair, None
        if self.source == CANTERA:
            names, file = self.pair.replace("Ar", "AR"), "gri30.yaml"
        fluid = gas_fluid(names, x=self.x, T=self.T, mechanism=file)
        at = mixture_of(fluid, T0=self.T, c0=fluid.c, up=(0.0, 1.0)).reference
        # The fluid names the lighter gas first, which goes to the warm side.
        return float(-self.T * at.soret[0]) if self.quantity == "alpha_T" else 1e4 * at.slowest

    def holds(self, found: float) -> bool:
        """Return whether a value differs by no more than the source is known to."""
        off = abs(found - self.value)
        close = self.quantity == "alpha_T" and off < DIGIT.get(self.source, 0.0)
        return close or off <= AGREES[self.source][self.quantity] * self.value


SHARES = (0.05, 0.5, 0.95)

_RET_MIE = {
    "He-Ar": ((0.270, 0.382, 0.657), 0.771),
    "Ne-Ar": ((0.145, 0.179, 0.235), 0.331),
    "He-Ne": ((0.244, 0.298, 0.390), 1.14),
    "Ar-Kr": ((0.100, 0.113, 0.132), 0.141),
    "Kr-Xe": ((0.037, 0.041, 0.046), 0.0775),
    "He-Kr": ((0.281, 0.415, 0.803), 0.665),
    "He-Xe": ((0.275, 0.418, 0.871), 0.593),
    "Ne-Xe": ((0.204, 0.290, 0.510), 0.226),
    "Ar-Xe": ((0.104, 0.128, 0.170), 0.116),
    "H2-N2": ((0.260, 0.351, 0.546), 0.782),
    "H2-CO2": ((0.243, 0.349, 0.625), 0.635),
    "H2-Ar": ((0.253, 0.339, 0.515), 0.823),
    "N2-CO2": ((0.063, 0.072, 0.085), 0.147),
    "H2-D2": ((0.142, 0.148, 0.157), 1.31),
    "CH4-C3H8": ((0.073, 0.084, 0.100), 0.163),
    "CH4-CO2": ((0.073, 0.084, 0.102), 0.159),
}
_CANTERA = {
    "H2-N2": ((0.259, 0.348, 0.534), 0.779),
    "H2-CO2": ((0.213, 0.300, 0.513), 0.662),
    "H2-Ar": ((0.242, 0.324, 0.494), 0.815),
    "N2-CO2": ((0.052, 0.059, 0.068), None),
    "H2-CH4": ((0.231, 0.314, 0.491), None),
    "CH4-C3H8": ((0.060, 0.079, 0.114), None),
    "CH4-CO2": ((0.068, 0.077, 0.090), None),
}
_WARMING = {  # alpha_T and D at 200, 400 and 600 K, equimolar
    "He-Ar": ((0.369, 0.386, 0.388), (0.389, 1.25, 2.47)),
    "Ne-Ar": ((0.152, 0.191, 0.201), (0.163, 0.541, 1.07)),
    "Kr-Xe": ((0.009, 0.071, 0.102), (0.0353, 0.133, 0.277)),
    "He-Xe": ((0.391, 0.427, 0.434), (0.297, 0.964, 1.90)),
    "H2-N2": ((0.315, 0.366, 0.377), (0.389, 1.27, 2.52)),
    "H2-CO2": ((0.283, 0.377, 0.410), (0.311, 1.04, 2.06)),
}


def rows() -> Iterator[Row]:
    """Yield all rows, by source."""
    for source, table in ((CANTERA, _CANTERA), (RET_MIE, _RET_MIE)):
        for pair, (alphas, D) in table.items():
            for x, alpha in zip(SHARES, alphas, strict=True):
                yield Row(pair, "alpha_T", alpha, source, x)
            if D is not None:
                yield Row(pair, "D", D, source)
    for pair, alpha, other, D in (("N2-O2", 0.0205, 0.023, 0.203), ("N2-Ar", 0.051, 0.063, 0.197)):
        yield Row(pair, "alpha_T", alpha, CANTERA)
        yield Row(pair, "alpha_T", other, RET_MIE)
        yield Row(pair, "D", D, RET_MIE)
    for pair, (alphas, others) in _WARMING.items():
        for T, alpha, D in zip((200.0, 400.0, 600.0), alphas, others, strict=True):
            yield Row(pair, "alpha_T", alpha, RET_MIE, T=T)
            yield Row(pair, "D", D, RET_MIE, T=T)
    for pair, power, log10 in (
        ("He-Ar", 1.684, -4.2902),
        ("Ar-Xe", 1.955, -5.7807),
        ("He-Xe", 1.720, -4.5251),
    ):
        for T in (280.0, 300.0, 390.0):
            yield Row(pair, "D", T**power * 10.0**log10, MALINAUSKAS, T=T)
    yield Row("He-Ar", "alpha_T", 0.39, TEXTBOOKS)
    yield Row("Ne-Ar", "alpha_T", 0.18, TEXTBOOKS)
    yield Row("H2-D2", "alpha_T", 0.149, ISOTOPES, T=348.15)


def markdown() -> str:
    """Return the table, one line for each pair, quantity and source."""
    lines = ["| pair | quantity | at | other source | these closures | difference | source |",
             "|---|---|---|---|---|---|---|"]  # fmt: skip
    groups: dict[tuple[str, str, str, bool], list[Row]] = {}
    for row in rows():
        by_T = row.quantity == "D" or row.source == ISOTOPES or abs(row.T - 300.0) > 1.0
        groups.setdefault((row.pair, row.quantity, row.source, by_T), []).append(row)
    for (pair, quantity, source, by_T), unsorted in groups.items():
        those = sorted(unsorted, key=lambda row: (row.T, row.x))
        found = [row.found() for row in those]
        at = " / ".join(f"{row.T:g}" if by_T else f"{row.x:g}" for row in those)
        printed, ours = (
            " / ".join(f"{v:.3g}" for v in of) for of in ([r.value for r in those], found)
        )
        off = " / ".join(
            f"{100.0 * (f / row.value - 1.0):+.1f}" for f, row in zip(found, those, strict=True)
        ).replace("-", "−")
        what = "\\|α_T\\|" if quantity == "alpha_T" else "D, cm²/s"
        where = f"{at} K" if by_T else f"x {at}"
        by = source.partition(" ")[0].rstrip(",:")
        lines.append(f"| {pair} | {what} | {where} | {printed} | {ours} | {off} % | {by} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(markdown())
