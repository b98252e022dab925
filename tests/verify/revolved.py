"""A manufactured solution in a full cylinder r <= 1, 0 <= z <= 1, and the operators of (r, z).

Scalars are even in r and the radial velocity is odd, as on the axis they must be. The operators are
written out from the textbook (Bird, Stewart, Lightfoot, *Transport Phenomena*, appendices A.7 and
B), not taken from the code.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import ufl

T0, C0 = 3.0, 0.4


def temperature(x: Any, lib: Any) -> Any:
    r2, z = x[0] ** 2, x[1]
    return T0 + 0.4 * lib.sin(1.2 * r2 + 0.3) * lib.cos(z) + 0.2 * z**2 * r2


def composition(x: Any, lib: Any) -> Any:
    """Its mean over the cylinder is C0."""
    r2, z = x[0] ** 2, x[1]
    return C0 + 0.15 * (lib.cos(np.pi * z) * lib.exp(0.5 * r2) + (r2 - 0.5) * z)


def pressure(x: Any, lib: Any) -> Any:
    """Its mean over the cylinder is zero."""
    return lib.cos(np.pi * x[1]) * (1.0 + x[0] ** 2) + 0.3 * (x[0] ** 2 - 0.5)


def velocity(x: Any) -> Any:
    """(-r df/dz, 2 f + r df/dr): without divergence for any f; not zero on the boundary."""
    r, z = x
    f = ufl.sin(1.5 * z + 0.2) * ufl.cos(1.1 * r**2) + 0.5 * z * r**2
    return ufl.as_vector((-r * f.dx(1), 2.0 * f + r * f.dx(0)))


def strain(u: Any, r: Any) -> Any:
    """Return e_rr, e_zz, e_angle, e_rz."""
    return u[0].dx(0), u[1].dx(1), u[0] / r, 0.5 * (u[0].dx(1) + u[1].dx(0))


def divergence(a: Any, r: Any) -> Any:
    return (r * a[0]).dx(0) / r + a[1].dx(1)


def friction(mu: Any, u: Any, r: Any) -> Any:
    """Return the divergence of 2 mu e(u)."""
    rr, zz, angle, rz = (2.0 * mu * e for e in strain(u, r))
    return ufl.as_vector(((r * rr).dx(0) / r + rz.dx(1) - angle / r, (r * rz).dx(0) / r + zz.dx(1)))
