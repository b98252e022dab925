"""The layout of summary.json: every key with its type, unit and meaning.

docs/summary.md and docs/summary.schema.json are made from these classes (tools/make_docs.py); the
string below a field is its description there.
"""

# ruff: noqa: D101 (tables are described at the fields that contain them)

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

from pydantic import ConfigDict, Field

from femsoret.report.summary_units import (
    Acceleration,
    Degree,
    Diffusivity,
    HeatFlux,
    JoulePerMole,
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
    Thermodiffusion,
    Volume,
    WallSecond,
    Watt,
    WattPerKelvin,
    WattPerMole,
)

SCHEMA: Final = 2
"""Version of the layout; it is increased when a key changes its meaning or is removed."""

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
    up: list[Number]
    """unit vector opposite to gravity"""
    gravity: Acceleration
    """magnitude of gravity"""
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


# -- time --------------------------------------------------------------------------------------


class Fastest(Part):
    t: Second
    """time of the fastest flow"""
    max_speed: Speed
    """largest speed at the nodes at this time"""


class March(Part):
    end: Second
    """time at which the march ended"""
    ended_by: str
    """why the march ended"""
    steps: int
    """number of accepted steps"""
    rejections: int
    """number of rejected steps"""
    factorisations: int
    """number of factorisations or set-ups of linear solvers"""
    linear_iterations: int
    """number of iterations of linear solvers"""


class Time(Part):
    tau: Second
    """relaxation time of the separation, L²/(pi² D) at the reference state (alpha for D in a pure
    fluid)"""
    start: str
    """`"uniform"`, `"diffused"` (steady state without gravity) or `"steady"`"""
    tolerance: Number
    """tolerance of the error of each field per step, relative to its largest value"""
    scheme: str
    """name of the time-stepping scheme"""
    breaks: list[Second]
    """times at which the protocol jumps or changes its slope; may be empty"""
    fastest: Fastest
    """the fastest flow"""
    with_gravity: March
    """the march with gravity"""
    without_gravity: March | None
    """the march without gravity, with the same keys; null in a pure fluid"""


class Fitted(Part):
    D: Diffusivity
    """fitted D"""
    D_bias: Number
    """fitted over true D, less 1"""
    S_T: PerKelvin | None
    """S_T of the fitted plateau; null if all walls have the same temperature"""
    S_T_bias: Number | None
    """fitted over true S_T, less 1; null if one of them is missing"""
    separation: Number
    """separation of the fitted plateau"""
    misfit: Number
    """root-mean-square residual of the fit in time, relative to the plateau"""
    points: int
    """number of time steps used"""
    D_fit_uncertainty: Number
    """relative uncertainty of D from the residual of the fit and the tolerance of the steps; always
    below 0.5, since otherwise nothing is evaluated"""
    separation_fit_uncertainty: Number
    """relative uncertainty of the plateau from the same causes"""
    covered: Number
    """fraction of the fitted plateau that the history covers"""


class ByConvection(Part):
    D: Number
    """D with gravity over D without gravity, less 1: the effect of the flow"""
    S_T: Number | None
    """the same for S_T; null if either S_T is"""


class Evaluation(Part):
    reason: str | None = None
    """why nothing is evaluated: not requested, readings without a position on the axis, or a
    history that does not determine D and the plateau (see below); all other keys are then absent.
    Absent if there is an evaluation"""
    t0: Second | None = None
    """time at which the temperature difference is applied or removed"""
    start: Second | None = None
    """start of the evaluation window"""
    end: Second | None = None
    """end of the evaluation window"""
    relaxing: bool | None = None
    """whether the temperature difference is removed"""
    gap: Metre | None = None
    """L of the series: the measured distance of the walls"""
    cold: Number | None = None
    """position of the cold reading between the cold (0) and the hot wall (1)"""
    hot: Number | None = None
    """position of the hot reading, likewise"""
    D_true: Diffusivity | None = None
    """D at the reference state"""
    S_T_true: PerKelvin | None = None
    """`soret.true`, of the steady state without flow; null if there is none"""
    with_gravity: Fitted | None = None
    """results that a laboratory would report"""
    without_gravity: Fitted | None = None
    """the same for the march without gravity, which shows the error of the evaluation itself; null
    if it cannot be evaluated"""
    convection: ByConvection | None = None
    """changes of D and S_T due to the flow; null if `without_gravity` is"""


