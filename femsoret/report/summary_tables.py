"""The tables of summary.json: every key with its type, unit and meaning.

docs/summary.md and docs/summary.schema.json are made from these classes (tools/make_docs.py); the
text below a field is what the page says of it.
"""

# ruff: noqa: D101 (a table is described where it is a field)

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

from pydantic import ConfigDict, Field

from femsoret.report.summary_layout import (
    Acceleration,
    Degree,
    Diffusivity,
    HeatFlux,
    Kelvin,
    KelvinPerMetre,
    Megabyte,
    Metre,
    Number,
    Part,
    PerKelvin,
    PerMetre,
    Rate,
    Second,
    Speed,
    Volume,
    WallSecond,
    Watt,
    WattPerKelvin,
)

SCHEMA: Final = 2
"""Version of the layout; it grows when a key changes its meaning or goes."""

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
        "nusselt.*": "1",
        "sherwood.*": "1",
        "gradients.*.T": "K/m",
        "gradients.*.c": "1/m",
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


# -- the cell ----------------------------------------------------------------------------------


class Groups(Part):
    Ra: Number | None = None
    """Rayleigh number, g beta_T dT L³/(nu alpha); `groups` is empty where all walls have one
    temperature or beta_T is 0"""
    Pr: Number | None = None
    """Prandtl number, nu/alpha; absent as `groups.Ra`"""
    Le: Number | None = None
    """Lewis number, alpha/D; of several species with the least diffusivity; absent as `groups.Ra`,
    and in a pure fluid"""
    Sc: Number | None = None
    """Schmidt number, nu/D, likewise; absent as `groups.Le`"""
    psi: Number | None = None
    """separation ratio, (beta_c/beta_T) S_T c0(1-c0); of several species the sum of beta_c
    S'/beta_T, S' = -dc/dT at rest; absent as `groups.Le`"""


class Orientation(Part):
    coordinates: str
    """`"cartesian"` (x, y and in 3D z) or `"axisymmetric"` (r, z)"""
    hot: str
    """hottest side"""
    cold: str
    """coldest side"""
    axis: list[Number]
    """unit vector from the cold to the hot side, by their normals; see [theory](theory.md). It
    is the direction of the second coordinate where `axis_from` is `"coordinates"`"""
    gap: Metre
    """distance L of the two along the axis, or `cell.gap` of the case"""
    T_hot: Kelvin
    """mean temperature of the hot side; of its surroundings for a Robin side"""
    T_cold: Kelvin
    """the same of the cold side"""
    heat_flux: HeatFlux | None
    """heat flux that drives a cell whose walls hold one temperature only, positive into the cell;
    T_hot - T_cold is then |flux| L/kappa, that of a layer at rest; null where two temperatures
    drive it"""
    up: list[Number]
    """unit vector against gravity"""
    gravity: Acceleration
    """magnitude of gravity"""
    axis_from: str
    """what the axis is taken from: `"normals"` of walls that face each other, the line between the
    `"centres"` of walls that do not, or `"coordinates"` where there are no two walls or one
    surrounds the other"""
    distance: Metre | None
    """distance of hot and cold side along the axis as measured, whatever the case calls the gap;
    null where `axis_from` is `"coordinates"`"""
    askew: Degree | None
    """angle between the normal of one side and the reverse of the other's: 0 where they are
    parallel; null as `distance`, and where one of them closes on itself"""
    aside: Degree | None
    """angle between the axis and the line between the centres of the two; null where `axis_from` is
    `"coordinates"`"""
    heated_from: str | None
    """`"above"` (tilt below 45 degrees), `"side"`, or `"below"` (above 135); null as `distance`"""
    up_side: str | None
    """wall of the fluid that up points to; null where none faces it within 45 degrees"""


# -- time --------------------------------------------------------------------------------------


class Fastest(Part):
    t: Second
    """when the fluid flowed fastest"""
    max_speed: Speed
    """largest speed at the nodes then"""


class March(Part):
    end: Second
    """when the march ended"""
    ended_by: str
    """why"""
    steps: int
    """accepted steps"""
    rejections: int
    """rejected steps"""
    factorisations: int
    """linear systems set up"""
    linear_iterations: int
    """iterations of the linear solver"""


