"""Which columns of a history are compared with measured data: those that are linear in T and c."""

from __future__ import annotations

from femsoret.base.errors import CaseError, nearest
from femsoret.experiment import Experiment
from femsoret.studies.fit.observed import shown_columns
from femsoret.studies.measure.instruments import column_of, optical_signals
from femsoret.studies.measure.recorder import SIGNAL, THERMOMETER, endings, history_columns
from femsoret.studies.measure.rows import Column


def predicted_columns(experiment: Experiment) -> dict[str, Column]:
    """Return the columns of the history that a fit predicts, by name; collective at first.

    Args:
        experiment: The experiment.
    """
    known = {each.name: each for each in history_columns(experiment, (), flow=experiment.flows)}
    return {name: known[name] for name in shown_columns(experiment) if name in known}


def predicted_column(experiment: Experiment, signal: str) -> Column:
    """Return the column of the history that a name stands for; collective at first.

    A signal is also known by the names that case files use: that of a pair of readings, a gradient,
    an instrument or a thermometer, in this order. An optical instrument records what its light
    does.

    Args:
        experiment: The experiment.
        signal: Name of a column, or of a signal.

    Raises:
        CaseError: No run predicts such a signal, or the name stands for several of them.
    """
    known = predicted_columns(experiment)
    if signal in known:
        return known[signal]
    found = _columns_of(experiment, signal)
    if not found:
        friendly = [*experiment.signals, *experiment.thermometers]
        raise CaseError(
            f"no run of this case predicts a signal {signal!r}",
            nearest(signal, dict.fromkeys((*known, *friendly))),
        )
    if len(found) > 1:
        raise CaseError(
            f"the signal {signal!r} may be any of {', '.join(found)}", "name one of these columns"
        )
    return known[found[0]]


def _columns_of(experiment: Experiment, signal: str) -> list[str]:
    """Return the names of the columns that the name of a signal may stand for."""
    of_species = endings(experiment)
    if of_species and signal == experiment.pair.name:
        return [f"separation{ending}" for ending in of_species]
    optical = optical_signals(experiment).get(signal)
    if optical is not None:
        return [f"{column_of(signal, i)}.total" for i in range(len(optical.optics.contrasts))]
    if signal in experiment.signals:
        return [f"{SIGNAL}{signal}.dc{ending}" for ending in of_species]
    return [f"{THERMOMETER}{signal}"] if signal in experiment.thermometers else []
