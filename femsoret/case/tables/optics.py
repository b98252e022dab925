"""Tables of optical instruments: beam deflection and interferometers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final, Literal, TypeAlias

import numpy as np
from pydantic import Discriminator, Field, Strict, Tag, model_validator

from femsoret.base.errors import CaseError, ConditionError, FluidError, nearest
from femsoret.base.types import Array
from femsoret.case.messages import UNSEEN, at_key, wrong
from femsoret.case.tables.coordinates import Coordinates, check_dimension, rotated
from femsoret.case.values import (
    Count,
    Direction,
    Duration,
    Flag,
    InUnit,
    Number,
    PhaseError,
    PositiveLength,
    Table,
    Text,
    Time,
    optional,
)
from femsoret.cells import Cell
from femsoret.fluids import AnyFluid
from femsoret.fluids.optics import ContrastFactors
from femsoret.physics.closures import Mixture
from femsoret.post.beam_deflection import BeamDeflection, Behind, check_across
from femsoret.post.interferometer import Image, Interferometer, Reference
from femsoret.post.optical import (
    Beam,
    Contrast,
    Glass,
    Optics,
    PathMean,
    gaussian,
    passed_solids,
)
from femsoret.post.phase_map import image_of
from femsoret.post.rays import Chord, LineOfSight, Normal, Ray
from femsoret.problem.orientation import Orientation
from femsoret.solids import Solid, load_solid

_SAME_WAVELENGTH: Final = 1e-9
"""Difference of wavelengths, m, that counts as none: a helium-neon laser is "633 nm" to many."""

_RAYS: Final = 5
"""Rays along each side of a window of the image, at Gauss points."""

_LIGHT: Final = (1e-8, 1e-4)
"""Shortest and longest wavelength of light, m."""

_MOST_PIXELS: Final = 250_000

PerKelvin: TypeAlias = Annotated[float, Strict(), InUnit("1/K")]
Index: TypeAlias = Annotated[float, Strict(), Field(gt=1, lt=5)]
Wavelengths: TypeAlias = PositiveLength | tuple[PositiveLength, ...]


class ContrastTable(Table):
    """Optical properties of the fluid at one wavelength, in place of those of the fluid's entry."""

    wavelength: PositiveLength = Field(description="Wavelength in vacuum.")
    n: Index | None = optional("Refractive index.", default="that of the fluid")
    n_T: PerKelvin | None = optional("dn/dT.", default="that of the fluid")
    n_c: Number | dict[Text, Number] | None = optional(
        "dn/dc of component 1 or, for several components, a table of dn/dc_i by name.",
        default="that of the fluid",
    )
    source: Text = Field(default="given in the case", description="Where the numbers are from.")
    assumed: tuple[Literal["n", "n_T", "n_c"], ...] = Field(
        default=(), description="Names of the numbers that are assumptions."
    )


class GlassTable(Table):
    """Optical properties of a solid of the mesh that light passes."""

    n: Index | None = optional("Refractive index.", default="that of the material")
    n_T: PerKelvin | None = optional("dn/dT of the solid.", default="that of the material")
    source: Text = Field(default="given in the case", description="Where the numbers are from.")


class WindowTable(Table):
    """A window that the mesh does not have, behind the cell."""

    thickness: PositiveLength = Field(description="Thickness of the window.")
    n: Index | None = optional("Refractive index.", default="that of the material")
    material: Text | None = optional(
        "Name of a solid in the database (`femsoret solids`), in place of `n`.", default="none"
    )

    @model_validator(mode="after")
    def _one_index(self) -> WindowTable:
        if (self.n is None) == (self.material is None):
            raise wrong("give either n or material", 'for example material = "fused-silica"')
        return self

    def build(self, wavelength: float) -> tuple[float, float]:
        """Return the thickness, m, and the index at a wavelength.

        Args:
            wavelength: Wavelength, m.

        Raises:
            ConditionError: The database has no index of the material at this wavelength.
        """
        if self.material is None:
            return self.thickness, self.n or 1.0
        with at_key("material"):
            try:
                known = load_solid(self.material).optics
                if known is None:
                    raise FluidError(f"{self.material} has no refractive index", "give n")
                return self.thickness, known.index(wavelength, self.material)
            except FluidError as error:
                raise ConditionError(error.message, error.hint) from error


