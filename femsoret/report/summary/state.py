"""Flow, balances, resolution, entropy and errors of a state: layout and content."""

# ruff: noqa: D101 (tables are described at the fields that contain them)

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from types import MappingProxyType
from typing import Any, Final

from pydantic import ConfigDict, Field

from femsoret.post.resolution import Resolution as MeshResolution
from femsoret.report.summary.data import fluid_part, solids_part
from femsoret.report.summary.soret import chamber_part, separation_part, soret_part
from femsoret.report.summary.vocabulary import (
    HeatFlux,
    Kelvin,
    KelvinPerMetre,
    Metre,
    Number,
    Part,
    PerMetre,
    Rate,
    Second,
    Speed,
    Watt,
    WattPerKelvin,
)
from femsoret.studies.measure.numerical_error import NumericalError as ErrorEstimates
from femsoret.studies.measure.state import MeasuredState, WallTransfer

ERRORS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "separation": "1",
        "separation.extra.*": "1",
        "soret.apparent": "1/K",
        "soret.bias": "1",
        "soret.reading_effect": "1",
        "soret.each.*.apparent": "1/K",
        "soret.each.*.bias": "1",
        "chambers.*.soret.bias": "1",
        "heating.rise": "K",
        "heating.nusselt": "1",
        "nusselt.*": "1",
        "sherwood.*": "1",
        "gradients.*.T": "K/m",
        "gradients.*.c": "1/m",
        "signals.*.dT": "K",
        "signals.*.each.*.dc": "1",
        "signals.*.each.*.apparent": "1/K",
        "signals.*.each.*.bias": "1",
        "signals.*.evaluation.*.*.D_bias": "1",
        "signals.*.evaluation.*.*.S_T_bias": "1",
        "thermometers.*": "K",
        "deflections.*.at.*.total": "m",
        "deflections.*.each.*.apparent": "1/K",
        "interferometers.*.at.*.total": "rad",
        "interferometers.*.each.*.apparent": "1/K",
        "column.separation": "1",
        "column.slope": "1/m",
        "column.S_T": "1/K",
        "column.S_T_bias": "1",
        "column.S_T_interior_bias": "1",
        "column.D_T_strong": "m^2/(s K)",
        "column.in_time.relaxation_time": "s",
        "column.in_time.S_T": "1/K",
        "column.in_time.S_T_bias": "1",
        "max_speed": "m/s",
        "peclet.thermal": "1",
        "peclet.solutal": "1",
        "evaluation.*.D": "m^2/s",
        "evaluation.*.D_bias": "1",
        "evaluation.*.S_T": "1/K",
        "evaluation.*.S_T_bias": "1",
        "statistics.mean": "1/K",
        "statistics.bias.mean": "1",
    }
)
"""Keys of ``numerical_error`` -> unit."""


class Body(Part):
    velocity: tuple[Speed, Speed, Speed]
    """velocity of the centroid of its surface along x, y, z, at which force and torque vanish; in
    a cell of revolution along r, z, and 0"""
    rotation: tuple[Rate, Rate, Rate]
    """angular velocity about x, y, z"""
    size: Metre
    """rms distance a of its surface from the centroid: the radius of a sphere"""
    peclet_thermal: Number
    """(U + Omega a) a/alpha: a state, which is that of an instant, describes the motion if this is
    small"""
    peclet_solutal: Number | None
    """the same with the smallest diffusivity; null in a pure fluid"""
    moved: Metre | None = None
    """distance by which it would move in a transient run, in which the mesh keeps it where it is;
    absent in a steady run"""


class HeatSource(Part):
    region: str
    """solid region in which the heat is released; empty for the fluid"""
    power: Watt
    """power that is released (per metre of depth in plane cells)"""


class Heating(Part):
    sources: list[HeatSource]
    """one table for each heat source, in the order of the case"""
    power: Watt
    """power of all sources together"""
    x: list[Metre]
    """point of the fluid that they heat (or cool) most in pure conduction, an estimate"""
    rise: Kelvin
    """temperature at this point less the mean over the coldest wall (the hottest if they cool)"""
    conducted: Kelvin
    """the same in the steady state of pure conduction at full power"""
    nusselt: Number | None
    """`conducted` over `rise`; null without a rise, and where a protocol has changed the power"""


class Gradients(Part):
    T: KelvinPerMetre
    """derivative of T at a point and in a direction given in the case"""
    c: PerMetre | None
    """the same for the mass fraction of the first component; null in a pure fluid"""
    each: dict[str, PerMetre]
    """the same for each transported component, by name; empty in a pure fluid"""


class Sherwood(Part):
    species: str
    """name of the component"""
    sides: dict[str, Number | None]
    """by side, like `sherwood.*`, for this component"""


# -- the state ---------------------------------------------------------------------------------


class Peclet(Part):
    thermal: Number
    """`max_speed` times L/alpha"""
    solutal: Number | None
    """`max_speed` times L/D; null in a pure fluid"""


