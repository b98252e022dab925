"""A fit as a whole: naive and corrected values, their difference by cause, and the budget."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from femsoret.base.types import Array
from femsoret.experiment.measured import DataSet
from femsoret.studies.fit.budget import Budget
from femsoret.studies.fit.estimate import Estimate
from femsoret.studies.fit.explanation import Explanation
from femsoret.studies.fit.profile import Profile


@dataclass(frozen=True, eq=False)
class FitFindings:
    """What a fit found.

    Args:
        data: The measured data.
        corrected: The unknowns by the full model.
        naive: The unknowns by the closed series, as laboratories evaluate; None for the reason in
            `why_no_naive`.
        naive_curves: (data set, column) -> predictions of the naive evaluation at all times of the
            series, shape (n,), nan outside of what it evaluates; series that it does not use are
            left out.
        why_no_naive: Why there is no naive value; empty if there is one.
        budgets: Uncertainty budget of each unknown by its name.
        explanations: Name of an unknown with a naive value -> what makes the difference to the
            corrected one.
        profiles: Name of an unknown -> profile of its likelihood.
    """

    data: tuple[DataSet, ...]
    corrected: Estimate
    naive: Estimate | None = None
    naive_curves: Mapping[tuple[str, str], Array] = MappingProxyType({})
    why_no_naive: str = ""
    budgets: Mapping[str, Budget] = MappingProxyType({})
    explanations: Mapping[str, Explanation] = MappingProxyType({})
    profiles: Mapping[str, Profile] = MappingProxyType({})
