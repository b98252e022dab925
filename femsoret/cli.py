"""The ``femsoret`` command, which also runs under mpirun; only one rank prints."""

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
    "Exit status: 0 success; 1 internal error or missing package; 2 invalid input; 3 no solution "
    "was found; 4 output cannot be written or read; 5 partly successful; 143 stopped by SIGTERM "
    "and can be resumed."
)
"""Text at the end of each help page."""

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    epilog=STATUSES,
    help="How wrong is the Soret coefficient that this cell would report, and why?",
)

RANK_VARIABLES = ("OMPI_COMM_WORLD_RANK", "PMI_RANK", "PMIX_RANK", "SLURM_PROCID")
"""Environment variables with the rank of a process: Open MPI, MPICH and derivatives, PMIx, srun."""

CaseFile = Annotated[Path, typer.Argument(help="Case file, TOML.", show_default=False)]
Overrides = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY.PATH=VALUE",
        help="Override one key of the case; repeatable. Short names: tilt, g, Ra, Pr, Le, psi.",
    ),
]
UnsafePetsc = Annotated[
    bool,
    typer.Option(
        "--unsafe-petsc-options",
        help="Allow all PETSc options in the case, even those that run code or write files.",
    ),
]
Force = Annotated[
    bool,
    typer.Option(
        "--force", help="Replace a finished run, or one that could be resumed, in the directory."
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
    """Solve a case and its gravity-free reference, and write a report."""
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
    """Resume an interrupted transient run from its last checkpoint."""
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
            help='Key to vary over a range, or a list "KEY=a,b,c"; give it once or twice. Short '
            "names: tilt, g, Ra, Pr, Le, psi.",
            show_default=False,
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="Sweep directory.", show_default="results/CASE-sweep"),
    ] = None,
    overrides: Overrides = None,
    quantity: Annotated[
        str, typer.Option("--draw", help="Number of summary.json to plot.")
    ] = "soret.bias",
    jobs: Annotated[
        int, typer.Option(min=1, help="Number of parallel processes on this machine.")
    ] = 1,
    part: Annotated[
        str, typer.Option(metavar="K/N", help="Solve part K of N of the points, for job arrays.")
    ] = "1/1",
    retry: Annotated[bool, typer.Option("--retry", help="Solve failed points again.")] = False,
    unsafe_petsc: UnsafePetsc = False,
    force: Force = False,
) -> None:
    """Solve a case for many values of one or two keys; write a table and a plot.

    The same command continues a sweep that was interrupted.
    """
    with open_session() as session:
        from femsoret.base.errors import CaseError
        from femsoret.case.axes import parse_axis
        from femsoret.case.sweep import plan_sweep
        from femsoret.commands.sweep import open_sweep, parse_part, run_in_jobs, run_sweep
        from femsoret.report.tables.sweep import sweep_definition
        from femsoret.report.verdicts.sweep import sweep_outcome
        from femsoret.solve.linear.permitted import UNSAFE

        axes = [parse_axis(text) for text in over]
        plan = plan_sweep(case, axes, overrides or (), session.comm, unsafe_petsc=unsafe_petsc)
        folder = output or Path("results") / f"{case.stem}-sweep"
        if force and part != "1/1":
            raise CaseError(
                "--force cannot be combined with --part: each part would delete the others' points",
                "choose a new folder (-o), or run one command with --force, without --part",
            )
        if jobs > 1:
            if session.comm.size > 1 or part != "1/1":
                raise CaseError(
                    "--jobs can be used neither under mpirun nor together with --part",
                    "--jobs starts processes of one rank each: use it on its own",
                )
            with open_sweep(plan, session.comm, folder, force=force):
                pass  # check the folder, and replace an old sweep, before any process starts
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
        typer.Option(
            help='Largest acceptable bias, such as "1 %", for which to find parameter limits.',
            show_default=False,
        ),
    ] = None,
    unsafe_petsc: UnsafePetsc = False,
    force: Force = False,
) -> None:
    """Find out which effects bias the measured S_T, by how much, and what to change."""
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
def fit(
    case: CaseFile,
    data: Annotated[
        Path | None,
        typer.Argument(
            help="CSV file with the data, in place of the file of the case's only data set.",
            show_default="those of the case",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="Directory.", show_default="results/CASE-fit"),
    ] = None,
    overrides: Overrides = None,
    unsafe_petsc: UnsafePetsc = False,
    force: Force = False,
) -> None:
    """Fit a case to measured data: the corrected S_T beside the naive one, and why they differ."""
    with open_session() as session:
        from femsoret.commands.fit import run_fit
        from femsoret.commands.fit_inputs import load_fit_case

        loaded = load_fit_case(case, data, overrides or (), session.comm, unsafe_petsc=unsafe_petsc)
        folder = output or Path("results") / f"{case.stem}-fit"
        outcome = run_fit(loaded, session.comm, folder, force=force)
        session.show(outcome.table())
        session.say(outcome.closing(), wrap=True)
        session.say(f"written to {outcome.folder}")


@app.command(epilog=STATUSES)
def design(
    case: CaseFile,
    target: Annotated[
        str,
        typer.Option(
            "--for",
            metavar="UNKNOWN",
            help="What is to be least uncertain: a quantity of [[fit.unknown]] such as soret or D, "
            "or the name of an unknown.",
        ),
    ] = "soret",
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="Directory.", show_default="results/CASE-design"),
    ] = None,
    overrides: Overrides = None,
    unsafe_petsc: UnsafePetsc = False,
    force: Force = False,
) -> None:
    """Plan an experiment: the cell and the record that make S_T, or another unknown, most certain.

    What may be chosen is in the table [design] of the case, what is unknown in [[fit.unknown]].
    """
    with open_session() as session:
        from femsoret.case import load_case
        from femsoret.commands.design import run_design

        loaded = load_case(case, overrides or (), session.comm, unsafe_petsc=unsafe_petsc)
        folder = output or Path("results") / f"{case.stem}-design"
        outcome = run_design(loaded, session.comm, folder, target=target, force=force)
        session.show(outcome.table())
        session.say(outcome.closing(), wrap=True)
        session.say(f"written to {outcome.folder}")


