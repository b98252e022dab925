"""The compiled header: gcc uses it for forms, whichever of the two sets of arguments they have."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.serial,
    pytest.mark.skipif(
        not (os.environ.get("FEMSORET_ENVIRONMENT") and shutil.which("gcc")),
        reason="the header is for the Debian roots of tools/fenicsx",
    ),
]

ROOT = Path(__file__).resolve().parents[2]

FORM = """
import ufl
from dolfinx.mesh import create_unit_interval
from mpi4py import MPI
from femsoret.base.compiled import compiled
compiled(ufl.SpatialCoordinate(create_unit_interval(MPI.COMM_SELF, 1))[0] * ufl.dx)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("a header")
    subprocess.run([sys.executable, ROOT / "tools" / "compile_header.py", made], check=True)
    return made


@pytest.mark.parametrize(("arguments", "kind"), [(None, "optimised"), ("-O2 -g0", "plain")])
def test_forms_are_compiled_with_it(folder, tmp_path, arguments, kind):
    kept = {name: value for name, value in os.environ.items() if name != "FEMSORET_CFLAGS"}
    env = kept | {
        "CC": f"gcc -H -include '{folder}/forms.h'",  # -H: gcc says which headers it reads, and how
        "XDG_CACHE_HOME": str(tmp_path),
        **({} if arguments is None else {"FEMSORET_CFLAGS": arguments}),
    }
    done = subprocess.run(
        [sys.executable, "-c", FORM], capture_output=True, text=True, check=True, env=env
    )
    assert f"! {folder}/forms.h.gch/{kind}\n" in done.stderr