class Balance(Part):
    mass: Number | None
    """defect of the species equation that the given mean composition replaces (one in each chamber;
    the other equations imply it if they are conservative and solved exactly): the largest over all
    species and chambers, over rho0 D S_T f dT L^(d-2); in a transient run its sum since the start,
    over the mass in the cell; null if c is imposed at walls, and in a pure fluid"""
    heat: Number
    """|sum of wall heat flows|/largest; in a transient run |heat stored - heat in + heat out| since
    the start, over the heat that passed one side"""
    species: Number | None
    """|sum of wall mass flows|/largest wall integral of |rho0 D S_T f grad T|, the largest over all
    species; in a transient run like `heat`, but over the mass in the cell if all walls are closed;
    null in a pure fluid, and if S_T is 0"""
    entropy: Number | None
    """|produced - leaving - missing|/produced: a discretisation error, unlike the other balances,
    which are round-off; null if `entropy` has a reason"""
    spurious_peclet: Number | None
    """largest speed times L/D (L/alpha in a pure fluid) of the discrete Stokes flow driven by the
    buoyancy of the horizontal mean of T and c, which drives no flow in an exact solution: smaller
    Péclet numbers have no meaning on this mesh; null without gravity, or if that solve failed"""


class CellPeclet(Part):
    thermal: Number
    """largest |u| h/alpha, where h is the length of the mesh cell along the flow"""
    solutal: Number | None
    """largest |u| h/D; large values are harmless where the composition is smooth; null in a pure
    fluid"""
    x: list[Metre]
    """position of the largest solutal (in a pure fluid, thermal) cell Péclet number"""
    side: str
    """the side closest to this position"""


class WallResolution(Part):
    thickness: Metre | None
    """smallest thickness of the composition boundary layer at the side, (D l/s)^(1/3), where s is
    the shear rate and l the length of the side; null without flow; no sides in a pure fluid"""
    cell_size: Metre
    """largest size of the mesh cells at the side, normal to it"""


class Coarsest(Part):
    missed: Number
    """part of the range of the field that polynomials of one degree less miss in this mesh cell"""
    limit: Number
    """largest acceptable value of `missed`; above it there is an entry in `resolution.warnings`"""
    x: list[Metre]
    """centre of the mesh cell"""
    side: str
    """the side closest to the mesh cell"""
    cell_peclet: Number
    """its largest cell Péclet number: solutal for the composition, otherwise thermal"""
    cell_size: Metre
    """its size normal to the side"""
    needed: Metre
    """size at which the field would be resolved; equal to `cell_size` if it is resolved"""


class WorstTime(Part):
    missed: Number
    """part of the field's range (for the velocity, of the largest speed; at least of its natural
    scale) that the worst mesh cell missed at this time"""
    limit: Number
    """largest acceptable value of `missed`"""
    t: Second
    """the time; times within h²/alpha after the start, or after a jump or change of slope of the
    protocol, are ignored"""


class InTime(Part):
    composition: WorstTime | None
    """time at which the mesh resolved the composition worst; null if there is no such time"""
    temperature: WorstTime | None
    """the same for the temperature"""
    velocity: WorstTime | None
    """the same for the velocity"""


class Resolution(Part):
    cell_peclet: CellPeclet
    """the largest cell Péclet numbers"""
    walls: dict[str, WallResolution]
    """boundary layer and mesh cells at each wall, by side"""
    coarsest: Coarsest | None
    """the mesh cell that misses most of the composition's range, see [numerics](numerics.md); null
    in a pure fluid, or if the composition is uniform"""
    temperature: Coarsest | None
    """the same for the temperature; null if the temperature is uniform"""
    velocity: Coarsest | None
    """the same for the velocity, relative to the largest speed; null if the Péclet number of the
    largest speed is at most 10"""
    in_time: InTime | None = None
    """time at which the mesh resolved each field worst; absent in a steady run"""
    warnings: list[str]
    """a sentence for each field for which the mesh is too coarse, with the side, the cell Péclet
    number, the cell size and the required size; also among `warnings`; may be empty"""


class LeastFraction(Part):
    value: Number
    """the mass fraction, at the nodes; it must not be negative"""
    component: str
    """its component; the last one is that whose mass fraction is what the others leave"""
    x: list[Metre]
    """where it is"""
    t: Second | None = None
    """time in a transient run, of all steps; absent in a steady run"""


