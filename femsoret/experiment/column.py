"""Thermogravitational columns: when a cell is one, its measures, and the ports where c is read.

A cell is a column if the slopes of its parallel flow can be compared with the formula of
:mod:`femsoret.studies.parallel_flow`: two components without an imposed composition, and gravity,
between a hot and a cold wall that face each other, stand upright and bound the liquid from one end
to the other. A cell that fulfils this is evaluated as a column without being asked if its height is
at least LEAST_ASPECT gaps and it leans by at most MOST_LEAN degrees.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from mpi4py import MPI

import numpy as np

from femsoret.base.errors import ConditionError
from femsoret.base.types import Array
from femsoret.base.versions import geometry_dofmap
from femsoret.cells import Cell
from femsoret.physics.closures import Mixture
from femsoret.post.readings import LineMean, Reading
from femsoret.problem.conditions import Condition, FreeSlip, resolve, sides_with_values
from femsoret.problem.layout import COMPOSITIONS
from femsoret.problem.orientation import Orientation, angle_between

LEAST_ASPECT: Final = 5.0
"""Height over gap from which a cell is evaluated as a column without being asked."""

MOST_LEAN: Final = 10.0
"""Angle of the walls to the vertical, degrees, up to which the same holds."""

STEEP: Final = 45.0
"""Angle, degrees, above which walls are not upright, whatever is asked for."""

ASKEW: Final = 1.0
"""Largest angle between the walls, degrees."""

FILLED: Final = 0.05
"""Largest difference between the volume of the liquid and that between the walls, relative."""

INSIDE: Final = 1e-9
"""Distance of the ends of a line across the gap from the walls, over the gap, so that round-off
does not place them outside."""

ALONG_DEPTH: Final = 0.9
"""Cosine of the angle between the normal of a side and the depth above which it is in front of the
liquid or behind it."""

PORTS: Final = 5
"""Number of ports if none are given, evenly spaced."""

ACROSS: Final = 16
"""Number of Gauss-Legendre points of a mean across the gap."""


@dataclass(frozen=True, eq=False)
class ColumnRequest:
    """What is asked for about a column.

    Args:
        evaluate: Whether the cell is evaluated as a column; None if it is one.
        heights: Heights of ports above the lower end, m: means across the gap.
        ports: Readings of other kinds that serve as ports, in addition.
    """

    evaluate: bool | None = None
    heights: tuple[float, ...] = ()
    ports: tuple[Reading, ...] = ()


@dataclass(frozen=True, eq=False)
class Port:
    """A place along a column at which the composition is read.

    Args:
        height: Height above the lower end of the column, m.
        reading: The reading.
    """

    height: float
    reading: Reading


@dataclass(frozen=True, eq=False)
class Column:
    """A column and its ports.

    Args:
        hot: Name of the hot wall of the liquid.
        cold: Name of the cold wall of the liquid.
        gap: Distance a of the walls, m.
        height: Height h of the liquid along the walls, m.
        ratio: Outer over inner radius between tubes; 1 between plates.
        lean: Angle between the walls and the vertical, degrees.
        middle: Point halfway between the walls at half height, m, shape (dim,).
        along: Unit vector along the walls, upwards, shape (dim,).
        across: Unit vector from the cold to the hot wall, shape (dim,).
        ports: The ports, from the lowest to the highest.
        depth: Depth of the liquid between walls in front and behind, m: twice that to a plane of
            symmetry; None without such walls.
    """

    hot: str
    cold: str
    gap: float
    height: float
    ratio: float
    lean: float
    middle: Array
    along: Array
    across: Array
    ports: tuple[Port, ...] = ()
    depth: float | None = None

    def across_at(self, height: float) -> LineMean:
        """Return the mean across the gap at a height above the lower end, m."""
        centre = self.middle + (height - 0.5 * self.height) * self.along
        half = (0.5 - INSIDE) * self.gap * self.across
        return LineMean(_tuple(centre - half), _tuple(centre + half), ACROSS)

    def height_of(self, cell: Cell, reading: Reading) -> float:
        """Return the height of a reading above the lower end of the column, m; collective.

        Args:
            cell: The cell.
            reading: A reading of c; of a place that extends along the column the mean height
                counts.
        """
        points, weights = reading.points(cell)
        return float((weights @ points - self.middle) @ self.along) + 0.5 * self.height


@dataclass(frozen=True)
class NoColumn:
    """That a cell is not evaluated as a column.

    Args:
        reason: Why, a clause.
    """

    reason: str


def column_of(
    cell: Cell,
    orientation: Orientation,
    mixture: Mixture,
    conditions: Sequence[Condition],
    request: ColumnRequest,
) -> Column | NoColumn:
    """Return the column that a cell is, or why it is none; collective.

    Args:
        cell: The cell.
        orientation: Its orientation.
        mixture: The mixture, with gravity.
        conditions: Boundary conditions.
        request: What is asked for.

    Raises:
        ConditionError: The evaluation is asked for, and the cell is no column; or a port is not in
            it.
    """
    if request.evaluate is False:
        return NoColumn("not wanted (column.evaluate)")
    found = _measured(cell, orientation, mixture, conditions)
    if isinstance(found, Column) and request.evaluate is None:
        found = _plainly(found)
    if isinstance(found, NoColumn):
        if request.evaluate:
            raise ConditionError(
                f"the cell cannot be evaluated as a column: {found.reason}",
                "leave column.evaluate out, or change the cell",
            )
        return found
    return _with_ports(found, cell, request)


def _plainly(column: Column) -> Column | NoColumn:
    """Return the column, or why it is not evaluated as one without being asked."""
    aspect = column.height / column.gap
    if aspect < LEAST_ASPECT * (1.0 - INSIDE):
        return NoColumn(
            f"it is {aspect:.3g} gaps high, less than {LEAST_ASPECT:g} (column.evaluate = true "
            "evaluates it nevertheless)"
        )
    if column.lean > MOST_LEAN:
        return NoColumn(
            f"its walls lean by {column.lean:.3g} degrees, more than {MOST_LEAN:g} "
            "(column.evaluate = true evaluates it nevertheless)"
        )
    return column


def _measured(
    cell: Cell, orientation: Orientation, mixture: Mixture, conditions: Sequence[Condition]
) -> Column | NoColumn:
    """Return the column without ports, or why the cell is none."""
    walls = orientation.wall_pair
    if len(mixture.species) != 1:
        return NoColumn("the formula of parallel flow is for two components")
    if not mixture.gravity.magnitude:
        return NoColumn("there is no gravity")
    if not mixture.beta_T:
        return NoColumn("no buoyancy by temperature drives a flow")
    if mixture.gravity.vibration is not None:
        return NoColumn("the cell is vibrated")
    if sides_with_values(resolve(conditions, cell), COMPOSITIONS):
        return NoColumn("the composition is imposed at walls")
    if orientation.rise is not None or walls is None or walls.basis != "normals":
        return NoColumn("no hot and cold wall face each other")
    if walls.misalignment is None or walls.misalignment > ASKEW:
        return NoColumn("the hot and the cold wall are not parallel")
    up, across = np.asarray(mixture.gravity.up), np.asarray(walls.axis)
    along = up - (up @ across) * across
    if np.linalg.norm(along) < np.cos(np.radians(STEEP)):
        return NoColumn("the hot and the cold wall do not stand upright")
    along /= np.linalg.norm(along)
    hot, cold = orientation.hot, orientation.cold
    between = 0.5 * (cell.area(hot) + cell.area(cold)) * walls.distance
    if abs(cell.fluid_volume - between) > FILLED * between:
        return NoColumn("the hot and the cold wall do not bound the liquid from end to end")
    conditions = resolve(conditions, cell)
    low, high = _extent(cell, along)
    middle = np.asarray(walls.middle)
    middle = middle + (0.5 * (low + high) - middle @ along) * along
    ratio = 1.0
    if cell.coordinates.has_axis:
        radii = sorted(float(cell.face(side).centre[0]) for side in (hot, cold))
        ratio = radii[1] / radii[0]
    return Column(
        hot=hot,
        cold=cold,
        gap=walls.distance,
        height=high - low,
        ratio=ratio,
        lean=angle_between(along, up),
        middle=middle,
        along=along,
        across=across,
        depth=_depth(cell, conditions, np.cross(along, across)) if cell.dim == 3 else None,
    )


def _depth(cell: Cell, conditions: Sequence[Condition], through: Array) -> float | None:
    """Return the depth between walls that hold the liquid; None without such walls; collective.

    Args:
        cell: A 3D cell.
        conditions: Its conditions, resolved.
        through: Unit vector along the depth, shape (3,).
    """
    slips = {side for of in conditions if isinstance(of, FreeSlip) for side in of.sides}
    ends = [side for side in cell.sides if abs(cell.face(side).normal @ through) > ALONG_DEPTH]
    held = [side for side in ends if side not in slips]
    if not held:
        return None
    low, high = _extent(cell, through)
    return (high - low) * (1.0 if len(held) == len(ends) else 2.0)


def _with_ports(column: Column, cell: Cell, request: ColumnRequest) -> Column:
    """Return the column with its ports.

    Raises:
        ConditionError: There is a single port, or one that is outside the column.
    """
    heights = request.heights
    if not heights and not request.ports:
        heights = tuple(column.height * (i + 1) / (PORTS + 1) for i in range(PORTS))
    ports = [Port(z, column.across_at(z)) for z in heights]
    ports += [Port(column.height_of(cell, reading), reading) for reading in request.ports]
    ports.sort(key=lambda port: port.height)
    for port in ports:
        if not -INSIDE * column.height <= port.height <= (1.0 + INSIDE) * column.height:
            raise ConditionError(
                f"a port at the height {port.height:.6g} is outside the column, whose height is "
                f"{column.height:.6g}",
                "heights are counted from the lower end",
            )
    if ports[-1].height - ports[0].height <= INSIDE * column.height:
        raise ConditionError(
            "the ports of a column are all at one height",
            "give at least two ports at different heights",
        )
    return replace(column, ports=tuple(ports))


def _extent(cell: Cell, along: Array) -> tuple[float, float]:
    """Return the lowest and the highest coordinate of the fluid along a unit vector; collective."""
    nodes = np.unique(geometry_dofmap(cell.mesh)[cell.fluid_cells])
    z = cell.mesh.geometry.x[nodes, : cell.dim] @ along
    low = cell.comm.allreduce(float(z.min(initial=np.inf)), op=MPI.MIN)
    high = cell.comm.allreduce(float(z.max(initial=-np.inf)), op=MPI.MAX)
    return low, high


def _tuple(x: Array) -> tuple[float, ...]:
    return tuple(float(value) for value in x)