class Moments(Part):
    mean: PerKelvin
    """mean in time"""
    lowest: PerKelvin = Field(alias="min")
    """smallest value at a step"""
    highest: PerKelvin = Field(alias="max")
    """largest value at a step"""
    std: PerKelvin
    """standard deviation in time"""
    standard_error: PerKelvin
    """standard error of the mean due to the finite length of the history; it does not include the
    numerical error"""


class BiasMoments(Part):
    mean: Number
    """mean in time of the bias: apparent over true S_T, less 1"""
    lowest: Number = Field(alias="min")
    """smallest bias at a step"""
    highest: Number = Field(alias="max")
    """largest bias at a step"""
    std: Number
    """standard deviation in time"""
    standard_error: Number
    """standard error of the mean"""


class Statistics(Moments):
    start: Second = Field(alias="from")
    """start of the statistically steady part of the history, which ends with the run"""
    cycles: int
    """number of oscillations of S_app in this part"""
    bias: BiasMoments | None
    """the same statistics of the bias; null if `soret.bias` is"""


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
    """c at the cold reading less c at the hot reading, with gravity"""
    without_gravity: Number
    """the same without gravity, on the same mesh"""
    hot: End
    """the hot reading, with gravity"""
    cold: End
    """the cold reading, with gravity"""
    extra: dict[str, Number]
    """separation of further pairs of readings, by name; empty unless the case defines such pairs"""
    ends: dict[str, Ends]
    """the readings of further pairs, by name; empty if `extra` is"""


class Separation(SpeciesSeparation):
    each: list[SpeciesSeparation]
    """one table for each transported component; the keys above are those of the first one"""


class Body(Part):
    velocity: tuple[Speed, Speed, Speed]
    """velocity of the centroid of its surface along x, y, z, at which force and torque vanish; in
    a cell of revolution along r, z, and 0"""
    rotation: tuple[Rate, Rate, Rate]
    """angular velocity about x, y, z"""


class Gradients(Part):
    T: KelvinPerMetre
    """derivative of T at a point and in a direction given in the case"""
    c: PerMetre | None
    """the same for the mass fraction of the first component; null in a pure fluid"""
    each: dict[str, PerMetre]
    """the same for each transported component, by name; empty in a pure fluid"""


class Coefficients(Part):
    true: PerKelvin
    """true S_T: that of the same readings of the state at rest, by the closed form"""
    fluid: PerKelvin
    """S_T of the fluid between the temperatures read at rest; equal to `true` if the temperature
    does not vary along the readings"""
    reading_effect: Number | None
    """effect of the readings, independent of the flow: `true` less `fluid`, over `fluid`, or over
    its norm for several species; exactly 0 if the temperature does not vary along the readings;
    null if `bias` is"""
    apparent: PerKelvin
    """apparent S_T, from the readings with gravity"""
    without_gravity: PerKelvin
    """S_T from the readings without gravity: equal to `true` except for the numerical error"""
    error: PerKelvin
    """`apparent` less `true`"""
    bias: Number | None
    """`error` over `true`; for several species over the norm of their `true`, since a single one
    may vanish; null if S_T vanishes or, in a binary mixture, changes sign between the readings"""


class SpeciesCoefficients(Coefficients):
    species: str
    """name of the component"""


