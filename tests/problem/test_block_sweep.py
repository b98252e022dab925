"""A sweep over the blocks of one mesh is a forward substitution."""

from __future__ import annotations

from types import SimpleNamespace

from mpi4py import MPI
from petsc4py import PETSc

import numpy as np

from femsoret.solve.linear.block_jacobian import FLOW, nested
from femsoret.solve.linear.block_sweep import set_block_sweep
from femsoret.solve.linear.options import PRESETS, in_database

SIZES = {"u": 4, "p": 2, "phi": 3, "theta": 2, "gamma": 2}  # on each rank
LAYOUT = {FLOW: ("u", "p"), "phi": ("phi",), "theta": ("theta",), "gamma": ("gamma",)}
SWEPT = ("gamma", "theta", "phi", FLOW)
DIRECTLY = {"pc_type": "redundant", "ksp_type": "preonly"}


def _block(row: str, column: str) -> PETSc.Mat:
    """Return a matrix of random entries, with a large diagonal if row and column are the same."""
    comm = MPI.COMM_WORLD
    m, n = SIZES[row], SIZES[column]
    generator = np.random.default_rng([ord(name[0]) + len(name) for name in (row, column)])
    entries = generator.normal(size=(comm.size * m, comm.size * n))
    entries += 8.0 * np.eye(*entries.shape) * (row == column)
    block = PETSc.Mat().createDense(((m, None), (n, None)), comm=comm)
    block.setUp()
    for i in range(*block.getOwnershipRange()):
        block.setValues(i, np.arange(entries.shape[1], dtype=PETSc.IntType), entries[i])
    block.assemble()
    return block.convert(PETSc.Mat.Type.AIJ)


def _joined(rows, columns, blocks, omitted=()) -> PETSc.Mat:
    """Return the nested matrix of all blocks but those omitted, or the one block."""
    kept = [[None if (a, b) in omitted else blocks[a, b] for b in columns] for a in rows]
    if len(rows) == len(columns) == 1:
        return kept[0][0]
    sizes = ([SIZES[name] for name in names] for names in (rows, columns))
    return nested(kept, *sizes, MPI.COMM_WORLD)


def _jacobian() -> SimpleNamespace:
    """Return a full matrix in the form of a BlockJacobian; its pressure block is zero."""
    blocks = {(a, b): _block(a, b) for a in SIZES for b in SIZES}
    parts = {
        (a, b): _joined(LAYOUT[a], LAYOUT[b], blocks, omitted=[("p", "p")])
        for a in LAYOUT
        for b in LAYOUT
    }
    sizes = [sum(SIZES[name] for name in names) for names in LAYOUT.values()]
    turn = SWEPT.index
    lower = [[parts[a, b] if turn(b) < turn(a) else None for b in LAYOUT] for a in LAYOUT]
    return SimpleNamespace(
        names=tuple(LAYOUT),
        parts=parts,
        operator=nested(
            [[parts[a, b] for b in LAYOUT] for a in LAYOUT], sizes, sizes, MPI.COMM_WORLD
        ),
        lower=nested(lower, sizes, sizes, MPI.COMM_WORLD),
        diagonal={name: blocks[name, name] for name in SIZES}
        | {FLOW: _joined(("u", "p"), ("u", "p"), blocks, omitted=[("u", "u")])},
    )


def test_a_sweep_is_a_forward_substitution():
    jacobian = _jacobian()
    options = PRESETS["amg"] | {
        f"{name}_{key}": value
        for name in ("gamma", "theta", "phi", "flow_u", "flow_p")
        for key, value in DIRECTLY.items()
    }
    options |= {f"{FLOW}_ksp_rtol": 1e-13, f"{FLOW}_ksp_max_it": 200}
    pc = PETSc.PC().create(MPI.COMM_WORLD)
    b, x = jacobian.operator.createVecs()
    b.setRandom()
    with in_database(options) as prefix:
        pc.setOptionsPrefix(prefix)
        set_block_sweep(pc, jacobian, prefix)
        pc.setFromOptions()
        pc.apply(b, x)
    places = dict(zip(LAYOUT, jacobian.operator.getNestISs()[0], strict=True))
    for i, row in enumerate(SWEPT):
        rest = b.getSubVector(places[row]).copy()
        for column in SWEPT[: i + 1]:
            part, product = jacobian.parts[row, column].createVecs()
            x.getSubVector(places[column]).copy(part)
            jacobian.parts[row, column].mult(part, product)
            rest.axpy(-1.0, product)
        assert rest.norm() <= 1e-10 * b.norm(), row
