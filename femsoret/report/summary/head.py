"""What summaries of all kinds begin and end with: layout and content."""

# ruff: noqa: D101 (tables are described at the fields that contain them)

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from pydantic import Field

from femsoret import __version__
from femsoret.case.values import Units
from femsoret.experiment import Experiment
from femsoret.problem.orientation import heated_from, side_facing
from femsoret.report.summary.vocabulary import (
    Acceleration,
    Degree,
    HeatFlux,
    Kelvin,
    Megabyte,
    Metre,
    Number,
    Part,
    Speed,
    WallSecond,
    units_of_run,
)

SCHEMA: Final = 2
"""Version of the layout; it is increased when a key changes its meaning or is removed."""


# -- the cell ----------------------------------------------------------------------------------


class Groups(Part):
    Ra: Number | None = None
    """Rayleigh number, g beta_T dT L³/(nu alpha); `groups` is empty if all walls have the same
    temperature or beta_T is 0"""
    Pr: Number | None = None
    """Prandtl number, nu/alpha; absent if `groups.Ra` is"""
    Le: Number | None = None
    """Lewis number, alpha/D, with the smallest diffusivity of several species; absent if
    `groups.Ra` is, and in a pure fluid"""
    Sc: Number | None = None
    """Schmidt number, nu/D, with the same D; absent if `groups.Le` is"""
    psi: Number | None = None
    """separation ratio, (beta_c/beta_T) S_T c0(1-c0); for several species the sum of beta_c
    S'/beta_T, where S' = -dc/dT at rest; absent if `groups.Le` is"""
    Ra_v: Number | None = None
    """vibrational Rayleigh (Gershuni) number, (V beta_T dT L)²/(2 nu alpha), V the amplitude of the
    velocity of the cell; absent without a vibration"""


class Vibration(Part):
    velocity: Speed
    """amplitude of the velocity of the cell"""
    direction: list[Number]
    """unit vector along the vibration"""


class Orientation(Part):
    coordinates: str
    """`"cartesian"` (x, y and in 3D z) or `"axisymmetric"` (r, z)"""
    hot: str
    """hottest side"""
    cold: str
    """coldest side"""
    axis: list[Number]
    """unit vector from the cold to the hot side, see [theory](theory.md); the direction of the
    second coordinate if `axis_from` is `"coordinates"`"""
    gap: Metre
    """distance L of the hot and cold side along the axis, or `cell.gap` of the case"""
    T_hot: Kelvin
    """mean temperature of the hot side, or of its surroundings if it has a Robin condition"""
    T_cold: Kelvin
    """the same for the cold side"""
    heat_flux: HeatFlux | None
    """heat flux, positive into the cell, that drives a cell with only one imposed temperature;
    T_hot - T_cold is then |flux| L/kappa, that of a layer at rest; null if two temperatures drive
    the cell"""
    temperature_rise: Kelvin | None = None
    """temperature difference that heat sources cause in pure conduction, an estimate, if they alone
    drive the cell: T_hot - T_cold, where T_hot (T_cold if they cool) is that of no wall; null if
    temperatures or a heat flux drive it; absent in summaries of version 0.2.0 and earlier"""
    up: list[Number]
    """unit vector opposite to gravity"""
    gravity: Acceleration
    """magnitude of gravity"""
    vibration: Vibration | None = None
    """fast vibration of the cell; absent without one"""
    axis_from: str
    """how the axis is defined: by the `"normals"` of walls that face each other, by the `"centres"`
    of walls that do not, or by the `"coordinates"` if there are no two walls or one surrounds the
    other"""
    distance: Metre | None
    """measured distance of hot and cold side along the axis, regardless of `cell.gap`; null if
    `axis_from` is `"coordinates"`"""
    askew: Degree | None
    """angle between the normal of one side and the reversed normal of the other: 0 if they are
    parallel; null if `distance` is, or if one of the sides is a closed curve or surface"""
    aside: Degree | None
    """angle between the axis and the line between the centres of hot and cold side; null if
    `axis_from` is `"coordinates"`"""
    heated_from: str | None
    """`"above"` (tilt below 45 degrees), `"side"`, or `"below"` (above 135); null if
    `distance` is"""
    up_side: str | None
    """wall of the fluid that is on top; null if no wall faces up within 45 degrees"""


class Solver(Part):
    dofs: int | None
    """number of unknowns of the solve with gravity (in an audit, of the cell with all causes), in
    solids of the temperature only; null if the total of an audit failed"""
    cells: int
    """number of mesh cells"""
    stabilisation: str | None = None
    """"none" or "supg", see [numerics](numerics.md); absent in an audit"""
    newton_iterations: int | None = None
    """number of Newton steps of the three solves, including failed attempts and continuation but
    not the solves for the numerical error; null in a transient run, whose steps are linear;
    absent in an audit"""
    linear_iterations: int | None = None
    """number of linear iterations of the same solves, one per Newton step with a direct solver;
    absent in an audit"""
    wall_seconds: WallSecond
    """wall time of the run"""
    peak_memory_mb: Megabyte
    """peak resident memory, summed over ranks"""


