"""Every mistake in a case file: which file, which key, what is wrong, what is allowed."""

from __future__ import annotations

from pathlib import Path

import pytest
from case_texts import GROUPS, PHYSICAL

from femsoret.base.errors import CaseError, ConditionError, FluidError, MeshError
from femsoret.case import load_case

SECOND_TOP = """
[[condition]]
kind = "robin"
sides = ["left", "top"]
h = 500
T_outside = 300
"""


def said(path: Path, overrides: list[str]) -> str:
    with pytest.raises(CaseError) as caught:
        load_case(path, overrides)
    return str(caught.value)


def check_refusal(comm, path, overrides, error, where, parts):
    """Check that the mesh of a case shows an error, at which key, and what the message says."""
    case = load_case(path, overrides)
    with pytest.raises(error) as caught:
        case.build(comm)
    message = str(caught.value)
    assert message.startswith(f"{path}: {where}: ")
    for part in parts:
        assert part in message


@pytest.mark.parametrize(
    ("overrides", "where", "parts"),
    [
        # keys
        (["cell.grding=3"], "[cell] grding", ["unknown key", "did you mean 'grading'?", "size"]),
        (["fluidd.name=x"], "fluidd", ["unknown key", "did you mean 'fluid'?"]),
        (["condition.0.valu=3"], "[condition.0] valu", ["unknown key", "'value'"]),
        (["fluid.overrides.sorret=1"], "[fluid.overrides] sorret", ["did you mean 'soret'?"]),
        (["cell.kind=box", "cell.cells=[1, 1, 1]"], "[cell] size.2", ["item 3", "missing"]),
        (["cell.kind=cylinder"], "[cell] size", ["unknown key", "radius"]),
        (["cell.kind=rectangel"], "[cell] kind", ["'rectangel'", "did you mean 'rectangle'?"]),
        (["condition.0={sides=['top']}"], "[condition.0] kind", ["missing", "temperature"]),
        (["condition.0={kind='temperature',sides=['top']}"], "[condition.0] value", ["missing"]),
        (["condition.0.kind=dirichlet"], "[condition.0] kind", ["'dirichlet'", "heat-flux"]),
        # types
        (["cell=3"], "[cell]", ["is not a table"]),
        (["cell.cells=[4.5, 2]"], "[cell] cells.0", ["4.5 is not an integer"]),
        (["cell.cells=['4', 2]"], "[cell] cells.0", ["'4' is not an integer"]),
        (["cell.cells=[0, 2]"], "[cell] cells.0", ["0 is not allowed", "greater than or equal"]),
        (["cell.cells=[1, 2, 3]"], "[cell] cells", ["too many values: 3", "at most 2"]),
        (["cell.size=true"], "[cell] size", ["True is not a list"]),
        (["cell.size.0=true"], "[cell] size.0", ["True is not a number"]),
        (["cell.size.0=inf"], "[cell] size.0", ["inf"]),
        (["cell.grading=0.5"], "[cell] grading.0", ["greater than or equal to 1"]),
        (["cell.shape=triangel"], "[cell] shape", ["did you mean 'triangle'?"]),
        (["title=3"], "title", ["3 is not a text"]),
        (["solver.degree=1"], "[solver] degree", ["greater than or equal to 2"]),
        (["solver.preset=dirct"], "[solver] preset", ["did you mean 'direct'?"]),
        (["solver.discretisation=scott"], "[solver] discretisation", ["allowed: scott-vogelius"]),
        (["solver.tolerance=0"], "[solver] tolerance", ["greater than 0"]),
        (["solver.numerical_error=yes"], "[solver] numerical_error", ["'yes'", "true or false"]),
        (["solver.petsc.-ksp_type=cg"], "[solver.petsc]", ["omit the dash: ksp_type"]),
        (["solver.petsc.ksp_type=[1]"], "[solver.petsc] ksp_type", ["not a value of an option"]),
        # what runs code or writes files, and what a preset has no use for
        (["solver.petsc.pc_type=python"], "[solver.petsc] pc_type", ["'python' is not allowed"]),
        (["solver.petsc.ksp_type=python"], "[solver.petsc] ksp_type", ["preonly, richardson"]),
        (["solver.petsc.ksp_view=ascii:x"], "[solver.petsc] ksp_view", ["--unsafe-petsc-options"]),
        (["solver.petsc.ksp_monitor=ascii:x"], "[solver.petsc] ksp_monitor", ["in the terminal"]),
        (["solver.petsc.log_view=:x"], "[solver.petsc] log_view", ["is not on the list"]),
        (["solver.petsc.mat_mumps_icntl_2=7"], "[solver.petsc] mat_mumps_icntl_2", ["the list"]),
        (["solver.petsc.mat_mumps_icntl_22=1"], "[solver.petsc] mat_mumps_icntl_22", ["list"]),
        (["solver.petsc.ksp_rtoll=1"], "[solver.petsc] ksp_rtoll", ["did you mean 'ksp_rtol'?"]),
        (["solver.petsc.ksp_rtol=small"], "[solver.petsc] ksp_rtol", ["a number"]),
        (["solver.petsc.ksp_rtol=true"], "[solver.petsc] ksp_rtol", ["a number"]),
        (["solver.petsc.snes_ksp_ew=7"], "[solver.petsc] snes_ksp_ew", ["true or false"]),
        (
            ["solver.preset=direct", "solver.petsc.chi_ksp_rtol=1e-3"],
            "[solver.petsc] chi_ksp_rtol",
            ["the preset 'direct'", "presets that permit this option: reduced, multigrid, amg"],
        ),
        (["output.formats=['vtk']"], "[output] formats.0", ["'vtk'", "did you mean 'vtx'?"]),
        # units
        (["cell.size.0=5 kg"], "[cell] size.0", ["[mass]", "length", '"5 mm"']),
        (["cell.size.0=5"], "", []),
        (["cell.size.0=-5 mm"], "[cell] size.0", ["'-5 mm' is not allowed", "greater than 0"]),
        (["condition.0.value=5 mm"], "[condition.0] value", ["[length]", "temperature"]),
        (["condition.0.value=-300 degC"], "[condition.0] value", ["absolute temperature"]),
        (["condition.0.value=25"], "", []),
        (["gravity.tilt=1 degC"], "[gravity] tilt", ["[temperature]", "angle"]),
        (["fluid.overrides.soret=5 K"], "[fluid.overrides] soret", ["quantity in 1/K"]),
        # fluid
        (["fluid.name=water-etanol"], "[fluid] name", ["did you mean 'water-ethanol'?"]),
        (["fluid.name=water-ethanol", "fluid.file=x.toml"], "[fluid]", ["give either"]),
        (["fluid={}"], "[fluid]", ["name of a fluid or a file"]),
        (["fluid={file='none.toml'}"], "[fluid] file", ["none.toml", "No such file"]),
        (["fluid.c0=1.2"], "[fluid] c0", ["1.2 is not allowed", "less than 1"]),
        (["fluid.c0=0"], "[fluid] c0", ["greater than 0"]),
        (["fluid.closure=ful"], "[fluid] closure", ["did you mean 'full'?"]),
        (
            ["fluid.overrides.soret=1e-3", "fluid.overrides.viscosity=-1 mPa s"],
            "[fluid.overrides] viscosity",
            ["viscosity = -0.001", "positive"],
        ),
        (
            ["fluid.overrides.soret={kind='iacopini', S_inf=1}"],
            "[fluid.overrides] soret",
            ["'iacopini'", "did you mean 'iacopini-piazza'?"],
        ),
        (
            ["fluid.overrides.soret={kind='constant', value='3 m'}"],
            "[fluid.overrides] soret",
            ["[length]"],
        ),
        (["fluid.overrides.soret=true"], "[fluid.overrides] soret", ["not a property"]),
        # fluid or groups
        (["groups={Ra=1, Pr=1, Le=1}"], "", ["both [fluid] and [groups]"]),
        # gravity
        (
            ["gravity={direction=[0, -1], tilt=3}"],
            "[gravity] tilt",
            ["given twice, by direction and by tilt"],
        ),
        (["gravity.direction=[0, 0]"], "[gravity] direction", ["length zero"]),
        (["gravity.magnitude=-1"], "[gravity] magnitude", ["-1 is not allowed"]),
        # conditions
        (["condition.1.sides=['top']"], "[condition]", ["'top' has two", "condition.0", ".1"]),
        (["condition.0.sides=['top', 'top']"], "[condition.0] sides", ["named twice"]),
        (["condition.0.sides=['all', 'top']"], "[condition.0] sides", ['"all"']),
        (["condition.0.sides=[]"], "[condition.0] sides", ["too few values: 0", "at least 1"]),
        (["condition.0.sides=top"], "[condition.0] sides", ["'top' is not a list"]),
        (["condition=[]"], "[condition]", ["no temperature is fixed anywhere", "robin"]),
        (
            ["condition.0={kind='composition', sides=['top'], value=1.5}"],
            "[condition.0] value",
            ["1.5 is not allowed", "less than or equal to 1"],
        ),
        # readings
        (["readings.hot={wall='top'}"], "[readings]", ["two readings"]),
        (["readings.hot={wall='top', point=[1, 2]}"], "[readings] hot", ["one of wall, point"]),
        (["readings.hot={}"], "[readings] hot", ["one of wall, point"]),
        (
            ["readings.hot={point=['5 kg', 1]}"],
            "[readings] hot.point.0",
            ["[mass]"],
        ),
        (
            ["readings.extra=[{name='a', hot={wall='top'}}]"],
            "[readings.extra.0] cold",
            ["missing", "cold end"],
        ),
        (
            ["readings.gradient=[{name='a', point=[0, 0], line=[[0, 0], [0, 1]]}]"],
            "[readings.gradient.0]",
            ["one of point and line"],
        ),
        (
            ["readings.gradient=[{name='a', point=[0, 0], direction=[0, 0]}]"],
            "[readings.gradient.0] direction",
            ["length zero"],
        ),
    ],
)
def test_what_is_wrong_is_said(write, overrides, where, parts):
    path = write(PHYSICAL)
    if not parts:  # a plain number is SI
        load_case(path, overrides)
        return
    message = said(path, overrides)
    assert message.startswith(f"{path}: {where}: " if where else f"{path}: ")
    for part in parts:
        assert part in message