@dataclass(frozen=True)
class OpticalSetting:
    """What the optical properties and the geometry of an instrument depend on.

    Args:
        cell: The cell.
        rotation: Angle by which it has been rotated about z, degrees.
        orientation: The hot and the cold wall and the axis between them.
        up: Upward unit vector, shape (dim,).
        mixture: The mixture, for its reference state and species.
        fluid: The fluid, for its contrast factors; None for a case by groups.
        solids: Materials of the solids of the cell, by name.
        tau: Relaxation time, s.
        end: End of a transient run, s; None in a steady one.
    """

    cell: Cell
    rotation: float
    orientation: Orientation
    up: tuple[float, ...]
    mixture: Mixture
    fluid: AnyFluid | None
    solids: Mapping[str, Solid]
    tau: float = math.nan
    end: float | None = None

    def turned(self, vector: tuple[float, ...]) -> tuple[float, ...]:
        """Return a point or a direction of the drawing in the cell, after its rotation."""
        check_dimension(self.cell, vector)
        return rotated(vector, self.rotation)


class _OpticalTable(Table):
    """Keys of all optical instruments."""

    name: Text = Field(description="Name of the instrument in the report.")
    wavelength: Wavelengths = Field(
        description="Wavelength in vacuum, or a list of as many as the fluid has independent "
        "components."
    )
    direction: Direction | None = optional(
        "Direction of the light in the cell as drawn.",
        default="across the plane of a plane cell; a horizontal chord of an axisymmetric one",
    )
    depth: PositiveLength | None = optional(
        "Length of the path in the fluid, for light across the plane of a plane cell."
    )
    contrast: tuple[ContrastTable, ...] = Field(
        default=(), description="Optical properties of the fluid, one table a wavelength."
    )
    solids: dict[Text, GlassTable] = Field(
        default_factory=dict,
        description="Optical properties of the solids of the mesh that the light passes, by name, "
        "in place of those of their materials (`femsoret solids`).",
    )

    def _contrasts(self, setting: OpticalSetting) -> tuple[Contrast, ...]:
        if setting.fluid is None:
            raise ConditionError(
                "a case by groups has no refractive index, which an optical instrument sees",
                "state a [fluid]",
            )
        given = self.wavelength if isinstance(self.wavelength, tuple) else (self.wavelength,)
        for wavelength in given:
            if not _LIGHT[0] < wavelength < _LIGHT[1]:
                with at_key("wavelength"):
                    raise ConditionError(
                        f"{wavelength:g} m is no wavelength of light",
                        'give it with its unit, for example "633 nm"',
                    )
        found = tuple(_contrast(wavelength, self.contrast, setting) for wavelength in given)
        if setting.mixture.species:
            with at_key("wavelength"):
                _ = Optics(found).matrix  # raises an error unless it can be inverted
        return found

    def _ray(self, at: tuple[float, ...], setting: OpticalSetting) -> Ray:
        """Return the ray through a point of the cell."""
        cell = setting.cell
        if cell.coordinates.has_axis:
            if self.direction is not None or self.depth is not None:
                raise ConditionError(
                    "light passes an axisymmetric cell along horizontal chords only: along z it "
                    "would see the gradient of no height",
                    "leave out direction and depth; the point is (offset from the axis, z)",
                )
            return Chord(at[1], at[0])
        if self.direction is not None:
            if self.depth is not None:
                raise ConditionError(
                    "depth is the length of a path across the plane of a plane cell",
                    "leave out either depth or direction",
                )
            return LineOfSight(at, setting.turned(self.direction))
        if cell.dim == 3:
            raise ConditionError(
                "the light has no direction", "give one, for example direction = [0, 0, 1]"
            )
        if self.depth is None:
            raise ConditionError(
                "light across the plane of a plane cell has a path of unknown length",
                'give the depth of the cell, for example depth = "10 mm", or a direction in the '
                "plane",
            )
        return Normal(at, self.depth)

    def _glasses(
        self, beams: tuple[Beam, ...], contrasts: tuple[Contrast, ...], setting: OpticalSetting
    ) -> dict[str, Glass]:
        """Return the optical properties of the solids that beams pass, and of those given."""
        cell = setting.cell
        for name in self.solids:
            if name not in cell.walls.solids:
                with at_key("solids"):
                    raise ConditionError(
                        f"the cell has no solid {name!r}",
                        nearest(name, cell.walls.solids) if cell.walls.solids else "leave it out",
                    )
        names = {name for beam in beams for name in passed_solids(cell, beam)} | self.solids.keys()
        return {name: self._glass(name, contrasts, setting) for name in sorted(names)}

    def _glass(self, name: str, contrasts: tuple[Contrast, ...], setting: OpticalSetting) -> Glass:
        """Return the optical properties of a solid at the wavelengths of the instrument.

        Raises:
            ConditionError: One of them is not known.
        """
        given, solid = self.solids.get(name, GlassTable()), setting.solids[name]
        known, where = solid.optics, f"{name} ({solid.name})"
        values: dict[str, float | tuple[float, ...] | None] = {"n": given.n, "n_T": given.n_T}
        marks = {key: given.source for key, value in values.items() if value is not None}
        lights = [of.wavelength for of in contrasts]
        if known is not None:
            sources = known.sources()
            try:
                if given.n is None:
                    values["n"] = tuple(known.index(light, where) for light in lights)
                    marks["n"] = sources["n"]
                if given.n_T is None and "n_T" in sources:
                    slopes = [known.slope(light, setting.mixture.T0, where) for light in lights]
                    values["n_T"] = tuple(of for of in slopes if of is not None)
                    marks["n_T"] = sources["n_T"]
            except FluidError as error:
                raise ConditionError(error.message, error.hint) from error
        n, n_T = values["n"], values["n_T"]
        missing = " and ".join(key for key, value in values.items() if value is None)
        if n is None or n_T is None:
            raise ConditionError(
                f"the light passes the solid {name!r} of {solid.name}, whose {missing} "
                f"{'are' if ' ' in missing else 'is'} not known",
                f'give {missing} in a table solids."{name}", or choose a glass that has them, such '
                "as fused-silica or n-bk7",
            )
        return Glass(n, n_T, marks)


