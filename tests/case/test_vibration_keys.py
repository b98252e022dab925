"""Fast vibration in case files: what its keys mean, what is warned of and what is refused."""

from __future__ import annotations

import math

import pytest
from case_texts import GROUPS, PHYSICAL

from femsoret.base.errors import FemsoretError
from femsoret.case import load_case
from femsoret.problem.conditions import VibrationSymmetry
from femsoret.report.summary.head import orientation_part
from femsoret.report.words.phrases import orientation_text
from femsoret.studies.measure.state import dimensionless_groups

HEAD = "[vibration]\ndirection = [3, 0]\n"
FAST = 'frequency = "200 Hz"\namplitude = "1 mm"\n'


def test_amplitude_velocity_and_acceleration_are_one(write, comm):
    omega = 2.0 * math.pi * 200.0
    sizes = (
        'amplitude = "1 mm"',
        f'velocity = "{1e-3 * omega!r} m/s"',
        f'acceleration = "{1e-3 * omega**2!r} m/s^2"',
    )
    for size in sizes:
        text = PHYSICAL + HEAD + f'frequency = "200 Hz"\n{size}\n'
        experiment = load_case(write(text), []).build(comm).experiment
        vibration = experiment.mixture.gravity.vibration
        assert vibration.velocity == pytest.approx(1e-3 * omega, rel=1e-9)
        assert vibration.direction == (1.0, 0.0)
    at, frame = experiment.mixture.reference, experiment.orientation
    Ra_v = (1e-3 * omega * at.beta_T * frame.dT * frame.gap) ** 2 / (2.0 * at.nu * at.alpha)
    assert dimensionless_groups(experiment)["Ra_v"] == pytest.approx(Ra_v, rel=1e-9)
    assert orientation_text(orientation_part(experiment)).endswith("vibrated along (1, 0)")


def test_with_groups_it_is_Ra_v(write, comm):
    symmetry = '[[condition]]\nkind = "vibration-symmetry"\nsides = ["left", "right"]\n'
    text = GROUPS + symmetry + HEAD + "Ra_v = 2e3\n"
    experiment = load_case(write(text), []).build(comm).experiment
    assert dimensionless_groups(experiment)["Ra_v"] == pytest.approx(2e3, rel=1e-9)
    assert VibrationSymmetry(("left", "right")) in experiment.conditions


def test_a_slow_vibration_is_warned_of(write, comm):
    fast = load_case(write(PHYSICAL + HEAD + FAST), []).build(comm)
    assert not any("averaged" in warning for warning in fast.warnings)
    slow = load_case(write(PHYSICAL + HEAD + FAST.replace("200", "0.5")), []).build(comm)
    assert sum("averaged" in warning for warning in slow.warnings) == 1  # friction, not conduction
    far = load_case(write(PHYSICAL + HEAD + FAST.replace("1 mm", "1 m")), []).build(comm)
    assert any("displacement of the fluid" in warning for warning in far.warnings)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (PHYSICAL + HEAD + 'amplitude = "1 mm"\n', r"\[vibration\] frequency: missing"),
        (PHYSICAL + HEAD + 'frequency = "9 Hz"\n', "given by nothing"),
        (PHYSICAL + HEAD + FAST + 'velocity = "1 m/s"\n', "given by amplitude and velocity"),
        (PHYSICAL + HEAD + 'frequency = "9 Hz"\nRa_v = 1.0\n', "given by Ra_v"),
        (PHYSICAL + HEAD.replace("[3, 0]", "[3, 0, 0]") + FAST, "3 components in a 2D cell"),
        (GROUPS + HEAD + "Ra_v = 1.0\nfrequency = 3.0\n", "do not depend on the frequency"),
        (GROUPS + HEAD + "amplitude = 1.0\n", "give Ra_v"),
    ],
)
def test_what_is_refused(write, comm, text, said):
    with pytest.raises(FemsoretError, match=said):
        load_case(write(text), []).build(comm)
