"""run, check, fluids, report, --set, --version."""

from __future__ import annotations

import json
import re
from importlib import resources

from case_texts import LIQUID, PHYSICAL, SQUARE, drawn
from run_files import FILES

import femsoret as package
from femsoret.case import load_case
from femsoret.fluids import available


def test_run_and_its_report_again(femsoret, write, shared_tmp, comm):
    out = shared_tmp / "out"
    said = femsoret("run", write(drawn(SQUARE)), "-o", out).worked()
    assert {file.name for file in out.iterdir()} == FILES
    summary = json.loads((out / "summary.json").read_text())
    assert summary["title"] == "case"
    # Nine cells are too few, and the run says so: in the log, in the summary and on the page.
    warnings = summary["warnings"]
    assert "too coarse for the composition" in warnings[0]
    assert "too coarse for the velocity" in warnings[1]
    assert summary["resolution"]["warnings"] == warnings
    page = (out / "report.md").read_text(encoding="utf-8")
    assert all(f"**Warning:** {warning}" in page for warning in warnings)
    assert summary["solver"]["dofs"] == 412
    assert summary["solver"]["stabilisation"] == "none"
    assert "S_T apparent" in said.out
    assert said.out.endswith(f"written to {out}\n")
    # On no terminal progress is plain lines, in their order.
    lines = said.err.splitlines()
    ranks = f"ranks: {comm.size}"
    assert lines[0] == f"case: rectangle, 3 x 3 cells (quadrilateral), gap 1 L, {ranks}"
    assert lines[1:] == [
        "solving conduction (49 unknowns)",
        "solving without gravity (98 unknowns)",
        "solving with gravity (412 unknowns)",
        "searching for growing modes (412 unknowns)",
        *(f"warning: {warning}" for warning in warnings),
        "writing the report",
    ]
    page = out / "report.html"
    before = page.read_bytes()
    comm.barrier()
    if comm.rank == 0:
        page.unlink()
    assert femsoret("report", out).worked().out == f"{page}\n"
    assert page.read_bytes() == before


def test_stabilisation_is_chosen_by_the_case(femsoret, write, shared_tmp):
    out = shared_tmp / "out"
    chosen = ("--set", "solver.stabilisation=supg")
    femsoret("run", write(SQUARE), "-o", out, *chosen).worked()
    summary = json.loads((out / "summary.json").read_text())
    assert summary["solver"]["stabilisation"] == "supg"
    assert "| stabilisation | supg |" in (out / "report.md").read_text(encoding="utf-8")
    wrong = ("--set", "solver.stabilisation=spug")
    message = femsoret("check", write(SQUARE), *wrong).refused()
    assert "unknown stabilisation 'spug'" in message
    assert "supg" in message


def test_single_keys_are_changed_and_results_named_after_the_case(
    femsoret, write, shared_tmp, monkeypatch
):
    monkeypatch.chdir(shared_tmp)
    changes = ("title=a [bold] title", "cell.cells=[2, 3]", "output.formats=['xdmf']")
    settings = [part for change in changes for part in ("--set", change)]
    said = femsoret("run", write(SQUARE, "my.cell.toml"), *settings).worked()
    assert said.out.endswith("written to results/my.cell\n")
    out = shared_tmp / "results" / "my.cell"
    assert load_case(out / "case.resolved.toml").cell.cells == (2, 3)
    assert "a [bold] title" in said.out
    assert "writing fields (xdmf)" in said.err
    assert list((out / "fields").glob("*.xdmf"))


def test_check_shows_what_would_be_solved(femsoret, write, shared_tmp):
    said = femsoret("check", write(SQUARE), "--set", "groups.Le=50").worked()
    assert not said.err
    case, _, notes = said.out.partition("\n# cell: ")
    assert "Le = 50.0" in case
    for part in (
        "# mesh cells: 9, size 0.471 L, worst quality 1 ",
        "# sides: left, right, bottom, top",
        "# hot: left, cold: right, gap 1 L, dT 1",
        "# Ra = 100",
        "# unknowns: 412",
        "(estimate)",
        "\n#   pc_type = lu\n",
    ):
        assert part in notes
    # Ra Le psi = 1000 asks for a layer of 0.18 L: three cells do not hold it.
    assert "# layer at left (buoyancy, estimate): 0.178 L; mesh cells there are 0.333 L" in notes
    assert notes.count("warning") == 1
    assert "does not resolve the layers expected at left, right" in notes
    finer = femsoret("check", write(SQUARE), "--set", "cell.cells=[8,8]").worked()
    assert "warning" not in finer.out
    # What it shows is a case again.
    again = femsoret("check", write(said.out, "again.toml")).worked()
    assert again.out == said.out
    assert {file.name for file in shared_tmp.iterdir()} == {"case.toml", "again.toml"}


def test_check_shows_a_liquid_in_its_units(femsoret, write):
    out = femsoret("check", write(LIQUID), "--set", "cell.grading=[2, 1]").worked().out
    assert "# cell: rectangle, 4 x 2 cells (quadrilateral)\n" in out
    assert "gap 5 mm, dT 10 K\n" in out
    assert re.search(r"# mesh cells: 8, size [\d.]+ to [\d.]+ mm, ", out)