class Entropy(Part):
    produced: WattPerKelvin | None = None
    """entropy production by heat and mass: that of conduction and that of diffusion"""
    conduction: WattPerKelvin | None = None
    """entropy production by conduction of heat, kappa |grad T|²/T², also in solid walls"""
    diffusion: WattPerKelvin | None = None
    """entropy production by diffusion of the components, j.(G D^-1) j/(rho0 T)"""
    leaving: WattPerKelvin | None = None
    """entropy flow with heat out of the walls"""
    supplied: WattPerKelvin | None = None
    """entropy that heat sources bring in with their heat, q/T; null without heat sources"""
    viscous: WattPerKelvin | None = None
    """entropy production by friction; not part of the balance"""
    missing: WattPerKelvin | None = None
    """produced and supplied less leaving in the exact solution, because no entropy exists for this
    Gamma(T, c) at constant cp; [see](theory.md#models-of-gamma-heat-of-mixing); null if Gamma does
    not depend on temperature"""
    heat_of_mixing: Watt | None = None
    """heat released by diffusion, which the walls pass; null if Gamma does not depend on
    temperature"""
    heat_current: HeatFlux | None = None
    """mean heat flux through the fluid from the hot to the cold side, with the heat that flow
    carries"""
    mass_current: Number | None = None
    """|mean mass flux along the axis, with what flow carries|/|mean of its part rho0 D_T grad T|,
    the largest over all species: zero in the steady state of a closed cell; null in a pure fluid,
    and if S_T is 0"""
    reason: str | None = None
    """why there are no entropy rates: no absolute temperature, no mu_c, walls with imposed c, or a
    transient run, in which entropy may be stored; the other keys are then absent. Absent if there
    are entropy rates"""


# -- how well it is known ----------------------------------------------------------------------


class NumericalError(Part):
    model_config = ConfigDict(extra="allow")
    extra_units = ERRORS
    __pydantic_extra__: dict[str, float] = Field(init=False)

    method: str | None = None
    """how the errors were estimated; absent if they were not requested"""
    reason: str | None = None
    """why there are no estimates: not requested; absent if there are"""


def state_part(
    state: MeasuredState,
    numerical_error: ErrorEstimates | None,
    why_no_error: str,
    flows: Mapping[str, WallTransfer],
) -> dict[str, Any]:
    """Return the parts of a summary on a state with gravity.

    Args:
        state: The measured state.
        numerical_error: Estimates of the numerical error; None if there are none.
        why_no_error: Why there are no estimates, in that case.
        flows: Side -> transfer, for sides whose flows are reported.
    """
    solution, experiment, walls = state.solution, state.solution.experiment, state.walls
    species = experiment.mixture.species
    names = [component.name for component in species]
    sherwood = [
        {side: wall.species[i].sherwood for side, wall in walls.items()}
        for i in range(len(species))
    ]
    return {
        "separation": separation_part(experiment, solution.each, state.extra),
        "soret": soret_part(experiment, solution.outcomes, solution.at_thermostats),
        "soret_reason": solution.soret_missing,
        "chambers": {chamber.name: chamber_part(chamber, names) for chamber in solution.chambers},
        "bodies": {
            body.name: {key: value for key, value in vars(body).items() if key != "name"}
            for body in state.bodies
        },
        "gradients": {
            name: {"T": gradients.T, "c": gradients.c, "each": gradients.each}
            for name, gradients in state.gradients.items()
        },
        **({"heating": state.heating} if state.heating else {}),
        "nusselt": {side: wall.nusselt for side, wall in flows.items()},
        "nusselt_gradient": {side: wall.nusselt_gradient for side, wall in walls.items()},
        "sherwood": {side: wall.sherwood for side, wall in walls.items()},
        "sherwood_each": [
            {"species": component.name, "sides": sides}
            for component, sides in zip(species, sherwood, strict=True)
        ],
        "heat_flow": {side: wall.heat for side, wall in flows.items()},
        "max_speed": state.speed.maximum,
        "peclet": {
            "thermal": state.speed.peclet_thermal,
            "solutal": state.speed.peclet_solutal,
        },
        "least_fraction": state.least,
        "balance": state.balances,
        "resolution": _resolution(state.resolution),
        "entropy": state.entropy or {"reason": state.entropy_missing},
        "numerical_error": (
            {**numerical_error.of, "method": numerical_error.method}
            if numerical_error
            else {"reason": why_no_error}
        ),
        "fluid": fluid_part(experiment),
        "solids": solids_part(experiment),
    }


def _resolution(resolution: MeshResolution) -> dict[str, Any]:
    """Return the part of a summary on the resolution of the mesh, without its warnings."""
    largest = resolution.solutal or resolution.thermal
    return {
        "cell_peclet": {
            "thermal": resolution.thermal.value,
            "solutal": resolution.solutal.value if resolution.solutal else None,
            "x": list(largest.x),
            "side": largest.side,
        },
        "walls": {
            side: {
                # Without flow, there is no boundary layer.
                "thickness": wall.thickness if isfinite(wall.thickness) else None,
                "cell_size": wall.cell_size,
            }
            for side, wall in resolution.walls.items()
        },
        "coarsest": resolution.coarsest,
        "temperature": resolution.temperature,
        "velocity": resolution.velocity,
        "warnings": [],
    }
