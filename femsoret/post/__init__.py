"""Post: it measures a solved problem, with the fluxes that the problem itself was solved with."""
