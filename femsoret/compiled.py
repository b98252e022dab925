"""Compiled forms: found quickly in a cache of thousands, and with the processor's wide registers.

FFCx finds a form that it has compiled before by listing the folder of its cache: 5.7 ms among 8,400
files on a local disk, on every rank, where loading it takes 0.35 ms. So each form goes into one of
256 folders in the cache that DOLFINx is set to use, named after the beginning of its signature.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from mpi4py import MPI

import ufl
from dolfinx import fem
from dolfinx.jit import DOLFINX_DEFAULT_JIT_OPTIONS, get_options

FOLDER = "femsoret"
"""Where the folders are in DOLFINx's cache."""

COMPILER = "cffi_extra_compile_args"

OPTIMISED = ("-O3", "-g0", "-fassociative-math", "-fno-signed-zeros", "-fno-trapping-math")
"""What gcc and clang are told: sums over quadrature points may be taken in any order, so that they
can be taken several at once. Nothing here hides a nan, nor changes the arithmetic of the process,
as all of -ffast-math would."""

AVX2 = ("-mavx2", "-mfma")
"""And where the processors of all ranks have these. They are part of what FFCx names a file after,
so processors of several kinds can share a cache."""

_PROCESSOR = Path("/proc/cpuinfo")


def compiled(form: ufl.Form) -> Any:
    """Return a form compiled, a ``dolfinx.fem.Form``; collective.

    Args:
        form: The form, with at least one integral.
    """
    options = get_options()
    folder = options["cache_dir"] / FOLDER / form.signature()[:2]
    arguments = options[COMPILER]
    if arguments == DOLFINX_DEFAULT_JIT_OPTIONS[COMPILER][0]:  # the user has not set any
        comm = form.ufl_domain().ufl_cargo().comm
        # All ranks look for the same file, of which the first one makes what is missing.
        arguments = [*OPTIMISED, *(AVX2 if comm.allreduce(_has_avx2(), op=MPI.LAND) else ())]
    return fem.form(form, jit_options={"cache_dir": folder, COMPILER: arguments})


@cache
def _has_avx2() -> bool:
    """Return whether this rank's processor has the instructions, as far as Linux knows."""
    try:
        described = _PROCESSOR.read_text(encoding="utf-8")
    except OSError:
        return False
    flags = next((x for x in described.splitlines() if x.startswith("flags")), "").split()
    return {"avx2", "fma"} <= set(flags)
