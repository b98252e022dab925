"""Which fields a problem has, and what they are called."""

from __future__ import annotations

import re

import numpy as np
import pytest
from io_known import CONTINUOUS, FLUXES, make

from femsoret.base.errors import OutputError
from femsoret.io import output_fields
from femsoret.physics.forms import CONDUCTION, DIFFUSION

ENTROPY = "entropy production by heat and mass (W/m3/K)"


def labels(problem, units="SI"):
    return [field.label for field in output_fields(problem, units)]


def test_convection_has_all_fields(comm):
    assert labels(make(comm, 2)) == [*CONTINUOUS, *FLUXES, ENTROPY]


def test_a_problem_without_flow_has_no_velocity_and_no_pressure(comm):
    without = [label for label in (*CONTINUOUS, *FLUXES, ENTROPY) if "m/s)" not in label]
    without.remove("pressure (Pa)")
    assert labels(make(comm, 2, equations=DIFFUSION)) == without


def test_pure_conduction_has_only_temperatures(comm):
    problem = make(comm, 2, equations=CONDUCTION)
    assert labels(problem) == ["temperature (K)", "temperature deviation (K)"]


def test_entropy_needs_thermodynamics_of_mixing(comm):
    assert ENTROPY not in labels(make(comm, 2, mixing=False))


def test_a_problem_stated_by_groups_has_no_si_units(comm):
    problem = make(comm, 2)
    found = labels(problem, "groups")
    assert found[0] == "velocity (alpha/L)"
    si = re.compile(r"\((m/s|Pa|K|W/m2|kg/m2/s|W/m3/K)\)")
    assert not [label for label in found if si.search(label)]
    assert len(found) == len(labels(problem))


def test_a_wrong_system_of_units_is_refused_with_the_near_one(comm):
    with pytest.raises(OutputError, match="did you mean 'groups'"):
        labels(make(comm, 2), "group")


def test_species_names_are_made_safe(comm):
    found = labels(make(comm, 2, species='a/b <"n-dodecane" & 1,2>'))
    assert "mass fraction of a_b __n-dodecane_ _ 1,2_" in found


def test_known_fields_are_not_trivial():
    x = np.array([[1e-3, 2e-3, 0.5e-3], [2e-3, 1e-3, 0.0]]).T
    for field in (*CONTINUOUS.values(), *FLUXES.values()):
        first, second = np.atleast_2d(field(x)).T
        assert not np.allclose(first, second, rtol=1e-9, atol=0)