class Time(Part):
    tau: Second
    """relaxation time of the separation, L²/(pi² D) at the reference state (alpha for D in a pure
    fluid)"""
    start: str
    """`"uniform"`, `"diffused"` (steady state without gravity) or `"steady"`"""
    tolerance: Number
    """error of each field that was aimed at, relative to its largest value"""
    scheme: str
    """scheme of the steps in time"""
    breaks: list[Second]
    """when the protocol jumps or bends; may be empty"""
    fastest: Fastest
    """the fastest flow"""
    with_gravity: March
    """the run"""
    without_gravity: March | None
    """the run without gravity, with the same keys; null in a pure fluid"""


class Fitted(Part):
    D: Diffusivity
    """D that is fitted"""
    D_bias: Number
    """D over the true one, less 1"""
    S_T: PerKelvin | None
    """S_T of the plateau that is fitted; null where all walls have one temperature"""
    S_T_bias: Number | None
    """S_T over the true one, less 1; null where there is none"""
    separation: Number
    """separation of the plateau"""
    misfit: Number
    """root mean square in time of what the fit leaves over, relative to the plateau"""
    points: int
    """steps that were used"""
    D_fit_uncertainty: Number
    """relative uncertainty of D from what the fit leaves over and the tolerance of the steps; below
    0.5, or nothing is evaluated"""
    separation_fit_uncertainty: Number
    """relative uncertainty of the plateau, likewise"""
    covered: Number
    """part of the way to the plateau, by the fit, that the record covers"""


class ByConvection(Part):
    D: Number
    """D with gravity over D without, less 1: what the flow does"""
    S_T: Number | None
    """the same of S_T; null where either is"""


class Evaluation(Part):
    reason: str | None = None
    """why nothing is evaluated: not asked for, readings without a place on the axis, or a record
    that does not determine D and the plateau (see below); all other keys are absent then; absent
    where something is evaluated"""
    t0: Second | None = None
    """when the temperature difference comes, or goes"""
    start: Second | None = None
    """first time that counts"""
    end: Second | None = None
    """last time that counts"""
    relaxing: bool | None = None
    """whether the temperature difference goes"""
    gap: Metre | None = None
    """L of the series: the distance of the walls as measured"""
    cold: Number | None = None
    """place of the cold reading between the cold (0) and the hot wall (1)"""
    hot: Number | None = None
    """place of the hot reading"""
    D_true: Diffusivity | None = None
    """D at the reference state"""
    S_T_true: PerKelvin | None = None
    """`soret.true`: steady, between the walls as the conditions hold them; null where there is
    none"""
    with_gravity: Fitted | None = None
    """what a laboratory would report"""
    without_gravity: Fitted | None = None
    """the same of the run without gravity: what the evaluation errs by itself; null where it cannot
    be evaluated"""
    convection: ByConvection | None = None
    """what the flow changes in D and S_T; null where `without_gravity` is"""


class Moments(Part):
    mean: PerKelvin
    """mean in time"""
    lowest: PerKelvin = Field(alias="min")
    """smallest value of a step"""
    highest: PerKelvin = Field(alias="max")
    """largest value of a step"""
    std: PerKelvin
    """standard deviation in time"""
    standard_error: PerKelvin
    """standard error of the mean: what a record of this length leaves open; not the numerical
    error"""


class BiasMoments(Part):
    mean: Number
    """mean of the apparent S_T over the true one, less 1"""
    lowest: Number = Field(alias="min")
    """smallest bias of a step"""
    highest: Number = Field(alias="max")
    """largest bias of a step"""
    std: Number
    """standard deviation in time"""
    standard_error: Number
    """standard error of the mean"""


class Statistics(Moments):
    start: Second = Field(alias="from")
    """when that part begins; it ends with the run"""
    cycles: int
    """how often S_app swings up and down in it"""
    bias: BiasMoments | None
    """the same of the bias; null as `soret.bias`"""


# -- what is read ------------------------------------------------------------------------------


class End(Part):
    T: Kelvin
    """temperature"""
    c: Number
    """mass fraction"""


class Ends(Part):
    hot: End
    """the hot reading, with gravity"""
    cold: End
    """the cold reading, with gravity"""


class SpeciesSeparation(Part):
    species: str
    """name of the component"""
    value: Number
    """c of the cold reading less c of the hot one, with gravity"""
    without_gravity: Number
    """the same without gravity, on the same mesh"""
    hot: End
    """the hot reading, with gravity"""
    cold: End
    """the cold reading, with gravity"""


