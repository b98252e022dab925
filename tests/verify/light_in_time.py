"""What light records while a layer comes to its separation, against the exact series."""

from __future__ import annotations

import numpy as np
from test_march_relaxation import C0, TAU, layer

from femsoret.post.beam_deflection import N_AIR, BeamDeflection, Behind
from femsoret.post.interferometer import Interferometer
from femsoret.post.optical import Beam, Contrast, Optics, PathMean
from femsoret.post.rays import Normal
from femsoret.solve.march import March, MarchOptions

TOLERANCE = 1e-4
RED = Contrast(633e-9, 1.36, -2e-4, (-0.04,))
DEPTH, AWAY = 2.0, 30.0
ODD = np.arange(1, 400, 2)


def across(y):
    """Return the path across the plane of the strip at a height."""
    return Beam((Normal((0.05, y), DEPTH),), (1.0,))


def errors_in_time(comm):
    """Return the largest errors of displacement and phase over the largest values."""
    problem = layer(comm, "linearised", 1.0)
    problem.function("theta").interpolate(lambda x: x[1] - 0.5)
    beam = BeamDeflection(across(0.5), (0.0, 1.0), Optics((RED,)), Behind((), AWAY))
    phase = Interferometer("phase", PathMean(across(0.75)), PathMean(across(0.25)), Optics((RED,)))
    rows = []
    with March(problem, MarchOptions(tolerance=TOLERANCE)) as march:
        for step in march.until(3.0 * TAU):
            (moved,), (turned,) = beam.amplitudes(problem), phase.amplitudes(problem)
            rows.append((step.clock.t, moved.solutal[0], turned.solutal[0]))
    t, moved, turned = np.array(rows)[np.array(rows)[:, 0] > 0.05 * TAU].T
    decay = np.exp(-np.outer(t / TAU, ODD**2))
    gradient = 1.0 - decay @ (4.0 / (ODD * np.pi) * np.sin(ODD * np.pi / 2))
    modes = np.cos(0.75 * np.pi * ODD) - np.cos(0.25 * np.pi * ODD)
    difference = 0.5 + decay @ (4.0 / (ODD * np.pi) ** 2 * modes)
    dc = -C0 * (1.0 - C0)  # S_T dT = 1
    lever = DEPTH * (DEPTH / (2.0 * RED.n) + AWAY / N_AIR)
    wave = 2.0 * np.pi * DEPTH / RED.wavelength
    pairs = {
        "displacement": (moved, lever * RED.n_c[0] * dc * gradient),
        "phase": (turned, wave * RED.n_c[0] * dc * difference),
    }
    return {
        f"largest error of the {name}": float(np.abs(found - exact).max() / np.abs(exact).max())
        for name, (found, exact) in pairs.items()
    }
