"""The femsoret command. The same command works under mpirun: one rank speaks."""

from __future__ import annotations

import os
import sys
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Annotated

import typer

from femsoret import __version__
from femsoret.base.errors import PARTLY_DONE
from femsoret.base.log import accept_any_text
from femsoret.commands.session import open_session

STATUSES = (
    "Exit status: 0 done; 1 an error of the program or a missing package; 2 something is wrong in "
    "what was asked for; 3 no solution was found; 4 output cannot be written or read; 5 done in "
    "part; 143 stopped by SIGTERM, and can be resumed."
)

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    epilog=STATUSES,
    help="How wrong is the Soret coefficient that this cell would report, and why?",
)

RANK_VARIABLES = ("OMPI_COMM_WORLD_RANK", "PMI_RANK", "PMIX_RANK", "SLURM_PROCID")
"""Where launchers tell a process its rank: Open MPI, MPICH and its kin, PMIx, srun."""

CaseFile = Annotated[Path, typer.Argument(help="Case file, TOML.", show_default=False)]
Overrides = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY.PATH=VALUE",
        help="Change one key of the case; repeatable. Short names: tilt, g, Ra, Pr, Le, psi.",
    ),
]
UnsafePetsc = Annotated[
    bool,
    typer.Option(
        "--unsafe-petsc-options",
        help="Let any PETSc option of the case through, also those that run code or write files.",
    ),
]
Force = Annotated[
    bool,
    typer.Option(
        "--force", help="Replace what is finished in the directory, or could still go on there."
    ),
]


@app.command(epilog=STATUSES)
def run(
    case: CaseFile,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="Run directory.", show_default="results/CASE"),
    ] = None,
    overrides: Overrides = None,
    unsafe_petsc: UnsafePetsc = False,
    force: Force = False,
) -> None:
    """Solve a case, with the gravity-free reference beside it, and report."""
    with open_session() as session:
        from femsoret.case import load_case
        from femsoret.commands.run import run_case

        loaded = load_case(case, overrides or (), session.comm, unsafe_petsc=unsafe_petsc)
        folder = output or Path("results") / case.stem
        outcome = run_case(loaded, session.comm, folder, session.progress, force=force)
        session.show(outcome.table())
        session.say(outcome.closing(), wrap=True)
        session.say(f"written to {outcome.folder}")


@app.command(epilog=STATUSES)
def resume(
    folder: Annotated[Path, typer.Argument(help="Run directory.", show_default=False)],
    unsafe_petsc: UnsafePetsc = False,
) -> None:
    """Go on with a transient run that was stopped, from its last checkpoint."""
    with open_session() as session:
        from femsoret.commands.run import resume_case

        outcome = resume_case(folder, session.comm, session.progress, unsafe_petsc=unsafe_petsc)
        session.show(outcome.table())
        session.say(outcome.closing(), wrap=True)
        session.say(f"written to {outcome.folder}")


