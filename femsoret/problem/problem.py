"""Problem: equations, mixture and boundary conditions on a cell.

Solvers use the residual, the Jacobian, the Dirichlet conditions and the functional rows of a
:class:`Problem`. Post-processing uses the residual without boundary conditions, whose entries at a
wall are the flows of heat and species through it.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from math import isfinite
from types import MappingProxyType

from mpi4py import MPI
from petsc4py import PETSc

import basix
import ufl
from dolfinx import fem

from femsoret.base.compiled import compiled
from femsoret.base.errors import ConditionError, FluidError, nearest
from femsoret.base.parameters import bind
from femsoret.base.types import Expr, Form, Measure
from femsoret.cells import Cell
from femsoret.physics.closures import Mixture, State, body_of, check_transport, fluxes
from femsoret.physics.forms import Equations
from femsoret.physics.forms.wall import Wall
from femsoret.problem.blocks import Blocks
from femsoret.problem.conditions import (
    Condition,
    check_fields,
    check_slip,
    check_temperature,
    resolve,
)
from femsoret.problem.discretisation import WELL_BALANCED, Discretisation
from femsoret.problem.forms import Linearisation, Phases, linearise
from femsoret.problem.heat_sources import FLUID, HeatSource, bound
from femsoret.problem.layout import COMPOSITIONS, Layout, block_of, composition, plain_name
from femsoret.problem.orientation import check_gravity, orientation_of
from femsoret.problem.rows import Filling, FunctionalRow, filled_deviations, free_rows
from femsoret.solids import Solid

_SIMPLICES = (basix.CellType.triangle, basix.CellType.tetrahedron)


@dataclass(frozen=True)
class Scales:
    """Typical magnitude of each field and of its equations, in the units of the problem.

    Args:
        unknown: Name of a block or of a composition -> typical magnitude of the unknown.
        residual: Name of a block or of a composition -> typical magnitude of its residual.
    """

    unknown: dict[str, float]
    residual: dict[str, float]

    def largest(self, block: str) -> float:
        """Return the typical magnitude of a block: the largest of those of its fields."""
        return max(size for field, size in self.unknown.items() if block_of(field) == block)


class Problem(Blocks):
    """Equations, mixture and boundary conditions on a cell, with the state of the unknowns.

    Args:
        cell: Mesh with named sides.
        mixture: Mixture with plain numbers as properties.
        conditions: Boundary conditions; a side without any is a no-slip, insulated and impermeable
            wall.
        discretisation: Discretisation, which determines the element of each block.
        equations: Equations to solve; None uses the convection equations of the discretisation.
        degree: Polynomial degree of velocity, temperature and compositions.
        gap: Distance between the hot and the cold side, m; None measures it.
        given: Name of a block -> function, for each field on which the equations depend but that
            they do not solve for.
        solids: Name of each solid region of the cell -> its material.
        fillings: Mean compositions of those parts of the fluid in which they differ from the
            mixture's c0.
        conserved: Linear combinations of compositions that the equations conserve, each with one
            factor per species; None takes those of the mixture, or each species. To be given if
            reactions convert species into each other and the mixture does not say so.
        heat_sources: Sources of heat in the fluid and in solids.
        rise: Difference between the hottest (or coldest) temperature that heat sources cause and
            that of the walls, K, negative if they cool. It is the temperature difference of the
            cell if nothing else drives it; None without such an estimate.

    Attributes:
        pinned: Functional rows, one for each level or conserved mean that the equations leave
            undetermined.
        parameters: Dotted name -> ``fem.Constant``, for each number in the residual: those of the
            mixture, of the solids and of natural conditions. Dirichlet values are not parameters;
            they are in ``wall_values``.
        orientation: Hot and cold side, axis, gap and temperature difference.
        dirichlet: Pairs of the name of a block and a ``fem.DirichletBC``, including those that set
            the unknowns of the fluid to zero inside solids.
        phases: The fluid and the solids: their measures and constitutive laws.
        bound_mixture: The mixture, with its numbers replaced by the parameters.
        bound_conditions: The conditions, with their numbers replaced by the parameters.
        bound_sources: The heat sources on the mesh, with their factors replaced by parameters;
            empty if the temperature is not solved for.

    Raises:
        ConditionError: A side or species is unknown, a field has two conditions on a side, no
            condition fixes the temperature, gravity is not parallel to the axis of an axisymmetric
            cell, or the given fields are not those that the equations need.
        CaseError: The discretisation does not support the degree, the coordinates or the mesh.
        FluidError: A solid has no physical properties at the reference temperature, or the mixture
            is a solid and the equations include a flow.
    """

    def __init__(
        self,
        cell: Cell,
        mixture: Mixture,
        conditions: Sequence[Condition] = (),
        *,
        discretisation: Discretisation = WELL_BALANCED,
        equations: Equations | None = None,
        degree: int = 2,
        gap: float | None = None,
        given: Mapping[str, fem.Function] = MappingProxyType({}),
        solids: Mapping[str, Solid] = MappingProxyType({}),
        fillings: Sequence[Filling] = (),
        conserved: Sequence[Sequence[float]] | None = None,
        heat_sources: Sequence[HeatSource] = (),
        rise: float | None = None,
    ) -> None:
        for condition in conditions:
            if condition.sides != ("all",):
                cell.tags(*condition.sides)  # raises for unknown sides
            check_fields(condition, len(mixture.species))
        _check_solids(cell, solids)
        check_gravity(cell, mixture.gravity)
        check_transport(mixture)
        self.mixture = mixture
        self.rise = rise
        self.conditions = resolve(conditions, cell)
        self.equations = equations or discretisation.convection_of(mixture)
        self.orientation = orientation_of(cell, self.conditions, gap, mixture.reference.kappa, rise)
        layout = Layout.of(self.equations.fields, len(mixture.species))
        if layout.flows and not isfinite(mixture.reference.mu):
            raise FluidError(
                f"{self.equations.name}: the viscosity of the mixture is infinite: it is a solid, "
                "which does not flow",
                "use equations without flow (DIFFUSION)",
            )
        self.given = dict(given)
        _check_given(self.equations, self.given, len(mixture.species))
        if "p" in layout:
            discretisation.check(cell, degree)
        if "theta" in layout:
            check_temperature(self.conditions, cell)
        self.fillings = tuple(fillings)
        self.conserved = fluxes.conserved(mixture) if conserved is None else conserved
        c0 = [species.c0 for species in mixture.species]
        filled = filled_deviations(self.fillings, cell, c0)
        self.pinned = free_rows(cell, layout, self.conditions, filled, self.conserved)
        references = {"theta": mixture.T0} | {composition(i): c for i, c in enumerate(c0)}
        super().__init__(cell, layout, discretisation, degree, references)
        for (species, part), deviation in filled.items():
            if (field := composition(species)) in layout:
                self.nodal_values(field)[self.nodes_in_part(field, part)] = deviation
        self.parameters: dict[str, fem.Constant] = {}
        # Compiled functionals of the state; post/fields.py fills it.
        self.functionals: dict[Form, fem.Form] = {}
        # Points at which readings are taken, in their mesh cells; post/fields.py fills it.
        self.located: dict[Hashable, object] = {}
        self.bound_mixture = bind(mixture, self._constant, "")
        self.bound_conditions = tuple(
            bind(condition, self._constant, f"conditions.{i}", unbound=condition.unbound)
            for i, condition in enumerate(self.conditions)
        )
        self.solids = dict(solids)
        bodies = {
            region: bind(body_of(solid, mixture), self._constant, f"solids.{region}")
            for region, solid in self.solids.items()
        }
        self.phases = Phases(cell, self.bound_mixture, bodies, self.quadrature_degree)
        self.heat_sources = tuple(heat_sources)
        factors = [
            self._constant(f"heat_sources.{i}.factor", source.factor)
            for i, source in enumerate(self.heat_sources)
        ]
        self.bound_sources = tuple(
            bound(source, cell, factor, self.quadrature_degree)
            for source, factor in zip(self.heat_sources, factors, strict=True)
            if "theta" in layout
        )
        at_walls = (
            fixed
            # Where sides meet, the last condition applies; hence defaults, which resolve() puts
            # last, come first.
            for condition in reversed(self.conditions)
            if self._solves_for(condition)
            for side in condition.sides
            for fixed in condition.on((side,)).dirichlet(self)
        )
        self.dirichlet = (*at_walls, *self.built_in_conditions())
        if "u" in layout:
            check_slip(self.conditions, cell, discretisation, mixture.gravity.up)

    def _constant(self, name: str, value: float) -> fem.Constant:
        self.parameters[name] = fem.Constant(self.cell.mesh, PETSc.ScalarType(value))
        return self.parameters[name]

    def replaced_dof(self, row: FunctionalRow) -> int | None:
        """Return the dof whose equation a functional row replaces; collective.

        Args:
            row: The functional row.

        Returns:
            Local index of the dof in the block's array on the rank that owns it; None on all other
            ranks.
        """
        dofs = self.dofs_in_part(row.block, row.part, row.component)
        dofmap = self.space(row.block).dofmap
        owned = dofs[dofs < dofmap.index_map.size_local * dofmap.index_map_bs]
        comm = self.cell.comm
        first = comm.allreduce(comm.rank if len(owned) else comm.size, op=MPI.MIN)
        return int(owned[0]) if comm.rank == first else None

    # -- forms -----------------------------------------------------------------------------------

    @property
    def state(self) -> State:
        """The unknown and given fields as UFL expressions."""
        return self.layout.state(self.functions, self.given, self.cell.coordinates)

    @property
    def pressure(self) -> Expr:
        """The physical pressure minus its hydrostatic part as a UFL expression, Pa."""
        s = self.state
        return s.p if s.phi is None else s.p + s.phi

    @property
    def quadrature_degree(self) -> int:
        """Quadrature degree of all integrals; see :func:`quadrature_degree`."""
        return quadrature_degree(self.cell, self.degree, species=bool(self.mixture.species))

    @property
    def dx(self) -> Measure:
        """Volume measure of the fluid, including the weight 2 pi r of axisymmetric coordinates."""
        return self.phases.dx()

    def ds(self, sides: Sequence[str]) -> Measure:
        """Return the surface measure of sides, including the weight of the coordinates.

        Args:
            sides: Names of the sides.
        """
        return self.cell.ds({"quadrature_degree": self.quadrature_degree})(self.cell.tags(*sides))

    def wall(self, side: str, sides: Sequence[str] = ()) -> Wall:
        """Return the measure and geometry of a side, for the boundary terms of conditions.

        Args:
            side: Name of the side.
            sides: All sides with the same terms; none if there is only one.
        """
        # UFL 2024.2 merges equal integrands of several sides even where one of these has further
        # integrals by another quadrature rule, and DOLFINx 0.9 then loses some of them. Metadata
        # that differ keep the sides of different conditions apart.
        together = {
            "quadrature_degree": self.quadrature_degree,
            "sides": self.cell.tags(*(sides or (side,))),
        }
        return Wall.of(
            self.cell.ds(together)(self.cell.tags(side)),
            self.degree,
            simplices=self.cell.mesh.basix_cell() in _SIMPLICES,
            plane=self.cell.plane(side),
        )

    @property
    def heat_flux(self) -> Expr:
        """The heat flux on the whole mesh as a UFL expression, shape (dim,), W/m2."""
        return self.phases.piecewise(lambda medium: fluxes.heat_flux(medium, self.state))

    @property
    def entropy_production(self) -> Expr:
        """The entropy production by heat and mass transfer as a UFL expression, W/(m3 K)."""
        return self.phases.piecewise(lambda medium: fluxes.entropy_production(medium, self.state))

    def _solves_for(self, condition: Condition) -> bool:
        """Return whether a field that a condition determines is one of the unknowns."""
        return any(field in self.layout for field in condition.fields)

    @cached_property
    def _tests(self) -> tuple[Expr, ...]:
        """The test functions, one per block."""
        return tuple(ufl.TestFunctions(ufl.MixedFunctionSpace(*self.spaces)))

    @property
    def _test_state(self) -> State:
        return self.layout.state(self._tests, coordinates=self.cell.coordinates)

    def _by_block(self, form: Form) -> tuple[Form, ...]:
        """Return the part of a form that belongs to each block; zero forms for absent blocks."""
        # extract_blocks returns too few blocks if one of them is absent.
        zero = fem.Constant(self.cell.mesh, PETSc.ScalarType(0.0))
        every_block = sum(
            zero * ufl.inner(u, r) * self.dx
            for u, r in zip(self.functions, self._tests, strict=True)
        )
        return tuple(ufl.extract_blocks(every_block + form))

    @cached_property
    def _volume_terms(self) -> Form:
        terms = self.phases.everywhere(self.equations.steady, self.state, self._test_state)
        return sum(self._source_terms, terms)

    @cached_property
    def _source_terms(self) -> list[Form]:
        """The terms of heat sources, and of heat that is released between the fluid and solids."""
        test = self._test_state.theta
        return [
            *(source.form(test) for source in self.bound_sources),
            *self._terms_of_conditions(inside=True),
        ]

    def _terms_of_conditions(self, *, inside: bool) -> list[Form]:
        """Return the boundary terms of conditions.

        Args:
            inside: Whether to return those for the temperature at interfaces with solids, which are
                inside the mesh on which heat is conducted; otherwise all others.
        """
        terms = [
            condition.term(
                self.state,
                self._test_state,
                self.bound_mixture,
                self.wall(side, condition.sides),
            )
            for condition in self.bound_conditions
            if self._solves_for(condition)
            for side in condition.sides
            if inside == (side in self.cell.walls.interfaces and "theta" in condition.fields)
        ]
        return [term for term in terms if term is not None]

    @cached_property
    def _wall_terms(self) -> Form | None:
        added = self._terms_of_conditions(inside=False)
        return sum(added) if added else None

    @cached_property
    def residual_ufl(self) -> tuple[Form, ...]:
        """The residual, one UFL form per block."""
        walls = self._wall_terms
        total = self._volume_terms if walls is None else self._volume_terms + walls
        return tuple(ufl.extract_blocks(total))

    @cached_property
    def volume_ufl(self) -> tuple[Form, ...]:
        """The residual without the boundary terms of natural conditions, one UFL form per block."""
        return tuple(ufl.extract_blocks(self._volume_terms))

    @cached_property
    def fluid_ufl(self) -> tuple[Form, ...]:
        """The volume terms of the fluid, one UFL form per block.

        Assembled at the walls of the fluid, they give the flow into a solid or out of the cell.
        """
        test = self._test_state
        terms = self.phases.in_fluid(self.equations.steady, self.state, test)
        inside = zip(self.heat_sources, self.bound_sources, strict=False)
        heat = [bound.form(test.theta) for source, bound in inside if source.region == FLUID]
        return self._by_block(sum(heat, terms))

    @cached_property
    def wall_ufl(self) -> tuple[Form, ...] | None:
        """The boundary terms of natural conditions, one UFL form per block; None without any."""
        return None if self._wall_terms is None else self._by_block(self._wall_terms)

    @cached_property
    def source_ufl(self) -> dict[int, Form]:
        """The parts of the residual that create what an equation balances, by index of the block.

        Only blocks with such a part are included.
        """
        terms = self.phases.everywhere(self.equations.sources, self.state, self._test_state)
        terms = sum(self._source_terms, terms)
        if not isinstance(terms, ufl.Form):
            return {}
        blocks = self._by_block(terms)
        return {i: blocks[i] for i in sorted({test.part() for test in terms.arguments()})}

    @cached_property
    def mass_ufl(self) -> tuple[Form, ...]:
        """The mass terms, whose time derivative enters transient equations, one form per block."""
        rates = self.phases.everywhere(self.equations.rates, self.state, self._test_state)
        return self._by_block(rates)

    @cached_property
    def residual_forms(self) -> list[fem.Form]:
        """The residual, one compiled form per block.

        Conversion of species cancels in what it conserves, to the last digit if nothing is
        reordered.
        """
        converted = self.layout.species > 0 and fluxes.exchanges(self.mixture)
        return [
            compiled(F, as_written=converted and name == COMPOSITIONS)
            for name, F in zip(self.layout.names, self.residual_ufl, strict=True)
        ]

    @cached_property
    def jacobian(self) -> Linearisation:
        """The Jacobian, i.e. the exact derivative of the residual, compiled block by block."""
        return linearise(self.residual_ufl, self.functions, self.phases.dx("all"))

    @cached_property
    def mass(self) -> Linearisation:
        """The mass matrix M, i.e. the derivative of the mass terms, compiled block by block.

        The transient equations are M d(state)/dt + residual = 0.
        """
        return linearise(self.mass_ufl, self.functions, self.phases.dx("all"))

    # -- variants --------------------------------------------------------------------------------

    def on(
        self,
        cell: Cell,
        *,
        degree: int | None = None,
        discretisation: Discretisation | None = None,
    ) -> Problem:
        """Return the same problem on another mesh, with a state at rest and zero given fields.

        Args:
            cell: The other cell, whose sides have the same names.
            degree: Polynomial degree; None uses that of this problem.
            discretisation: Discretisation with the same blocks; None uses that of this problem.
        """
        given = {
            name: fem.Function(
                fem.functionspace(cell.mesh, field.function_space.ufl_element()), name=name
            )
            for name, field in self.given.items()
        }
        return self._again(
            cell,
            self.equations,
            given,
            degree or self.degree,
            discretisation or self.discretisation,
        )

    def with_equations(
        self, equations: Equations, given: Mapping[str, fem.Function] | None = None
    ) -> Problem:
        """Return the problem with other equations and copies of its parameters and state.

        Values prescribed on walls are copied, too.

        Args:
            equations: Equations for the same unknowns, or for some of them.
            given: Fields on which they depend; None keeps those of this problem.
        """
        given = self.given if given is None else given
        twin = self._again(self.cell, equations, given, self.degree, self.discretisation)
        for name, constant in self.parameters.items():
            twin.parameters[name].value = constant.value
        for key, values in twin.wall_values.items():
            values.x.array[:] = self.wall_values[key].x.array
        for name in twin.layout.names:
            twin.function(name).x.array[:] = self.function(name).x.array
        return twin

    def _again(
        self,
        cell: Cell,
        equations: Equations,
        given: Mapping[str, fem.Function],
        degree: int,
        discretisation: Discretisation,
    ) -> Problem:
        return Problem(
            cell,
            self.mixture,
            self.conditions,
            discretisation=discretisation,
            equations=equations,
            degree=degree,
            gap=self.orientation.gap,
            given=given,
            solids=self.solids,
            fillings=self.fillings,
            conserved=self.conserved,
            heat_sources=self.heat_sources,
            rise=self.rise,
        )

    @contextmanager
    def changed(self, **values: float) -> Iterator[None]:
        """Change parameters inside the context and restore them afterwards.

        Args:
            values: New value of each parameter, by its name with dots replaced by double
                underscores, such as ``gravity__magnitude=0.0``.
        """
        names = {name.replace("__", "."): value for name, value in values.items()}
        before = {name: float(self.parameters[name].value) for name in names}
        try:
            for name, value in names.items():
                self.parameters[name].value = value
            yield
        finally:
            for name, value in before.items():
                self.parameters[name].value = value

    # -- scales ----------------------------------------------------------------------------------

    @cached_property
    def scales(self) -> Scales:
        """Typical magnitudes of the fields, from the properties at the reference state."""
        at, L = self.mixture.reference, self.orientation.gap
        dT = self.orientation.dT or 1.0
        kappa, mu, speed = at.kappa, at.mu, at.alpha / L
        area = L ** (self.cell.dim - 1) * self.cell.depth
        expansion = abs(at.beta_T) * dT + sum(
            abs(float(beta) * float(separation)) * dT or abs(float(beta)) * c
            for beta, separation, c in zip(at.beta_c, at.separation, at.c, strict=True)
        )
        unknown = {
            "u": speed,
            "p": mu * speed / L,
            "phi": mu * speed / L,
            "chi": speed * L,
            "zeta": expansion * L,
            "theta": dT,
        }
        residual = {
            "u": mu * speed * area / L,
            "p": speed * area,
            "phi": mu * speed * area / L**2,
            "chi": speed * area,
            "zeta": expansion * area,
            "theta": kappa * dT * area / L,
        }
        for i, (c, separation) in enumerate(zip(at.c, at.separation, strict=True)):
            size = abs(float(separation)) * dT or c
            unknown[composition(i)] = size
            # Diffusion across the gap, or conversion into other species if that is faster.
            rate = float(at.D[i, i]) / L**2 + abs(float(at.exchange[i, i]))
            residual[composition(i)] = at.rho * rate * size * area * L
        return Scales(unknown, residual)

    def __repr__(self) -> str:
        blocks = ", ".join(plain_name(name) for name in self.layout.names)
        return f"Problem({self.equations.name} on {self.cell.title}: {blocks})"


def quadrature_degree(cell: Cell, degree: int, *, species: bool) -> int:
    """Return the quadrature degree of all integrals of a problem.

    On affine mesh cells it is exact for advection and, with species, for c (1-c) grad T.grad v with
    a test function v. On quadrilaterals and hexahedra the degree counts per axis, and gradients do
    not lower it. The weight 2 pi r adds one degree; hoop strain, which is divided by r, is not
    integrated exactly.

    Args:
        cell: The cell.
        degree: Polynomial degree of velocity, temperature and compositions.
        species: Whether the mixture has species.
    """
    advection = 3 * degree - int(cell.mesh.basix_cell() in _SIMPLICES)
    without_weight = max(advection, 4 * degree - 2) if species else advection
    return without_weight + int(cell.coordinates.has_axis)


def _check_solids(cell: Cell, solids: Mapping[str, Solid]) -> None:
    """Check that each solid region of the cell, and no other region, has a material.

    Raises:
        ConditionError: A region has no material, or is not a solid region of the cell.
    """
    for region in cell.walls.solids:
        if region not in solids:
            raise ConditionError(
                f"the solid region {region!r} of {cell.title} has no material",
                "give a solid for each of " + ", ".join(cell.walls.solids),
            )
    for region in solids:
        if region not in cell.walls.solids:
            raise ConditionError(
                f"{cell.title} has no solid region {region!r}",
                nearest(region, cell.walls.solids)
                if cell.walls.solids
                else "the cell has no solid regions: leave the solid out",
            )


def _check_given(equations: Equations, given: Mapping[str, fem.Function], species: int) -> None:
    """Check that the given fields are those that the equations need.

    Raises:
        ConditionError: A given field is missing, not needed, or not a ``fem.Function``.
    """
    needed = Layout.of(equations.given, species).names
    if set(given) != set(needed):
        raise ConditionError(
            f"{equations.name}: the given fields are {', '.join(sorted(given)) or 'none'}, but the "
            f"equations need {', '.join(needed) or 'none'}",
            "pass exactly these fields in the argument given",
        )
    for name, value in given.items():
        if not isinstance(value, fem.Function):
            raise ConditionError(
                f"{equations.name}: the given field {name!r} is not a fem.Function but a "
                f"{type(value).__name__}",
                "interpolate the field into a fem.Function, which can be transferred to other "
                "meshes",
            )
