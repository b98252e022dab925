"""Post-processing: quantities of a solved problem, from the same fluxes as in its equations."""
