"""Of random layers at rest, how many that are stable are proven so, and is any proof wrong?

Layers of three or four components between rigid isothermal plates: alpha = 1, Pr = 10, D with real
eigenvalues from 1e-3 to 0.03 and eigenvectors that are up to strongly oblique, S', expansion
coefficients and sizes of buoyancy of any sign, three of four heated from above. What grows is
computed by normal modes at four wavenumbers (tests/verify/dispersion.py).

    tools/fenicsx python3 bench/coupled_layers.py [--quick] [--json FILE]
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "verify")]  # runs from a checkout

import numpy as np  # noqa: E402
from dispersion import growth_rate  # noqa: E402
from harness import Goal, arguments, finish, table  # noqa: E402
from test_coupled_energy import LAYER, layer, random_layer  # noqa: E402

from femsoret.studies.coupled_energy import why_none_grows  # noqa: E402

WAVENUMBERS = (3.0, 0.3, 1.0, 8.0)
NEUTRAL = 1e-7
"""Growth rate that counts as zero: 1e-4 of the slowest diffusion."""

GOALS = (
    Goal("wrong", "layers that are proven stable and grow", at_most=0),
    Goal("share 2", "proven of the stable ones, three components", at_least=0.75),
    Goal("share 3", "proven of the stable ones, four components", at_least=0.5),
)


def main() -> int:
    """Run, print, and return 1 where a goal was missed."""
    options = arguments(__doc__)
    rows, measured = [], {"wrong": 0.0}
    for number, layers in ((2, 1500), (3, 500)):
        rng, counted = np.random.default_rng(7), Counter[str]()
        for _ in range(layers // 10 if options.quick else layers):
            weights, upward, K = random_layer(rng, number)
            proven = bool(why_none_grows(layer(weights, upward, K), LAYER))
            grows = any(
                growth_rate(weights, upward, K, 10.0, k).real > NEUTRAL for k in WAVENUMBERS
            )
            heat, of_all = weights[0] * upward[0] > 0.0, weights[1:] @ upward[1:] > 0.0
            kind = "heat and components stable" if heat and of_all else "others"
            counted[f"{kind}: {'grow' if grows else 'do not grow'}"] += 1
            counted[f"{kind}: proven"] += proven
            measured["wrong"] += proven and grows
        rows += [
            {"components": number + 1, "layers": key, "number": n} for key, n in counted.items()
        ]
        stable = "heat and components stable: "
        measured[f"share {number}"] = counted[stable + "proven"] / counted[stable + "do not grow"]
    print(table(sorted(rows, key=lambda row: (row["components"], row["layers"]))))
    return finish(options, rows, GOALS, measured)


if __name__ == "__main__":
    sys.exit(main())