class Separation(SpeciesSeparation):
    extra: dict[str, Number]
    """separation of a further pair of readings, by name; empty unless the case asks for it"""
    ends: dict[str, Ends]
    """the readings of a further pair, by name; empty as `extra`"""
    each: list[SpeciesSeparation]
    """one table for each transported component; the keys above are those of the one named first"""


class Gradients(Part):
    T: KelvinPerMetre
    """derivative of T at a place and in a direction of the case"""
    c: PerMetre | None
    """the same of the mass fraction; null in a pure fluid"""


class Coefficients(Part):
    true: PerKelvin
    """what the same readings would say of the state at rest: the closed form"""
    fluid: PerKelvin
    """S_T of the fluid between the temperatures that are read at rest; `true` where each reading is
    at one temperature"""
    reading_effect: Number | None
    """what the readings do by themselves, flow or not: `true` less `fluid`, over `fluid`, or over
    the norm of those of all species; exactly 0 where each reading is at one temperature; null as
    `bias`"""
    apparent: PerKelvin
    """what the readings say"""
    without_gravity: PerKelvin
    """what the readings of the solve without gravity say: `true` but for the numerical error"""
    error: PerKelvin
    """apparent less true"""
    bias: Number | None
    """`error` over `true`; of several species over the norm of their `true`, since single ones
    may vanish; null where S_T vanishes, or that of a binary mixture changes sign between the
    readings"""


class SpeciesCoefficients(Coefficients):
    species: str
    """name of the component"""


class AtThermostats(Part):
    dT: Kelvin
    """temperature difference of the thermostats"""
    apparent: PerKelvin
    """apparent Soret coefficient with it"""
    bias: Number | None
    """over the true one, less 1; null as `soret.bias`"""


class Soret(Coefficients):
    each: list[SpeciesCoefficients]
    """one table for each transported component; the keys above are those of the one named first. Of
    components that diffuse across one another S_T is S'_T = -dc/dT at rest, without the factor
    c(1-c)"""
    bias_reason: str
    """why `bias` is null; empty where it is not"""
    at_thermostats: AtThermostats | None
    """the same composition with the temperatures imposed behind solid walls, as an experimenter
    reads them; null where no solid lies between hot or cold wall and its thermostat, and in a
    transient run"""


class Chamber(Part):
    volume: Volume
    """volume (area in 2D)"""
    filled: Number | None
    """mean mass fraction that was filled in; null where a wall of the chamber holds its
    composition"""
    mean: Number
    """mean mass fraction found with gravity"""
    separation: Number | None
    """separation with gravity, read in this chamber alone; null where `reason` is there, but for
    readings at one temperature"""
    true: PerKelvin | None
    """as `soret.true`, of this chamber; null where `reason` is there"""
    apparent: PerKelvin | None
    """as `soret.apparent`; null as `true`"""
    bias: Number | None
    """as `soret.bias`; null as `true`, and as `soret.bias`"""
    reason: str
    """why the chamber has no Soret coefficient: a wall that holds its composition, readings that
    see nothing of it or have one temperature; empty where it has one"""


class Sherwood(Part):
    species: str
    """name of the component"""
    sides: dict[str, Number | None]
    """as `sherwood.*`, of this component"""


# -- the state ---------------------------------------------------------------------------------


class Departure(Part):
    growth_rate: Rate
    """growth rate of that mode"""
    found: bool
    """whether another state was found; all numbers of the summary are then those of that state"""
    reason: str
    """why none was found; empty where one was"""


class Stability(Part):
    verdict: str
    """`"stable"` (a sufficient condition proves it), `"no growth found"` (no mode that was found
    grows), `"unstable"` (the real cell will not show this state) or `"not looked at"`"""
    looked_at: bool
    """whether anything is known"""
    reason: str
    """what the verdict rests on, a clause"""
    growth_rate: Rate | None
    """growth rate of the leading mode among those found; null where no modes were sought"""
    frequency: Rate | None
    """its angular frequency, 0 for a stationary mode; null as `growth_rate`"""
    modes: int
    """modes found"""
    shifts: list[list[Rate]]
    """numbers near which modes were sought and found, real and imaginary part of each; may be
    empty"""
    suspected: bool
    """whether heat or composition stratifies the fluid unstably on the whole, where no modes were
    sought"""
    one_state: bool | None
    """whether the second solve, of higher order, found the same state: separations (Nusselt
    numbers, in a pure fluid) less than 10 % apart; null without a second solve"""
    departure: Departure | None
    """where `solver.start_tilt` led to an unstable state: the search that went on from there, along
    its growing mode; null where none was made"""