class ComponentCoefficients(Part):
    component: str
    """name of the component"""
    c: Number
    """its mean mass fraction"""
    true: PerKelvin
    """true S'_T = -dc/dT: that of the same readings of the state at rest"""
    apparent: PerKelvin
    """apparent S'_T, from the readings with gravity"""
    bias: Number | None
    """`apparent` less `true`, over the norm of the `true` of the transported components, which
    `soret.each` lists; null if `soret.bias` is"""
    thermodiffusion: Thermodiffusion
    """D'_T of the fluid at the reference state"""
    thermodiffusion_apparent: Thermodiffusion
    """D'_T that follows from the apparent S'_T and the diffusion matrix of the fluid"""
    invariant: dict[str, PerKelvin]
    """true frame-invariant coefficients -d ln(c/c_k)/dT, by the name of the reference component k;
    0 for the component itself"""
    invariant_apparent: dict[str, PerKelvin]
    """the same from the apparent S'_T"""


class AtThermostats(Part):
    dT: Kelvin
    """temperature difference of the thermostats"""
    apparent: PerKelvin
    """apparent Soret coefficient with this difference"""
    bias: Number | None
    """this coefficient over the true one, less 1; null if `soret.bias` is"""


class Soret(Coefficients):
    each: list[SpeciesCoefficients]
    """one table for each transported component; the keys above are those of the first one. For
    components with cross-diffusion, S_T is S'_T = -dc/dT at rest, without the factor c(1-c)"""
    components: list[ComponentCoefficients]
    """one table for each component of three or more that diffuse across one another, the last one
    included, whose coefficients follow from the others; empty otherwise"""
    bias_reason: str
    """why `bias` is null; empty if it is not"""
    at_thermostats: AtThermostats | None
    """apparent S_T from the same compositions with the temperatures imposed behind solid walls, as
    an experimenter reads them; null if there is no solid between the hot or cold wall and its
    thermostat, and in a transient run"""


class SpeciesInChamber(Part):
    species: str
    """name of the component"""
    filled: Number | None
    """like `chambers.*.filled`, for this component, as are the other keys"""
    mean: Number
    """computed mean mass fraction"""
    separation: Number | None
    """separation"""
    true: PerKelvin | None
    """true Soret coefficient"""
    apparent: PerKelvin | None
    """apparent Soret coefficient"""
    bias: Number | None
    """bias, like that of `soret.each`"""


class Chamber(Part):
    volume: Volume
    """volume of the chamber (area in 2D)"""
    filled: Number | None
    """initial mean mass fraction; null if the composition is imposed at a wall of the chamber"""
    mean: Number
    """computed mean mass fraction with gravity"""
    separation: Number | None
    """separation with gravity, read in this chamber only; null if there is a `reason` other than
    readings of the same temperature"""
    true: PerKelvin | None
    """like `soret.true`, for this chamber; null if there is a `reason`"""
    apparent: PerKelvin | None
    """like `soret.apparent`; null if `true` is"""
    bias: Number | None
    """like `soret.bias`; null if `true` is, and for the same reasons as `soret.bias`"""
    reason: str
    """why the chamber has no Soret coefficient: a wall with imposed composition, or readings that
    lie outside the chamber or have the same temperature; empty if it has one"""
    each: list[SpeciesInChamber]
    """one table for each transported component; the keys above are those of the first one"""


class Sherwood(Part):
    species: str
    """name of the component"""
    sides: dict[str, Number | None]
    """by side, like `sherwood.*`, for this component"""


# -- the state ---------------------------------------------------------------------------------


class Departure(Part):
    growth_rate: Rate
    """growth rate of the mode along which the search started"""
    found: bool
    """whether another state was found; all numbers of the summary are then those of that state"""
    reason: str
    """why no other state was found; empty if one was found"""


class Stability(Part):
    verdict: str
    """`"stable"` (a sufficient condition proves it), `"no growth found"` (no mode that was found
    grows), `"unstable"` (the real cell will not show this state) or `"not looked at"`"""
    looked_at: bool
    """whether the check gave a result"""
    reason: str
    """reason for the verdict, a clause"""
    growth_rate: Rate | None
    """growth rate of the leading mode found; null if no modes were sought"""
    frequency: Rate | None
    """angular frequency of this mode, 0 if it is stationary; null if `growth_rate` is"""
    modes: int
    """number of modes found"""
    shifts: list[list[Rate]]
    """shifts near which modes were sought and found, as real and imaginary part; may be empty"""
    suspected: bool
    """whether the mean stratification by heat or composition is unstable, if no modes were
    sought"""
    one_state: bool | None
    """whether the second solve, of higher order, found the same state: separations (in a pure
    fluid, Nusselt numbers) that differ by less than 10 %; null without a second solve"""
    departure: Departure | None
    """if `solver.start_tilt` led to an unstable state: the search for another state along its
    growing mode; null if there was no such search"""


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


