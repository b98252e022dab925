"""About: the text beside field files that says what is in them."""

from __future__ import annotations

from collections.abc import Iterable

from femsoret.io.fields import OutputField
from femsoret.io.samples import Content, Space
from femsoret.problem import Problem


def about(problem: Problem, files: Iterable[Content]) -> str:
    """Return a text that says which file holds which field, how, and counted from where.

    Args:
        problem: The problem.
        files: What the files hold.
    """
    m = problem.mixture
    lines = [
        "Fields for ParaView",
        "",
        f"{problem!r}",
        f"Solved with degree {problem.degree}.",
        *_coordinates(problem),
        "",
        *(
            f"{file.name}: {field.label}: {_how(field, file.space(field))}"
            for file in files
            for field in file.fields
        ),
        "",
        f"temperature deviation = temperature - T0, T0 = {m.T0:.10g}",
    ]
    solids = problem.solids.items()
    if solids:
        lines += [
            "The solids are in files of their own, with the temperature and what is made of it; "
            "all other files hold the fluid alone. The numbers of the regions: "
            + ", ".join(
                ["0 fluid"]
                + [f"{n} {of} of {solid.name}" for n, (of, solid) in enumerate(solids, start=1)]
            )
        ]
    lines += [
        f"composition deviation of {species.name} = mass fraction - c0, c0 = {species.c0:.10g}"
        for species in m.species
    ]
    return "\n".join(lines) + "\n"


def _coordinates(problem: Problem) -> list[str]:
    """Return what the coordinates of the files mean, where they are not what their names say."""
    if not problem.cell.coordinates.has_axis:
        return []
    return [
        "Axisymmetric: x is r, the distance from the axis, and y is z, the height along it; the "
        "components of vectors are those along r and z.",
    ]


def _how(field: OutputField, space: Space) -> str:
    lost = field.continuous and space.degree < field.degree
    return f"{space}, interpolated from degree {field.degree}" if lost else f"{space}"