# -- whole summaries ---------------------------------------------------------------------------


class SummaryHead(Part):
    """The keys with which summaries of all kinds begin."""

    layout: Literal[2] = Field(alias="schema")
    """version of this layout, 2"""
    kind: Literal["steady", "transient", "audit", "fit", "design"] | None = None
    """`"steady"`, `"transient"`, `"audit"`, `"fit"` or `"design"`; absent in files of version 0.2.0
    and earlier"""
    femsoret: str | None = None
    """version of femsoret that wrote the file; absent if `kind` is"""
    case_hash: str | None = None
    """SHA-256 of everything that the run depends on, including meshes and the paths of files: runs
    with the same hash are of the same case, and a case that reads files has another hash in another
    folder; null if a script ran without a case; absent if `kind` is"""
    unit_of: dict[str, str] | None = None
    """unit of every quantity in the file, by its key with stars, in the notation of UDUNITS and
    pint; in a case stated by groups in terms of `L`, `dT`, `alpha` and `kappa`; absent if `kind`
    is"""
    title: str
    """title of the case"""
    units: Literal["SI", "groups"]
    """`"SI"` or `"groups"`"""
    warnings: list[str]
    """what to know before using the numbers, one sentence each: properties outside the range of
    their sources (one sentence per range), a density that varies too much for the Boussinesq
    approximation, a unit of length that looks like a mistake, an axis or a gap to check, gravity
    that follows the hot side, a state that may be unstable, a mesh that is too coarse, measurements
    that failed after the solve, or a transient run that does not determine D or the plateau; may be
    empty"""
    groups: Groups
    """dimensionless groups"""
    orientation: Orientation
    """orientation of the cell"""


@dataclass(frozen=True)
class RunContext:
    """What a summary states beside the findings of its study.

    Args:
        units: "SI", or "groups" if the case is stated in units of L, alpha and dT.
        seconds: Wall time, s.
        peak_memory_mb: Peak resident memory, summed over ranks, MB.
        warnings: What a reader should know before using the numbers, one sentence each.
        case_hash: Checksum of everything that the numbers depend on; None without a case.
    """

    units: Units
    seconds: float = 0.0
    peak_memory_mb: float = 0.0
    warnings: tuple[str, ...] = ()
    case_hash: str | None = None

    @property
    def cost(self) -> dict[str, float]:
        """The cost of the computation, as keys of a summary."""
        return {"wall_seconds": self.seconds, "peak_memory_mb": self.peak_memory_mb}


def as_summary(layout: type[SummaryHead], content: Mapping[str, Any]) -> dict[str, Any]:
    """Return a summary as plain data, with the units of its numbers.

    Args:
        layout: Class of the summary.
        content: Keys and values of the summary; tables may be objects with attributes of the same
            names.
    """
    plain = layout.model_validate(content).model_dump(by_alias=True, exclude_unset=True)
    plain["unit_of"] = units_of_run(layout, plain)
    return plain


# -- parts of all kinds ------------------------------------------------------------------------


def head_part(kind: str, experiment: Experiment, context: RunContext) -> dict[str, Any]:
    """Return the keys with which every summary begins; collective.

    Args:
        kind: "steady", "transient", "audit" or "fit".
        experiment: The experiment.
        context: Units, warnings and checksum of the run or audit.
    """
    return {
        "schema": SCHEMA,
        "kind": kind,
        "femsoret": __version__,
        "case_hash": context.case_hash,
        "title": experiment.title,
        "units": context.units,
        "warnings": list(context.warnings),
        "orientation": orientation_part(experiment),
    }


def orientation_part(experiment: Experiment) -> dict[str, Any]:
    """Return the part of a summary on the orientation of the cell; collective.

    Args:
        experiment: The experiment.
    """
    frame, up = experiment.orientation, experiment.mixture.gravity.up
    walls, vibration = frame.wall_pair, experiment.mixture.gravity.vibration
    return {
        "coordinates": experiment.cell.coordinates.name,
        "hot": frame.hot,
        "cold": frame.cold,
        "axis": list(frame.axis),
        "gap": frame.gap,
        "T_hot": frame.T_hot,
        "T_cold": frame.T_cold,
        "heat_flux": frame.flux,
        "temperature_rise": frame.rise,
        "up": list(up),
        "gravity": experiment.mixture.gravity.magnitude,
        **({"vibration": vars(vibration)} if vibration else {}),
        "axis_from": frame.basis,
        "distance": walls.distance if walls else None,
        "askew": walls.misalignment if walls else None,
        "aside": walls.offset_angle if walls else None,
        "heated_from": heated_from(frame, up),
        "up_side": side_facing(experiment.cell, up),
    }