def test_neither_fluid_nor_groups(write):
    text = PHYSICAL.replace('[fluid]\nname = "water-ethanol"\n', "")
    assert "neither [fluid] nor [groups]" in said(write(text), [])


def test_two_conditions_through_several_sides(write):
    message = said(write(PHYSICAL + SECOND_TOP), [])
    assert "side 'top' has two conditions for the temperature" in message
    assert "temperature in condition.0 and robin in condition.2" in message


def test_all_mistakes_are_listed(write):
    message = said(write(PHYSICAL), ["cell.size.0=5 kg", "solver.degree=1", "gravity.tilt=1 K"])
    assert message.count("also ") == 2
    for place in ("[cell] size.0", "[solver] degree", "[gravity] tilt"):
        assert place in message


@pytest.mark.parametrize(
    ("overrides", "where", "parts"),
    [
        (["cell.size.0=5 mm"], "[cell] size.0", ["'5 mm'", "plain numbers", "units of the gap"]),
        (["condition.0.value=300 K"], "[condition.0] value", ["wall temperature difference"]),
        (["gravity.magnitude=9.81"], "[gravity] magnitude", ["given twice", "Ra in [groups]"]),
        (["groups.N=1"], "[groups]", ["psi and N exclude each other"]),
        (["groups.Raa=1"], "[groups] Raa", ["unknown key", "did you mean 'Ra'?"]),
        (["groups.Le=0"], "[groups] Le", ["greater than 0"]),
        (["groups.Pr=ten"], "[groups] Pr", ["'ten' is not a number"]),
        (["groups.closure=full", "groups.c0=0.5"], "[groups] S_T_dT", ["missing"]),
        (["groups.S_T_dT=0"], "[groups]", ["psi = 0.2 with S_T dT = 0"]),
        (["groups.T0_dT=30"], "[groups]", ["T0_dT and mu_c belong together"]),
        (["groups={Ra=1, Pr=1, Le=1, Df=1}"], "[groups]", ["Onsager"]),
        (["groups=3"], "[groups]", ["is not a table"]),
        (["groups={Pr=1, Le=1}"], "[groups] Ra", ["missing", "Rayleigh"]),
    ],
)
def test_groups(write, overrides, where, parts):
    path = write(GROUPS)
    message = said(path, overrides)
    assert message.startswith(f"{path}: {where}: ")
    for part in parts:
        assert part in message