@app.command(epilog=STATUSES)
def sweep(
    case: CaseFile,
    over: Annotated[
        list[str],
        typer.Option(
            "--over",
            metavar="KEY=FROM:TO:N[:log]",
            help='What to vary: a range, or a list "KEY=a,b,c"; once or twice. Short names: tilt, '
            "g, Ra, Pr, Le, psi.",
            show_default=False,
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="Sweep directory.", show_default="results/CASE-sweep"),
    ] = None,
    overrides: Overrides = None,
    quantity: Annotated[
        str, typer.Option("--draw", help="Number of summary.json that is drawn.")
    ] = "soret.bias",
    jobs: Annotated[int, typer.Option(min=1, help="Processes on this machine.")] = 1,
    part: Annotated[
        str, typer.Option(metavar="K/N", help="Solve one part of the points: for job arrays.")
    ] = "1/1",
    retry: Annotated[bool, typer.Option("--retry", help="Try points again that failed.")] = False,
    unsafe_petsc: UnsafePetsc = False,
    force: Force = False,
) -> None:
    """Solve a case at many values of one or two keys: a table and a map; stopped, it goes on."""
    with open_session() as session:
        from femsoret.base.errors import CaseError
        from femsoret.case.sweep import parse_axis, plan_sweep
        from femsoret.commands.sweep import open_sweep, parse_part, run_in_jobs, run_sweep
        from femsoret.report.sweep import sweep_definition, sweep_outcome
        from femsoret.solve.linear.permitted import UNSAFE

        axes = [parse_axis(text) for text in over]
        plan = plan_sweep(case, axes, overrides or (), session.comm, unsafe_petsc=unsafe_petsc)
        folder = output or Path("results") / f"{case.stem}-sweep"
        if force and part != "1/1":
            raise CaseError(
                "--force beside --part: each part would throw away what the others solve",
                "take a new folder (-o), or replace the old sweep with one command for all parts",
            )
        if jobs > 1:
            if session.comm.size > 1 or part != "1/1":
                raise CaseError(
                    "--jobs under mpirun, or beside --part",
                    "--jobs starts processes of one rank each: use it alone",
                )
            with open_sweep(plan, session.comm, folder, force=force):
                pass  # what is refused is refused once, and what is replaced is gone
            command = ["sweep", str(case), "-o", str(folder), "--draw", quantity]
            command += [word for text in over for word in ("--over", text)]
            command += [word for text in overrides or () for word in ("--set", text)]
            command += [UNSAFE] if unsafe_petsc else []
            run_in_jobs([*command, "--retry"] if retry else command, jobs)
        records = run_sweep(
            plan,
            session.comm,
            folder,
            part=parse_part(part),
            quantity=quantity,
            retry=retry and jobs == 1,
            force=force and jobs == 1,
        )
        definition = sweep_definition(plan.cases[0].title, plan.axes, quantity, len(plan.points))
        session.say(sweep_outcome(definition, records))
        session.say(f"written to {folder}")
        if any("error" in record for record in records):
            raise typer.Exit(PARTLY_DONE)


@app.command(epilog=STATUSES)
def audit(
    case: CaseFile,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="Directory.", show_default="results/CASE-audit"),
    ] = None,
    overrides: Overrides = None,
    target: Annotated[
        str | None,
        typer.Option(help='Largest bias to look for limits for, "1 %".', show_default=False),
    ] = None,
    unsafe_petsc: UnsafePetsc = False,
    force: Force = False,
) -> None:
    """Find what falsifies the S_T of a cell, by how much, and what to change."""
    with open_session() as session:
        from femsoret.case import load_case
        from femsoret.commands.audit import run_audit

        changes = [*(overrides or ()), *([] if target is None else [f'audit.target="{target}"'])]
        loaded = load_case(case, changes, session.comm, unsafe_petsc=unsafe_petsc)
        folder = output or Path("results") / f"{case.stem}-audit"
        outcome = run_audit(loaded, session.comm, folder, force=force)
        session.show(outcome.table())
        session.say(outcome.closing())
        session.say(f"written to {outcome.folder}")
        if outcome.is_partial:
            raise typer.Exit(PARTLY_DONE)


@app.command(epilog=STATUSES)
def onset(
    case: CaseFile,
    critical: Annotated[
        str | None,
        typer.Option(
            metavar="KEY=A,B",
            help="Find the value between A and B at which the state turns unstable. Short names: "
            "tilt, g, Ra, Pr, Le, psi.",
        ),
    ] = None,
    count: Annotated[
        int,
        typer.Option(
            min=1, help="How many critical values, one a mode: where the first, second, ... turns."
        ),
    ] = 1,
    wavenumbers: Annotated[
        str | None,
        typer.Option(
            metavar="FROM:TO:N",
            help="Scan: set the cell's width to half a wavelength pi/k, find the lowest "
            "critical value.",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="Directory.", show_default="results/CASE-onset"),
    ] = None,
    overrides: Overrides = None,
    modes: Annotated[int, typer.Option(min=1, help="Modes sought around each shift.")] = 6,
    unsafe_petsc: UnsafePetsc = False,
    force: Force = False,
) -> None:
    """Find where convection starts: growth rates and modes of the steady state."""
    with open_session() as session:
        from femsoret.case.sweep import parse_axis
        from femsoret.commands.onset import Range, parse_scan, run_onset

        run = run_onset(
            case,
            session.comm,
            output or Path("results") / f"{case.stem}-onset",
            overrides or (),
            critical=None if critical is None else Range(parse_axis(critical, "--critical")),
            values=count,
            scan=None if wavenumbers is None else parse_scan(wavenumbers),
            number=modes,
            unsafe_petsc=unsafe_petsc,
            force=force,
        )
        session.show(run.table())
        session.say(f"written to {run.folder}")


