"""Gases of the verification table: kinetic theory, and a column."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from mpi4py import MPI

from femsoret.case import load_case
from femsoret.fluids.gases import BinaryGas, Collision, Gas, hard_spheres
from femsoret.studies.columns import column_slope
from femsoret.studies.measure.steady import measure

HE, NE, AR = 4.0026e-3, 20.1797e-3, 39.948e-3  # kg/mol

# Collision integrals of Lennard-Jones molecules at 300 K by quadrature of the angles of deflection,
# converged to the digits shown: He 2.551, 10.22; Ne 2.82, 32.8; Ar 3.542, 93.3 (1e-10 m, K), with
# arithmetic and geometric means for pairs.
HELIUM = Collision(2.551e-10, omega_22=0.7030)
NEON = Collision(2.820e-10, omega_22=0.8359)
ARGON = Collision(3.542e-10, omega_22=1.0204)
LENNARD_JONES = {
    "He-Ar": BinaryGas(
        HE, AR, (HELIUM, ARGON), Collision(3.0465e-10, 0.74586, 0.82805, 1.0923, 0.94386)
    ),
    "Ne-Ar": BinaryGas(
        NE, AR, (NEON, ARGON), Collision(3.1810e-10, 0.82843, 0.91274, 1.0937, 0.93430)
    ),
}

COLUMN_CASE = Path(__file__).parents[2] / "demos" / "gas_column.toml"


def exact() -> dict[str, Mapping[str, float]]:
    """Return what needs no Cantera, by case."""
    heavy, light = 1.0 + 1e-6, 1.0
    alike = hard_spheres(heavy, light, (3e-10, 3e-10)).thermal_diffusion_factor(0.5)
    spheres = hard_spheres(HE, AR, (2.8525e-10, 3.410e-10))
    return {
        "hard spheres of masses that differ little": {
            "alpha_T (M1+M2)/(M1-M2)": alike * (heavy + light) / (heavy - light)
        },
        **{
            f"hard spheres He-Ar, x of He {x:g}": {"-alpha_T": -spheres.thermal_diffusion_factor(x)}
            for x in (0.01, 0.5, 0.99)
        },
        **{
            f"Lennard-Jones {pair}, 300 K, x 0.5": {"-alpha_T": -gas.thermal_diffusion_factor(0.5)}
            for pair, gas in LENNARD_JONES.items()
        },
    }


def computed() -> dict[str, Mapping[str, float]]:
    """Return what Cantera computes, by case."""
    return {
        f"Cantera, {pair}, {T:.0f} K, x 0.5": {
            "-alpha_T": -Gas(tuple(pair.split("-")), mechanism).alpha_T(T, 0.5)
        }
        for pair, T, mechanism in (
            ("He-Ar", 300.0, None),
            ("H2-N2", 300.0, "gri30.yaml"),
            ("H2-CO2", 300.0, "gri30.yaml"),
            ("H2-D2", 348.15, None),
        )
    }


def column() -> tuple[Mapping[str, float], int]:
    """Return the slope of the column over the formula, and the number of unknowns."""
    experiment = load_case(COLUMN_CASE).build(MPI.COMM_WORLD).experiment
    found = measure(experiment, with_numerical_error=False)
    values = experiment.fluid.at(experiment.mixture.T0)
    a, dT = experiment.orientation.gap, experiment.orientation.dT
    X = experiment.mixture.gravity.magnitude * values.beta_T * dT * a**3 / (values.nu * values.D)
    slope = -found.gradients["mid-height"].c * a / (values.S_T * values.f * dT)
    return {"slope over the formula": slope / column_slope(X)}, found.solution.convection.num_dofs
