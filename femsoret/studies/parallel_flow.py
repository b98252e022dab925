"""Parallel flow in a column whose composition acts on the density: plates and coaxial tubes.

Far from the ends of a column the flow is parallel to its walls and c = c0 - m z + g(r), with z
pointing upwards. Lengths are in units of the gap a, T in units of dT, c in units of S_T f dT, w in
units of D/a, and

    X = g beta_T dT a^3/(nu D),   psi = (beta_c/beta_T) S_T f,   K = X psi m

K is the Rayleigh number of the stratification along the column, g beta_c (-dc/dz) a^4/(nu D),
which is positive where the denser component gathers at the bottom. With the stream function
Psi = integral of w r dr from the inner wall, the species equation across the gap gives
r (g' + theta') = -m Psi, and the balance of vorticity, for Psi = -X (1 + psi) G,

    [(1/r) (r (G'/r)')']' + K G/r = theta',   G = G' = 0 at both walls

The condition of no net flow of species along z gives the slope

    m = X (1 + psi) I1/(A + X^2 (1 + psi)^2 I2),   I1 = int G theta' dr,  I2 = int G^2/r dr

with A = int r dr. Between plates r is replaced by 1; without psi, I1 = 1/720, I2 = 1/9!, A = 1: W.
H. Furry, R. C. Jones, L. Onsager, Phys. Rev. 55 (1939) 1083. That the composition acts on the flow
is known as the forgotten effect of that theory. It acts twice: across the column it adds to the
buoyancy (1 + psi), along the column it stratifies the liquid (K). While the flow is weak, the
first effect remains; in strong flow they cancel but for 0.0133 psi of the slope (between plates and
for small psi; 1.9 % at psi = 1).

The weak form int r (phi'/r)' (G'/r)' dr + K int phi G/r dr = int phi theta' dr is solved by
Galerkin's method in polynomials that vanish with their first derivative at both walls. In
eigenvectors of the generalised problem its solution is explicit in K. The slope does not depend on
which wall is hot.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np
from numpy.polynomial import legendre
from scipy.linalg import eigh
from scipy.optimize import brentq

from femsoret.base.errors import ConditionError
from femsoret.base.types import Array

_FUNCTIONS: Final = 40
"""Number of basis functions; the integrals are exact to 1e-9 up to a ratio of the radii of 20."""

_POINTS: Final = 120
"""Number of Gauss-Legendre points."""

_CLOSE: Final = 1e-9
"""Distance of K from the lowest value at which the flow has a bound, over that value."""

NEUTRAL: Final = 1e-12
"""|1 + psi| below which buoyancy by composition cancels that by temperature."""


class FlowIntegrals(NamedTuple):
    """Integrals of the stream function G at one K, dimensionless.

    Args:
        first: I1 = int G theta' dr.
        second: I2 = int G^2/r dr = -dI1/dK.
        third: -(1/2) dI2/dK.
    """

    first: float
    second: float
    third: float


@dataclass(frozen=True)
class ParallelFlow:
    """Parallel flow in a long column between two plates, or between two coaxial cylinders.

    Args:
        ratio: Outer over inner radius; 1 for plates.

    Raises:
        ConditionError: The ratio is below 1 or not finite.
    """

    ratio: float = 1.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.ratio) and self.ratio >= 1.0):
            raise ConditionError(
                f"invalid ratio of the radii of an annulus: {self.ratio!r}",
                "give the outer over the inner radius, which must be finite and above 1, or 1 for "
                "plates",
            )

    def slope(self, X: float, psi: float = 0.0) -> float:
        """Return the slope m = -(dc/dz) a/(S_T f dT) along the column.

        Args:
            X: g beta_T dT a^3/(nu D), the Rayleigh number times the Lewis number of the gap.
            psi: Separation ratio.

        Returns:
            m; positive if the component that migrates to the cold wall gathers at the bottom. It
            is negative for psi < -1, where the composition drives the flow, which is then reversed.
        """
        drive = 1.0 + psi
        if X == 0.0 or abs(drive) < NEUTRAL:
            return 0.0
        if psi == 0.0:
            return self._slope_at(X, drive, 0.0)

        def excess(y: float) -> float:  # y = X m
            return X * self._slope_at(X, drive, psi * y) - y

        sign = math.copysign(1.0, drive)
        if psi * sign > 0.0:
            end = sign
            while excess(end) * sign > 0.0:
                end *= 4.0
        else:
            end = -(1.0 - _CLOSE) * self.lowest / psi
        return float(brentq(excess, 0.0, end, xtol=1e-13, rtol=1e-13)) / X

    def _slope_at(self, X: float, drive: float, K: float) -> float:
        """Return the slope that follows from the flow at a given stratification K."""
        at = self.integrals(K)
        return X * drive * at.first / (self.area + (X * drive) ** 2 * at.second)

    def soret_from(self, slope: float, X: float, K: float = 0.0) -> float | None:
        """Return the Soret coefficient that a slope along the column means, dimensionless.

        With u = 1 + psi and psi = K S/(X slope), the condition of no net flow is quadratic in S.
        The root is the one that continues the theory without psi: the smaller one where two S_T
        give the same slope, which weak flow does for psi and -1 - psi between -1 and 0.

        Args:
            slope: -(dc/dz) a/(f dT) in units of any Soret coefficient S0.
            X: g beta_T dT a^3/(nu D), not zero.
            K: g beta_c (-dc/dz) a^4/(nu D), of the same dc/dz; 0 leaves out the effect of the
                composition on the flow.

        Returns:
            S_T/S0; None if no Soret coefficient gives this slope, which may happen for psi < 0.
        """
        if slope == 0.0:
            return 0.0
        if K + self.lowest <= 0.0:
            return None
        at, kappa = self.integrals(K), K / (X * slope)
        strong, weak = slope * X**2 * at.second, X * at.first
        square = (strong * kappa - weak) * kappa
        linear = weak - 2.0 * strong * kappa
        constant = slope * self.area + strong
        root = linear**2 - 4.0 * square * constant
        if root < 0.0:
            return None
        return 2.0 * constant / (linear + math.copysign(math.sqrt(root), X))

    def spreading(self, X: float, psi: float = 0.0) -> float:
        """Return the diffusivity along the column over D, for small changes of the slope.

        The flow mixes along the column, by 1 + X^2/9! between plates without psi; with psi, a
        change of the slope also changes the flow.

        Args:
            X: See :meth:`slope`.
            psi: Separation ratio.
        """
        K, drive = X * psi * self.slope(X, psi), X * (1.0 + psi)
        at = self.integrals(K)
        along = drive**2 * at.second
        by_flow = drive * X * psi * at.second - 2.0 * drive**2 * K * at.third
        return (self.area + along + by_flow) / self.area

    @property
    def strong(self) -> float:
        """Limit of X times the slope for X -> infinity without psi: I1/I2, 504 between plates."""
        at = self.integrals(0.0)
        return at.first / at.second

    @property
    def optimum(self) -> float:
        """X at which the slope without psi is largest."""
        return math.sqrt(self.area / self.integrals(0.0).second)

    @property
    def area(self) -> float:
        """A = int r dr over the gap."""
        return 1.0 if self.ratio == 1.0 else 0.5 * (self.ratio + 1.0) / (self.ratio - 1.0)

    @property
    def lowest(self) -> float:
        """Magnitude of the adverse stratification K < 0 at which the column overturns by itself."""
        return float(1.0 / self._modes[0][0])

    def integrals(self, K: float) -> FlowIntegrals:
        """Return the integrals of the stream function.

        Args:
            K: Stratification, above -lowest.
        """
        inverse, weights = self._modes
        held = 1.0 / (1.0 + K * inverse)
        return FlowIntegrals(
            float(weights @ held),
            float(weights @ (inverse * held**2)),
            float(weights @ (inverse**2 * held**3)),
        )

    @cached_property
    def _modes(self) -> tuple[Array, Array]:
        """Return inverse eigenvalues in descending order and squares of the load, shape (n,)."""
        x, on_two = legendre.leggauss(_POINTS)
        s: Array = np.asarray(0.5 * (x + 1.0), dtype=np.float64)
        weights: Array = np.asarray(0.5 * on_two, dtype=np.float64)
        # phi'' are the Legendre polynomials from the second on, orthogonal to 1 and s.
        second = legendre.legvander(x, _FUNCTIONS + 1)[:, 2:]
        powers = np.eye(_FUNCTIONS + 2)[2:]
        first = 0.5 * np.array([legendre.legval(x, legendre.legint(p, lbnd=-1)) for p in powers]).T
        zeroth = (
            0.25 * np.array([legendre.legval(x, legendre.legint(p, 2, lbnd=-1)) for p in powers]).T
        )
        r: Array = np.ones_like(s)
        steep: Array = np.ones_like(s)
        curved: Array = np.asarray(second, dtype=np.float64)
        if self.ratio > 1.0:
            r = np.asarray(s + 1.0 / (self.ratio - 1.0), dtype=np.float64)
            curved = np.asarray(second - first / r[:, None], dtype=np.float64)
            steep = np.asarray(1.0 / (r * math.log(self.ratio)), dtype=np.float64)
        weighted = (weights / r)[:, None]
        stiffness, mass = curved.T @ (weighted * curved), zeroth.T @ (weighted * zeroth)
        load = zeroth.T @ (weights * steep)
        inverse, vectors = eigh(mass, stiffness)
        order = np.argsort(inverse)[::-1]
        return np.asarray(inverse[order]), np.asarray((vectors.T @ load)[order] ** 2)
