"""Evaluation of a thermogravitational column, as a laboratory evaluates it from its ports.

A straight line is fitted to Phi(c) over the height of the ports by least squares, Phi the
antiderivative of 1/f of the closure, which is linear along a column (c itself where f is
constant). The formula of parallel flow (:mod:`femsoret.studies.parallel_flow`) with the fluid's D,
nu, beta_T and beta_c and the temperature difference of the walls of the liquid turns its slope into
S_T. This accounts for plates or tubes in series: their surfaces have the temperatures that are
computed.

What the formula assumes is measured, too. The same line through the interior of the column, away
from its ends, shows what the ends change. The slope of the temperature along the column and the
variation of the properties between the walls show how far the flow is from a parallel one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from femsoret.base.errors import ConditionError
from femsoret.base.types import Array
from femsoret.experiment import Experiment
from femsoret.experiment.column import Column, NoColumn
from femsoret.physics.closures.at_rest import phi_change
from femsoret.post.readings import WallMean
from femsoret.problem import Problem
from femsoret.problem.layout import composition
from femsoret.studies.duct import DuctFlow
from femsoret.studies.parallel_flow import ParallelFlow

LEVELS: Final = 81
"""Number of heights of the profile along a column."""

ENDS: Final = 3.0
"""Length of the ends that the interior leaves out, in gaps; at most a third of the height each."""

OVERTURNS: Final = 7932.0
"""Grashof number of the gap at which the parallel flow between plates breaks into cells, Pr -> 0
(S. A. Korpela, D. Gozum, C. B. Baxi, Int. J. Heat Mass Transfer 16 (1973) 1683)."""

SAME: Final = 1e-6
"""Temperature difference of the walls, relative to that of the thermostats, that counts as zero."""


@dataclass(frozen=True)
class Line:
    """A straight line fitted by least squares.

    Args:
        slope: Its slope.
        standard_error: Standard error of the slope from the residuals; None for two points.
        scatter: Root mean square of the residuals over the range of the line; 0 for two points.
    """

    slope: float
    standard_error: float | None
    scatter: float


def fitted_line(z: Array, y: Array) -> Line:
    """Return the straight line through points, shape (n,) each, n at least 2."""
    away = z - z.mean()
    slope = float(away @ y / (away @ away))
    left = y - y.mean() - slope * away
    error = None
    if len(z) > 2:
        error = math.sqrt(float(left @ left) / (len(z) - 2) / float(away @ away))
    span = abs(slope) * float(np.ptp(z))
    return Line(slope, error, float(np.sqrt(np.mean(left**2))) / span if span else 0.0)


@dataclass(frozen=True, eq=False)
class ColumnTheory:
    """Numbers that turn a slope along a column into coefficients.

    Args:
        column: The column.
        experiment: The experiment, for its mixture.
        dT: Temperature difference of the walls of the liquid, K.
    """

    column: Column
    experiment: Experiment
    dT: float

    @cached_property
    def flow(self) -> ParallelFlow:
        """The parallel flow between the walls."""
        return ParallelFlow(self.column.ratio)

    @property
    def f(self) -> float:
        """Factor f of the closure at the mean composition."""
        return self.experiment.mixture.reference.prefactors[0]

    @property
    def D(self) -> float:
        """Diffusion coefficient, m2/s."""
        return self.experiment.mixture.reference.slowest

    @property
    def S_T(self) -> float:
        """S_T of the fluid at the reference state, 1/K."""
        return float(self.experiment.mixture.reference.soret[0])

    @property
    def X(self) -> float:
        """X = g beta_T dT a^3/(nu D), dimensionless."""
        at, g = self.experiment.mixture.reference, self.experiment.mixture.gravity.magnitude
        return float(g * at.beta_T * self.dT * self.column.gap**3 / (at.nu * self.D))

    @property
    def psi(self) -> float:
        """Separation ratio (beta_c/beta_T) S_T f of the fluid, f of the closure; dimensionless."""
        at = self.experiment.mixture.reference
        return float(at.beta_c[0] * self.f * self.S_T / at.beta_T)

    @property
    def slope(self) -> float:
        """dPhi/dz of the formula with the S_T of the fluid, 1/m."""
        m = self.flow.slope(self.X, self.psi)
        return -m * self.S_T * self.dT / self.column.gap

    def stratification(self, slope: float) -> float:
        """Return K = g beta_c (-dc/dz) a^4/(nu D) of a slope dPhi/dz, 1/m; dimensionless."""
        at, g = self.experiment.mixture.reference, self.experiment.mixture.gravity.magnitude
        K = -g * at.beta_c[0] * self.f * slope * self.column.gap**4 / (at.nu * self.D)
        return float(K)

    def soret_of(self, slope: float, *, classical: bool = False) -> float | None:
        """Return the S_T that the formula gives for a slope dPhi/dz, 1/m; in 1/K.

        Args:
            slope: The slope.
            classical: Whether the effect of the composition on the flow is left out.

        Returns:
            S_T; None if the formula gives this slope for no S_T.
        """
        K = 0.0 if classical else self.stratification(slope)
        return self.flow.soret_from(-slope * self.column.gap / self.dT, self.X, K)

    def strong(self, slope: float) -> float:
        """Return the D_T that the formula for strong flow gives for a slope, m2/(s K).

        Between plates it is -(dPhi/dz) g beta_T a^4/(504 nu); it requires neither D nor dT.
        """
        return -slope * self.column.gap / self.dT * self.X * self.D / self.flow.strong

    @property
    def depth_changes(self) -> float:
        """What walls in front and behind change of the slope, relative; 0 without."""
        depth, between_plates = self.column.depth, self.flow.slope(self.X, self.psi)
        if depth is None or not between_plates:
            return 0.0
        duct = DuctFlow(depth=depth / self.column.gap)
        return duct.slope(self.X, self.psi) / between_plates - 1.0

    @property
    def spreading(self) -> float:
        """Diffusivity along the column over D."""
        return self.flow.spreading(self.X, self.psi)

    @property
    def relaxation_time(self) -> float:
        """Time of the slowest approach to the steady state, h^2/(pi^2 D spreading), s."""
        return self.column.height**2 / (math.pi**2 * self.D * self.spreading)


@dataclass(frozen=True, eq=False)
class ColumnFindings:
    """What a column reports.

    Args:
        theory: The formula with the numbers of this column.
        dT_thermostats: Temperature difference imposed behind walls of finite conductivity, K; None
            without such walls.
        heights: Heights of the ports above the lower end, m.
        gamma: c - c0 at the ports.
        line: Line through Phi at the ports, 1/m.
        across: Line through Phi of the means across the gap at the heights of the ports, 1/m.
        interior: Line through Phi in the interior of the column, 1/m.
        profile_heights: Heights of the profile, m, shape (n,).
        profile: c - c0, mean across the gap at these heights, shape (n,).
        thermal: g beta_T (dT/dz) a^4/(nu alpha) of the temperature in the interior, dimensionless.
        varies: Largest relative difference of nu, D and S_T between the walls.
    """

    theory: ColumnTheory
    dT_thermostats: float | None
    heights: tuple[float, ...]
    gamma: tuple[float, ...]
    line: Line
    across: Line
    interior: Line
    profile_heights: Array
    profile: Array
    thermal: float
    varies: float

    @property
    def column(self) -> Column:
        """The column."""
        return self.theory.column

    @property
    def separation(self) -> float:
        """Mass fraction at the lowest port less that at the highest one."""
        return self.gamma[0] - self.gamma[-1]

    @property
    def S_T(self) -> float | None:
        """S_T that the ports and the formula give, 1/K; None if the formula has none."""
        return self.theory.soret_of(self.line.slope)

    def bias(self, soret: float | None) -> float | None:
        """Return S_T over that of the fluid, less 1; None if one is missing or zero."""
        true = self.theory.S_T
        return None if soret is None or not true else soret / true - 1.0


def phi_at(experiment: Experiment, gamma: Array) -> Array:
    """Return Phi(c) - Phi(c0) for deviations c - c0, shape (n,).

    Raises:
        ConditionError: A mass fraction is outside 0..1.
    """
    mixture = experiment.mixture
    phi = np.array([phi_change(mixture, 0, (float(dc), 0.0)) for dc in gamma])
    if not np.isfinite(phi).all():
        raise ConditionError(
            "a mass fraction along the column is outside 0..1",
            "refine the mesh, or choose a closure that suits the composition",
        )
    return phi


def port_values(problem: Problem, column: Column) -> Array:
    """Return c - c0 at the ports of a column, from the lowest to the highest; collective."""
    return np.array([port.reading.of(problem, composition(0)) for port in column.ports])


def evaluate_column(experiment: Experiment, problem: Problem) -> ColumnFindings | NoColumn:
    """Evaluate a state of a cell as a column; collective.

    Args:
        experiment: The experiment.
        problem: Its problem with flow, in the solved state.

    Returns:
        The findings, or why the cell is not evaluated as a column.
    """
    column = experiment.column
    if isinstance(column, NoColumn):
        return column
    frame, mixture = experiment.orientation, experiment.mixture
    T_hot, T_cold = (WallMean(side).of(problem, "theta") for side in (column.hot, column.cold))
    dT = T_hot - T_cold
    if abs(dT) <= SAME * abs(frame.dT):
        return NoColumn("the hot and the cold wall have the same temperature")
    theory = ColumnTheory(column, experiment, dT)
    gamma = port_values(problem, column)
    heights = np.array([port.height for port in column.ports])
    z = column.height * (np.arange(LEVELS) + 0.5) / LEVELS
    across = [column.across_at(height) for height in z]
    profile = np.array([mean.of(problem, composition(0)) for mean in across])
    away = min(ENDS * column.gap, column.height / 3.0)
    inside = (z > away) & (z < column.height - away)
    theta = [mean.of(problem, "theta") for mean, here in zip(across, inside, strict=True) if here]
    at, g = mixture.reference, mixture.gravity.magnitude
    thermal = fitted_line(z[inside], np.array(theta)).slope
    thermal *= g * at.beta_T * column.gap**4 / (at.nu * at.alpha)
    outside = {frame.hot_outside, frame.cold_outside} != {frame.hot, frame.cold}
    try:
        line = fitted_line(heights, phi_at(experiment, gamma))
        means = [column.across_at(height).of(problem, composition(0)) for height in heights]
        of_means = fitted_line(heights, phi_at(experiment, np.array(means)))
        interior = fitted_line(z[inside], phi_at(experiment, profile[inside]))
    except ConditionError as error:
        return NoColumn(error.message)
    return ColumnFindings(
        theory=theory,
        dT_thermostats=frame.dT if outside and frame.flux is None else None,
        heights=tuple(map(float, heights)),
        gamma=tuple(map(float, gamma)),
        line=line,
        across=of_means,
        interior=interior,
        profile_heights=z,
        profile=profile,
        thermal=thermal,
        varies=_variation(experiment, (T_hot, T_cold)),
    )


def _variation(experiment: Experiment, thetas: Sequence[float]) -> float:
    """Return the largest relative difference of nu, D and S_T between two temperatures."""
    mixture = experiment.mixture

    def numbers(theta: float) -> tuple[float, float, float]:
        reference = mixture.reference_at(float(mixture.T0) + theta)
        return reference.nu, reference.slowest, float(reference.soret[0])

    pairs = zip(*map(numbers, thetas), strict=True)
    return max(2.0 * abs(a - b) / (abs(a) + abs(b)) if a or b else 0.0 for a, b in pairs)


def reported(findings: ColumnFindings | NoColumn) -> dict[str, float | None]:
    """Return the numbers of a column that get a numerical error, by their keys in the summary."""
    if isinstance(findings, NoColumn):
        return {}
    line, theory = findings.line, findings.theory
    return {
        "column.separation": findings.separation,
        "column.slope": theory.f * line.slope,
        "column.S_T": findings.S_T,
        "column.S_T_bias": findings.bias(findings.S_T),
        "column.S_T_interior_bias": findings.bias(theory.soret_of(findings.interior.slope)),
        "column.D_T_strong": theory.strong(line.slope),
    }
