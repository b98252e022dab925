"""Output: fields of a problem for ParaView."""

from femsoret.io.fields import OutputField, UnitSystem, output_fields, perturbation_fields
from femsoret.io.series import FieldSeries
from femsoret.io.writers import FORMATS, FieldWriter, get_writer, write_fields

__all__ = [
    "FORMATS",
    "FieldSeries",
    "FieldWriter",
    "OutputField",
    "UnitSystem",
    "get_writer",
    "output_fields",
    "perturbation_fields",
    "write_fields",
]
