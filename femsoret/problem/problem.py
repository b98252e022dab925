"""Problem: equations, mixture and conditions bound to a cell.

A Problem is stated once. Drivers (steady, continuation, later time and eigenvalues) ask it for its
residual, its Jacobian, what its Dirichlet conditions are and what the conditions leave free; post
asks it for the same residual without conditions, whose entries on a wall are the wall's flows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any

from mpi4py import MPI
from petsc4py import PETSc

import basix
import basix.ufl
import numpy as np
import ufl
from dolfinx import fem, la

from femsoret.base import versions as _compat
from femsoret.base.compiled import compiled
from femsoret.base.errors import CaseError, ConditionError, nearest
from femsoret.base.parameters import bind
from femsoret.cells import Cell, axis_facets
from femsoret.cells.geometry import FREE, least_crossing
from femsoret.cells.parts import dofs_in, outside_fluid
from femsoret.physics.closures import Mixture, State, body_of, check_transport, fluxes
from femsoret.physics.forms import Equations
from femsoret.physics.forms.wall import Wall
from femsoret.problem.conditions import Condition, FreeSlip, Value, resolve
from femsoret.problem.discretisation import WELL_BALANCED, Discretisation
from femsoret.problem.layout import (
    ALGEBRAIC,
    Layout,
    block_of,
    component_function,
    component_of,
    composition,
    plain_name,
    scalar,
    species_of,
)
from femsoret.problem.linearisation import Linearisation, linearise
from femsoret.problem.orientation import check_gravity, orientation_of
from femsoret.problem.phases import Phases
from femsoret.problem.rows import FunctionalRow, combinations_of, conserved_rows
from femsoret.solids import Solid

_SIMPLICES = (basix.CellType.triangle, basix.CellType.tetrahedron)


@dataclass(frozen=True)
class Filling:
    """What a part of the fluid was filled with, where that is not the mixture's c0.

    Args:
        part: Name of the part; see :class:`femsoret.cells.parts.Parts`.
        c: Mean mass fraction of the species there, 0 to 1.
        species: Index of the species.

    Raises:
        ConditionError: The mass fraction is not between 0 and 1.
    """

    part: str
    c: float
    species: int = 0

    def __post_init__(self) -> None:
        if not 0.0 <= self.c <= 1.0:
            raise ConditionError(
                f"the filling of {self.part!r}: the mass fraction {self.c:g} is outside 0..1",
                "60 % is 0.6",
            )


@dataclass(frozen=True)
class Scales:
    """Natural size of each field and of each field's equations, in the units of the problem.

    Args:
        unknown: Name of a block, or of a composition -> size of the unknown.
        residual: Likewise -> size of the residual.
    """

    unknown: dict[str, float]
    residual: dict[str, float]

    def largest(self, block: str) -> float:
        """Return the natural size of a block: the largest of its fields'.

        Args:
            block: Its name.
        """
        return max(size for field, size in self.unknown.items() if block_of(field) == block)


class Problem:
    """Equations on a cell.

    Args:
        cell: Mesh with named sides.
        mixture: Mixture whose leaves are numbers.
        conditions: Conditions; a side without any is a no-slip, insulated, closed wall.
        discretisation: How flow is discretised: the element of each block.
        equations: Terms to be summed; None takes the discretisation's convection.
        degree: Polynomial degree of velocity, temperature and compositions.
        gap: Distance between hot and cold side; None measures it.
        given: Block name -> function (fem.Function), for equations that need fields that they
            do not solve for.
        solids: Region -> what it is made of, for each solid region of the cell.
        fillings: Mean compositions of parts of the fluid that are not the mixture's c0.
        conserved: Combinations of compositions that the equations conserve, one factor a species;
            None: each on its own. Where species become others only some combinations are.

    Attributes:
        pinned: What the equations leave free, one functional row each: levels and conserved means.
        parameters: Dotted name -> ``fem.Constant`` of every number that the residual depends on:
            those of the mixture and of the natural conditions. Dirichlet values are no parameters:
            they are in ``wall_values``.
        functions: One ``fem.Function`` a block, in layout order: the state that drivers change.
        orientation: Hot and cold side, axis, gap and temperature difference.
        dirichlet: Pairs of block name and ``fem.DirichletBC``, those that keep blocks of the fluid
            at zero inside solids among them.
        phases: The fluid and the solids: measures, and what holds where.
        wall_values: (block, side) -> the function that holds the given values of a scalar block on
            a side, counted from the reference state; what a protocol changes.

    Raises:
        ConditionError: Unknown side, a species that the mixture does not have, two conditions for
            one field on a side, nothing that fixes the temperature, gravity across the axis of an
            axisymmetric cell, or given fields that are not those that the equations need.
        CaseError: A degree or a mesh that the discretisation cannot take.
        FluidError: A solid has no physical properties at the reference temperature.
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
        given: Mapping[str, Any] = MappingProxyType({}),
        solids: Mapping[str, Solid] = MappingProxyType({}),
        fillings: Sequence[Filling] = (),
        conserved: Sequence[Sequence[float]] | None = None,
    ) -> None:
        for condition in conditions:
            if condition.sides != ("all",):
                cell.tags(*condition.sides)  # unknown sides end here
            _check_field(condition, len(mixture.species))
        _check_solids(cell, solids)
        check_gravity(cell, mixture.gravity.up)
        check_transport(mixture)
        self.cell = cell
        self.mixture = mixture
        self.conditions = resolve(conditions, cell)
        self.discretisation = discretisation
        self.equations = equations or discretisation.convection
        self.degree = degree
        self.orientation = orientation_of(cell, self.conditions, gap, mixture.reference.kappa)
        self.layout = Layout.of(self.equations.fields, len(mixture.species))
        self.given = dict(given)
        _check_given(self.equations, self.given, len(mixture.species))
        if "p" in self.layout:
            discretisation.check(cell, degree)
        self.fillings = tuple(fillings)
        self.conserved = conserved
        self.pinned = self._what_must_be_pinned()
        self.spaces = tuple(self._space(name) for name in self.layout.names)
        self.functions = tuple(
            fem.Function(V, name=name)
            for V, name in zip(self.spaces, self.layout.names, strict=True)
        )
        self._fill()
        self.parameters: dict[str, fem.Constant] = {}
        self.bound_mixture = bind(mixture, self._constant, "")
        self.bound_conditions = tuple(
            bind(condition, self._constant, f"conditions.{i}", kept=condition.unbound)
            for i, condition in enumerate(self.conditions)
        )
        self.solids = dict(solids)
        bodies = {
            region: bind(body_of(solid, mixture), self._constant, f"solids.{region}")
            for region, solid in self.solids.items()
        }
        self.phases = Phases(cell, self.bound_mixture, bodies, self.quadrature_degree)
        self._in_solids = {
            name: outside_fluid(cell, self.space(name))
            for name in self.layout.names
            if name != "theta"
        }
        self.wall_values: dict[tuple[str, str], fem.Function] = {}
        at_walls = (
            held
            # The last one wins where sides meet: defaults, which resolve() puts last, come first.
            for condition in reversed(self.conditions)
            if self._solves_for(condition)
            for side in condition.sides
            for held in condition.on((side,)).dirichlet(self)
        )
        self.dirichlet = (*at_walls, *self._regular_on_the_axis(), *self._rest_in_solids())
        if "u" in self.layout:
            self._check_walls_that_slip()

    # -- construction ----------------------------------------------------------------------------

    def _constant(self, name: str, value: float) -> fem.Constant:
        self.parameters[name] = fem.Constant(self.cell.mesh, PETSc.ScalarType(value))
        return self.parameters[name]

    def _space(self, name: str) -> fem.FunctionSpace:
        mesh = self.cell.mesh
        element = self.discretisation.element(name, self.degree)
        return fem.functionspace(
            mesh,
            basix.ufl.element(
                "Lagrange",
                mesh.basix_cell(),
                element.degree,
                shape=self.layout.shape(name, self.cell.dim) or None,
                discontinuous=not element.continuous,
            ),
        )

    def _what_must_be_pinned(self) -> tuple[FunctionalRow, ...]:
        """Derive from the conditions what the equations leave free, part by part."""
        self._check_temperature()
        filled = self._filled()
        fixed = {
            (field, part)
            for condition in self.conditions
            if condition.fixes_level
            for field in condition.fields
            if field != "theta"
            for side in condition.sides
            for part in self.cell.parts_at(side)
        }
        places = [self.layout.of_species(i) for i in range(self.layout.species)]
        for species, part in filled:
            if (composition(species), part) in fixed:
                raise ConditionError(
                    f"{self.cell.parts.names[part]!r} has a filling and a wall that holds its "
                    "composition",
                    "keep one of them",
                )
        parts = range(len(self.cell.parts))
        levels = [
            FunctionalRow.mean(name, part=part)
            for name in self.layout.names
            if name in ALGEBRAIC
            for part in parts
            if (name, part) not in fixed
        ]
        if not any(block in self.layout for block, _ in places):
            return tuple(levels)
        conserved = combinations_of(self.conserved, len(places))
        found = [
            row
            for part in parts
            for row in conserved_rows(
                conserved,
                places,
                part,
                [i for i in range(len(places)) if (composition(i), part) in fixed],
                {i: value for (i, at), value in filled.items() if at == part},
            )
        ]
        return (*levels, *sorted(found, key=lambda row: self.layout.index(row.block)))

    def _check_temperature(self) -> None:
        """Refuse a mesh, or a piece of one, whose temperature nothing fixes."""
        if "theta" not in self.layout:
            return
        fixing = [c for c in self.conditions if c.fixes_level and "theta" in c.fields]
        if not fixing:
            raise ConditionError(
                "no temperature is fixed anywhere",
                "give at least one side a Temperature or a Robin condition",
            )
        there = set().union(
            *(self.cell.pieces_at(side) for condition in fixing for side in condition.sides)
        )
        pieces, loose = self.cell.pieces[0], self.cell.pieces[0] - len(there)
        if loose:
            raise ConditionError(
                f"the mesh is in {pieces} pieces that touch nowhere, and no temperature is fixed "
                f"at {loose} of them",
                "give each a side with a Temperature or a Robin condition, or join the pieces "
                "(Coherence in gmsh)",
            )

    def _check_walls_that_slip(self) -> None:
        """Refuse walls that leave to the flow what they ought to hold.

        In 3D round walls without friction let the fluid turn about the vertical. On meshes where
        velocities are to have no divergence, what passes a wall would be made up for by one, and a
        cell at rest would not rest.
        """
        slip = {c: c.sides for c in self.conditions if isinstance(c, FreeSlip)}
        slipping = [side for sides in slip.values() for side in sides]
        for condition, sides in slip.items():
            for side in sides:
                weak = condition.weakly or self.cell.plane(side) is None
                if weak and self.discretisation.alfeld:
                    raise CaseError(
                        f"with the discretisation {self.discretisation.name!r} walls have to hold "
                        f"the velocity at every point; free slip on side {side!r}, which is "
                        "imposed weakly, holds it on average",
                        "take 'well-balanced', the default",
                    )
        for part in range(len(self.cell.parts)) if slipping and self.cell.dim == 3 else ():
            walls = [side for side in self.cell.fluid_sides if part in self.cell.parts_at(side)]
            if set(walls) <= set(slipping):
                self._check_turning(walls)

    def _check_turning(self, walls: Sequence[str]) -> None:
        up = [float(x) for x in self.mixture.gravity.up]
        if least_crossing(self.cell, walls, up) < FREE:
            raise ConditionError(
                f"free slip on all of {', '.join(walls)}, which are round about the vertical: the "
                "fluid may turn there like a solid body for ever, and no state is the only one",
                "give one of them NoSlip",
            )

    def _filled(self) -> dict[tuple[int, int], float]:
        """Return (species, part) -> mean deviation of the composition that was filled in."""
        found: dict[tuple[int, int], float] = {}
        for filling in self.fillings:
            if not 0 <= filling.species < len(self.mixture.species):
                raise ConditionError(
                    f"the filling of {filling.part!r}: the mixture has no species "
                    f"{filling.species}",
                    f"it has {len(self.mixture.species)}, counted from 0",
                )
            key = (filling.species, self.cell.part(filling.part))
            if key in found:
                raise ConditionError(f"{filling.part!r} is filled twice", "keep one filling")
            found[key] = filling.c - self.mixture.species[filling.species].c0
        return found

    def _fill(self) -> None:
        """Let the compositions start as they were filled in."""
        for (species, part), value in self._filled().items():
            field = composition(species)
            if field in self.layout:
                self.nodal_values(field)[self.nodes_in_part(field, part)] = value

    def nodes_in_part(self, block: str, part: int) -> Any:
        """Return the local nodes of a block in a part, ghosts included; collective.

        Args:
            block: Name of the block, or of a field of it.
            part: Number of the part.
        """
        own = self.cell.fluid_cells
        return dofs_in(self.space(block), own[self.cell.parts.of_cell[own] == part])

    def dofs_in_part(self, block: str, part: int, component: int = 0) -> Any:
        """Return the local dofs of a component of a block in a part, ghosts included; collective.

        Args:
            block: Name of the block.
            part: Number of the part.
            component: Component of the block.

        Returns:
            Places in the array of the block's function.
        """
        number = self.space(block).dofmap.index_map_bs
        return number * self.nodes_in_part(block, part) + component

    def replaced_dof(self, row: FunctionalRow) -> int | None:
        """Return the dof whose equation a functional row takes the place of; collective.

        Args:
            row: One of ``pinned``.

        Returns:
            Its place in the block's array on the rank that owns it; None on all others.
        """
        dofs = self.dofs_in_part(row.block, row.part, row.component)
        dofmap = self.space(row.block).dofmap
        owned = dofs[dofs < dofmap.index_map.size_local * dofmap.index_map_bs]
        comm = self.cell.comm
        first = comm.allreduce(comm.rank if len(owned) else comm.size, op=MPI.MIN)
        return int(owned[0]) if comm.rank == first else None

    def _regular_on_the_axis(self) -> tuple[tuple[str, fem.DirichletBC], ...]:
        """Return the condition that nothing flows through an axis of symmetry."""
        if not (self.cell.coordinates.has_axis and self.layout.flows):
            return ()
        on_axis = self._dofs_at("u", axis_facets(self.cell))
        return tuple(self._zero_velocity(on_axis, component=0))

    def _rest_in_solids(self) -> tuple[tuple[str, fem.DirichletBC], ...]:
        """Return the conditions that blocks of the fluid are zero where there is none."""
        if not self.solids:
            return ()
        return tuple(
            (name, fem.dirichletbc(fem.Function(self.space(name)), dofs))
            for name, dofs in self._in_solids.items()
        )

    def space(self, name: str) -> fem.FunctionSpace:
        """Return the function space of a block, or of the block of a field."""
        return self.spaces[self.layout.index(name)]

    def function(self, name: str) -> fem.Function:
        """Return the state of a block, or of the block of a field."""
        return self.functions[self.layout.index(name)]

    def scalar(self, field: str) -> Any:
        """Return a field as UFL sees it.

        Args:
            field: Name of a scalar block, or of a composition.
        """
        return scalar(self.function(field), component_of(field))

    def nodal_values(self, field: str) -> Any:
        """Return the values of a field at the local nodes, ghosts included, as a view.

        Args:
            field: Name of a scalar block, or of a composition.
        """
        return self.entries(self.function(field).x.array, field)

    def entries(self, values: Any, field: str) -> Any:
        """Return the part of a field in the values of its block, one a node, as a view.

        Args:
            values: Values of the block, with or without those of ghosts.
            field: Name of a scalar block, or of a composition.
        """
        return values[component_of(field) :: self.space(field).dofmap.index_map_bs]

    def fix_scalar(
        self, field: str, sides: Sequence[str], value: Value, reference: float
    ) -> list[tuple[str, fem.DirichletBC]]:
        """Return the condition that a field equals value - reference on sides.

        Args:
            field: Name of the field.
            sides: Side names.
            value: Number or function of coordinates.
            reference: Reference value that the field's deviation is counted from.
        """
        V, component = self.space(field), component_of(field)
        g = fem.Function(V)
        if callable(value):
            component_function(g, field).interpolate(lambda x: np.asarray(value(x)) - reference)
        else:
            self.entries(g.x.array, field)[:] = value - reference
        self.wall_values.update({(field, side): g for side in sides})
        nodes = self.dofs_on(field, sides)
        if not g.ufl_shape:
            return [(block_of(field), fem.dirichletbc(g, nodes))]
        dofs = (self.layout.species * nodes + component).astype(np.int32)
        return [(block_of(field), fem.dirichletbc(g, [dofs, dofs], V.sub(component)))]

    def fix_velocity(
        self, sides: Sequence[str], component: int | None
    ) -> list[tuple[str, fem.DirichletBC]]:
        """Return the condition that the velocity, or one component of it, is zero on sides.

        Args:
            sides: Side names.
            component: Component, or None for all.
        """
        return self._zero_velocity(self.dofs_on("u", sides), component)

    def _zero_velocity(self, dofs: Any, component: int | None) -> list[tuple[str, fem.DirichletBC]]:
        V = self.space("u")
        if component is None:
            return [("u", fem.dirichletbc(fem.Function(V), dofs))]
        of_component = (self.cell.dim * dofs + component).astype(np.int32)
        return [("u", fem.dirichletbc(PETSc.ScalarType(0.0), of_component, V.sub(component)))]

    def facets(self, sides: Sequence[str]) -> Any:
        """Return the local facets of sides."""
        return np.unique(np.concatenate([self.cell.facets.find(t) for t in self.cell.tags(*sides)]))

    def dofs_on(self, block: str, sides: Sequence[str]) -> Any:
        """Return the local nodes of a block or field on sides, ghosts included; collective."""
        return self._dofs_at(block, self.facets(sides))

    def _dofs_at(self, block: str, facets: Any) -> Any:
        V = self.space(block)
        marked = la.vector(V.dofmap.index_map)
        found = fem.locate_dofs_topological(V, self.cell.dim - 1, facets)
        marked.array[found] = 1.0
        # DOLFINx tells the owner of a dof, but not always third ranks that hold it as a ghost.
        _compat.add_ghosts(marked)
        marked.scatter_forward()
        return np.flatnonzero(marked.array > 0.0).astype(np.int32)

    # -- forms -----------------------------------------------------------------------------------

    @property
    def state(self) -> State:
        """The fields, as UFL sees them."""
        return self.layout.state(self.functions, self.given, self.cell.coordinates)

    @property
    def pressure(self) -> Any:
        """The physical pressure less its hydrostatic part, as a UFL expression, Pa."""
        s = self.state
        return s.p if s.phi is None else s.p + s.phi

    @property
    def quadrature_degree(self) -> int:
        """Exact on affine cells for advection and, with species, for c (1-c) grad T.grad r.

        In a quadrilateral or hexahedron it counts along each axis, where gradients lower nothing.
        The circumference 2 pi r is one degree more; hoop strain, a quotient by r, is not exact.
        """
        k = self.degree
        advection = 3 * k - 1 if self.cell.mesh.basix_cell() in _SIMPLICES else 3 * k
        without_weight = max(advection, 4 * k - 2) if self.mixture.species else advection
        return without_weight + int(self.cell.coordinates.has_axis)

    @property
    def dx(self) -> Any:
        """Volume measure of the fluid, in which the weight of the coordinates is."""
        return self.phases.dx()

    def ds(self, sides: Sequence[str]) -> Any:
        """Return the measure of sides."""
        return self.cell.ds({"quadrature_degree": self.quadrature_degree})(self.cell.tags(*sides))

    def wall(self, side: str) -> Wall:
        """Return a side as the terms of conditions see it."""
        return Wall.of(
            self.ds((side,)),
            self.degree,
            simplices=self.cell.mesh.basix_cell() in _SIMPLICES,
            plane=self.cell.plane(side),
        )

    def _test_functions(self) -> tuple[Any, State]:
        """Return the test functions, as one object a block and as a state."""
        tests = ufl.TestFunctions(ufl.MixedFunctionSpace(*self.spaces))
        return tests, self.layout.state(tests, coordinates=self.cell.coordinates)

    def _nothing(self, tests: Any) -> ufl.Form:
        """Return zero times every block: extract_blocks loses count where a block is left out."""
        zero = fem.Constant(self.cell.mesh, PETSc.ScalarType(0.0))
        return sum(
            zero * ufl.inner(u, r) * self.dx for u, r in zip(self.functions, tests, strict=True)
        )

    @property
    def heat_flux(self) -> Any:
        """The heat flux on the whole mesh, as a UFL expression, W/m2."""
        return self.phases.piecewise(lambda medium: fluxes.heat_flux(medium, self.state))

    @property
    def entropy_production(self) -> Any:
        """The entropy production by heat and mass on the whole mesh, UFL, W/(m3 K)."""
        return self.phases.piecewise(lambda medium: fluxes.entropy_production(medium, self.state))

    def _solves_for(self, condition: Condition) -> bool:
        """Return whether a field that a condition determines is one of the unknowns."""
        return any(field in self.layout for field in condition.fields)

    @cached_property
    def _volume_terms(self) -> ufl.Form:
        _, v = self._test_functions()
        return self.phases.everywhere(self.equations.steady, self.state, v)

    @cached_property
    def _wall_terms(self) -> ufl.Form | None:
        _, v = self._test_functions()
        terms = [
            condition.term(self.state, v, self.bound_mixture, self.wall(side))
            for condition in self.bound_conditions
            if self._solves_for(condition)
            for side in condition.sides
        ]
        added = [term for term in terms if term is not None]
        return sum(added) if added else None

    @cached_property
    def residual_ufl(self) -> tuple[ufl.Form, ...]:
        """The residual, one UFL form a block."""
        walls = self._wall_terms
        total = self._volume_terms if walls is None else self._volume_terms + walls
        return tuple(ufl.extract_blocks(total))

    @cached_property
    def volume_ufl(self) -> tuple[ufl.Form, ...]:
        """The residual without what natural conditions add, one UFL form a block."""
        return tuple(ufl.extract_blocks(self._volume_terms))

    @cached_property
    def fluid_ufl(self) -> tuple[ufl.Form, ...]:
        """The residual of the fluid alone, one UFL form a block.

        At the walls of the fluid it is what flows there, into a solid or out of the cell.
        """
        tests, v = self._test_functions()
        terms = self.phases.in_fluid(self.equations.steady, self.state, v)
        return tuple(ufl.extract_blocks(self._nothing(tests) + terms))

    @cached_property
    def wall_ufl(self) -> tuple[ufl.Form, ...] | None:
        """What natural conditions add to the residual, one UFL form a block; None: nothing."""
        if self._wall_terms is None:
            return None
        tests, _ = self._test_functions()
        return tuple(ufl.extract_blocks(self._nothing(tests) + self._wall_terms))

    @cached_property
    def mass_ufl(self) -> tuple[ufl.Form, ...]:
        """The mass terms, one UFL form a block."""
        tests, v = self._test_functions()
        held = self.phases.everywhere(self.equations.rates, self.state, v)
        return tuple(ufl.extract_blocks(self._nothing(tests) + held))

    @cached_property
    def residual_forms(self) -> list[fem.Form]:
        """The residual, compiled."""
        return [compiled(F) for F in self.residual_ufl]

    @cached_property
    def jacobian(self) -> Linearisation:
        """The exact derivative of the residual, compiled block by block."""
        return linearise(self.residual_ufl, self.functions, self.phases.dx("all"))

    @cached_property
    def mass(self) -> Linearisation:
        """The mass matrix, d(mass terms)/d(state), compiled block by block.

        With it the equations in time are mass d(state)/dt + residual = 0.
        """
        return linearise(self.mass_ufl, self.functions, self.phases.dx("all"))

    # -- state -----------------------------------------------------------------------------------

    def on(
        self,
        cell: Cell,
        *,
        degree: int | None = None,
        discretisation: Discretisation | None = None,
    ) -> Problem:
        """Return the same problem on another mesh of the cell, at rest, given fields zero.

        Args:
            cell: The cell; its sides have the same names.
            degree: Polynomial degree; None takes this problem's.
            discretisation: How flow is discretised, of the same blocks; None takes this problem's.
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

    def with_equations(self, equations: Equations) -> Problem:
        """Return the same problem with other terms, its parameters, walls and state as they are.

        Args:
            equations: Equations with the same fields, or fewer of them.
        """
        twin = self._again(self.cell, equations, self.given, self.degree, self.discretisation)
        for name, constant in self.parameters.items():
            twin.parameters[name].value = constant.value
        for key, values in self.wall_values.items():
            twin.wall_values[key].x.array[:] = values.x.array
        for name in twin.layout.names:
            twin.function(name).x.array[:] = self.function(name).x.array
        return twin

    def _again(
        self,
        cell: Cell,
        equations: Equations,
        given: Mapping[str, Any],
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
        )

    def get_state(self) -> list[Any]:
        """Return a copy of the state: the values of each block, ghosts included."""
        return [function.x.array.copy() for function in self.functions]

    def set_state(self, values: Sequence[Any]) -> None:
        """Take values as the state.

        Args:
            values: Those of each block, ghosts included, as :meth:`get_state` gives them.
        """
        for function, entries in zip(self.functions, values, strict=True):
            function.x.array[:] = entries

    def impose(self) -> None:
        """Write the Dirichlet values into the state."""
        for block, bc in self.dirichlet:
            bc.set(self.function(block).x.array)
        for function in self.functions:
            function.x.scatter_forward()

    @contextmanager
    def changed(self, **values: float) -> Iterator[None]:
        """Change parameters for a while; names with dots are written with double underscores.

        Args:
            values: Parameter name -> value.
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

    # -- numbers ---------------------------------------------------------------------------------

    @cached_property
    def scales(self) -> Scales:
        """Natural sizes, from the properties at the reference state."""
        at, L = self.mixture.reference, self.orientation.gap
        dT = self.orientation.dT or 1.0
        kappa, mu, speed = at.kappa, at.mu, at.alpha / L
        area = L ** (self.cell.dim - 1) * self.cell.depth
        unknown = {
            "u": speed,
            "p": mu * speed / L,
            "phi": mu * speed / L,
            "chi": speed * L,
            "theta": dT,
        }
        residual = {
            "u": mu * speed * area / L,
            "p": speed * area,
            "phi": mu * speed * area / L**2,
            "chi": speed * area,
            "theta": kappa * dT * area / L,
        }
        for i, (c, separation) in enumerate(zip(at.c, at.separation, strict=True)):
            size = abs(float(separation)) * dT or c
            unknown[composition(i)] = size
            residual[composition(i)] = at.rho * float(at.D[i, i]) * size * area / L
        return Scales(unknown, residual)

    @cached_property
    def num_dofs(self) -> int:
        """Number of unknowns; blocks of the fluid have none inside solids."""
        return sum(map(self.num_dofs_of, self.layout.names))

    def num_dofs_of(self, name: str) -> int:
        """Return the number of unknowns of a block; collective.

        Args:
            name: Name of the block.
        """
        dofmap = self.space(name).dofmap
        owned = dofmap.index_map.size_local
        held = int((self._in_solids[name] < owned).sum()) if name in self._in_solids else 0
        nodes = dofmap.index_map.size_global - self.cell.comm.allreduce(held)
        return int(nodes * dofmap.index_map_bs)

    def num_free_of(self, name: str) -> int:
        """Return the number of unknowns of a block that no condition holds; collective.

        Args:
            name: Name of the block.
        """
        dofmap = self.space(name).dofmap
        free = np.ones(dofmap.index_map.size_local * dofmap.index_map_bs, dtype=bool)
        for block, bc in self.dirichlet:
            if block == name:
                dofs = bc.dof_indices()[0]
                free[dofs[dofs < len(free)]] = False
        return int(self.cell.comm.allreduce(int(free.sum())))

    def __repr__(self) -> str:
        blocks = ", ".join(plain_name(name) for name in self.layout.names)
        return f"Problem({self.equations.name} on {self.cell.title}: {blocks})"


