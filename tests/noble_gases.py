"""Noble gases as Lennard-Jones molecules, whose collision integrals are known."""

from __future__ import annotations

from femsoret.fluids.gases import BinaryGas, Collision

HE, NE, AR = 4.0026e-3, 20.1797e-3, 39.948e-3  # kg/mol

# Collision integrals of Lennard-Jones molecules at 300 K by quadrature of the angles of deflection,
# converged to the digits shown: He 2.551, 10.22; Ne 2.82, 32.8; Ar 3.542, 93.3 (1e-10 m, K), with
# arithmetic and geometric means for pairs. (diameter, Omega 11, Omega 22, B*, C*).
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
