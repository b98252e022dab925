"""Tables of the solver and of the output."""

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
        raise wrong(
            f"{value!r} is not a value of an option", "give a text, a number, true or false"
        )
    return value


_Option: TypeAlias = Annotated[str | bool | int | float, PlainValidator(_petsc_option)]


class SolverTable(Table):
    """Discretisation and solution of the equations."""

    degree: Annotated[int, Field(strict=True, ge=2)] = Field(
        default=2, description="Polynomial degree of velocity, temperature and composition."
    )
    discretisation: Annotated[Text, one_of("discretisation", DISCRETISATIONS)] = Field(
        default=WELL_BALANCED.name,
        description=f"Discretisation of the flow: {', '.join(f'`{n}`' for n in DISCRETISATIONS)}. "
        "`taylor-hood` causes spurious flows and is meant for comparison; `scott-vogelius` splits "
        "every triangle into three and, from degree 3, every tetrahedron into four.",
    )
    preset: Annotated[Text, one_of("preset", (AUTOMATIC, *PRESETS))] = Field(
        default=AUTOMATIC,
        description=f"Linear solver: {', '.join(f'`{name}`' for name in PRESETS)} or "
        f"`{AUTOMATIC}`. The last chooses direct in 2D. In 3D it chooses multigrid unless the "
        "problem is small or has no coarser mesh; then it chooses reduced, which factorises all "
        "but the potential of the velocity, or direct for very small problems.",
    )
    tolerance: Tolerance = Field(
        default=1e-8,
        description="Largest Newton update, relative to the solution, at which the iteration is "
        "converged.",
    )
    stabilisation: Annotated[Text, one_of("stabilisation", STABILISATIONS)] = Field(
        default="none",
        description="Stabilisation of composition layers that the mesh does not resolve: "
        f"{', '.join(f'`{name}`' for name in STABILISATIONS)}. It applies to steady states only, "
        "not to [time], `femsoret onset` or a search for modes.",
    )
    start_tilt: Angle = Field(
        default=0.0,
        description="Angle added to the tilt of [gravity] in a preliminary search, whose result is "
        "the initial guess for the steady state of the case. In a cell heated from below, the "
        "tilted cell flows, so that the search leaves the state of rest. If the second search "
        "returns to an unstable state, the run follows the growing mode from there once, and "
        "reports the result.",
    )
    max_iterations: Count = Field(default=20, description="Largest number of Newton iterations.")
    numerical_error: Flag = Field(
        default=True,
        description="Solve at two other resolutions as well to estimate the numerical error; false "
        "holds for the default of `time.numerical_error`, too.",
    )
    petsc: dict[Text, _Option] = Field(
        default={},
        description="PETSc options in addition to the preset, such as `mat_mumps_icntl_14 = 150`. "
        "Only options that control the solution are allowed, see "
        "[algorithms](algorithms.md#options-of-petsc); any other requires "
        "`--unsafe-petsc-options` on the command line.",
    )

    @field_validator("petsc")
    @classmethod
    def _are_permitted(
        cls, options: dict[str, _Option], info: ValidationInfo
    ) -> dict[str, _Option]:
        for key in options:
            if key.startswith("-"):
                raise wrong(
                    f"option {key!r} begins with a dash", f"omit the dash: {key.lstrip('-')}"
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
    """Output in addition to the report."""

    formats: tuple[Literal["vtx", "xdmf"], ...] = Field(
        default=("vtx", "xdmf"),
        description="File formats of the fields, for ParaView; [] for none.",
    )
    figures: Flag = Field(default=True, description="Draw figures.")
