"""Physics: coordinate systems, closures (local properties and fluxes) and forms (weak terms)."""