@app.command(epilog=STATUSES)
def check(case: CaseFile, overrides: Overrides = None, unsafe_petsc: UnsafePetsc = False) -> None:
    """Show everything short of solving: resolved case, groups, mesh, memory, options."""
    with open_session() as session:
        from femsoret.case import load_case
        from femsoret.commands.check import check_report

        loaded = load_case(case, overrides or (), session.comm, unsafe_petsc=unsafe_petsc)
        session.say(check_report(loaded, session.comm))


@app.command()
def fluids(
    name: Annotated[
        str | None,
        typer.Argument(help="Fluid, or a fluid file of your own.", show_default=False),
    ] = None,
    temperature: Annotated[
        str | None, typer.Option("--T", help='Temperature, as in "20 degC".')
    ] = None,
    c: Annotated[float | None, typer.Option("--c", help="Mass fraction of component 1.")] = None,
) -> None:
    """Show the fluids of the database, or one with the source of every value."""
    with open_session(solving=False) as session:
        from femsoret.base.units import quantity
        from femsoret.commands.databases import fluid_table, fluids_table

        T = None if temperature is None else quantity(temperature, "K")
        session.show(fluids_table() if name is None else fluid_table(name, T, c))


@app.command()
def solids(
    name: Annotated[str | None, typer.Argument(help="Solid.", show_default=False)] = None,
) -> None:
    """Show the solids that walls are made of, or one with the source of every value."""
    with open_session(solving=False) as session:
        from femsoret.commands.databases import solids_table

        session.show(solids_table(name))


@app.command(epilog=STATUSES)
def report(
    folder: Annotated[Path, typer.Argument(help="Run directory.", show_default=False)],
) -> None:
    """Write the report page of a run again, whatever its kind, from its files alone."""
    with open_session() as session:
        from femsoret.io.files import on_root
        from femsoret.report.folder import rewrite_page

        session.say(str(on_root(folder, session.comm, lambda: rewrite_page(folder))))


@app.callback(invoke_without_command=True)
def common(
    version: Annotated[bool, typer.Option("--version", help="Show the version.")] = False,
) -> None:
    """Answer --version."""
    if version:
        typer.echo(__version__)
        raise typer.Exit


def main() -> None:
    """Run the command line; of several ranks, one shows help and usage errors."""
    accept_any_text()
    if _launched_as() == 0:
        app()
        return
    try:
        with redirect_stdout(StringIO()):
            status = typer.main.get_command(app).main(standalone_mode=False)
    except Exception as error:
        # What typer would show has a status; not every typer has its classes under one name. The
        # rank that shows it leaves with that: a rank that did so before would have the launcher end
        # the other with nothing said.
        if not hasattr(error, "exit_code"):
            raise
        status = 0
    sys.exit(status or 0)


def _launched_as() -> int:
    """Return the rank that the launcher gave to this process, 0 without one.

    Asking MPI instead would start it, which for a help text is slow, and on the front end of some
    clusters not allowed.
    """
    ranks = (os.environ.get(name, "") for name in RANK_VARIABLES)
    return next((int(rank) for rank in ranks if rank.isdecimal()), 0)
