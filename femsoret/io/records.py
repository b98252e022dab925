"""Files of virtual records: CSV with units in the header, as an instrument would write them.

Comment lines at the top say that the record is virtual, and what the instrument did to the signal.
"""

from __future__ import annotations

import csv
from io import StringIO
from typing import Final

from femsoret.studies.measure.virtual_records import VirtualRecord

RECORDS: Final = "records"
"""Name of the folder of records in a run folder."""


def record_name(name: str) -> str:
    """Return the path of the file of a record in the run folder.

    Args:
        name: Name of the record.
    """
    return f"{RECORDS}/{name}.csv"


def record_csv(record: VirtualRecord, units: str) -> bytes:
    """Return the content of the file of a record.

    Args:
        record: The record.
        units: "SI", or "groups" where times and temperatures are dimensionless.
    """
    second, kelvin = ("s", "K") if units == "SI" else ("L^2/alpha", "dT")
    per = second if units == "SI" else f"({second})"
    made, text = record.instrument, StringIO()
    lines = [
        f"Virtual record {made.name!r}, made by femsoret from a computed run: not a measurement.",
        f"sampling interval: {made.every!r} {second}",
        f"zero of time: the clock starts at {made.zero_of_time!r} {second} of the run",
        f"seed of the noise: {made.seed} (numpy.random.default_rng)",
        "Columns:",
        f"t ({second}): time on the clock of the instrument",
    ]
    for i, column in enumerate(record.columns):
        unit = kelvin if column.unit == "K" else column.unit or "1"
        lines.append(
            f"{column.name} ({unit}): {column.meaning}; standard deviation of the noise "
            f"{float(record.noise[i])!r} {unit}, drift {float(record.drift[i])!r} {unit}/{per}"
        )
    text.writelines(f"# {line}\n" for line in lines)
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["t", *(column.name for column in record.columns)])
    for i, t in enumerate(record.times):
        table.writerow([repr(float(t)), *(repr(float(value)) for value in record.samples[i])])
    return text.getvalue().encode()
