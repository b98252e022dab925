"""The report of `femsoret check`: everything that is known of a case without solving it."""

from __future__ import annotations

import math

from mpi4py import MPI

from femsoret.case import Case, CaseRun, resolved_toml
from femsoret.commands.check_design import design_lines
from femsoret.commands.estimates import memory_estimate_mb, onset_cost, solved_twice, with_states_of
from femsoret.commands.fit_inputs import fit_inputs, sought_text
from femsoret.experiment import Experiment
from femsoret.experiment.schedule import (
    Schedule,
    added_steps,
    expected_steps,
    relaxation_time,
)
from femsoret.post.chambers import filling_of
from femsoret.post.resolution import expected_layers
from femsoret.problem import Problem
from femsoret.report.summary.head import orientation_part
from femsoret.report.words.phrases import SOLID, orientation_text
from femsoret.report.words.units import LENGTHS, Scale, duration
from femsoret.solve.linear.options import resolved
from femsoret.solve.linear.selection import preset_for
from femsoret.studies.measure.state import dimensionless_groups


def check_report(case: Case, comm: MPI.Comm) -> str:
    """Return the resolved case, groups, mesh, memory and solver options as a text; collective.

    Args:
        case: The case.
        comm: Communicator that would solve the case.

    Raises:
        FemsoretError: Any error that a run of the case would raise before it solves anything.
    """
    built = case.build(comm)
    experiment = built.experiment
    cell, frame = experiment.cell, experiment.orientation
    problem = experiment.problem()
    length = LENGTHS[built.units]
    kelvin = " K" if built.units == "SI" else ""
    newton = experiment.newton
    preset = preset_for(problem, newton.preset)
    petsc = resolved(preset, newton.petsc)
    memory = memory_estimate_mb(built, problem)
    letters = ", ".join(cell.coordinates.letters[: cell.dim])
    lines = [
        resolved_toml(case).rstrip(),
        "",
        f"# cell: {cell.title}",
        f"# coordinates: {cell.coordinates.name} ({letters})",
        f"# mesh cells: {cell.num_cells}, size {_range(cell.h_range, length)}, "
        f"worst quality {cell.min_quality():.2g} (1 is ideal)",
        "# sides: " + ", ".join(cell.sides),
        *([f"# lines inside, for readings: {', '.join(cell.lines)}"] if cell.lines else []),
        *_chambers(problem),
        f"# hot: {frame.hot}, cold: {frame.cold}, gap {frame.gap * length.factor:.6g} "
        f"{length.label}, dT {frame.dT:.6g}{kelvin}"
        + (" (heat flux times gap over kappa)" if frame.flux is not None else "")
        + (" (rise by the heat sources)" if frame.rise is not None else ""),
        *heat_source_lines(built),
        *_gravity(experiment),
        *(f"# {name} = {value:.5g}" for name, value in dimensionless_groups(experiment).items()),
        *_layers(built, problem),
        f"# unknowns: {problem.num_dofs}{' with flow' if experiment.flows else ''}"
        + (", and further solves for the numerical error" if solved_twice(built) else ""),
        *_states(built, problem),
        f"# memory: about {memory:.0f} MB in total (estimate), ranks: {comm.size}",
        *_onset(built, problem),
        *_in_time(built),
        *_of_fit(case, comm),
        *design_lines(case, comm),
        f"# linear solver: {preset}",
        "# PETSc options:",
        *(f"#   {key} = {value}" for key, value in petsc.items()),
        *(f"# warning: {warning}" for warning in built.warnings),
    ]
    return "\n".join(lines)


