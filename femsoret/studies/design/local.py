"""A fit close to typical values of the unknowns, to first order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from femsoret.base.types import Array
from femsoret.studies.design.response import ResponseModel
from femsoret.studies.fit.stacked import Priors
from femsoret.studies.fit.unknowns import Unknown


def typical_values(unknowns: tuple[Unknown, ...], curved: tuple[int, ...]) -> Array:
    """Return values at which curved unknowns are off their priors by one deviation, shape (p,).

    A typical tilt is not zero, and at zero the slopes say nothing of it.

    Args:
        unknowns: The unknowns.
        curved: Numbers of the curved ones.
    """
    priors = Priors(unknowns)
    x = priors.values.copy()
    x[list(curved)] += priors.widths[list(curved)]
    return x


@dataclass(frozen=True, eq=False)
class Local:
    """A fit close to typical values.

    Args:
        model: The response of a record.
        u: Standard uncertainties of its values, shape (n,).
    """

    model: ResponseModel
    u: Array

    @property
    def typical(self) -> Array:
        """The values, shape (p,)."""
        curved = tuple(axis.unknown for axis in self.model.response.axes)
        return typical_values(self.model.unknowns, curved)

    @property
    def predicted(self) -> Array:
        """What the response predicts there, shape (n,)."""
        return self.model.predict(self.typical, slopes=False).values

    def shifts(self, changes: Array) -> Array:
        """Return how changes of the predictions shift the unknowns, shape (p, m).

        With W the weights of the data and P those of the priors the shifts are
        -(J^T W J + P)^-1 J^T W df (JCGM 100:2008, 5.1), as in the budget of a fit.

        Args:
            changes: The changes df, shape (n, m).
        """
        priors = Priors(self.model.unknowns)
        J = self.model.predict(self.typical).jacobian
        assert J is not None  # slopes were asked for
        J = J / self.u[:, None]
        scale = 1.0 / np.sqrt(np.maximum(np.sum(J**2, axis=0), priors.precision**2) + 1e-300)
        H = (J.T @ J + np.diag(priors.precision**2)) * np.outer(scale, scale)
        inverse = np.linalg.pinv(H, rcond=1e-12, hermitian=True) * np.outer(scale, scale)
        return np.asarray(-inverse @ J.T @ (changes / self.u[:, None]))