class BeamDeflectionTable(_OpticalTable):
    """A beam of light whose deflection is recorded."""

    through: Coordinates = Field(
        description="Point that the middle of the beam passes; in an axisymmetric cell, its offset "
        "from the axis and its height."
    )
    deflection: Direction | None = optional(
        "Direction in which the displacement is counted, across the beam.",
        default="the axis from the cold to the hot wall",
    )
    radius: PositiveLength | None = optional(
        "Radius of a Gaussian beam, at 1/e^2 of its intensity.", default="a thin ray"
    )
    windows: tuple[WindowTable, ...] = Field(
        default=(), description="Windows behind the cell that the mesh does not have."
    )
    detector: Annotated[float, Strict(), Field(ge=0), InUnit("m")] = Field(
        description="Distance in air from the last window to the detector."
    )
    noise: tuple[PositiveLength, ...] | PositiveLength | None = optional(
        "Standard deviation of the displacement, or a list with one for each wavelength."
    )

    def build(self, setting: OpticalSetting) -> BeamDeflection:
        """Return the instrument.

        Args:
            setting: Cell, orientation, mixture and fluid.

        Raises:
            ConditionError: The beam does not suit the cell or misses its fluid, or an optical
                property is not known.
        """
        cell = setting.cell
        contrasts = self._contrasts(setting)
        with at_key("through"):
            check_dimension(cell, self.through)
            at = self.through if cell.coordinates.has_axis else setting.turned(self.through)
        ray = self._ray(at, setting)
        along = self._along(setting)
        light = ray.direction if isinstance(ray, LineOfSight) else None
        with at_key("deflection"):
            if light is not None:
                check_across(light, along)
            elif cell.coordinates.has_axis and abs(along[0]) > _SAME_WAVELENGTH:
                raise ConditionError(
                    "the deflection of a beam along a chord is counted along z",
                    "leave out deflection, or give [0, 1]",
                )
        beam = Beam((ray,), (1.0,))
        if self.radius is not None:
            beam = gaussian(ray, self.radius, _across(cell.dim, light, along))
        glasses = self._glasses((beam,), contrasts, setting)
        behind = list[tuple[float, float]]()
        for i, window in enumerate(self.windows):
            with at_key("windows", i):
                behind.append(window.build(contrasts[0].wavelength))
        return BeamDeflection(
            beam,
            along,
            Optics(contrasts, glasses, _each(self.noise, len(contrasts))),
            Behind(tuple(behind), self.detector),
        )

    def _along(self, setting: OpticalSetting) -> tuple[float, ...]:
        if self.deflection is not None:
            with at_key("deflection"):
                return setting.turned(self.deflection)
        if setting.cell.coordinates.has_axis:
            return (0.0, 1.0)
        axis = setting.orientation.axis
        return tuple(float(value) for value in axis)