def heat_source_lines(built: CaseRun) -> list[str]:
    """Return the lines on heat sources and the temperature rise expected of them."""
    experiment, rise = built.experiment, built.experiment.rise
    if rise is None:
        return []
    si, length = built.units == "SI", LENGTHS[built.units]
    cell = experiment.cell
    per_depth = cell.dim == 2 and not cell.coordinates.has_axis
    unit = (" W/m" if per_depth else " W") if si else ""
    place = ", ".join(f"{x * length.factor:.4g}" for x in rise.place)
    lines = [
        f"# heat source {i} in {source.region or 'the fluid'}: {power:.4g}{unit} absorbed"
        for i, (source, power) in enumerate(zip(experiment.heat_sources, rise.power, strict=True))
    ]
    total = f"# heat sources together: {sum(rise.power):.4g}{unit}"
    expected = f"temperature rise {rise.value:.4g}{' K' if si else ''}"
    if si:
        total += f", expected {expected} by conduction alone (estimate)"
    return [*lines, f"{total}, largest at ({place}) {length.label}"]


def _gravity(experiment: Experiment) -> list[str]:
    """Return the lines on gravity; in a solid, that nothing flows."""
    if not experiment.flows:
        return [f"# {SOLID}"]
    return [
        f"# up: ({', '.join(f'{x:.4f}' for x in experiment.mixture.gravity.up)})",
        f"# orientation: {orientation_text(orientation_part(experiment))}",
    ]


def _states(built: CaseRun, problem: Problem) -> list[str]:
    """Return the line on internal states, solved for or marched; no line without any."""
    if not built.experiment.particles:
        return []
    names = " and ".join(of.name for of in built.experiment.particles)
    unknowns = with_states_of(built, problem).num_dofs
    what = "solve at rest and one with flow"
    if built.schedule is not None:
        what = "march with flow, of about as many steps as the run"
    return [f"# all internal states of {names}: {unknowns} unknowns, a further {what}"]


def _onset(built: CaseRun, problem: Problem) -> list[str]:
    """Return the line on the cost of an onset study; no line if such a study is impossible."""
    of_flow = built.experiment.flows and not problem.equations.without_rate
    if not of_flow or built.schedule is not None:
        return []
    state, value = onset_cost(built, problem), onset_cost(built, problem, critical=1)
    return [f"# femsoret onset: {state}; with --critical {value} (estimates)"]


def _chambers(problem: Problem) -> list[str]:
    """Return the line on the chambers of the fluid; no line if the fluid is connected."""
    names = problem.cell.parts.names
    if len(names) == 1:
        return []
    filled = [
        filling_of(problem, part) if problem.mixture.species else None for part in range(len(names))
    ]
    texts = [
        name if c is None else f"{name} (c {c:g})" for name, c in zip(names, filled, strict=True)
    ]
    return ["# chambers: " + ", ".join(texts)]


def _layers(built: CaseRun, problem: Problem) -> list[str]:
    """Return the lines that compare the expected boundary layers with the mesh cells there."""
    length = LENGTHS[built.units]
    layers = expected_layers(problem, dimensionless_groups(built.experiment))

    def shown(size: float) -> str:
        return f"{size * length.factor:.3g} {length.label}"

    lines = [
        f"# layer at {side} ({layer.kind}, estimate): {shown(layer.thickness)}; mesh cells there "
        f"are {shown(layer.cell_size)}, up to {shown(layer.largest)} resolve it"
        for side, layer in layers.items()
    ]
    loose = [side for side, layer in layers.items() if not layer.held]
    if loose:
        lines.append(
            f"# warning: the mesh does not resolve the layers expected at {', '.join(loose)}: the "
            "error of the flow there may exceed 3 % of the largest speed. Grade the mesh towards "
            "these sides (cell.grading), use more cells, or a higher solver.degree"
        )
    return lines


