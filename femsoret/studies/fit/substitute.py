"""A response surface in place of the model of a fit: its predictions cost next to nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from femsoret.base.types import Array
from femsoret.studies.fit.model import Predictions
from femsoret.studies.fit.posterior import Posterior
from femsoret.studies.fit.surface import Surface
from femsoret.studies.fit.unknowns import Unknown


@dataclass(frozen=True, eq=False)
class Substitute:
    """What a response surface predicts (see :class:`~femsoret.studies.fit.model.Model`).

    Args:
        posterior: The density to first order, in the coordinates of which the surface is.
        surface: The response surface.
    """

    posterior: Posterior
    surface: Surface

    @property
    def unknowns(self) -> tuple[Unknown, ...]:
        """The unknowns, in the order of their values."""
        return self.posterior.priors.unknowns

    def predict(self, values: Array, *, slopes: bool = True) -> Predictions:
        """Return what the surface predicts.

        Args:
            values: Values of the unknowns, in their units, shape (unknowns,).
            slopes: Whether derivatives by the unknowns are needed.
        """
        of, surface, noise = self.posterior, self.surface, self.posterior.noise
        terms = surface.terms(of.t_of(np.asarray(values, dtype=np.float64))[None])
        found = (terms @ surface.coefficients)[0] * noise
        if not slopes:
            return Predictions(found, None)
        by_t = [
            (surface.slopes_of_terms(terms, k) @ surface.coefficients)[0]
            for k in range(of.basis.shape[1])
        ]
        return Predictions(found, noise[:, None] * (np.array(by_t).T @ of.to_t))