def test_memory_follows_from_the_numerical_error(femsoret, write):
    def megabytes(*arguments):
        line = femsoret("check", write(SQUARE), *arguments).worked().out.partition("about ")[2]
        return float(line.split()[0])

    small = ["--set", "cell.cells=[40, 40]"]
    assert (
        megabytes() < megabytes(*small) < megabytes(*small, "--set", "solver.numerical_error=true")
    )


def test_data_outside_their_range_are_told_wherever_the_results_are(femsoret, write, shared_tmp):
    warning = "soret and thermodynamic factor used at T = 293.15 to 303.15 K, but known only from"
    said = femsoret("run", write(LIQUID), "-o", shared_tmp / "out").worked()
    assert "warning: water-ethanol: " in said.err
    assert said.err.count(warning) == 1
    summary = json.loads((shared_tmp / "out" / "summary.json").read_text())
    (found,) = [line for line in summary["warnings"] if warning in line]
    for page in ("report.md", "report.html"):
        assert found in (shared_tmp / "out" / page).read_text()
    assert f"# warning: {found}" in femsoret("check", write(LIQUID)).worked().out


def test_fluids(femsoret):
    out = femsoret("fluids").worked().out
    assert "water-ethanol" in out
    # One line a fluid, of at most 100 columns.
    lines = [line.rstrip() for line in out.splitlines()]
    assert max(map(len, lines)) <= 100
    names = {line.split()[0] for line in lines if line.endswith((" yes", " no", " other"))}
    assert names == set(available())
    (line,) = (line for line in lines if line.startswith(" kcl-water "))
    assert line.split()[3:] == ["-", "q", "c", "c", "-", "c", "c", "c", "q", "r", "no"]


def test_solids(femsoret):
    assert "borosilicate" in femsoret("solids").worked().out
    assert "W/m/K" in femsoret("solids", "copper").worked().out
    assert "did you mean 'copper'" in femsoret("solids", "coper").refused()


def test_one_fluid(femsoret):
    out = femsoret("fluids", "water-ethanol", "--T", "22.5 degC", "--c", "0.6").worked().out
    for part in ("viscosity (mu)", "Pa s", "In a cell of 5 mm and 10 K: Ra ="):
        assert part in out
    assert femsoret("fluids", "water-ethanol", "--T", "30 degC").worked().out != out


def test_a_fluid_with_gaps_and_other_sources(femsoret):
    out = " ".join(femsoret("fluids", "kcl-water", "--T", "50 degC").worked().out.split())
    for part in (
        "computed with thermo 0.6.1",
        "[fluid] sources = {",  # brackets are no markup
        "Agar 1989",
        "589.3 nm",
        "A run needs more than these data",
        "soret: missing: a minimum of S_T in composition",
        "but known only from 283.15 to 313.15 K",
    ):
        assert part in out, part


def test_a_fluid_of_ones_own(femsoret, shared_tmp, comm):
    own = shared_tmp / "own.toml"
    if comm.rank == 0:
        known = resources.files("femsoret.fluids").joinpath("data/water-ethanol.toml").read_text()
        own.write_text(known.replace('name = "water-ethanol"', 'name = "my liquid"'))
    comm.barrier()
    out = femsoret("fluids", own).worked().out
    assert "my liquid: " in out
    assert "viscosity (mu)" in out
    message = femsoret("fluids", shared_tmp / "none.toml").refused()
    assert "none.toml" in message
    assert "No such file" in message
    assert "your own fluid file" in femsoret("fluids", "water-etanol").refused()


def test_version(femsoret):
    said = femsoret("--version")
    assert set(said.statuses) == {0}
    assert set(said.outs) == {f"{package.__version__}\n"}


def test_fingers_of_a_cell_heated_from_above_are_seen(femsoret, write, shared_tmp):
    """S_T < 0: the state found is quiet, and no real cell shows it."""
    out = shared_tmp / "fingers"
    changes = ("--set", 'fluid.overrides.soret="-3e-3 1/K"', "--set", "output.formats=[]")
    said = femsoret("run", write(PHYSICAL), *changes, "-o", out).worked()
    summary = json.loads((out / "summary.json").read_text())
    assert summary["stability"]["verdict"] == "unstable"
    assert summary["stability"]["growth_rate"] > 0.01
    assert "The steady state is unstable: the real cell will not show this" in " ".join(
        said.out.split()
    )
    assert "This cell would report" not in (out / "report.md").read_text(encoding="utf-8")
    assert "add a table [time]" in said.err


def test_progress_of_a_march_with_groups_is_in_their_unit_of_time(femsoret, write, shared_tmp):
    marched = write(SQUARE + "[time]\nend = 0.01\nevaluate = false\nnumerical_error = false\n")
    said = femsoret("run", marched, "-o", shared_tmp / "out", "--set", "output.formats=[]").worked()
    (line,) = [line for line in said.err.splitlines() if "with gravity: t = 0.01 " in line]
    assert "t = 0.01 L²/α = " in line
    assert line.endswith("L²/α")