def _in_time(built: CaseRun) -> list[str]:
    """Return the lines on the schedule of a transient run; no lines for a steady run."""
    schedule, experiment = built.schedule, built.experiment
    if schedule is None:
        return []
    tau = relaxation_time(experiment.mixture, experiment.orientation.gap)

    def when(t: float) -> str:
        return f"{duration(built.units, t)} ({t / tau:.3g} tau)"

    breaks = [t for t in schedule.protocol.breaks if t < schedule.end]
    ends = [
        f"at {when(schedule.end)}",
        *([f"when {schedule.stop}"] if schedule.stop else []),
        *(
            [f"when no field changes by more than {schedule.settled:g} in tau"]
            if schedule.settled
            else []
        ),
    ]
    window = schedule.evaluation
    return [
        f"# tau = L^2/(pi^2 D): {duration(built.units, tau)}",
        f"# start: {schedule.start}; end: {', or '.join(ends)}",
        "# protocol has jumps or kinks at: "
        + (", ".join(duration(built.units, t) for t in breaks[:8]) or "never")
        + (f", ... ({len(breaks)} times)" if len(breaks) > 8 else ""),
        f"# fields: at {len(schedule.field_times)} times and at the end",
        *(
            f"# record {made.name}: {made.number_of_samples(schedule.end)} samples, one every "
            f"{duration(built.units, made.every)}"
            for made in schedule.instruments
        ),
        "# evaluation: "
        + (
            f"from {when(window.start)} on, temperature difference is "
            f"{'removed' if window.relaxing else 'applied'} at {when(window.t0)}"
            if window
            else f"none: {schedule.not_evaluated}"
        ),
        "# numerical error: "
        + (
            "estimated by further runs, which take about as long as the first"
            if schedule.numerical_error
            else "not evaluated"
        ),
        f"# rows of the history: about {_rows(schedule)} (estimate; more where walls ramp slowly)"
        + (
            f", up to {added} of them because steps end at given times"
            if (added := added_steps(schedule))
            else ""
        ),
    ]


def _of_fit(case: Case, comm: MPI.Comm) -> list[str]:
    """Return the lines on a fit: what is sought, the data and the cost; collective.

    There are no lines without a table [fit].
    """
    if case.fit is None:
        return []
    if not case.fit.data:
        names = ", ".join(unknown.label for unknown in case.fit.unknown) or "nothing"
        return [f"# femsoret fit CASE DATA.csv seeks {names}; no data are named here"]
    inputs = fit_inputs(case, comm)
    units = inputs.built.units
    lines = ["# femsoret fit seeks:"]
    lines += [f"#   {sought_text(each, units)}" for each in inputs.unknowns]
    for each in inputs.recorded:
        signals = ", ".join(f"{s.signal} ({len(s.values)})" for s in each.data.series)
        lines.append(f"# data {each.data.name}: {signals} values")
        unknown_noise = [s.column for s in each.data.series if s.uncertainty is None]
        if unknown_noise:
            lines.append(
                f"#   no uncertainty is stated of {', '.join(unknown_noise)}: it is estimated from "
                "the residuals, and no test shows a bad fit"
            )
        if each.schedule is None:
            lines.append("#   predicted by a steady state")
        else:
            end = duration(units, each.schedule.end)
            stated = each.stated_end
            changed = ""
            if stated is not None and not math.isclose(stated, each.schedule.end, rel_tol=1e-9):
                word = "longer" if each.schedule.end > stated else "shorter"
                changed = f", {word} than the {duration(units, stated)} of the case"
            lines.append(f"#   predicted by a run of {end}{changed}")
    number = inputs.number_of_values
    lines.append(
        f"# together {number} values for {len(inputs.unknowns)} unknowns; each evaluation takes "
        f"{'one run' if len(inputs.recorded) == 1 else f'{len(inputs.recorded)} runs'}, with one "
        "tangent for each unknown"
    )
    return lines


def _rows(schedule: Schedule) -> str:
    """Return the expected number of steps of a run, rounded, as a text."""
    rows = expected_steps(schedule) + added_steps(schedule)
    return f"{float(f'{rows:.2g}'):.0f}"


def _range(ends: tuple[float, float], unit: Scale) -> str:
    """Return a range of lengths as a text; a single number if both ends are equal as shown."""
    first, last = (f"{end * unit.factor:.3g}" for end in ends)
    return f"{first} {unit.label}" if first == last else f"{first} to {last} {unit.label}"
