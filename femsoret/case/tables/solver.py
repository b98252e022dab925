"""The solver, and what is written."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field, PlainValidator, ValidationInfo, field_validator

from femsoret.case.messages import wrong
from femsoret.case.values import Angle, Count, Flag, Table, Text, Tolerance, context_of, one_of
from femsoret.physics.forms import STABILISATIONS
from femsoret.problem.discretisation import DISCRETISATIONS, WELL_BALANCED
from femsoret.solve import NewtonOptions
from femsoret.solve.linear.options import AUTOMATIC, PRESETS
from femsoret.solve.linear.permitted import refused


def _petsc_option(value: object) -> object:
    if not isinstance(value, str | int | float):
        raise wrong(f"{value!r} is not an option", "a text, a number, true or false")
    return value


_Option: TypeAlias = Annotated[str | bool | int | float, PlainValidator(_petsc_option)]


class SolverTable(Table):
    """How the equations are solved."""

    degree: Annotated[int, Field(strict=True, ge=2)] = Field(
        default=2, description="Polynomial degree of velocity, temperature and composition."
    )
    discretisation: Annotated[Text, one_of("discretisation", DISCRETISATIONS)] = Field(
        default=WELL_BALANCED.name,
        description=f"Discretisation of the flow: {', '.join(f'`{n}`' for n in DISCRETISATIONS)}. "
        "`taylor-hood` makes flows of its own, for comparison; `scott-vogelius` splits every "
        "triangle into three and every tetrahedron, from degree 3, into four.",
    )
    preset: Annotated[Text, one_of("preset", (AUTOMATIC, *PRESETS))] = Field(
        default=AUTOMATIC,
        description=f"Linear solver: {', '.join(f'`{name}`' for name in PRESETS)}, or "
        f"`{AUTOMATIC}`: direct in 2D; in 3D multigrid, unless the problem is small or has no "
        "coarser mesh: then reduced, which factorises all but the velocity's potential, or, where "
        "it is very small, direct.",
    )
    tolerance: Tolerance = Field(
        default=1e-8, description="Largest last Newton update, relative to the solution."
    )
    stabilisation: Annotated[Text, one_of("stabilisation", STABILISATIONS)] = Field(
        default="none",
        description="Term for species layers that the mesh does not resolve: "
        f"{', '.join(f'`{name}`' for name in STABILISATIONS)}; for steady states only: not with "
        "[time], onset or a search for modes.",
    )
    start_tilt: Angle = Field(
        default=0.0,
        description="Tilt that is added to that of [gravity] in a first search; the search for the "
        "state as stated starts from its result. This takes a cell heated from below off its state "
        "of rest, to the flow that the lean drives. Where the second search falls back to an "
        "unstable state, the run once follows the mode that grows from there, and says what it "
        "found.",
    )
    max_iterations: Count = Field(default=20, description="Newton steps before giving up.")
    numerical_error: Flag = Field(
        default=True, description="Solve again at two other resolutions to estimate the error."
    )
    petsc: dict[Text, _Option] = Field(
        default={},
        description="Single PETSc options on top of the preset: `mat_mumps_icntl_14 = 150`. Those "
        "that say how to solve, see [algorithms](algorithms.md#options-of-petsc); for any other "
        "the command line wants `--unsafe-petsc-options`.",
    )

    @field_validator("petsc")
    @classmethod
    def _are_permitted(
        cls, options: dict[str, _Option], info: ValidationInfo
    ) -> dict[str, _Option]:
        for key in options:
            if key.startswith("-"):
                raise wrong(
                    f"option {key!r} begins with a dash", f"without dash: {key.lstrip('-')}"
                )
        preset = info.data.get("preset")  # missing where it is itself wrong
        if preset is not None and not context_of(info).unsafe_petsc:
            for key, what, hint in refused(preset, options):
                raise wrong(what, hint, key)
        return options

    def newton(self) -> NewtonOptions:
        """Return the options of Newton's method and of the linear solver."""
        return NewtonOptions(
            tolerance=self.tolerance,
            max_iterations=self.max_iterations,
            preset=self.preset,
            petsc=self.petsc,
        )


class OutputTable(Table):
    """What is written besides the report."""

    formats: tuple[Literal["vtx", "xdmf"], ...] = Field(
        default=("vtx", "xdmf"),
        description="File formats of the fields, for ParaView; [] for none.",
    )
    figures: Flag = Field(default=True, description="Draw figures.")
