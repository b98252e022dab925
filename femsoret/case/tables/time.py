"""The tables of a case file that make a run a transient one."""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal

from pydantic import Field, field_validator, model_validator

from femsoret.case.durations import PositiveTime, Time
from femsoret.case.values import Count, Flag, Positive, Table, Temperature, Text, wrong
from femsoret.solve.march import MarchOptions

STOP: Final = re.compile(r"\s*([^\s<>]+)\s*([<>])\s*([^<>=]+?)\s*")
"""Column, relation and value of a condition that ends a run."""


class EvaluationTable(Table):
    """Which part of the course of the separation is evaluated for D and S_T."""

    t0: Time | None = Field(
        default=None,
        description="When the temperature difference comes, or goes.",
        json_schema_extra={"default": "middle of the ramp of the heating, 0 s without one"},
    )
    start: Time | None = Field(
        default=None,
        description="First time that counts.",
        json_schema_extra={"default": "end of that ramp, `t0` without one"},
    )
    end: Time | None = Field(
        default=None,
        description="Last time that counts.",
        json_schema_extra={"default": "end of the run"},
    )
    relaxing: Flag | None = Field(
        default=None,
        description="Whether the temperature difference goes, so that the separation decays.",
        json_schema_extra={"default": "whether the heating ends at 0"},
    )


class CheckpointTable(Table):
    """When the state is kept, so that a stopped run can be resumed; whichever comes first."""

    steps: Count | None = Field(
        default=None,
        description="After so many steps.",
        json_schema_extra={"default": "not by steps"},
    )
    minutes: Positive = Field(default=10.0, description="After so many minutes of computing.")


class TimeTable(Table):
    """A transient run; without this table a run looks for the steady state."""

    end: PositiveTime = Field(description="When it ends at the latest.")
    start: Literal["uniform", "diffused", "steady"] = Field(
        default="uniform",
        description="At rest with one temperature and composition; in the steady state without "
        "gravity; or in the one with it.",
    )
    start_temperature: Temperature | None = Field(
        default=None,
        description="Temperature of a uniform start.",
        json_schema_extra={
            "default": "the mean of hot and cold wall before the protocol moves them; "
            "the fluid's T0 where it does not"
        },
    )
    tolerance: Annotated[float, Field(strict=True, gt=0, lt=1)] = Field(
        default=MarchOptions().tolerance,
        description="Error of each field that is aimed at, at any time, relative to its largest "
        "value.",
    )
    first_step: PositiveTime | None = Field(
        default=None,
        description="First step after the start and after every jump or bend of the protocol.",
        json_schema_extra={"default": "1e-6 L^2/alpha"},
    )
    largest_step: PositiveTime | None = Field(
        default=None,
        description="Largest step.",
        json_schema_extra={
            "default": "a quarter of the protocol's shortest period, if any; "
            "without gravity those of walls count alone"
        },
    )
    settled: Positive | None = Field(
        default=None,
        description="Ends the run when nothing changes by more than this in a time tau, relative "
        "to each field's largest value, and the protocol has come to its end.",
        json_schema_extra={"default": "goes on"},
    )
    stop: Text | None = Field(
        default=None,
        description='Ends the run by a column of the history: "separation > 0.01".',
        json_schema_extra={"default": "goes on"},
    )
    fields_at: tuple[Time, ...] = Field(
        default=(), description="Times at which fields are written; at the end they always are."
    )
    fields_every: PositiveTime | None = Field(
        default=None,
        description="Writes fields again and again after this time.",
        json_schema_extra={"default": "not by interval"},
    )
    evaluate: Flag = Field(
        default=True, description="Evaluate the course of the separation for D and S_T."
    )
    evaluation: EvaluationTable = Field(
        default_factory=EvaluationTable, description="What of it is evaluated."
    )
    numerical_error: Flag | None = Field(
        default=None,
        description="Run twice again at three times the tolerance, with polynomials of one degree "
        "more on two thirds of the resolution and with the same on half of it, to estimate the "
        "error of what is evaluated; together that takes about as long as the run (on a mesh from "
        "a file there is one second run, on the same mesh, which takes twice as long).",
        json_schema_extra={
            "default": "where the cell is 2D and meshed here, and mesh cells times expected steps "
            "are at most 500,000 (times 4/k² at degree k)"
        },
    )
    checkpoint: CheckpointTable = Field(
        default_factory=CheckpointTable, description="When the state is kept."
    )

    @field_validator("stop")
    @classmethod
    def _can_be_read(cls, stop: str | None) -> str | None:
        if stop is not None and STOP.fullmatch(stop) is None:
            raise wrong(
                f"{stop!r} is not a condition", '"separation > 0.01": column, > or <, value'
            )
        return stop

    @model_validator(mode="after")
    def _starts_uniformly(self) -> TimeTable:
        if self.start_temperature is not None and self.start != "uniform":
            raise wrong(
                f"a start temperature for the start {self.start!r}",
                'leave it out, or start = "uniform"',
                "start_temperature",
            )
        return self