class ImagePlaceTable(Table):
    """A place of an interferogram: a point or a rectangle, seen along the light."""

    point: Coordinates | None = optional("A point that the light passes.")
    window: tuple[Coordinates, Coordinates] | None = optional(
        "Opposite corners of a rectangle across the light."
    )

    @model_validator(mode="after")
    def _one_place(self) -> ImagePlaceTable:
        if (self.point is None) == (self.window is None):
            raise wrong("give exactly one of point and window", "for example { point = [0, 5] }")
        return self


def _named_or_time(value: object) -> str:
    """Return the tag of a reference: a word names a state."""
    named = isinstance(value, str) and value.strip().isalpha()
    return f"{UNSEEN}state" if named else f"{UNSEEN}time"


StateOrTime: TypeAlias = Annotated[
    Annotated[Literal["uniform", "thermal"], Tag(f"{UNSEEN}state")]
    | Annotated[Time, Tag(f"{UNSEEN}time")],
    Discriminator(_named_or_time),
]


class MapTable(Table):
    """The phase map of an interferometer."""

    pixels: tuple[Count, Count] = Field(
        default=(64, 64), description="Numbers of columns and rows."
    )
    corners: tuple[Coordinates, Coordinates] | None = optional(
        "Opposite corners of the image; in an axisymmetric cell (offset, z).",
        default="all of the fluid",
    )
    reference: StateOrTime = Field(
        default="uniform",
        description="State that the phase is counted from: the uniform one before heating, the "
        "one whose temperature is established while its composition is still uniform, or the one "
        "at a time of a transient run.",
    )
    at: Time | None = optional(
        "Time of a transient run at which the map is taken.", default="the end of the run"
    )

    def times(self, setting: OpticalSetting) -> tuple[Reference, float | None]:
        """Return the reference and the time of the map, in s where they are times.

        Args:
            setting: Length of the run, and its relaxation time.

        Raises:
            CaseError: The run has no such time, or no time passes between both.
        """
        reference, at = self.reference, self.at
        since: Reference = "uniform"
        if isinstance(reference, str):
            since = reference
        else:
            since = _time_of_run("reference", reference, setting)
        until = None if at is None else _time_of_run("at", at, setting)
        last = setting.end if until is None else until
        if not isinstance(since, str) and since == last:
            raise CaseError(
                f"the phase map is taken at {since:g} s and counted from the same time",
                "choose two different times",
            )
        return since, until


def _time_of_run(key: str, time: Duration, setting: OpticalSetting) -> float:
    """Return a time of the run, s.

    Raises:
        CaseError: There is no run in time, or it has ended by then.
    """
    with at_key(key):
        if setting.end is None:
            raise CaseError(
                "a steady state has no times",
                'add a table [time], or choose "uniform" or "thermal"',
            )
        found = time.seconds(setting.tau)
        if found > setting.end:
            raise CaseError(
                f"{found:g} s is after the end of the run, {setting.end:g} s", "choose a later end"
            )
    return found


def _flag_or_table(value: object) -> str:
    """Return the tag of a phase map."""
    table = isinstance(value, Mapping | MapTable)
    return f"{UNSEEN}table" if table else f"{UNSEEN}flag"


MapOrFlag: TypeAlias = Annotated[
    Annotated[MapTable, Tag(f"{UNSEEN}table")] | Annotated[Flag, Tag(f"{UNSEEN}flag")],
    Discriminator(_flag_or_table),
]


