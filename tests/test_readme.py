"""What the front page shows is what happens."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def without_bounds(text: str) -> list[str]:
    """Return the lines of the example; the bounds of its numerical error are left to the solver."""
    return re.findall(r"tilt \d deg: .* %(?= \+-)", text)


@pytest.mark.serial
def test_the_python_example_prints_what_is_said(tmp_path):
    (example,) = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    script = tmp_path / "tilts.py"
    script.write_text(example, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(script)], cwd=tmp_path, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert without_bounds(done.stdout) == without_bounds(README)
    assert len(without_bounds(README)) == 3