class Peclet(Part):
    thermal: Number
    """`max_speed` times L/alpha"""
    solutal: Number | None
    """`max_speed` times L/D; null in a pure fluid"""


class Balance(Part):
    mass: Number | None
    """the given mean composition takes the place of one equation of the species (one in each
    chamber), which the others imply where they hold and conserve: the defect of that equation, the
    largest of all species and chambers, over rho0 D S_T f dT L^(d-2); in a transient run what it
    missed since the start, over what the cell holds; null where walls have a given c, and in a pure
    fluid"""
    heat: Number
    """|sum of wall heat flows|/largest; in a transient run |heat stored since the start - heat that
    came + heat that left|/what passed one side"""
    species: Number | None
    """|sum of wall mass flows|/largest wall integral of |rho0 D S_T f grad T|, of the species for
    which that is most; in a transient run the same as of heat, over what the cell holds where all
    walls are closed; null in a pure fluid, and where S_T is 0"""
    entropy: Number | None
    """|produced - leaving|/produced: a discretisation error; the other balances are round-off; null
    where `entropy` has a reason"""
    spurious_peclet: Number | None
    """largest speed times L/D (L/alpha in a pure fluid) of the discrete Stokes flow driven by the
    buoyancy of the horizontal mean of T and c, which no exact solution would turn into flow: the
    floor of this mesh; null without gravity, or if that solve fails"""


class CellPeclet(Part):
    thermal: Number
    """largest |u| h/alpha, h the length of the mesh cell along the flow"""
    solutal: Number | None
    """largest |u| h/D; large values do no harm where the composition is smooth; null for a pure
    fluid"""
    x: list[Metre]
    """where the solutal one is largest, the thermal one for a pure fluid"""
    side: str
    """the side nearest to that place"""


class WallResolution(Part):
    thickness: Metre | None
    """least thickness that the flow along a side leaves a layer of composition, (D l/s)^(1/3), s
    the shear rate, l the length of the side; null where nothing flows; no sides for a pure fluid"""
    cell_size: Metre
    """largest size of the mesh cells at the side, along its normal"""


class Coarsest(Part):
    missed: Number
    """part of the range of the field that polynomials of one degree less miss in the cell"""
    limit: Number
    """what it may miss; above it `resolution.warnings` says so"""
    x: list[Metre]
    """middle of the cell"""
    side: str
    """the side nearest to it"""
    cell_peclet: Number
    """its largest cell Péclet number: solutal for the composition, else thermal"""
    cell_size: Metre
    """its size towards the side"""
    needed: Metre
    """the size at which the field would be resolved; its own where it is"""


class WorstTime(Part):
    missed: Number
    """part of its range (of the largest speed), at least of its natural size, that the worst mesh
    cell missed then"""
    limit: Number
    """what it may miss"""
    t: Second
    """when; from h²/alpha after the start and after each jump or bend of the protocol"""


class InTime(Part):
    composition: WorstTime | None
    """when the mesh missed most of the composition; null where nothing counts"""
    temperature: WorstTime | None
    """the same of the temperature"""
    velocity: WorstTime | None
    """the same of the velocity"""


class Resolution(Part):
    cell_peclet: CellPeclet
    """the largest cell Péclet numbers"""
    walls: dict[str, WallResolution]
    """by side, what lies along the walls"""
    coarsest: Coarsest | None
    """the mesh cell that misses most of the composition; see [numerics](numerics.md); null for a
    pure fluid, or where the composition is uniform"""
    temperature: Coarsest | None
    """the same of the temperature; null where the temperature is uniform"""
    velocity: Coarsest | None
    """the same of the velocity, in parts of the largest speed; null where the Péclet number of the
    largest speed is 10 or less"""
    in_time: InTime | None = None
    """when the mesh missed most of a field; absent in a steady run"""
    warnings: list[str]
    """a sentence for each field for which the mesh is too coarse, with side, cell Péclet number,
    cell size and the size needed; also among `warnings`; may be empty"""


class Entropy(Part):
    produced: WattPerKelvin | None = None
    """entropy production by heat and mass"""
    leaving: WattPerKelvin | None = None
    """entropy that leaves with heat through the walls"""
    viscous: WattPerKelvin | None = None
    """entropy production by friction; not part of the balance"""
    reason: str | None = None
    """why there are no entropy rates: no absolute temperature, no mu_c, walls of given c, or a
    transient run, where what is produced need not leave; the other keys are absent then; absent
    where there are"""


