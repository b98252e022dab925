"""Compiled forms: found quickly in a cache of thousands, and with the processor's wide registers.

FFCx finds a form that it has compiled before by listing the folder of its cache: 5.7 ms among 8,400
files on a local disk, on every rank, where loading it takes 0.35 ms. So each form has a folder of
its own, in one of 256 in the cache that DOLFINx is set to use; and the folder is there only once
the form is (``form_cache``).
"""

from __future__ import annotations

import os
import shlex
import sysconfig
from functools import cache
from pathlib import Path
from typing import Any

from mpi4py import MPI

import ffcx.naming
import ffcx.options
import ufl
from dolfinx import default_scalar_type, fem
from dolfinx.jit import DOLFINX_DEFAULT_JIT_OPTIONS, ffcx_jit, get_options

from femsoret.base.errors import OutputError
from femsoret.base.form_cache import no_room, provide

FOLDER = "femsoret"
"""Where the folders are in DOLFINx's cache."""

COMPILER = "cffi_extra_compile_args"

VARIABLE = "FEMSORET_CFLAGS"
"""An environment variable with what the compiler is to be told instead of all below, such as
DOLFINx's own "-O2 -g0"; the same on all ranks."""

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

    Raises:
        RuntimeError: It cannot be compiled, with the reason.
    """
    return fem.form(form, jit_options=_provided(form.ufl_domain(), form))


def check_cache() -> None:
    """Refuse settings of DOLFINx that cannot be read, and a cache that cannot be made; early.

    Raises:
        OutputError: One of them; maybe on this rank only, where machines have disks of their own.
    """
    try:
        folder = get_options()["cache_dir"] / FOLDER
    except (OSError, RuntimeError, ValueError) as error:
        raise OutputError(
            f"DOLFINx's settings of compiled forms cannot be read: {error}",
            "set HOME (or XDG_CONFIG_HOME) to a folder that you may read, or mend the file",
        ) from error
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise no_room(folder.parent, str(error)) from error


def compiled_expression(expression: Any, points: Any) -> Any:
    """Return an expression compiled, a ``dolfinx.fem.Expression``; collective.

    Args:
        expression: In UFL, on a mesh.
        points: Of the reference mesh cell, where it is to be evaluated, shape (points, dim).

    Raises:
        RuntimeError: It cannot be compiled, with the reason.
    """
    (domain,) = ufl.domain.extract_domains(expression)
    options = _provided(domain, (expression, points))
    return fem.Expression(expression, points, jit_options=options, dtype=default_scalar_type)


def _provided(domain: Any, wanted: Any) -> dict[str, Any]:
    """Return the options with which FFCx finds something compiled, all of which is there by then.

    Args:
        domain: The mesh that it is on, of UFL.
        wanted: A form, or an expression and its points.
    """
    comm = domain.ufl_cargo().comm
    options = get_options()
    arguments = _arguments(options, comm)
    # All that FFCx names a file after, but for where it is.
    told = options | {"cache_dir": None, COMPILER: arguments}
    python = [sysconfig.get_config_var(name) for name in ("CFLAGS", "SOABI")]
    tag = str((sorted(told.items()), sorted(ffcx.options.get_options().items()), python))
    name = ffcx.naming.compute_signature([wanted], tag)
    folder = options["cache_dir"] / FOLDER / name[:2] / name[2:]

    def make(where: Path) -> object:
        scalar, there = {"scalar_type": default_scalar_type}, told | {"cache_dir": where}
        return ffcx_jit(MPI.COMM_SELF, wanted, form_compiler_options=scalar, jit_options=there)

    provide(comm, folder, make)
    return {"cache_dir": folder, COMPILER: arguments}


def _arguments(options: dict[str, Any], comm: Any) -> list[str]:
    """Return what the compiler is told; all ranks look for the same file, made by one of them."""
    if VARIABLE in os.environ:
        return shlex.split(os.environ[VARIABLE])
    if options[COMPILER] != DOLFINX_DEFAULT_JIT_OPTIONS[COMPILER][0]:  # the user has set some
        return list(options[COMPILER])
    return [*OPTIMISED, *(AVX2 if comm.allreduce(_has_avx2(), op=MPI.LAND) else ())]


@cache
def _has_avx2() -> bool:
    """Return whether this rank's processor has the instructions, as far as Linux knows."""
    try:
        described = _PROCESSOR.read_text(encoding="utf-8")
    except OSError:
        return False
    flags = next((x for x in described.splitlines() if x.startswith("flags")), "").split()
    return {"avx2", "fma"} <= set(flags)
