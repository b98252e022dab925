"""What a run leaves in its folder, field files apart."""

from __future__ import annotations

from typing import Final

FILES: Final = {
    "summary.json",
    "case.resolved.toml",
    "run.json",
    "figures.npz",
    "solver_history.txt",
    "report.md",
    "report.html",
    "figures",
}
