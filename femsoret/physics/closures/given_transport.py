"""Parameters of a mixture at given Soret coefficients and entries of its diffusion matrix.

They are given at the reference temperature and composition; the laws of T and c keep their
form. D changes at fixed Soret coefficients: where a mixture holds D and D_T, its D_T follow as
D S'.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

import numpy as np

from femsoret.base.errors import CaseError
from femsoret.base.types import Array
from femsoret.fluids.properties import Constant, Scaled
from femsoret.physics.closures.medium import Mixture
from femsoret.physics.closures.mixture import BoussinesqMixture
from femsoret.physics.closures.multicomponent import (
    MeasuredTransport,
    MulticomponentMixture,
    ReciprocalMeasuredTransport,
    ReciprocalSoretTransport,
    SoretTransport,
)


@dataclass(frozen=True)
class Coefficient:
    """A law of the mixture as a function of its value at the reference state.

    Args:
        path: Path of the law among the parameters of the problem.
        law: The law.
        reference: Its value at the reference state.
        what: What it is, for messages.
    """

    path: str
    law: object
    reference: float
    what: str

    def parameter(self) -> tuple[str, Callable[[float], float]]:
        """Return a parameter and its value as a function of that at the reference state.

        Raises:
            CaseError: No parameter scales the law.
        """
        path, law, reference = self.path, self.law, self.reference
        match law:
            case Scaled(factor=factor) if reference:
                return f"{path}.factor", lambda value: factor * value / reference
            case Scaled(model=Constant(), factor=factor) if factor:
                return f"{path}.model.value", lambda value: value / factor
            case Constant(value=constant) if reference:
                return f"{path}.value", lambda value: constant * value / reference
            case Constant():
                return f"{path}.value", lambda value: value
        raise CaseError(
            f"{self.what} follows a law that no single number scales"
            + ("" if reference else ", and is zero at the reference state"),
            "give it as a constant, or as a law of a fluid file",
        )


class GivenTransport:
    """The parameters that give Soret coefficients and entries of D their values.

    Args:
        mixture: The mixture.
        soret: Numbers of the species whose Soret coefficient is given.
        D: Rows and columns of the entries of D that are given.

    Raises:
        CaseError: The mixture has no such coefficient, or its law cannot be scaled.
    """

    def __init__(
        self, mixture: Mixture, soret: Collection[int], D: Collection[tuple[int, int]]
    ) -> None:
        self._reference = mixture.reference
        self._soret, self._D = tuple(soret), tuple(D)
        self._matrix: Array = np.zeros((0, 0))
        self._setters: dict[tuple[str, int, int], tuple[str, Callable[[float], float]]] = {}
        if self._soret or self._D:
            self._find(mixture)

    def parameters(
        self, soret: Mapping[int, float], D: Mapping[tuple[int, int], float]
    ) -> dict[str, float]:
        """Return the values of all parameters that depend on the given coefficients.

        Args:
            soret: Number of a species -> its Soret coefficient, 1/K.
            D: Row and column -> entry of the diffusion matrix, m2/s.
        """
        if not self._setters:
            return {}
        S, matrix = self._reference.soret.copy(), self._matrix.copy()
        for i, value in soret.items():
            S[i] = value
        for (row, column), value in D.items():
            matrix[row, column] = value
        of = {"S": S[:, None], "D": matrix, "D_T": (matrix @ S)[:, None]}
        return {
            name: setter(float(of[kind][i, k]))
            for (kind, i, k), (name, setter) in self._setters.items()
        }

    def _find(self, mixture: Mixture) -> None:
        """Find the parameters of all coefficients that the unknowns change."""
        n, reference = len(mixture.species), self._reference
        self._matrix = np.array(reference.D)
        found: list[tuple[tuple[str, int, int], Coefficient]] = []
        match mixture:
            case BoussinesqMixture(species=species):
                for i in self._soret:
                    S, law = float(reference.soret[i]), species[i].soret
                    found.append((("S", i, 0), Coefficient(f"species.{i}.soret", law, S, "S_T")))
                for i, k in self._D:
                    if i != k:
                        raise CaseError("the mixture has no cross diffusion", "name one component")
                    D, law = float(reference.D[i, i]), species[i].diffusion
                    found.append((("D", i, i), Coefficient(f"species.{i}.diffusion", law, D, "D")))
            case MulticomponentMixture(transport=SoretTransport() | MeasuredTransport() as held):
                self._check_reciprocity(held)
                at = (mixture.T0, tuple(species.c0 for species in mixture.species))
                self._matrix = np.array([[float(law(*at)) for law in row] for row in held.D])
                for i, k in self._D:
                    D, law = float(self._matrix[i, k]), held.D[i][k]
                    of = Coefficient(f"transport.D.{i}.{k}", law, D, f"D of row {i}, column {k}")
                    found.append((("D", i, k), of))
                if isinstance(held, SoretTransport):
                    for i in self._soret:
                        S, law = float(reference.soret[i]), held.S[i]
                        found.append((("S", i, 0), Coefficient(f"transport.S.{i}", law, S, "S'_T")))
                else:
                    for i in range(n):
                        D_T, law = float(held.D_T[i](*at)), held.D_T[i]
                        of = Coefficient(f"transport.D_T.{i}", law, D_T, "D_T")
                        found.append((("D_T", i, 0), of))
            case _:
                raise CaseError(
                    "the mixture holds Onsager's coefficients, of which S_T and D follow together",
                    "use a fluid with D and S_T, or with D and D_T",
                )
        self._setters = {key: coefficient.parameter() for key, coefficient in found}

    def _check_reciprocity(self, transport: object) -> None:
        corrected = isinstance(transport, ReciprocalSoretTransport | ReciprocalMeasuredTransport)
        if corrected and self._D:
            raise CaseError(
                "D of this mixture is corrected to satisfy Onsager's relations, so that its "
                "entries are not free",
                'use reciprocity = "as measured", or seek Soret coefficients alone',
            )