class LocalParticle(Part):
    T: Kelvin
    """temperature"""
    bias: PerKelvin
    """steady bias -d ln P/dT: the local Soret coefficient with all states solved for"""
    drift: Thermodiffusion
    """w in d<x>/dt = w grad T of a cloud that is released there, positive to the hot side; it need
    not have the sign of `bias`"""
    fast: PerKelvin
    """S_T of fast transitions"""
    covariance: PerKelvin | None
    """Cov(E, D)/(R T² <D>); null for driven transitions"""
    heat_of_transport: JoulePerMole | None
    """<E D>/<D> - <E> of fast transitions; null for driven ones"""
    diffusivity: Diffusivity
    """<D> of fast transitions"""


class ParticleDamkohler(Part):
    slowest: Number | None
    """of the slowest relaxation of the states; null without transitions"""
    fastest: Number | None
    """of the fastest one"""


class Homogenisation(Part):
    soret: PerKelvin
    """S_T from wall to wall of the homogenised particle, of which the run reports, less `soret`"""
    field: Number
    """largest difference of mass fractions, relative to their range"""


class ParticleEntropy(Part):
    by_transitions: Rate
    """produced by transitions"""
    by_diffusion: Rate
    """produced by diffusion of the states"""
    carried: Rate
    """paid by energy that states carry from warm to cold, an integral of its own"""
    work: Rate
    """paid by affinities"""
    mobility: Rate
    """paid by the heat of velocity states, in the form -grad(D P) with different laws of D"""
    defect: Number | None
    """|produced - paid|/produced, a discretisation error"""


class ParticleHeat(Part):
    taken: WattPerMole
    """taken from the solvent where particles climb in energy"""
    given: WattPerMole
    """given to it where they fall, with the work of affinities"""


class ParticleLayer(Part):
    side: str
    """wall"""
    thickness: Metre
    """thickness of the thinnest boundary layer of the states, sqrt(D/k) of two states"""
    resolved: Metre
    """height of the mesh cells there, divided by their degree"""


class Particle(Part):
    name: str
    """its name"""
    soret: PerKelvin
    """S_T from wall to wall with gravity, all states solved for"""
    fast: PerKelvin
    """S_T from wall to wall at rest if transitions were fast"""
    slow: PerKelvin
    """S_T from wall to wall at rest if they were slow"""
    middle: LocalParticle
    """halfway between the walls"""
    damkohler: ParticleDamkohler
    """rates of relaxation times L²/<D>"""
    homogenisation: Homogenisation
    """error of the homogenised particle"""
    entropy: ParticleEntropy
    """entropy rates in units of R, per particle"""
    heat: ParticleHeat
    """heat exchanged by transitions"""
    layers: list[ParticleLayer]
    """one table for each boundary layer, at the hot and at the cold wall; none without
    transitions"""


class Entropy(Part):
    produced: WattPerKelvin | None = None
    """entropy production by heat and mass: that of conduction and that of diffusion"""
    conduction: WattPerKelvin | None = None
    """entropy production by conduction of heat, kappa |grad T|²/T², also in solid walls"""
    diffusion: WattPerKelvin | None = None
    """entropy production by diffusion of the components, j.(G D^-1) j/(rho0 T)"""
    leaving: WattPerKelvin | None = None
    """entropy flow with heat out of the walls"""
    viscous: WattPerKelvin | None = None
    """entropy production by friction; not part of the balance"""
    missing: WattPerKelvin | None = None
    """produced less leaving in the exact solution, because no entropy exists for this Gamma(T, c)
    at constant cp; [see](theory.md#models-of-gamma-heat-of-mixing); null if Gamma does not depend
    on temperature"""
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