# -- how well it is known ----------------------------------------------------------------------


class NumericalError(Part):
    model_config = ConfigDict(extra="allow")
    extra_units = ERRORS
    __pydantic_extra__: dict[str, float] = Field(init=False)

    method: str | None = None
    """how it was estimated; absent where it was not asked for"""
    reason: str | None = None
    """why there is no estimate: not asked for; absent where there is"""


class Contribution(Part):
    relative: Number | None
    """relative standard uncertainty of an entry of the fluid; null where its source states none"""
    sensitivity: Number
    """d bias/d ln(entry)"""
    of_bias: Number | None
    """uncertainty of the bias from this entry; null where `relative` is"""


class DataUncertainty(Part):
    bias: Number | None = None
    """standard uncertainty of the bias from the fluid data, entries taken as independent; a lower
    bound where `data_uncertainty.unknown` names entries; absent where `reason` is there; null where
    no entry has a stated uncertainty"""
    unknown: list[str] | None = None
    """entries without a stated uncertainty, as of a bare number in `[fluid.overrides]`, on which
    the bias depends by more than 1 % of its largest sensitivity: they are not in
    `data_uncertainty.bias`; may be empty, absent as `bias`"""
    entries: dict[str, Contribution] | None = None
    """by entry of the fluid data, what it does; absent as `bias`"""
    reason: str | None = None
    """why there is none: no sourced fluid, no bias, or a transient run; absent where there is
    one"""


class SolidRow(Part):
    name: str
    """the entry"""
    value: float
    """its value at the reference state, in `unit`"""
    unit: str
    """its unit"""
    uncertainty: Number | None
    """relative standard uncertainty; null where the source states none"""
    source: str
    """where it is from"""
    verified: bool
    """whether it was read in its primary source"""
    note: str
    """what a user should know; may be empty"""


class FluidRow(SolidRow):
    symbol: str
    """its symbol"""
    assumed: bool
    """whether it is an estimate"""


class Fluid(Part):
    name: str
    """its name"""
    unverified: list[str]
    """entries that were not read in their primary source"""
    gaps: list[str]
    """entries without a published value, and what was assumed"""
    rows: list[FluidRow]
    """one table an entry"""


class Solid(Part):
    name: str
    """the material"""
    unverified: list[str]
    """entries that were not read in their primary source"""
    rows: list[SolidRow]
    """one table an entry"""


class Solver(Part):
    dofs: int | None
    """unknowns of the solve with gravity (of an audit: of the cell with all causes); inside solids
    only the temperature counts; null where the total of an audit failed"""
    cells: int
    """mesh cells"""
    stabilisation: str | None = None
    """"none" or "supg", see [numerics](numerics.md); absent in an audit"""
    newton_iterations: int | None = None
    """Newton steps of the three solves, failed attempts and ramps included, without those for the
    numerical error; null in a transient run, whose steps are linear; absent in an audit"""
    linear_iterations: int | None = None
    """linear iterations of the same; one a Newton step with a direct solver; absent in an audit"""
    wall_seconds: WallSecond
    """wall time of the run"""
    peak_memory_mb: Megabyte
    """peak resident memory, summed over ranks"""


# -- whole summaries ---------------------------------------------------------------------------


class Summary(Part):
    """What the summaries of all kinds begin with."""

    layout: Literal[2] = Field(alias="schema")
    """version of this layout, 2"""
    kind: Literal["steady", "transient", "audit"] | None = None
    """`"steady"`, `"transient"` or `"audit"`; absent in files of version 0.2.0 and before"""
    femsoret: str | None = None
    """version of femsoret that wrote the file; absent as `kind`"""
    case_hash: str | None = None
    """SHA-256 of all that the run depends on, meshes included: two runs with one hash are of one
    case; null where a script ran without a case, absent as `kind`"""
    unit_of: dict[str, str] | None = None
    """unit of every quantity of the file, by its key with stars, as UDUNITS and pint read units; in
    a case stated by groups in terms of `L`, `dT`, `alpha` and `kappa`; absent as `kind`"""
    title: str
    """title of the case"""
    units: Literal["SI", "groups"]
    """`"SI"` or `"groups"`"""
    warnings: list[str]
    """what to know before using the numbers, one sentence each: properties outside the range of
    their sources (one sentence a range), a density that varies too much for the Boussinesq
    approximation, a unit of length that looks like a slip, an axis or a gap to look at, gravity
    that follows the hot side, a state that may be unstable, a mesh that is too coarse, what could
    not be measured after the solve and why, a transient run that leaves D or the plateau open; may
    be empty"""
    groups: Groups
    """dimensionless groups"""
    orientation: Orientation
    """how the cell stands"""


