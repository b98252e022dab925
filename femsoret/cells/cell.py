"""The measuring cell: a mesh, its named sides, and their geometry."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType

from mpi4py import MPI

import numpy as np
import ufl
from dolfinx.mesh import Mesh, MeshTags
from scipy.spatial.transform import Rotation

from femsoret.base.errors import ConditionError, MeshError, MissingDependency, nearest
from femsoret.base.log import get_logger
from femsoret.base.types import Array, Flags, GlobalIndices, Indices, Measure
from femsoret.cells import geometry, quality
from femsoret.cells.geometry import NamedLine
from femsoret.cells.parts import NONE, Parts, components, parts_of
from femsoret.cells.walls import OUTSIDE, Walls, fluid_flags
from femsoret.physics.coordinates import CARTESIAN, Coordinates

log = get_logger(__name__)

ALL = "all"
"""Name that stands for all sides; no single side may have it."""

CLOSED = 1e-3
"""Length of the mean normal of a side below which the side closes on itself, as that of a wire."""

PLANE = 1e-9
"""Deviation of a unit normal from a coordinate axis up to which it is parallel to that axis."""

_FLUID = 1  # tag of the fluid in volume measures


@dataclass(frozen=True, eq=False)
class Cell:
    """A measuring cell: a mesh in metres with named sides.

    A cell is immutable, and its measures are computed once. Two cells are equal only if they are
    the same object.

    Attributes:
        mesh: The mesh; 2D meshes have two coordinates.
        facets: Facets tagged by side, with tags >= 1, and by 0 on the axis of an axisymmetric cell.
            Each rank has the exterior facets that it owns, and the interfaces between fluid and
            solid whose fluid mesh cell it owns.
        sides: Name -> tag of each side. Together with the axis, the sides cover the boundaries of
            the mesh and of the fluid.
        title: One line that describes the cell. It contains no lengths, because their unit is known
            only to the case.
        regions: Mesh cells tagged by region, or None.
        region_names: Name -> tag of each region.
        remake: Function that makes the same cell at `ratio` times the resolution; None for a cell
            from a file.
        coarsen: Function that makes approximately the same cell at `ratio` < 1 times the
            resolution, with chords in place of curved walls, for cells without `remake`. It may
            raise MeshError.
        alfeld: Whether the mesh is an Alfeld split; see :func:`alfeld_split`.
        walls: The solid regions and their sides; by default the whole cell is fluid.
        coordinates: Cartesian or axisymmetric. Areas, volumes and flows are per metre of depth in
            2D, and of the whole cell of revolution in axisymmetric coordinates.
        lines: Named lines, and in 3D surfaces, inside the cell, where fields can be read.
    """

    mesh: Mesh
    facets: MeshTags
    sides: Mapping[str, int]
    title: str
    regions: MeshTags | None = None
    region_names: Mapping[str, int] = field(default_factory=dict)
    remake: Callable[[float], Cell] | None = None
    coarsen: Callable[[float], Cell] | None = None
    alfeld: bool = False
    walls: Walls = field(default_factory=Walls)
    coordinates: Coordinates = CARTESIAN
    lines: Mapping[str, NamedLine] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if ALL in self.sides:
            raise MeshError(
                f"a side of the cell {self.title!r} is named {ALL!r}",
                "rename it: this name stands for every side",
            )
        # Read-only views: whoever holds a cell may trust its names.
        object.__setattr__(self, "sides", MappingProxyType(dict(self.sides)))
        object.__setattr__(self, "region_names", MappingProxyType(dict(self.region_names)))

    def __repr__(self) -> str:
        return f"Cell({self.title!r}, sides={list(self.sides)}, num_cells={self.num_cells})"

    @property
    def comm(self) -> MPI.Comm:
        """The communicator over which the mesh is distributed."""
        comm: MPI.Comm = self.mesh.comm
        return comm

    @property
    def dim(self) -> int:
        """The spatial dimension, 2 or 3."""
        return int(self.mesh.topology.dim)

    @property
    def num_cells(self) -> int:
        """The total number of mesh cells on all ranks."""
        return int(self.mesh.topology.index_map(self.dim).size_global)

    @property
    def num_vertices(self) -> int:
        """The total number of vertices of the mesh on all ranks."""
        return int(self.mesh.topology.index_map(0).size_global)

    def ds(self, metadata: Mapping[str, object] | None = None) -> Measure:
        """Return the UFL boundary measure; restrict it with ``cell.ds()(cell.tags("hot"))``.

        The measure includes the weight of the coordinates.

        Args:
            metadata: UFL metadata of the measure, for instance the quadrature degree.
        """
        data = self._seen_from_fluid if self.walls.interfaces else self.facets
        measure = ufl.Measure(
            "ds", domain=self.mesh, subdomain_data=data, metadata=dict(metadata or {})
        )
        return self.coordinates.measured(measure)

    def dx(self, *solids: str, metadata: Mapping[str, object] | None = None) -> Measure:
        """Return the UFL volume measure of solid regions, or of the fluid if none is named.

        The measure includes the weight of the coordinates.

        Args:
            solids: Names of solid regions; "all" for the whole mesh.
            metadata: UFL metadata of the measure, for instance the quadrature degree.
        """
        measure = self.coordinates.measured(
            ufl.Measure(
                "dx", domain=self.mesh, subdomain_data=self._phases, metadata=dict(metadata or {})
            )
        )
        if not self.walls.solids:
            return measure
        tags = {ALL: (_FLUID, *self._phase_tags.values())}.get(solids[0]) if solids else (_FLUID,)
        return measure(tags or tuple(self._phase_tags[name] for name in solids))

    def tags(self, *names: str) -> tuple[int, ...]:
        """Return the tags of sides, without duplicates.

        Args:
            names: Names of sides; "all" stands for every side.

        Raises:
            ConditionError: A side is unknown.
        """
        tags: dict[int, None] = {}
        for name in names:
            if name == ALL:
                tags.update(dict.fromkeys(self.sides.values()))
            else:
                tags[self._tag(name)] = None
        return tuple(tags)

    def area(self, name: str) -> float:
        """Return the area (length in 2D) of a side, m^(dim-1); m^2 in axisymmetric coordinates."""
        return self._measure(name).area

    def length(self, name: str) -> float:
        """Return the length of a side in a 2D mesh, or the square root of its area in 3D, m."""
        return float(self._measure(name).extent ** (1.0 / (self.dim - 1)))

    def centroid(self, name: str) -> Array:
        """Return the mean position of a side, m, shape (dim,)."""
        return self._measure(name).centroid.copy()

    def normal(self, name: str) -> Array:
        """Return the normalised mean outward normal of a side, shape (dim,).

        Raises:
            MeshError: The side closes on itself, as that of a cylinder, so that the mean is zero.
        """
        mean = self._measure(name).normal
        length = float(np.linalg.norm(mean))
        if length < geometry.FLAT:
            raise MeshError(
                f"the side {name!r} of the cell {self.title!r} closes on itself: "
                "its mean normal is zero",
                "choose a side that faces one way, or split this one",
            )
        return np.asarray(mean / length)

    def face(self, name: str) -> geometry.Face:
        """Return the direction and position of a side's main part, without ports and edges."""
        return self._measure(name).face

    def surrounds(self, outer: str, inner: str) -> bool:
        """Return whether one side encloses the fluid and the fluid encloses another side.

        Examples of an outer side are a tube, or all walls of a box as one side; an example of an
        inner side is a wire.

        Args:
            outer: Name of the side around the fluid.
            inner: Name of the side inside the fluid.
        """
        sides = self._measure(outer), self._measure(inner)
        closed = all(float(np.linalg.norm(side.normal)) < CLOSED for side in sides)
        return closed and sides[0].swept > 0.0 > sides[1].swept

    def is_flat(self, name: str) -> bool:
        """Return whether all unit normals of a side agree to within 1e-10."""
        return self._measure(name).flat

    def plane(self, name: str) -> int | None:
        """Return the index of the coordinate that is constant on a side; None if there is none."""
        side = self._measure(name)
        component = int(np.argmax(np.abs(side.normal)))
        lies = side.flat and abs(abs(side.normal[component]) - 1.0) < PLANE
        return component if lies else None

    @cached_property
    def volume(self) -> float:
        """The volume (area in 2D) with all solids, m^dim; m^3 in axisymmetric coordinates."""
        return geometry.volume(self.mesh, geometry.owned_cells(self.mesh), self.coordinates)

    @cached_property
    def fluid_volume(self) -> float:
        """The volume (area in 2D) of the fluid, m^dim; m^3 in axisymmetric coordinates."""
        return geometry.volume(self.mesh, self.fluid_cells, self.coordinates)

    @cached_property
    def depth(self) -> float:
        """Volume of the cell over that of its mesh: 1, or the mean circumference 2 pi r, m."""
        cells = geometry.owned_cells(self.mesh)
        return self.volume / geometry.volume(self.mesh, cells, CARTESIAN)

    @cached_property
    def is_fluid(self) -> Flags:
        """Whether each local mesh cell, ghosts included, is fluid; collective on first access."""
        return fluid_flags(
            self.mesh, self.regions, [self.region_names[name] for name in self.walls.solids]
        )

    @property
    def fluid_cells(self) -> Indices:
        """Local indices of the mesh cells of fluid that this rank owns."""
        owned = geometry.owned_cells(self.mesh)
        return owned[self.is_fluid[owned]]

    @cached_property
    def parts(self) -> Parts:
        """The parts of the fluid that are separated by solids; collective on first access.

        Raises:
            MeshError: Two parts touch only in a point or, in 3D, along an edge.
        """
        return parts_of(self.mesh, self.is_fluid, self.regions, self.region_names)

    @cached_property
    def pieces(self) -> tuple[int, GlobalIndices]:
        """Number of connected pieces of the mesh, and the piece of each local mesh cell.

        Solids are included. Collective on first access.
        """
        if not self.walls.solids:
            return len(self.parts), self.parts.of_cell
        return components(self.mesh, np.ones(len(self.is_fluid), dtype=bool))

    def part(self, name: str) -> int:
        """Return the number of the part of the fluid that has a given name.

        Raises:
            ConditionError: No part has this name.
        """
        if name not in self.parts.names:
            raise ConditionError(
                f"the fluid of {self.title!r} has no part {name!r}",
                nearest(name, self.parts.names),
            )
        return self.parts.names.index(name)

    def parts_at(self, name: str) -> set[int]:
        """Return the numbers of the parts of the fluid that touch a side; collective."""
        found = {int(k) for k in np.unique(self.parts.of_cell[self.attached(name)[0]])} - {NONE}
        return set().union(*self.comm.allgather(found))

    def pieces_at(self, name: str) -> set[int]:
        """Return the numbers of the connected pieces of the mesh that touch a side; collective."""
        found = {int(k) for k in np.unique(self.pieces[1][self.attached(name)[0]])}
        return set().union(*self.comm.allgather(found))

    def part_volume(self, part: int) -> float:
        """Return the volume (area in 2D) of a part of the fluid, m^dim (m^3 if axisymmetric).

        Collective.

        Args:
            part: Number of the part.
        """
        own = self.fluid_cells
        return geometry.volume(self.mesh, own[self.parts.of_cell[own] == part], self.coordinates)

    def cells_of(self, solid: str) -> Indices:
        """Return the local indices of the owned mesh cells of a solid region, or of the fluid.

        Args:
            solid: Name of the solid region; an empty string for the fluid.
        """
        if not solid:
            return self.fluid_cells
        return dict(self._phases or ())[self._phase_tags[solid]]

    @property
    def fluid_sides(self) -> tuple[str, ...]:
        """Names of the walls of the fluid: interfaces, and sides without a solid behind them."""
        return tuple(name for name in self.sides if name not in self.walls.outside)

    @property
    def exterior_sides(self) -> tuple[str, ...]:
        """Names of the sides that bound the mesh, those of the fluid and those of solids."""
        return tuple(name for name in self.sides if name not in self.walls.interfaces)

    def facets_of(self, name: str) -> Indices:
        """Return the local indices of this rank's facets of a side, shape (n,)."""
        found: Indices = self.facets.find(self._tag(name))
        return found

    def attached(self, name: str) -> tuple[Indices, Indices]:
        """Return this rank's mesh cells at a side, and which of their facets lies on it.

        Returns:
            Local index of each mesh cell, shape (n,), that of the fluid at an interface; index of
            the facet within the mesh cell, shape (n,).
        """
        return geometry.attached_cells(self.mesh, self.facets_of(name), self.is_fluid)

    def thermal_sides(self, name: str) -> tuple[str, ...]:
        """Return the exterior sides to which a thermal condition on a given side applies.

        For an interface, this is the outside behind it. For a side without a solid behind it, the
        ends of solid walls in its plane are included, because a thermostat touches them as well.

        Args:
            name: Name of a side.

        Raises:
            ConditionError: The side is unknown, or it is an interface and no outside is named
                after it.
        """
        self._tag(name)
        behind = (name + OUTSIDE,) if name + OUTSIDE in self.walls.outside else ()
        if self.has_bare_interface(name):
            released = 'heat that is released there is a condition of kind "heat-flux"'
            outsides = ", ".join(self.walls.outside)
            raise ConditionError(
                f"the temperature at {name!r}, between the fluid and a solid, is computed and "
                "cannot be given",
                f"give that of an outside: {outsides}; {released}" if outsides else released,
            )
        return behind if name in self.walls.interfaces else (name, *behind)

    def has_bare_interface(self, name: str) -> bool:
        """Return whether a side is an interface with a solid that has no outside named after it.

        Examples are the surfaces of a particle and of a wire.

        Args:
            name: Name of a side.
        """
        return name in self.walls.interfaces and name + OUTSIDE not in self.walls.outside

    def inside_of(self, name: str) -> str:
        """Return the wall of the fluid that an outside belongs to, or the side itself.

        An outside belongs to the wall that it is named after, or else to the nearest one.

        Args:
            name: Name of a side.
        """
        self._tag(name)
        if name not in self.walls.outside:
            return name
        if name.removesuffix(OUTSIDE) in self.fluid_sides:
            return name.removesuffix(OUTSIDE)
        here = self.centroid(name)
        return min(
            self.fluid_sides, key=lambda side: float(np.linalg.norm(self.centroid(side) - here))
        )

    @cached_property
    def h_range(self) -> tuple[float, float]:
        """Smallest and largest mesh cell size, m; collective on first access.

        The size of a mesh cell is the greatest distance between two of its vertices.
        """
        sizes = self.mesh.h(self.dim, geometry.owned_cells(self.mesh))
        smallest = self.comm.allreduce(float(sizes.min(initial=np.inf)), op=MPI.MIN)
        largest = self.comm.allreduce(float(sizes.max(initial=0.0)), op=MPI.MAX)
        return smallest, largest

    def coarser(self, ratio: float) -> Cell | None:
        """Return the cell at a lower resolution, for first guesses and preconditioners; collective.

        Curved walls of a cell from a file become chords. The result is cached.

        Args:
            ratio: Number of mesh cells per length, relative to that of this cell: 0.5 to 0.85.

        Returns:
            The coarser cell; None if it cannot be made, or if a cell from a file would not have at
            most half the vertices.
        """
        if ratio not in self._coarser:
            self._coarser[ratio] = self._made_coarser(ratio)
        return self._coarser[ratio]

    @cached_property
    def _coarser(self) -> dict[float, Cell | None]:
        return {}

    def _made_coarser(self, ratio: float) -> Cell | None:
        if self.remake is not None:
            return self.remake(ratio)
        if self.coarsen is None:
            return None
        try:
            coarse = self.coarsen(ratio)
        except (MeshError, MissingDependency) as error:
            log.warning("%s has no coarser mesh: %s", self.title, error.message)
            return None
        # Where the shape itself limits the mesh size, nothing is gained.
        return coarse if 2 * coarse.num_vertices <= self.num_vertices else None

    @property
    def halved(self) -> Cell | None:
        """The cell at half the resolution; None if there is none (see :meth:`coarser`)."""
        return self.coarser(0.5)

    def diameter(self) -> float:
        """Return twice the largest distance of a node from the centre of the bounding box, m.

        This is the diameter of a shape with a centre of symmetry (rectangle, box, cylinder), and an
        upper bound of the diameter of others. Collective.
        """
        x = self.mesh.geometry.x
        low, high = np.empty(3), np.empty(3)
        self.comm.Allreduce(x.min(axis=0, initial=np.inf), low, op=MPI.MIN)
        self.comm.Allreduce(x.max(axis=0, initial=-np.inf), high, op=MPI.MAX)
        radii = np.linalg.norm(x - 0.5 * (low + high), axis=1)
        return 2.0 * float(self.comm.allreduce(float(radii.max(initial=0.0)), op=MPI.MAX))

    def min_quality(self) -> float:
        """Return the lowest quality of a mesh cell, from 0 (flat) to 1 (ideal); collective.

        See :mod:`femsoret.cells.quality`.
        """
        return quality.min_quality(self.mesh)

    def rotated(self, angle_degrees: float, axis: tuple[float, float, float] = (0, 0, 1)) -> Cell:
        """Return the cell rotated about the origin; sides keep their names and tags.

        Args:
            angle_degrees: Angle in degrees, right-handed about the axis (anticlockwise in 2D).
            axis: Direction of the axis of rotation, of any length except zero; in 2D only along z.

        Raises:
            MeshError: The angle is not finite, the axis has no direction or would turn a 2D cell
                out of its plane, or the cell is axisymmetric.
        """
        direction = np.asarray(axis, dtype=np.float64)
        length = float(np.linalg.norm(direction))
        if direction.shape != (3,) or not np.isfinite(length) or length == 0.0:
            raise MeshError(
                f"the axis of rotation is {axis!r}", "give three finite numbers, not all zero"
            )
        if self.dim == 2 and (direction[0] != 0.0 or direction[1] != 0.0):
            raise MeshError(
                f"a rotation about the axis {axis!r} would turn a 2D cell out of its plane",
                "use (0, 0, 1) or (0, 0, -1)",
            )
        if not np.isfinite(angle_degrees):
            raise MeshError(
                f"the angle of rotation is {angle_degrees!r}", "give a finite number of degrees"
            )
        if self.coordinates.has_axis:
            raise MeshError(
                f"the cell {self.title!r} is {self.coordinates.name}: its axis cannot be turned",
                "the axis is always vertical; use a 3D mesh for a cell with an inclined axis",
            )
        turn = Rotation.from_rotvec(np.deg2rad(angle_degrees) * direction / length).as_matrix()
        return self._moved(
            self.mesh.geometry.x @ turn.T,
            f"turned by {angle_degrees:g} degrees",
            lambda cell: cell.rotated(angle_degrees, axis),
            lines={name: line.turned(turn) for name, line in self.lines.items()},
        )

    def stretched(self, factor: float, axis: Sequence[float]) -> Cell:
        """Return the cell stretched along an axis through the origin; sides keep names and tags.

        Args:
            factor: Factor by which all lengths along the axis are multiplied, greater than 0.
            axis: Direction of the axis, a unit vector, shape (dim,).

        Raises:
            MeshError: The factor is not finite and positive.
        """
        if not (np.isfinite(factor) and factor > 0.0):
            raise MeshError(
                f"a cell cannot be stretched by the factor {factor!r}",
                "give a finite number greater than 0",
            )
        n = np.zeros(3)
        n[: self.dim] = axis
        x = self.mesh.geometry.x
        x = x + (factor - 1.0) * np.outer(x @ n, n)
        return self._moved(
            x, f"stretched by {factor:g}", lambda cell: cell.stretched(factor, axis), lines={}
        )

    def _moved(
        self, x: Array, how: str, move: Callable[[Cell], Cell], lines: Mapping[str, NamedLine]
    ) -> Cell:
        """Return the cell with its nodes at new positions; sides keep their names and tags.

        Args:
            x: New positions of the nodes, m, shape (nodes, 3).
            how: Description of the transformation, for the title.
            move: Function that applies the same transformation to a cell at another resolution.
            lines: Named lines at their new positions.
        """
        remake, coarsen = self.remake, self.coarsen
        return replace(
            self,
            # The topology is shared, so the tags of the old mesh are those of the new one.
            mesh=geometry.with_coordinates(self.mesh, x[:, : self.dim]),
            title=f"{self.title}, {how}",
            remake=None if remake is None else lambda ratio: move(remake(ratio)),
            coarsen=None if coarsen is None else lambda ratio: move(coarsen(ratio)),
            lines=lines,
        )

    @cached_property
    def _measures(self) -> Mapping[str, geometry.SideMeasure]:
        return geometry.side_measures(
            self.mesh, self.facets, self.sides, self.is_fluid, self.coordinates
        )

    @cached_property
    def _seen_from_fluid(self) -> list[tuple[int, Indices]]:
        """Facets of each side as pairs of mesh cell and facet; normals point out of the fluid."""
        return [
            (tag, np.stack(self.attached(name), axis=1).ravel().astype(np.int32))
            for name, tag in sorted(self.sides.items(), key=lambda item: item[1])
        ]

    @property
    def _phase_tags(self) -> dict[str, int]:
        return {name: tag for tag, name in enumerate(self.walls.solids, start=_FLUID + 1)}

    @cached_property
    def _phases(self) -> list[tuple[int, Indices]] | None:
        """Tag and owned mesh cells of the fluid and of each solid; None without solids."""
        if not self.walls.solids or self.regions is None:
            return None
        owned = geometry.owned_cells(self.mesh)
        of_solids = [
            (tag, np.intersect1d(self.regions.find(self.region_names[name]), owned))
            for name, tag in self._phase_tags.items()
        ]
        return [(_FLUID, self.fluid_cells), *of_solids]

    def _measure(self, name: str) -> geometry.SideMeasure:
        self._tag(name)
        return self._measures[name]

    def _tag(self, name: str) -> int:
        """Return the tag of one side.

        Raises:
            ConditionError: The side is unknown; the hint lists all sides.
        """
        if name not in self.sides:
            hint = nearest(name, [*self.sides, ALL])
            if self.coordinates.has_axis:
                hint += "; the axis r = 0 is not a side, and takes no condition"
            raise ConditionError(f"the cell {self.title!r} has no side {name!r}", hint)
        return self.sides[name]
