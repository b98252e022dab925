"""Checkpoints: what is kept comes back, and no interruption harms what is there."""

from __future__ import annotations

import json

import numpy as np
import pytest
from io_known import make, set_known

from femsoret.base.errors import OutputError
from femsoret.cells import rectangle
from femsoret.io.checkpoint import last_checkpoint, read_content, read_state, write_checkpoint


def cleared(problem):
    """Return a problem's arrays, owned and ghosts, and overwrite them."""
    arrays = []
    for function in problem.functions:
        function.x.scatter_forward()
        arrays.append(function.x.array.copy())
        function.x.array[:] = np.nan
    return arrays


def test_the_state_comes_back_to_the_last_bit(known, shared_tmp):
    path = write_checkpoint(shared_tmp / "kept", 3, known, {"t": 0.1 + 0.2, "ended": ""})
    before = cleared(known)
    read_state(path, known)
    for function, values in zip(known.functions, before, strict=True):
        np.testing.assert_array_equal(function.x.array, values)
    assert read_content(path, known.cell.comm) == {"t": 0.1 + 0.2, "ended": ""}


def test_another_mesh_made_from_the_same_input_takes_the_state(comm, dim, shared_tmp):
    # Made anew, the mesh may lie differently on the ranks.
    path = write_checkpoint(shared_tmp / "kept", 0, set_known(make(comm, dim)), {})
    anew = make(comm, dim)
    read_state(path, anew)
    found = cleared(anew)
    set_known(anew)
    for function, values in zip(anew.functions, found, strict=True):
        size = np.abs(function.x.array).max()
        np.testing.assert_allclose(values, function.x.array, rtol=0.0, atol=1e-13 * size)


def test_a_state_of_another_mesh_is_refused(known_2d, comm, shared_tmp):
    path = write_checkpoint(shared_tmp / "kept", 0, known_2d, {})
    other = make(comm, 2)
    # As many cells, elsewhere.
    moved = other.on(rectangle(comm, (4e-3, 1e-3), (5, 3), shape="triangle", grading=2.0))
    with pytest.raises(OutputError, match="another mesh"):
        read_state(path, moved)


def test_the_last_whole_one_counts_and_older_ones_go(known_2d, comm, shared_tmp):
    kept = shared_tmp / "kept"
    assert last_checkpoint(kept, comm) is None
    for number in (9, 10):
        last = write_checkpoint(kept, number, known_2d, {"number": number})
    if comm.rank == 0:
        (kept / "00000011.partial").mkdir()
        (kept / "00000011.partial" / "content.json").write_text(json.dumps({"number": 11}))
    comm.barrier()
    assert last_checkpoint(kept, comm) == last
    assert read_content(last, comm) == {"number": 10}
    write_checkpoint(kept, 12, known_2d, {})
    comm.barrier()
    assert [path.name for path in kept.iterdir()] == ["00000012"]


def test_a_write_that_fails_leaves_the_last_one(known_2d, comm, shared_tmp, monkeypatch):
    kept = shared_tmp / "kept"
    last = write_checkpoint(kept, 1, known_2d, {"number": 1})

    def refuse(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("femsoret.io.files.sync", refuse)
    with pytest.raises(OutputError, match="No space left"):
        write_checkpoint(kept, 2, known_2d, {"number": 2})
    assert last_checkpoint(kept, comm) == last
    assert read_content(last, comm) == {"number": 1}
    comm.barrier()
    assert [path.name for path in kept.iterdir()] == [last.name]