def _check_solids(cell: Cell, solids: Mapping[str, Solid]) -> None:
    """Refuse solids that are not those of the cell."""
    for region in cell.walls.solids:
        if region not in solids:
            raise ConditionError(
                f"nothing says what the solid region {region!r} of {cell.title} is made of",
                "give a solid for each of " + ", ".join(cell.walls.solids),
            )
    for region in solids:
        if region not in cell.walls.solids:
            raise ConditionError(
                f"{cell.title} has no solid region {region!r}",
                nearest(region, cell.walls.solids) if cell.walls.solids else "all of it is fluid",
            )


def _check_given(equations: Equations, given: Mapping[str, Any], species: int) -> None:
    """Refuse given fields that are not those that the equations need."""
    needed = Layout.of(equations.given, species).names
    if set(given) != set(needed):
        raise ConditionError(
            f"{equations.name}: the given fields are {', '.join(sorted(given)) or 'none'}",
            f"give {', '.join(needed) or 'none'}",
        )
    for name, value in given.items():
        if not isinstance(value, fem.Function):
            raise ConditionError(
                f"{equations.name}: the given field {name!r} is no function of a mesh but "
                f"{type(value).__name__}",
                "interpolate it into a fem.Function: it is carried to other meshes",
            )


def _check_field(condition: Condition, species: int) -> None:
    """Refuse a condition for what the mixture does not have.

    Without this it would be silently dropped, as conditions are rightly where equations leave out
    a field that the mixture has.
    """
    fields = ("u", "theta", *map(composition, range(species)))
    for field in (field for field in condition.fields if field not in fields):
        missing = f"species {species_of(field)}"
        raise ConditionError(
            f"{type(condition).__name__} on {', '.join(condition.sides)}: the mixture has no "
            f"{missing}",
            f"species are counted from 0; allowed: {', '.join(map(str, range(species)))}"
            if species
            else "this is a pure fluid, without composition",
        )
