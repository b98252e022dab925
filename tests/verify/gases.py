"""Gases of the verification table: kinetic theory, and a column."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from mpi4py import MPI

from noble_gases import AR, HE, LENNARD_JONES

from femsoret.case import load_case
from femsoret.fluids.gases import Gas, hard_spheres
from femsoret.studies.columns import column_slope
from femsoret.studies.measure.steady import measure

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
