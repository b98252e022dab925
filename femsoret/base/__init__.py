"""Foundations of all other packages: errors, units, logs, MPI ranks, compiled forms; no physics."""
