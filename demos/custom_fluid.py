"""A fluid of your own: override values of the database, and write a property law.

Salt water has a Soret coefficient that changes sign near 12 C: below, the salt goes to the warm
side. This script takes sodium chloride in water from the database, gives it a measured diffusion
coefficient of its own and a law for S_T(T) that the database does not have, and asks what a cell
of 4 mm reports that is heated from above and levelled to one degree. With gravity switched off the
result must be the closed form, in which only S_T counts.

    mpirun -n 2 python3 demos/custom_fluid.py
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from typing import Any

from mpi4py import MPI

from scipy.integrate import quad

from femsoret import Experiment, Temperature, load_fluid, measure, mixture_of, rectangle, up_vector

HEIGHT, WIDTH = 4e-3, 8e-3  # m
T_COLD, T_HOT = 288.15, 298.15  # K, above the sign change
TILT = 1.0  # degrees


# A property is a frozen dataclass that is called with T (K) and c. It must work for floats, for
# arrays and for UFL expressions alike, so it is made of arithmetic alone (ufl.exp and the like
# would need an "if"). Its fields become constants of the compiled forms, so that changing a value
# compiles nothing.
@dataclass(frozen=True)
class SignChange:
    """S_T(T) = slope (T - T_star)/(1 + (T - T_star)/width): a sign change, then saturation.

    Args:
        slope: Slope at the sign change, 1/K2.
        T_star: Temperature of the sign change, K.
        width: Temperature scale of the saturation, K.
    """

    slope: float
    T_star: float
    width: float

    def __call__(self, T: Any, c: Any) -> Any:
        """Evaluate at T (K)."""
        above = T - self.T_star
        return self.slope * above / (1.0 + above / self.width)


law = SignChange(slope=9.2e-5, T_star=285.15, width=60.0)

# Everything that is not overridden keeps the value and the source of the database; what is, says in
# every report that it was given here.
fluid = load_fluid("nacl-water").with_(soret=law, diffusion=1.47e-9)

comm = MPI.COMM_WORLD
cell = rectangle(comm, (WIDTH, HEIGHT), (16, 12), grading=3.0)
walls = (Temperature("top", T_HOT), Temperature("bottom", T_COLD))
up = up_vector((0.0, 1.0), TILT)


def experiment(g: float) -> Experiment:
    mixture = mixture_of(fluid, T0=0.5 * (T_COLD + T_HOT), c0=fluid.c, up=up, g=g)
    return Experiment("salt water", cell, mixture, walls, fluid=fluid)


tilted = measure(experiment(g=9.80665))
at_rest = measure(experiment(g=0.0), with_numerical_error=False)

soret = tilted.solution.soret
bound = tilted.numerical_error.of["soret.bias"]
if comm.rank == 0:
    print(f"S_T at the walls: {law(T_COLD, 0.0):.3e} and {law(T_HOT, 0.0):.3e} 1/K")
    print(f"S_T true {soret.true.value:.4e} 1/K, apparent {soret.apparent:.4e} 1/K")
    print(f"bias {100 * soret.bias:.4f} % +- {100 * bound:.1g} % (numerical error)")
    known = {c.entry for c in tilted.uncertainty.contributions if c.relative is not None}
    print(f"with known uncertainty: {', '.join(sorted(known)) or 'nothing'}")

# Without flow dc/dT = -S_T(T) c(1-c): the cell reports the mean of S_T over the temperature.
mean_S_T = quad(law, T_COLD, T_HOT, args=(0.0,))[0] / (T_HOT - T_COLD)
assert abs(soret.true.value / mean_S_T - 1.0) < 1e-9

# The same from the readings of the cell without gravity, by hand.
readings = at_rest.solution.soret.at
c_hot, c_cold = fluid.c + readings.gamma_hot, fluid.c + readings.gamma_cold
by_hand = -(log(c_hot / (1 - c_hot)) - log(c_cold / (1 - c_cold))) / (T_HOT - T_COLD)
assert abs(by_hand / mean_S_T - 1.0) < 1e-5

# One degree of tilt costs part of the separation, far more than the numerical error.
assert soret.bias < -100 * bound
