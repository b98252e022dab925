"""Small problems with known fields."""

from __future__ import annotations

import numpy as np

from femsoret.cells import box, rectangle
from femsoret.fluids.properties import Constant
from femsoret.physics.closures import CLOSURES, BoussinesqMixture, Gravity, MolarMixing, Species
from femsoret.physics.forms import CONVECTION
from femsoret.problem import Problem
from femsoret.problem.conditions import Temperature

T0, C0, KAPPA, RHO, D, S_T = 298.15, 0.3, 0.6, 1000.0, 1e-9, 5e-3
M1, M2 = 0.018, 0.046


def mixture(dim, *, species="water", mixing=True):
    up = (0.0,) * (dim - 1) + (1.0,)
    return BoussinesqMixture(
        T0=T0,
        rho0=RHO,
        cp=4000.0,
        beta_T=1e-4,
        viscosity=Constant(1e-3),
        conductivity=Constant(KAPPA),
        gravity=Gravity(9.81, up),
        species=(
            Species(
                name=species,
                c0=C0,
                beta_c=0.2,
                diffusion=Constant(D),
                soret=Constant(S_T),
                mixing=MolarMixing(M1, M2, Constant(1.0)) if mixing else None,
            ),
        ),
        closure=CLOSURES["full"],
    )


def make(comm, dim, *, equations=CONVECTION, degree=2, shape=None, **options):
    if dim == 2:
        cell = rectangle(comm, (4e-3, 1e-3), (5, 3), shape=shape or "triangle")
    else:
        cell = box(comm, (2e-3, 1e-3, 1e-3), (3, 2, 2), shape=shape or "tetrahedron")
    walls = [Temperature(("left",), T0 + 1.0), Temperature(("right",), T0 - 1.0)]
    return Problem(cell, mixture(dim, **options), walls, equations=equations, degree=degree)


# Quadratics in millimetres: they are in the space, so files must hold them to round-off, and their
# values between the vertices are no means of values at vertices.


def theta(x):
    X, Y = 1e3 * x[0], 1e3 * x[1]
    return X**2 - 2 * Y**2 + X * Y + 3 * x[2] * 1e3


def gamma(x):
    return 1e-6 * (1e3 * x[0] - (1e3 * x[1]) ** 2)


def pressure(x):
    return 5.0 + 1e3 * x[0] - 2e3 * x[1]


def velocity(x):
    X, Y = 1e3 * x[0], 1e3 * x[1]
    return 1e-6 * np.stack([Y**2, 2 * X * Y, X**2 + 1.0])


def grad_theta(x):
    X, Y = 1e3 * x[0], 1e3 * x[1]
    return 1e3 * np.stack([2 * X + Y, X - 4 * Y, np.full_like(X, 3.0)])


def grad_gamma(x):
    return 1e-3 * np.stack([np.ones_like(x[0]), -2e3 * x[1], np.zeros_like(x[0])])


def mass_flux(x):
    c = C0 + gamma(x)
    return -RHO * D * (grad_gamma(x) + S_T * c * (1 - c) * grad_theta(x))


def heat_flux(x):
    T, c = T0 + theta(x), C0 + gamma(x)
    mu_f = 8.31446261815324 * T / (M1 * M2) / (c / M1 + (1 - c) / M2)
    return -KAPPA * grad_theta(x) + T * S_T * mu_f * mass_flux(x)


CONTINUOUS = {
    "velocity (m/s)": velocity,
    "pressure (Pa)": pressure,
    "temperature (K)": lambda x: T0 + theta(x),
    "temperature deviation (K)": theta,
    "mass fraction of water": lambda x: C0 + gamma(x),
    "composition deviation of water": gamma,
}
FLUXES = {"heat flux (W/m2)": heat_flux, "mass flux of water (kg/m2/s)": mass_flux}


def set_known(problem):
    """Give a problem the known fields."""
    dim = problem.cell.dim
    known = {
        "u": lambda x: velocity(x)[:dim],
        # The physical pressure is the sum of the two.
        "p": lambda x: 0.25 * pressure(x),
        "phi": lambda x: 0.75 * pressure(x),
        "chi": theta,  # in no field that is written
        "theta": theta,
        "gamma": gamma,
    }
    for name, function in zip(problem.layout.names, problem.functions, strict=True):
        function.interpolate(known[name])
    return problem


def expected(field, x, dim):
    """Return a known field at points, shape (n, components in the file)."""
    # Third coordinate: a 2D field knows none.
    values = np.atleast_2d(field(np.asarray(x).T))
    if len(values) > 1:
        values[dim:] = 0.0
    return values.T


def assert_close(found, wanted):
    assert found.shape == wanted.shape
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-11 * np.abs(wanted).max())
