"""Draw the rows of bench/peers.py, given as JSON on standard input: plot.py PNG."""

from __future__ import annotations

import json
import sys

import matplotlib as mpl

mpl.use("agg")

from matplotlib import pyplot as plt

COLOURS = {"femsoret": "C3", "ngsolve": "C0", "freefem": "C2", "openfoam": "C7"}
MARKERS = "os^vDPX"


def main() -> int:
    """Draw error over CPU time and over memory, one row of panels for each case."""
    rows = json.load(sys.stdin)
    cases = list(dict.fromkeys(row["case"] for row in rows))
    figure, panels = plt.subplots(
        len(cases), 2, figsize=(13, 4.5 * len(cases)), squeeze=False, layout="constrained"
    )
    for case, pair in zip(cases, panels, strict=True):
        mine = [row for row in rows if row["case"] == case]
        series = list(dict.fromkeys((row["system"], row["elements"]) for row in mine))
        for panel, key, label in zip(
            pair, ("CPU s", "MB"), ("CPU time (s)", "peak memory (MB)"), strict=True
        ):
            for i, (system, elements) in enumerate(series):
                runs = [r for r in mine if (r["system"], r["elements"]) == (system, elements)]
                panel.loglog(
                    [run[key] for run in runs],
                    [run["error"] for run in runs],
                    color=COLOURS[system],
                    marker=MARKERS[i % len(MARKERS)],
                    linewidth=1,
                    label=f"{system}, {elements}",
                )
            panel.set_xlabel(label)
            panel.set_ylabel("error of Nu, relative")
            panel.set_title(f"heated {case}")
            panel.grid(alpha=0.3)
        pair[1].legend(fontsize=8, loc="center left", bbox_to_anchor=(1.0, 0.5))
    figure.savefig(sys.argv[1], dpi=120)
    return 0


if __name__ == "__main__":
    sys.exit(main())