class InterferometerTable(_OpticalTable):
    """An interferometer, whose signal is the phase between two places of its image."""

    hot: ImagePlaceTable | None = optional(
        "Place at the hot end.", default="the middle of the hot wall"
    )
    cold: ImagePlaceTable | None = optional(
        "Place at the cold end.", default="the middle of the cold wall"
    )
    map: MapOrFlag = Field(
        default=False, description="Whether to make a phase map, or a table with its settings."
    )
    noise: tuple[PhaseError, ...] | PhaseError | None = optional(
        'Standard deviation of the phase, such as "0.1 rad" or "0.02 fringe", or a list with one '
        "for each wavelength."
    )

    def build(self, setting: OpticalSetting) -> Interferometer:
        """Return the instrument.

        Args:
            setting: Cell, orientation, mixture and fluid.

        Raises:
            ConditionError: The light does not suit the cell or misses its fluid, or an optical
                property is not known.
        """
        contrasts = self._contrasts(setting)
        ends = {}
        for key, place, side in (
            ("hot", self.hot, setting.orientation.hot),
            ("cold", self.cold, setting.orientation.cold),
        ):
            with at_key(key):
                ends[key] = self._beam(place, side, setting)
        if ends["hot"].rays == ends["cold"].rays:
            raise ConditionError(
                "the hot and the cold place are the same, so that there is no phase between them",
                "give two places at different heights",
            )
        glasses = self._glasses(tuple(ends.values()), contrasts, setting)
        return Interferometer(
            self.name,
            PathMean(ends["hot"]),
            PathMean(ends["cold"]),
            Optics(contrasts, glasses, _each(self.noise, len(contrasts))),
            self._image(setting),
        )

    def _beam(self, place: ImagePlaceTable | None, side: str, setting: OpticalSetting) -> Beam:
        cell = setting.cell
        if place is None:
            centre = tuple(float(x) for x in cell.face(side).centre)
            if cell.coordinates.has_axis:
                centre = (0.0, centre[1])
            return Beam((self._ray(centre, setting),), (1.0,))
        if place.point is not None:
            return Beam((self._ray(setting.turned(place.point), setting),), (1.0,))
        return self._window(place.window or (), setting)

    def _window(self, corners: tuple[tuple[float, ...], ...], setting: OpticalSetting) -> Beam:
        """Return rays at Gauss points of a rectangle whose sides are along the drawing's axes."""
        nodes, weights = np.polynomial.legendre.leggauss(_RAYS)
        for corner in corners:
            check_dimension(setting.cell, corner)
        low, high = (np.asarray(corner, dtype=float) for corner in corners)
        points: list[tuple[Array, float]] = [(0.5 * (low + high), 1.0)]
        for axis in np.flatnonzero(high != low):
            shift = np.zeros(len(low))
            shift[axis] = 0.5 * (high - low)[axis]
            points = [
                (x + node * shift, share * 0.5 * weight)
                for x, share in points
                for node, weight in zip(nodes, weights, strict=True)
            ]
        rays = [self._ray(setting.turned(tuple(float(v) for v in x)), setting) for x, _ in points]
        return Beam(tuple(rays), tuple(float(share) for _, share in points))

    def _image(self, setting: OpticalSetting) -> Image | None:
        if self.map is False:
            return None
        table = self.map if isinstance(self.map, MapTable) else MapTable()
        with at_key("map"):
            corners = None
            if table.corners is not None:
                first, second = (setting.turned(corner) for corner in table.corners)
                corners = (first, second)
            reference, at = table.times(setting)
            if (pixels := table.pixels[0] * table.pixels[1]) > _MOST_PIXELS:
                with at_key("pixels"):
                    raise ConditionError(
                        f"the image would have {pixels:,} pixels, each of them a ray",
                        f"choose at most {_MOST_PIXELS:,}",
                    )
            direction = None if self.direction is None else setting.turned(self.direction)
            return image_of(
                setting.cell,
                direction=direction,
                depth=self.depth,
                up=setting.up,
                pixels=table.pixels,
                corners=corners,
                reference=reference,
                at=at,
            )


