"""Compile what all compiled forms include, once: tools/compile_header.py FOLDER.

Half a form's time in the C compiler goes into headers, those of Python above all. gcc uses what is
written here where a form is compiled with the same arguments, and else reads the header as text:
``CC="gcc -include FOLDER/forms.h"``.
"""

from __future__ import annotations

import shlex
import subprocess
import sys
import sysconfig
from pathlib import Path

import ffcx.codegeneration

from femsoret.base.compiled import AVX2, OPTIMISED, has_avx2

# The first lines are those with which the files of cffi begin.
HEADER = """\
#include <pyconfig.h>
#if !defined(Py_DEBUG) && !defined(Py_TRACE_REFS) && !defined(Py_REF_DEBUG)
#  define Py_LIMITED_API
#endif
#include <Python.h>
#include <math.h>
#include <stdalign.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <ufcx.h>
"""

# What FFCx and setuptools add to the arguments of each form.
BEFORE = [*shlex.split(f"{sysconfig.get_config_var('CFLAGS')} -fPIC"), "-std=c17"]
KINDS = {"optimised": [*OPTIMISED, *(AVX2 if has_avx2() else ())], "plain": ["-O2", "-g0"]}


def main(folder: Path) -> None:
    """Write the header, and compile it for each kind of arguments."""
    header, made = folder / "forms.h", folder / "forms.h.gch"
    made.mkdir(parents=True, exist_ok=True)
    header.write_text(HEADER, encoding="utf-8")
    places = (sysconfig.get_path("include"), ffcx.codegeneration.get_include_path())
    included = [f"-I{place}" for place in places]
    for kind, arguments in KINDS.items():
        command = ["gcc", *BEFORE, *included, *arguments, "-x", "c-header", str(header)]
        subprocess.run([*command, "-o", str(made / kind)], check=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
