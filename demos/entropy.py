"""Entropy: a Soret cell in its steady state is separated, and yet not in equilibrium.

In the steady state nothing changes any more, and no component has a current: what diffusion moves
up, thermodiffusion and the flow bring down. But heat flows from the hot to the cold wall, and that
produces entropy all the time, which leaves with the heat. In a level cell at rest all of it is
produced by the conduction of heat, and the separation costs nothing. In a cell that leans by one
degree the flow stirs what thermodiffusion separates; the components then diffuse, which produces
entropy, too, a part in five million of the whole, and so does friction, a million times less.

    mpirun -n 2 python3 demos/entropy.py [FIGURE.png]

The leaning cell as a case file, whose report has the table and the figure:
femsoret run demos/entropy.toml
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from mpi4py import MPI

from femsoret import measure
from femsoret.case import load_case
from femsoret.physics.closures.modified import with_gravity
from femsoret.report.figures.samples import sample

T_COLD, T_HOT = 290.65, 300.65
WIDTH, GAP = 10e-3, 5e-3
ROUND_OFF = 1e-9
UNBALANCED = 1e-8  # of what is produced: the discretisation error of the leaning cell

comm = MPI.COMM_WORLD
leaning = load_case(Path(__file__).with_suffix(".toml")).build(comm).experiment
level = replace(leaning, mixture=with_gravity(leaning.mixture, up=(0.0, 1.0)))

entropy = {}
for name, experiment in {"level": level, "leaning by 1 degree": leaning}.items():
    found = measure(experiment, with_numerical_error=False)
    entropy[name] = parts = found.entropy
    if comm.rank == 0:
        print(
            f"{name:20} heat current {parts.heat_current:.4f} W/m2, "
            f"mass current {parts.mass_current:.1e} of the thermodiffusive flux\n"
            f"{'':20} produced by conduction {parts.conduction:.9e}, diffusion "
            f"{parts.diffusion:.3e}, friction {parts.viscous:.3e} W/(K m)\n"
            f"{'':20} leaving with heat      {parts.leaving:.9e} W/(K m)"
        )

    # No component has a current, and what is produced leaves. Conduction and diffusion, the sum of
    # squares, are all that fluxes and forces produce: Onsager's relations hold.
    assert parts.mass_current < ROUND_OFF
    assert abs(parts.leaving / parts.produced - 1.0) < UNBALANCED
    assert abs((parts.conduction + parts.diffusion) / parts.produced - 1.0) < ROUND_OFF
    assert parts.produced > 0.0

# At rest the current is kappa dT/L, kappa the conductivity without mass flux, and takes entropy
# from the hot to the cold wall, where it is more: Q (1/T_cold - 1/T_hot).
still, stirred = entropy.values()
kappa = level.mixture.reference.kappa
assert abs(still.heat_current / (kappa * (T_HOT - T_COLD) / GAP) - 1.0) < ROUND_OFF
closed_form = still.heat_current * WIDTH * (1.0 / T_COLD - 1.0 / T_HOT)
assert abs(still.produced / closed_form - 1.0) < ROUND_OFF
assert still.diffusion < ROUND_OFF * still.produced
assert still.viscous < ROUND_OFF * stirred.viscous

# Leaning, the components diffuse. The heat takes away what conduction does not account for: a part
# in five million, which the balance resolves.
assert abs((stirred.leaving - stirred.conduction) / stirred.diffusion - 1.0) < 0.1
assert 1e-7 < stirred.diffusion / stirred.produced < 1e-6
assert 0.0 < stirred.viscous < 1e-6 * stirred.diffusion


def draw(path: Path) -> None:
    """Draw where the leaning cell produces entropy."""
    import numpy as np
    from matplotlib.figure import Figure

    from femsoret.report.figures.canvas import DPI, finish, styled

    plane = samples.plane
    with styled():
        figure = Figure(figsize=(6.4, 7.2), dpi=DPI, layout="constrained")
        names = ("conduction of heat", "diffusion of the components", "friction")
        for axes, name, values in zip(figure.subplots(3), names, plane.production, strict=True):
            exponent = int(np.floor(np.log10(np.nanmax(values))))
            shown = axes.pcolormesh(
                1e3 * plane.s, 1e3 * plane.t, values / 10.0**exponent, cmap="magma",
                shading="gouraud", rasterized=True,
            )  # fmt: skip
            bar = figure.colorbar(shown, ax=axes, fraction=0.05, pad=0.03)
            bar.set_label(f"10$^{{{exponent}}}$ W/(m³ K)")
            bar.ax.ticklabel_format(useOffset=False)
            axes.set_aspect("equal")
            axes.set_title(f"entropy produced by {name}", fontsize="medium", loc="left")
            axes.set(xlabel="x / mm", ylabel="y / mm")
            axes.label_outer()
        path.write_bytes(finish(figure, "entropy", "", "").png)


samples = sample(found.solution)
if comm.rank == 0 and len(sys.argv) > 1:
    draw(Path(sys.argv[1]))