class Contribution(Part):
    relative: Number | None
    """relative standard uncertainty of the entry; null if its source states none"""
    sensitivity: Number
    """d bias/d ln(entry)"""
    of_bias: Number | None
    """standard uncertainty of the bias due to this entry; null if `relative` is"""


class SpeciesUncertainty(Part):
    species: str
    """name of the component"""
    bias: Number | None
    """standard uncertainty of the bias of this component, like `data_uncertainty.bias`"""
    unknown: list[str]
    """like `data_uncertainty.unknown`, for the bias of this component"""
    entries: dict[str, Contribution]
    """like `data_uncertainty.entries`, for the bias of this component"""


class DataUncertainty(Part):
    bias: Number | None = None
    """standard uncertainty of the bias from the fluid data, with entries taken as independent; a
    lower bound if `data_uncertainty.unknown` is not empty; null if no entry has a stated
    uncertainty; absent if there is a `reason`"""
    unknown: list[str] | None = None
    """entries without a stated uncertainty (such as a plain number in `[fluid.overrides]`) whose
    sensitivity is above 1 % of the largest; they are not in `data_uncertainty.bias`; may be empty;
    absent if `bias` is"""
    entries: dict[str, Contribution] | None = None
    """contribution of each entry of the fluid data, by entry; absent if `bias` is"""
    each: list[SpeciesUncertainty] | None = None
    """one table for each transported component; the keys above are those of the first one; absent
    if `bias` is"""
    reason: str | None = None
    """why there is no uncertainty: no fluid data, no bias, or a transient run; absent if there is
    one"""


class SolidRow(Part):
    name: str
    """name of the entry"""
    value: float
    """value at the reference state, in `unit`"""
    unit: str
    """unit of the value"""
    uncertainty: Number | None
    """relative standard uncertainty; null if the source states none"""
    source: str
    """source of the value"""
    verified: bool
    """whether the value was checked in its primary source"""
    note: str
    """what a user should know; may be empty"""


class FluidRow(SolidRow):
    symbol: str
    """symbol of the property"""
    assumed: bool
    """whether the value is an assumption"""
    mark: str
    """how the value came here: read, quoted, derived, assumed, or computed with a package"""


class Fluid(Part):
    name: str
    """name of the fluid"""
    unverified: list[str]
    """entries that were not checked in their primary source"""
    gaps: list[str]
    """entries without a published value: the assumptions made for them, or that they are missing"""
    rows: list[FluidRow]
    """one table per entry"""


class Solid(Part):
    name: str
    """name of the material"""
    unverified: list[str]
    """entries that were not checked in their primary source"""
    rows: list[SolidRow]
    """one table per entry"""


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


class Summary(Part):
    """The keys with which summaries of all kinds begin."""

    layout: Literal[2] = Field(alias="schema")
    """version of this layout, 2"""
    kind: Literal["steady", "transient", "audit"] | None = None
    """`"steady"`, `"transient"` or `"audit"`; absent in files of version 0.2.0 and
    earlier"""
    femsoret: str | None = None
    """version of femsoret that wrote the file; absent if `kind` is"""
    case_hash: str | None = None
    """SHA-256 of everything that the run depends on, including meshes: runs with the same hash are
    of the same case; null if a script ran without a case; absent if `kind` is"""
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