@app.command(epilog=STATUSES)
def onset(
    case: CaseFile,
    critical: Annotated[
        str | None,
        typer.Option(
            metavar="KEY=A,B",
            help="Find the value between A and B at which the state becomes unstable. Short names: "
            "tilt, g, Ra, Pr, Le, psi.",
        ),
    ] = None,
    count: Annotated[
        int,
        typer.Option(
            min=1,
            help="Number of critical values: those at which the first, second, ... mode becomes "
            "unstable.",
        ),
    ] = 1,
    wavenumbers: Annotated[
        str | None,
        typer.Option(
            metavar="FROM:TO:N",
            help="Scan wavenumbers k: set the width of the cell to half a wavelength, pi/k, and "
            "find the lowest critical value.",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="Directory.", show_default="results/CASE-onset"),
    ] = None,
    overrides: Overrides = None,
    modes: Annotated[
        int, typer.Option(min=1, help="Number of modes to compute near each shift.")
    ] = 6,
    unsafe_petsc: UnsafePetsc = False,
    force: Force = False,
) -> None:
    """Find the onset of convection: growth rates and eigenmodes of the steady state."""
    with open_session() as session:
        from femsoret.case.axes import parse_axis
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
    """Check a case without solving it: show resolved keys, groups, mesh, memory and options."""
    with open_session() as session:
        from femsoret.case import load_case
        from femsoret.commands.check import check_report

        loaded = load_case(case, overrides or (), session.comm, unsafe_petsc=unsafe_petsc)
        session.say(check_report(loaded, session.comm))


@app.command()
def fluids(
    name: Annotated[
        str | None,
        typer.Argument(
            help="Fluid of the database, or path of your own fluid file.", show_default=False
        ),
    ] = None,
    temperature: Annotated[
        str | None, typer.Option("--T", help='Temperature, such as "20 degC".')
    ] = None,
    c: Annotated[float | None, typer.Option("--c", help="Mass fraction of component 1.")] = None,
    convert: Annotated[
        str | None,
        typer.Option(
            metavar="FORM=VALUE",
            help='Convert a published coefficient, such as "k_T_x = 0.0955" or "S_T = 1.3e-3 1/K".',
        ),
    ] = None,
    to: Annotated[
        str | None,
        typer.Option(metavar="FORMS", help="Forms to convert to, such as alpha_T,Q; default: all."),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(
            metavar="STATE",
            help='State to convert at, such as "T = 300 K, x = 0.5, M = [39.948, 4.0026] g/mol".',
        ),
    ] = None,
) -> None:
    """List the fluids of the database, or show one fluid with the source of every value.

    With --convert: print all forms of a coefficient of thermodiffusion, with their definitions.
    """
    with open_session(solving=False) as session:
        from femsoret.base.units import quantity

        T = None if temperature is None else quantity(temperature, "K")
        if convert is not None:
            from femsoret.commands.conversions import conversion_table

            session.show(conversion_table(convert, to=to, at=at, fluid=name, T=T, c=c))
            return
        from femsoret.base.errors import CaseError
        from femsoret.commands.databases import fluid_table, fluids_table

        if to is not None or at is not None:
            raise CaseError("--to and --at go with --convert", 'as in --convert "S_T = 1.3e-3 1/K"')
        session.show(fluids_table() if name is None else fluid_table(name, T, c))


@app.command()
def solids(
    name: Annotated[
        str | None, typer.Argument(help="Solid of the database.", show_default=False)
    ] = None,
) -> None:
    """List the solids for walls, or show one solid with the source of every value."""
    with open_session(solving=False) as session:
        from femsoret.commands.databases import solids_table

        session.show(solids_table(name))


@app.command(epilog=STATUSES)
def report(
    folder: Annotated[Path, typer.Argument(help="Run directory.", show_default=False)],
) -> None:
    """Write the report of a run of any kind again, from the files in its directory."""
    with open_session() as session:
        from femsoret.io.files import on_root
        from femsoret.report.folder import rewrite_page

        session.say(str(on_root(folder, session.comm, lambda: rewrite_page(folder))))


@app.callback(invoke_without_command=True)
def common(
    version: Annotated[bool, typer.Option("--version", help="Show the version.")] = False,
) -> None:
    """Handle options that apply to all commands."""
    if version:
        typer.echo(__version__)
        raise typer.Exit


def main() -> None:
    """Run the command line; only one rank prints help texts and usage errors."""
    accept_any_text()
    if _launched_as() == 0:
        app()
        return
    try:
        with redirect_stdout(StringIO()):
            status = typer.main.get_command(app).main(standalone_mode=False)
    except Exception as error:
        # Usage errors, which another rank prints, have an exit code (the name of their class
        # depends on typer's version). That rank exits with the code: if this one did so earlier,
        # the launcher would kill the other rank before it printed anything.
        if not hasattr(error, "exit_code"):
            raise
        status = 0
    sys.exit(status or 0)


def _launched_as() -> int:
    """Return the rank that the MPI launcher assigned to this process; 0 without a launcher.

    Querying MPI would initialise it, which is slow for a help text and forbidden on the login nodes
    of some clusters.
    """
    ranks = (os.environ.get(name, "") for name in RANK_VARIABLES)
    return next((int(rank) for rank in ranks if rank.isdecimal()), 0)
