"""Blocks: the unknown functions of a cell, and the location of their nodes and dofs.

Each block has a function space and a function, which is its part of the state. Scalars are stored
as deviations from reference values: the temperature from T0, compositions from c0. A *node* of a
block has one dof per component. Indices of nodes and dofs are local to the rank and include ghosts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

from petsc4py import PETSc

import basix.ufl
import numpy as np
from dolfinx import fem, la

from femsoret.base.types import Array, Expr, Indices
from femsoret.base.versions import add_ghosts
from femsoret.cells import Cell, axis_facets
from femsoret.cells.dofs import dofs_in, outside_fluid
from femsoret.problem.discretisation import Discretisation
from femsoret.problem.layout import Layout, block_of, component_function, component_of, scalar

GivenValue = float | Callable[[Array], Array]
"""A number, or a function of the coordinates, m, that maps shape (3, n) to shape (n,)."""

BlockCondition = tuple[str, fem.DirichletBC]
"""Name of a block, and a Dirichlet condition on its space."""


class Blocks:
    """The unknown functions of a cell.

    Args:
        cell: Mesh with named sides.
        layout: Names and order of the blocks.
        discretisation: Discretisation, which determines the element of each block.
        degree: Polynomial degree of velocity, temperature and compositions.
        references: Name of a scalar field -> reference value from which its deviation is measured:
            temperature, K, or mass fraction.

    Attributes:
        spaces: Function space of each block, in layout order.
        functions: ``fem.Function`` of each block, in layout order: the state, which solvers change
            in place.
        wall_values: (field, side) -> function with the prescribed values of a scalar field on a
            side, as deviations. Protocols change these values in place.
    """

    def __init__(
        self,
        cell: Cell,
        layout: Layout,
        discretisation: Discretisation,
        degree: int,
        references: Mapping[str, float],
    ) -> None:
        self.cell = cell
        self.layout = layout
        self.discretisation = discretisation
        self.degree = degree
        self.references = dict(references)
        self.spaces = tuple(self._make_space(name) for name in layout.names)
        self.functions = tuple(
            fem.Function(V, name=name) for V, name in zip(self.spaces, layout.names, strict=True)
        )
        self.wall_values: dict[tuple[str, str], fem.Function] = {}
        self.dirichlet: tuple[BlockCondition, ...] = ()
        self._in_solids = {
            name: outside_fluid(cell, self.space(name))
            for name in (layout.names if cell.walls.solids else ())
            if name != "theta"
        }

    def _make_space(self, name: str) -> fem.FunctionSpace:
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

    # -- the state -------------------------------------------------------------------------------

    def space(self, name: str) -> fem.FunctionSpace:
        """Return the function space of a block, or of the block that contains a field."""
        return self.spaces[self.layout.index(name)]

    def function(self, name: str) -> fem.Function:
        """Return the function of a block, or of the block that contains a field."""
        return self.functions[self.layout.index(name)]

    def scalar(self, field: str) -> Expr:
        """Return the deviation of a field as a UFL expression.

        Args:
            field: Name of a scalar block, or of a composition.
        """
        return scalar(self.function(field), component_of(field))

    def nodal_values(self, field: str) -> Array:
        """Return a view of a field's deviations at the local nodes, shape (nodes,).

        Args:
            field: Name of a scalar block, or of a composition.
        """
        return self.entries(self.function(field).x.array, field)

    def entries(self, values: Array, field: str) -> Array:
        """Return a view of a field's entries in an array of its block, shape (nodes,).

        Args:
            values: Values of the block, with or without ghosts, shape (dofs,).
            field: Name of a scalar block, or of a composition.
        """
        return values[component_of(field) :: self.space(field).dofmap.index_map_bs]

    def get_state(self) -> list[Array]:
        """Return a copy of the state: one array per block, shape (dofs,), including ghosts."""
        return [function.x.array.copy() for function in self.functions]

    def set_state(self, values: Sequence[Array]) -> None:
        """Set the state.

        Args:
            values: One array per block, including ghosts, as returned by :meth:`get_state`.
        """
        for function, entries in zip(self.functions, values, strict=True):
            function.x.array[:] = entries

    def impose(self) -> None:
        """Write the Dirichlet values into the state and update its ghosts; collective."""
        for block, bc in self.dirichlet:
            bc.set(self.function(block).x.array)
        for function in self.functions:
            function.x.scatter_forward()

    # -- places ----------------------------------------------------------------------------------

    def facets(self, sides: Sequence[str]) -> Indices:
        """Return the local indices of the facets on sides, sorted, shape (facets,)."""
        facets = [self.cell.facets.find(tag) for tag in self.cell.tags(*sides)]
        return np.asarray(np.unique(np.concatenate(facets)), dtype=np.int32)

    def dofs_on(self, block: str, sides: Sequence[str]) -> Indices:
        """Return the local nodes of a block on sides, shape (nodes,); collective.

        Args:
            block: Name of a block, or of a field of the block.
            sides: Names of the sides.
        """
        return self._nodes_at(block, self.facets(sides))

    def _nodes_at(self, block: str, facets: Indices) -> Indices:
        V = self.space(block)
        marked = la.vector(V.dofmap.index_map)
        marked.array[fem.locate_dofs_topological(V, self.cell.dim - 1, facets)] = 1.0
        # DOLFINx informs the owner of a dof, but not always all ranks with that dof as a ghost.
        add_ghosts(marked)
        marked.scatter_forward()
        return np.flatnonzero(marked.array > 0.0).astype(np.int32)

    def nodes_in_part(self, block: str, part: int) -> Indices:
        """Return the local nodes of a block in a part of the fluid; collective.

        Args:
            block: Name of a block, or of a field of the block.
            part: Index of the connected part.
        """
        own = self.cell.fluid_cells
        return dofs_in(self.space(block), own[self.cell.parts.of_cell[own] == part])

    def dofs_in_part(self, block: str, part: int, component: int = 0) -> Indices:
        """Return the dofs of one component of a block in a part of the fluid; collective.

        Args:
            block: Name of the block.
            part: Index of the connected part.
            component: Index of the component.

        Returns:
            Indices into the local array of the block's function, shape (nodes,).
        """
        size = int(self.space(block).dofmap.index_map_bs)
        return size * self.nodes_in_part(block, part) + np.int32(component)

    # -- Dirichlet conditions --------------------------------------------------------------------

    def fix_scalar(
        self, field: str, sides: Sequence[str], value: GivenValue
    ) -> list[BlockCondition]:
        """Prescribe the values of a scalar field on sides and return the conditions; collective.

        Args:
            field: Name of the field.
            sides: Names of the sides.
            value: Number or function of the coordinates: temperature, K, or mass fraction.
        """
        V, component = self.space(field), component_of(field)
        reference = self.references[field]
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

    def fix_zero(self, block: str, sides: Sequence[str]) -> list[BlockCondition]:
        """Return the condition that a scalar block is zero on sides; collective.

        Args:
            block: Name of the block.
            sides: Names of the sides.
        """
        return [
            (block, fem.dirichletbc(fem.Function(self.space(block)), self.dofs_on(block, sides)))
        ]

    def fix_velocity(self, sides: Sequence[str], component: int | None) -> list[BlockCondition]:
        """Return conditions for a velocity, or a velocity component, of zero on sides; collective.

        Args:
            sides: Names of the sides.
            component: Index of the component; None for all components.
        """
        return [self._zero_velocity(self.dofs_on("u", sides), component)]

    def _zero_velocity(self, nodes: Indices, component: int | None) -> BlockCondition:
        V = self.space("u")
        if component is None:
            return "u", fem.dirichletbc(fem.Function(V), nodes)
        dofs = (self.cell.dim * nodes + component).astype(np.int32)
        return "u", fem.dirichletbc(PETSc.ScalarType(0.0), dofs, V.sub(component))

    def built_in_conditions(self) -> tuple[BlockCondition, ...]:
        """Return the Dirichlet conditions that hold without being specified; collective.

        The radial velocity is zero on an axis of symmetry, and all blocks except the temperature
        are zero inside solids.
        """
        axis = []
        if self.cell.coordinates.has_axis and self.layout.flows:
            nodes = self._nodes_at("u", axis_facets(self.cell))
            axis.append(self._zero_velocity(nodes, component=0))
        at_rest = [
            (name, fem.dirichletbc(fem.Function(self.space(name)), nodes))
            for name, nodes in self._in_solids.items()
        ]
        return (*axis, *at_rest)

    # -- counts ----------------------------------------------------------------------------------

    @cached_property
    def num_dofs(self) -> int:
        """Global number of unknowns, without those of the fluid inside solids; collective."""
        return sum(map(self.num_dofs_of, self.layout.names))

    def num_dofs_of(self, name: str) -> int:
        """Return the global number of unknowns of a block, see :attr:`num_dofs`; collective."""
        dofmap = self.space(name).dofmap
        in_solids = self._in_solids.get(name, np.empty(0, dtype=np.int32))
        owned = int((in_solids < dofmap.index_map.size_local).sum())
        nodes = dofmap.index_map.size_global - self.cell.comm.allreduce(owned)
        return int(nodes * dofmap.index_map_bs)

    def num_free_of(self, name: str) -> int:
        """Return the global number of unknowns of a block without a Dirichlet value; collective."""
        dofmap = self.space(name).dofmap
        free = np.ones(dofmap.index_map.size_local * dofmap.index_map_bs, dtype=bool)
        for block, bc in self.dirichlet:
            if block == name:
                dofs = bc.dof_indices()[0]
                free[dofs[dofs < len(free)]] = False
        return int(self.cell.comm.allreduce(int(free.sum())))