class RunSummary(Summary):
    """summary.json of a run: of a steady state, or of the end of a transient run."""

    time: Time | None = None
    """course of a transient run; absent in a steady run"""
    evaluation: Evaluation | None = None
    """D and S_T that a laboratory would evaluate from the history of the separation, see
    [theory](theory.md); absent in a steady run"""
    statistics: Statistics | None = None
    """mean and range in time of an apparent S_T that does not settle, over the part of the history
    in which it is [statistically steady](#when-a-record-has-a-mean); null for the reason in
    `statistics_reason`; absent in a steady run"""
    statistics_reason: str | None = None
    """why there are no statistics: steady, still settling or drifting, too short, or no apparent
    S_T; empty if there are; absent in a steady run"""
    separation: Separation | None
    """readings of the first species; null in a pure fluid, and if the composition is imposed at a
    wall"""
    soret: Soret | None
    """the Soret coefficient; null for the reason in `soret_reason`"""
    soret_reason: str
    """why there is no Soret coefficient: a pure fluid, a wall with imposed composition, two
    readings of the same temperature (such as the ports of a column, or at the end of a transient
    run), or readings in separate chambers or in chambers filled differently; empty if there is
    one"""
    chambers: dict[str, Chamber]
    """the chambers, by name, of a fluid that solids separate into several. A chamber is named after
    its groups of mesh cells, with a number in the order of x, y, z if other chambers belong to the
    same groups; empty if the fluid is in one part or pure, or its composition is imposed at a
    wall"""
    bodies: dict[str, Body]
    """the rigid bodies, by the names of their sides; empty without any"""
    gradients: dict[str, Gradients]
    """gradients at points given in the case, by name; empty unless the case defines such points"""
    nusselt: dict[str, Number | None]
    """by side, for walls of the fluid and outer sides: heat flow over that of pure conduction
    through the same side; in a transient run the mean over the last step. At a side whose imposed
    heat flux drives the cell: the temperature difference of hot and cold wall by pure conduction
    over that with flow (null in a transient run). Null on adiabatic sides, on sides through which
    pure conduction would carry less than 1 % of the largest heat flow, and where hot meets cold
    (see `heat_flow`)"""
    nusselt_gradient: dict[str, Number | None]
    """by side: heat flow from the gradient at the wall over that of pure conduction, a less
    accurate cross-check; null like `nusselt.*`, and at a side whose imposed flux drives the cell"""
    sherwood: dict[str, Number | None]
    """by side: mass flow over that of pure diffusion (u = 0, S_T = 0); null unless c is imposed at
    the side, and for the same reasons as `nusselt.*`"""
    sherwood_each: list[Sherwood]
    """one table for each transported component, of which `sherwood` is the first; empty in a pure
    fluid"""
    heat_flow: dict[str, Watt | None]
    """by side: heat flow, positive outwards, at an interface from the fluid to the solid (per metre
    of depth in plane cells, of the whole side in axisymmetric ones; interfaces in steady runs
    only); in a transient run the mean over the last step. Null where hot meets cold: adjacent walls
    with different imposed temperatures, in whose corner the flux is infinite (see `warnings`)"""
    stability: Stability | None = None
    """stability of the steady state, see [theory](theory.md#stability); absent in a transient
    run"""
    rolls: int | None = None
    """number of rolls side by side in a plane cell: intervals of the nearly horizontal line through
    the middle of the fluid on which the stream function has one sign; null in 3D and in
    axisymmetric cells, and for negligible flow (Péclet number of the slowest diffusion below 10⁻³);
    absent in a transient run"""
    max_speed: Speed
    """largest speed at the nodes"""
    peclet: Peclet
    """Péclet numbers"""
    least_fraction: LeastFraction | None = None
    """least mass fraction of all components in the cell: all are between 0 and 1 if it is not
    negative. Null in a pure fluid, and with the closure `"linearised"`, whose results do not depend
    on the mean composition"""
    balance: Balance
    """relative defects of the balances of conserved quantities"""
    resolution: Resolution
    """how well the mesh resolves the fields"""
    entropy: Entropy
    """entropy rates"""
    particle: Particle | None = None
    """the solute with its [internal states](theory.md#particles-with-internal-states), in a steady
    run; absent without a table `[particle]`"""
    numerical_error: NumericalError
    """estimates of the numerical error; [how](numerics.md#numerical-error)"""
    data_uncertainty: DataUncertainty
    """uncertainty of the bias from the fluid data"""
    fluid: Fluid | None
    """the fluid at the reference state; null in a case stated by groups"""
    solids: dict[str, Solid]
    """data of the materials of solid walls, by region; empty without solids"""
    solver: Solver
    """size and cost of the computation"""
