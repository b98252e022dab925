"""The cell: a mesh, its named sides, and what the geometry says about them."""

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
"""The word for every side; no side may have this name."""

CLOSED = 1e-3
"""Length of the mean unit normal of a side below which it closes on itself, as a wire does."""

PLANE = 1e-9
"""Deviation of a unit normal from a coordinate axis up to which it is along that axis."""

_FLUID = 1  # tag of the fluid in volume measures


@dataclass(frozen=True, eq=False)
class Cell:
    """A measuring cell: a mesh in metres with named sides.

    A cell is immutable, and its measures are computed once. Two cells are equal only if they are
    the same object.

    Attributes:
        mesh: The mesh; 2D meshes have two coordinates.
        facets: Facets tagged by side, tags >= 1: exterior ones owned by each rank, and interfaces
            between fluid and solid on the rank that owns the mesh cell of fluid; 0 on the axis of
            an axisymmetric cell.
        sides: Name and tag of each side. Together the sides, and the axis, cover the boundaries of
            the mesh and of the fluid.
        title: One line that describes the cell, without lengths, whose unit only a case knows.
        regions: Cells tagged by region, or None.
        region_names: Name and tag of each region.
        remake: Makes the same cell at `ratio` times the resolution; None for a cell from a file.
        coarsen: Without `remake`: makes about the same cell at `ratio` < 1 times the resolution,
            with chords for curved walls. It may raise MeshError.
        alfeld: Whether the mesh is an Alfeld split; see :func:`alfeld_split`.
        walls: Its solid regions and their sides; by default all is fluid.
        coordinates: Cartesian or axisymmetric. Areas, volumes and flows are per metre of depth in
            2D, and of the whole cell of revolution in axisymmetric coordinates.
        lines: Named lines, and in 3D surfaces, inside the cell: where something may be read.
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
                "rename it: the word stands for every side",
            )
        # Read-only views: whoever holds a cell may trust its names.
        object.__setattr__(self, "sides", MappingProxyType(dict(self.sides)))
        object.__setattr__(self, "region_names", MappingProxyType(dict(self.region_names)))

    def __repr__(self) -> str:
        return f"Cell({self.title!r}, sides={list(self.sides)}, num_cells={self.num_cells})"

    @property
    def comm(self) -> MPI.Comm:
        """The communicator that the mesh is spread over."""
        comm: MPI.Comm = self.mesh.comm
        return comm

    @property
    def dim(self) -> int:
        """The dimension, 2 or 3."""
        return int(self.mesh.topology.dim)

    @property
    def num_cells(self) -> int:
        """The number of mesh cells on all ranks together."""
        return int(self.mesh.topology.index_map(self.dim).size_global)

    @property
    def num_vertices(self) -> int:
        """The number of vertices of the mesh on all ranks together."""
        return int(self.mesh.topology.index_map(0).size_global)

    def ds(self, metadata: Mapping[str, object] | None = None) -> Measure:
        """Return the boundary measure; restrict it with ``cell.ds()(cell.tags("hot"))``.

        Args:
            metadata: Of UFL, for instance the quadrature degree.
        """
        data = self._seen_from_fluid if self.walls.interfaces else self.facets
        measure = ufl.Measure(
            "ds", domain=self.mesh, subdomain_data=data, metadata=dict(metadata or {})
        )
        return self.coordinates.measured(measure)

    def dx(self, *solids: str, metadata: Mapping[str, object] | None = None) -> Measure:
        """Return the volume measure of solid regions, or of the fluid where none is named.

        The weight of the coordinates is in it.

        Args:
            solids: Names of solid regions; "all" for the whole mesh.
            metadata: Of UFL, for instance the quadrature degree.
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
        """Return the tags of sides, each once; the word "all" stands for every side.

        Args:
            names: Names of sides.

        Raises:
            ConditionError: A side is unknown.
        """
        found: dict[int, None] = {}
        for name in names:
            if name == ALL:
                found.update(dict.fromkeys(self.sides.values()))
            else:
                found[self._tag(name)] = None
        return tuple(found)

    def area(self, name: str) -> float:
        """Return the area (length in 2D) of a side, m^(dim-1); m^2 in axisymmetric coordinates."""
        return self._measure(name).area

    def length(self, name: str) -> float:
        """Return the length of a side as drawn, m; in 3D the root of its area."""
        return float(self._measure(name).extent ** (1.0 / (self.dim - 1)))

    def centroid(self, name: str) -> Array:
        """Return the mean position of a side, m, shape (dim,)."""
        return self._measure(name).centroid.copy()

    def normal(self, name: str) -> Array:
        """Return the direction of the mean outward normal of a side, shape (dim,), length 1.

        Raises:
            MeshError: The side closes on itself, as a cylinder's does, so that the mean is zero.
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
        """Return direction and place of the main part of a side, without rounded edges or ports."""
        return self._measure(name).face

    def surrounds(self, outer: str, inner: str) -> bool:
        """Return whether two sides close on themselves, one around the fluid, the other inside.

        Examples are a tube, or all walls of a box as one side, with a wire inside.

        Args:
            outer: Name of one side.
            inner: Name of the other.
        """
        sides = self._measure(outer), self._measure(inner)
        closed = all(float(np.linalg.norm(side.normal)) < CLOSED for side in sides)
        return closed and sides[0].swept > 0.0 > sides[1].swept

    def is_flat(self, name: str) -> bool:
        """Return whether all unit normals of a side are equal to 1e-10."""
        return self._measure(name).flat

    def plane(self, name: str) -> int | None:
        """Return the number of the coordinate that is constant on a side, or None."""
        side = self._measure(name)
        component = int(np.argmax(np.abs(side.normal)))
        lies = side.flat and abs(abs(side.normal[component]) - 1.0) < PLANE
        return component if lies else None

    @cached_property
    def volume(self) -> float:
        """The volume (area in 2D), solids included, m^dim; m^3 in axisymmetric coordinates."""
        return geometry.volume(self.mesh, geometry.owned_cells(self.mesh), self.coordinates)

    @cached_property
    def fluid_volume(self) -> float:
        """The volume (area in 2D) of the fluid, m^dim; m^3 in axisymmetric coordinates."""
        return geometry.volume(self.mesh, self.fluid_cells, self.coordinates)

    @cached_property
    def depth(self) -> float:
        """Volume over that of the mesh: 1, or the mean circumference 2 pi r, m."""
        cells = geometry.owned_cells(self.mesh)
        return self.volume / geometry.volume(self.mesh, cells, CARTESIAN)

    @cached_property
    def is_fluid(self) -> Flags:
        """Whether a local mesh cell, ghosts included, is fluid; collective when first asked for."""
        return fluid_flags(
            self.mesh, self.regions, [self.region_names[name] for name in self.walls.solids]
        )

    @property
    def fluid_cells(self) -> Indices:
        """The mesh cells of fluid that this rank owns."""
        owned = geometry.owned_cells(self.mesh)
        return owned[self.is_fluid[owned]]

    @cached_property
    def parts(self) -> Parts:
        """The parts of the fluid, which solids separate; collective when first asked for.

        Raises:
            MeshError: Two parts touch in a point or, in 3D, along an edge.
        """
        return parts_of(self.mesh, self.is_fluid, self.regions, self.region_names)

    @cached_property
    def pieces(self) -> tuple[int, GlobalIndices]:
        """How many pieces the mesh is in, solids included, and the piece of each local mesh cell.

        Collective when first asked for.
        """
        if not self.walls.solids:
            return len(self.parts), self.parts.of_cell
        return components(self.mesh, np.ones(len(self.is_fluid), dtype=bool))

    def part(self, name: str) -> int:
        """Return the number of a part of the fluid.

        Raises:
            ConditionError: There is none of that name.
        """
        if name not in self.parts.names:
            raise ConditionError(
                f"the fluid of {self.title!r} has no part {name!r}",
                nearest(name, self.parts.names),
            )
        return self.parts.names.index(name)

    def parts_at(self, name: str) -> set[int]:
        """Return the numbers of the parts of the fluid that a side is a wall of; collective."""
        found = {int(k) for k in np.unique(self.parts.of_cell[self.attached(name)[0]])} - {NONE}
        return set().union(*self.comm.allgather(found))

    def pieces_at(self, name: str) -> set[int]:
        """Return the numbers of the pieces of the mesh that have a side; collective."""
        found = {int(k) for k in np.unique(self.pieces[1][self.attached(name)[0]])}
        return set().union(*self.comm.allgather(found))

    def part_volume(self, part: int) -> float:
        """Return the volume (area in 2D) of a part of the fluid, m^dim; m^3 if axisymmetric."""
        own = self.fluid_cells
        return geometry.volume(self.mesh, own[self.parts.of_cell[own] == part], self.coordinates)

    def cells_of(self, solid: str) -> Indices:
        """Return the owned mesh cells of a solid region, or of the fluid for the empty name."""
        if not solid:
            return self.fluid_cells
        return dict(self._phases or ())[self._phase_tags[solid]]

    @property
    def fluid_sides(self) -> tuple[str, ...]:
        """The walls of the fluid: interfaces, and sides without a solid behind them."""
        return tuple(name for name in self.sides if name not in self.walls.outside)

    @property
    def exterior_sides(self) -> tuple[str, ...]:
        """The sides that bound the mesh, of the fluid and of solids."""
        return tuple(name for name in self.sides if name not in self.walls.interfaces)

    def facets_of(self, name: str) -> Indices:
        """Return this rank's facets of a side, shape (n,)."""
        found: Indices = self.facets.find(self._tag(name))
        return found

    def attached(self, name: str) -> tuple[Indices, Indices]:
        """Return this rank's mesh cells at a side, of fluid at an interface, and their facets."""
        return geometry.attached_cells(self.mesh, self.facets_of(name), self.is_fluid)

    def thermal_sides(self, name: str) -> tuple[str, ...]:
        """Return the exterior sides where a condition for the temperature of a side holds.

        An interface stands for the outside behind it. A side without a solid behind it includes
        the ends of walls in its plane: a thermostat of that side touches these ends as well.

        Args:
            name: Name of a side.

        Raises:
            ConditionError: The side is unknown, or an interface that no outside is named after.
        """
        self._tag(name)
        behind = (name + OUTSIDE,) if name + OUTSIDE in self.walls.outside else ()
        if name not in self.walls.interfaces:
            return (name, *behind)
        if not behind:
            raise ConditionError(
                f"the temperature at {name!r}, between the fluid and a solid, is computed and "
                "cannot be given",
                "name an outside: " + ", ".join(self.walls.outside),
            )
        return behind

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
        """The smallest and the largest mesh cell size (greatest distance of two vertices), m."""
        sizes = self.mesh.h(self.dim, geometry.owned_cells(self.mesh))
        smallest = self.comm.allreduce(float(sizes.min(initial=np.inf)), op=MPI.MIN)
        largest = self.comm.allreduce(float(sizes.max(initial=0.0)), op=MPI.MAX)
        return smallest, largest

    def coarser(self, ratio: float) -> Cell | None:
        """Return the cell at a lower resolution, for first guesses and preconditioners; collective.

        Curved walls of a cell from a file become chords. The cell is made once and kept.

        Args:
            ratio: Mesh cells a length, relative to this one's: 1/2 to 0.85.

        Returns:
            The cell, or None where there is none with at most half the vertices.
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
        """The cell at half the resolution; None without one (see :meth:`coarser`)."""
        return self.coarser(0.5)

    def diameter(self) -> float:
        """Return twice the largest distance of a node from the centre of the bounding box, m.

        It is the diameter of a shape with a centre of symmetry (rectangle, box, cylinder), and an
        upper bound for others.
        """
        x = self.mesh.geometry.x
        low, high = np.empty(3), np.empty(3)
        self.comm.Allreduce(x.min(axis=0, initial=np.inf), low, op=MPI.MIN)
        self.comm.Allreduce(x.max(axis=0, initial=-np.inf), high, op=MPI.MAX)
        radii = np.linalg.norm(x - 0.5 * (low + high), axis=1)
        return 2.0 * float(self.comm.allreduce(float(radii.max(initial=0.0)), op=MPI.MAX))

    def min_quality(self) -> float:
        """Return the worst quality of a mesh cell: 1 is ideal, 0 flat (:mod:`.quality`)."""
        return quality.min_quality(self.mesh)

    def rotated(self, angle_degrees: float, axis: tuple[float, float, float] = (0, 0, 1)) -> Cell:
        """Return the cell turned about the origin; sides keep their names and tags.

        Args:
            angle_degrees: Angle, degrees, right-handed about the axis (anticlockwise in 2D).
            axis: Direction of the axis of rotation; in 2D only (0, 0, 1) or (0, 0, -1).

        Raises:
            MeshError: The axis has no direction, or would turn a 2D cell out of its plane.
        """
        direction = np.asarray(axis, dtype=np.float64)
        length = float(np.linalg.norm(direction))
        if direction.shape != (3,) or not np.isfinite(length) or length == 0.0:
            raise MeshError(f"the axis of rotation is {axis!r}", "give three numbers, not all zero")
        if self.dim == 2 and (direction[0] != 0.0 or direction[1] != 0.0):
            raise MeshError(
                f"the axis of rotation {axis!r} turns a 2D cell out of its plane",
                "use (0, 0, 1) or (0, 0, -1)",
            )
        if not np.isfinite(angle_degrees):
            raise MeshError(f"the angle of rotation is {angle_degrees!r}", "give degrees")
        if self.coordinates.has_axis:
            raise MeshError(
                f"the cell {self.title!r} is {self.coordinates.name}: its axis cannot be turned",
                "its axis is vertical; a cell whose axis is not needs 3D",
            )
        turn = Rotation.from_rotvec(np.deg2rad(angle_degrees) * direction / length).as_matrix()
        return self._moved(
            self.mesh.geometry.x @ turn.T,
            f"turned by {angle_degrees:g} degrees",
            lambda cell: cell.rotated(angle_degrees, axis),
            lines={name: line.turned(turn) for name, line in self.lines.items()},
        )

    def stretched(self, factor: float, axis: Sequence[float]) -> Cell:
        """Return the cell with all lengths along an axis multiplied; sides keep names and tags.

        Args:
            factor: What lengths along the axis are multiplied by, greater than 0.
            axis: Direction, shape (dim,), length 1. Points at the origin stay where they are.

        Raises:
            MeshError: The factor is not positive.
        """
        if not (np.isfinite(factor) and factor > 0.0):
            raise MeshError(f"a cell stretched by {factor!r}", "give a number greater than 0")
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
        """Return the cell with its nodes elsewhere; sides keep their names and tags.

        Args:
            x: New positions of the nodes, m, shape (nodes, 3).
            how: What was done, for the title.
            move: The same for a cell at another resolution.
            lines: Named lines where they are then.
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
        """Facets of each side as pairs of cell and facet; normals point out of the cell."""
        return [
            (tag, np.stack(self.attached(name), axis=1).ravel().astype(np.int32))
            for name, tag in sorted(self.sides.items(), key=lambda item: item[1])
        ]

    @property
    def _phase_tags(self) -> dict[str, int]:
        return {name: tag for tag, name in enumerate(self.walls.solids, start=_FLUID + 1)}

    @cached_property
    def _phases(self) -> list[tuple[int, Indices]] | None:
        """The owned mesh cells of the fluid and of each solid; None where all is fluid."""
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
        """Return the tag of one side, or raise an error that lists all sides."""
        if name not in self.sides:
            hint = nearest(name, [*self.sides, ALL])
            if self.coordinates.has_axis:
                hint += "; the axis r = 0 is no side: symmetry says what holds there"
            raise ConditionError(f"the cell {self.title!r} has no side {name!r}", hint)
        return self.sides[name]