def _across(dim: int, light: tuple[float, ...] | None, along: tuple[float, ...]) -> list[Array]:
    """Return unit vectors across a beam: that of the deflection, and another one if any."""
    first = np.asarray(along, dtype=float)
    first = first / np.linalg.norm(first)
    if dim == 3 and light is not None:
        second = np.cross(np.asarray(light, dtype=float), first)
        return [first, np.asarray(second / np.linalg.norm(second))]
    if light is not None:  # in the plane of a plane cell, which is uniform across it
        return [first]
    return [first, np.array([-first[1], first[0]])]


def _each(noise: tuple[float, ...] | float | None, number: int) -> tuple[float, ...]:
    """Return the noise of each wavelength; empty if unknown."""
    if noise is None:
        return ()
    if not isinstance(noise, tuple):
        return (noise,) * number
    if len(noise) != number:
        with at_key("noise"):
            raise ConditionError(
                f"{len(noise)} numbers for {number} wavelength{'s' * (number > 1)}",
                "give one, or one for each",
            )
    return noise


def _contrast(
    wavelength: float, tables: tuple[ContrastTable, ...], setting: OpticalSetting
) -> Contrast:
    """Return the optical properties at a wavelength, with where they are from.

    Raises:
        ConditionError: One of them is not known.
    """
    assert setting.fluid is not None
    names = [species.name for species in setting.mixture.species]
    known: tuple[ContrastFactors, ...] = getattr(setting.fluid, "optics", ())
    table = next((t for t in tables if abs(t.wavelength - wavelength) < _SAME_WAVELENGTH), None)
    entry = next((e for e in known if abs(e.wavelength - wavelength) < _SAME_WAVELENGTH), None)
    T, c = setting.mixture.T0, tuple(float(species.c0) for species in setting.mixture.species)
    at = c[0] if len(c) == 1 else c
    values, marks = dict[str, float | tuple[float, ...]](), dict[str, str]()
    for name in ("n", "n_T", *(("n_c",) if names else ())):
        given = None if table is None else getattr(table, name)
        of_fluid = None if entry is None else getattr(entry, name)
        if given is not None and table is not None:
            values[name] = _by_component(given, names) if name == "n_c" else given
            marks[name] = "assumed" if name in table.assumed else table.source
        elif of_fluid is not None and len(names) <= 1:
            value = of_fluid.at(T, at, f"{setting.fluid.name}: optics: {name}")
            values[name] = (value,) if name == "n_c" else value
            marks[name] = f"{of_fluid.mark}: {of_fluid.source}"
        else:
            raise ConditionError(
                f"{name} of {setting.fluid.name} at {1e9 * wavelength:.4g} nm is not known",
                f"{_known_words(known)}; give it in a table contrast with this wavelength and a "
                "source",
            )
    n, n_T, n_c = values["n"], values["n_T"], values.get("n_c", ())
    assert isinstance(n, float)
    assert isinstance(n_T, float)
    assert isinstance(n_c, tuple)
    return Contrast(wavelength, n, n_T, n_c, marks)


def _by_component(given: float | Mapping[str, float], names: list[str]) -> tuple[float, ...]:
    """Return dn/dc of each independent component.

    Raises:
        ConditionError: One is missing, or a name is unknown.
    """
    if not isinstance(given, Mapping):
        if len(names) != 1:
            raise ConditionError(
                f"one n_c for {len(names)} independent components",
                f"give a table with one for each of {', '.join(names)}",
            )
        return (given,)
    for name in given:
        if name not in names:
            raise ConditionError(
                f"n_c is given for {name!r}, which is no independent component",
                nearest(name, names),
            )
    for name in names:
        if name not in given:
            raise ConditionError(f"n_c of {name!r} is missing", "give dn/dc of each component")
    return tuple(float(given[name]) for name in names)


def _known_words(known: tuple[ContrastFactors, ...]) -> str:
    """Return what the fluid's entry has, in words."""
    if not known:
        return "the fluid's entry has no optical properties"
    parts = [
        f"{', '.join(factors.entries())} at {1e9 * factors.wavelength:.4g} nm" for factors in known
    ]
    return f"the fluid's entry has {' and '.join(parts)}"
