"""Output: field files for ParaView, checkpoints, histories and run folders."""

from femsoret.io.fields import OutputField, UnitSystem, output_fields, perturbation_fields
from femsoret.io.writers import FORMATS, open_fields, write_fields

__all__ = [
    "FORMATS",
    "OutputField",
    "UnitSystem",
    "open_fields",
    "output_fields",
    "perturbation_fields",
    "write_fields",
]