def test_missing_file(write):
    path = write(PHYSICAL, "there.toml")
    message = said(path.with_name("their.toml"), [])
    assert "there is no such file" in message
    assert "there.toml" in message


def test_toml_syntax(write):
    message = said(write("[cell]\nkind = rectangle\n"), [])
    assert "case.toml: Invalid value (at line 2, column 8)" in message


@pytest.mark.serial
def test_not_a_text(shared_tmp):
    path = shared_tmp / "case.toml"
    path.write_bytes(b"\xff\xfe\x00")
    assert "UTF-8" in said(path, [])


def test_a_folder(shared_tmp):
    assert "directory" in said(shared_tmp, [])


@pytest.mark.parametrize(
    ("overrides", "error", "where", "parts"),
    [
        (
            ["condition.0.sides=['topp']"],
            ConditionError,
            "[condition.0] sides",
            ["has no side 'topp'", "did you mean 'top'?"],
        ),
        (
            ["readings={hot={wall='tp'}, cold={wall='bottom'}}"],
            ConditionError,
            "[readings] hot",
            ["did you mean 'top'?"],
        ),
        (
            ["readings={hot={wall='top'}, cold={wall='all'}}"],
            ConditionError,
            "[readings] cold",
            ["a single side"],
        ),
        (
            ["readings={hot={point=['11 mm', '1 mm']}, cold={wall='bottom'}}"],
            ConditionError,
            "[readings] hot",
            ["outside the cell"],
        ),
        (
            ["readings.gradient=[{name='a', point=[0, 0], direction=[0, 0, 1]}]"],
            ConditionError,
            "[readings.gradient.0]",
            ["3 coordinates for a 2D cell"],
        ),
        (
            ["readings.extra=[{name='a', hot={point=[0, 0, 0]}, cold={wall='bottom'}}]"],
            ConditionError,
            "[readings.extra.0] hot",
            ["3 coordinates for a 2D cell"],
        ),
        (["cell={kind='file', path='no.msh'}"], MeshError, "[cell]", ["no such file", "no.msh"]),
        (["gravity.direction=[0, 0, -1]"], CaseError, "[gravity] direction", ["3 numbers"]),
        (["gravity.azimuth=3"], CaseError, "[gravity] azimuth", ["a 2D cell has no azimuth"]),
        (
            ["fluid.overrides.viscosity={kind='linear', value=1e-3, T_ref=295, slope_T=-1e-3}"],
            FluidError,
            "[fluid]",
            ["viscosity = -"],
        ),
    ],
)
def test_what_only_the_mesh_tells(write, comm, overrides, error, where, parts):
    check_refusal(comm, write(PHYSICAL), overrides, error, where, parts)


@pytest.mark.parametrize(
    ("overrides", "where", "parts"),
    [
        (["cell.size=[2, 2]"], "[cell]", ["gap between hot and cold wall must be 1, not 2"]),
        (["condition.0.value=2"], "[condition]", ["difference must be 1, not 2"]),
    ],
)
def test_groups_of_another_cell(write, comm, overrides, where, parts):
    check_refusal(comm, write(GROUPS), overrides, CaseError, where, parts)
