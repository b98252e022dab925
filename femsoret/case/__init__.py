"""Case files: from a TOML file to an experiment."""

from femsoret.case.advice import advice_on, advice_on_memory
from femsoret.case.case import Case, CaseRun
from femsoret.case.inputs import resolved_toml
from femsoret.case.load import load_case
from femsoret.case.reference import case_reference

__all__ = [
    "Case",
    "CaseRun",
    "advice_on",
    "advice_on_memory",
    "case_reference",
    "load_case",
    "resolved_toml",
]