class RunSummary(Summary):
    """summary.json of a run: of a steady state, or of the end of a transient run."""

    time: Time | None = None
    """how a transient run went; absent in a steady run"""
    evaluation: Evaluation | None = None
    """what a laboratory would make of the record of the separation; see [theory](theory.md); absent
    in a steady run"""
    statistics: Statistics | None = None
    """mean and range in time of the apparent S_T of a transient run that goes on, over the part of
    its record in which it is [statistically steady](#when-a-record-has-a-mean); null where
    `statistics_reason` says why; absent in a steady run"""
    statistics_reason: str | None = None
    """why there are none: steady, still settling or drifting, too short, or no apparent S_T; empty
    where there are; absent in a steady run"""
    separation: Separation | None
    """readings of the first species; null in a pure fluid, and where a wall holds the
    composition"""
    soret: Soret | None
    """the Soret coefficient; null where `soret_reason` says why"""
    soret_reason: str
    """why there is no Soret coefficient: a pure fluid, a wall that holds the composition, two
    readings at one temperature (as of the ports of a column), readings in chambers that have
    nothing in common or are filled differently, or a transient run that ends there; empty where
    there is"""
    chambers: dict[str, Chamber]
    """the chambers of a fluid that solids separate into several. The name of a chamber is that of
    its groups of mesh cells where no other chamber has them, else with a number, in the order of x,
    y, z; empty where the fluid is in one part, is pure, or a wall holds its composition"""
    gradients: dict[str, Gradients]
    """gradients at places of the case, by name; empty unless the case asks for them"""
    nusselt: dict[str, Number | None]
    """by side: heat flow over that of pure conduction through the same side, of walls of the fluid
    and of outsides; in a transient run the mean of the last step. Where a given heat flux drives
    the cell, at that side: the temperature difference of hot and cold wall by pure conduction over
    that with flow; null on adiabatic sides, where conduction alone would carry less than 1 % of the
    largest heat flow, and where hot meets cold (below), and in a transient run at the side whose
    flux drives the cell"""
    nusselt_gradient: dict[str, Number | None]
    """by side: heat flow from the gradient at the wall over that of pure conduction: a cross-check,
    less accurate; as `nusselt.*`, and at a side whose given flux drives the cell"""
    sherwood: dict[str, Number | None]
    """by side: mass flow over that of pure diffusion (u = 0, S_T = 0); null unless the side has a
    given c, and as `nusselt.*`"""
    sherwood_each: list[Sherwood]
    """one table for each transported component; `sherwood` is that of the one named first; empty in
    a pure fluid"""
    heat_flow: dict[str, Watt | None]
    """by side: heat flow, positive outwards, from the fluid to the solid at an interface (per metre
    of depth in 2D, of the whole side in axisymmetric cells; interfaces in steady runs only); in a
    transient run the mean of the last step; null where hot meets cold: walls that touch and are
    held at different temperatures, in whose corner the flux is infinite; `warnings` says so"""
    stability: Stability | None = None
    """whether the steady state lasts; see [theory](theory.md#stability); absent in a transient
    run"""
    rolls: int | None = None
    """rolls side by side in a plane cell: parts of the line through the middle of the fluid, level
    or nearly so, on which the stream function has one sign; null in 3D and in cells of revolution,
    and where next to nothing flows (Péclet number of the slowest diffusion below 10⁻³); absent in a
    transient run"""
    max_speed: Speed
    """largest speed at the nodes"""
    peclet: Peclet
    """Péclet numbers"""
    balance: Balance
    """relative defects of what must be conserved"""
    resolution: Resolution
    """how well the mesh resolves the fields"""
    entropy: Entropy
    """entropy rates"""
    numerical_error: NumericalError
    """estimates of the numerical error; [how](numerics.md#numerical-error)"""
    data_uncertainty: DataUncertainty
    """what the uncertainty of the fluid data does to the bias"""
    fluid: Fluid | None
    """the fluid at the reference state; null in a case stated by groups"""
    solids: dict[str, Solid]
    """by region, what solid walls are made of; empty where all is fluid"""
    solver: Solver
    """the work"""
