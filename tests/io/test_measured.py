"""Files of measured data as laboratories write them: what is read, what is refused."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from femsoret.base.errors import CaseError
from femsoret.experiment.measured import AskedColumn, AskedData, DataSet, MeasuredSeries
from femsoret.io.data_sets import data_set, last_time
from femsoret.io.measured import read_measured

BEAM = AskedColumn("deflection", "optical.beam.total", "rad", "0.3 urad")


def written(folder: Path, content: str | bytes) -> Path:
    path = folder / "data.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def read(folder: Path, content: str | bytes, *columns: AskedColumn) -> DataSet:
    table = read_measured(written(folder, content))
    return data_set(table, AskedData("run", columns or (BEAM,)), "SI")


@pytest.mark.parametrize(
    "content",
    [
        "t (h),deflection (urad)\n0,1.5\n0.5,2.5\n",
        "t (h);deflection (urad)\r\n0;1.5\r\n0.5;2.5\r\n",
        "t (h)\tdeflection (urad)\n0\t1.5\n0.5\t2.5",
        "\ufefft (h), deflection (µrad)\n0, 1.5\n0.5, 2.5\n",
        "# beam of the first cell\n\nt [h],deflection [urad]\n0,1.5\n# a bubble\n0.5,2.5\n",
        '"t (h)","deflection (urad)"\n"0","1.5"\n"0.5","2.5"\n',
        "t (h),deflection (urad),\n0,1.5,\n0.5,2.5,\n,,\n",
        "Time (min),deflection (mrad)\n0,1.5e-3\n30,+2.5E-3\n",
        "sep=;\nt (h);deflection (urad)\n0;1.5\n0.5;2.5\n",
        '"sep=\t"\r\nt (h)\tdeflection (urad)\r\n0\t1.5\r\n0.5\t2.5\r\n',
        "# t (h): of the camera\n# deflection (urad): of the spot\nt,deflection\n0,1.5\n.5,2.5\n",
    ],
)
def test_what_laboratories_write(tmp_path: Path, content: str) -> None:
    (series,) = read(tmp_path, content).series
    np.testing.assert_allclose(series.times, [0.0, 1800.0], rtol=1e-12)
    np.testing.assert_allclose(series.values, [1.5e-6, 2.5e-6], rtol=1e-12)
    assert series.uncertainty is not None
    np.testing.assert_allclose(series.uncertainty, 0.3e-6, rtol=1e-12)


def test_gaps_are_left_out_of_one_column_only(tmp_path: Path) -> None:
    other = AskedColumn("T", "thermometer.plate", "K", "0.01 K")
    content = "t (s),deflection (urad),T (degC)\n0,,20\n1,NaN,21\n2,3,22\n3,4,\n"
    first, second = read(tmp_path, content, BEAM, other).series
    np.testing.assert_allclose(first.times, [2.0, 3.0])
    np.testing.assert_allclose(first.values, [3e-6, 4e-6])
    np.testing.assert_allclose(second.times, [0.0, 1.0, 2.0])
    np.testing.assert_allclose(second.values, [293.15, 294.15, 295.15], rtol=1e-12)


@pytest.mark.parametrize(
    ("content", "what", "hint"),
    [
        ("t (h);deflection (urad)\n0,5;1\n", "line 2: '0,5'.* decimal comma", "decimal points"),
        ("t (h),deflection (urad)\n0,5,1,5\n", "line 2: 4 cells", "decimal commas"),
        ('t (h),deflection (urad)\n"0,5",1\n', "decimal comma", "decimal points"),
        ("t (h)\tdeflection (urad)\n0\t1,5\n", "'1,5' in column 'deflection'", "decimal points"),
        ("t,deflection (urad)\n0,1\n", "'t' has no unit", r"t \(s\)"),
        ("t (h),deflection\n0,1\n", "'deflection' has no unit", r"deflection \(rad\)"),
        ("t (h),deflection (mm)\n0,1\n", "'deflection': .*dimension", "unit of rad"),
        ("t (m),deflection (urad)\n0,1\n", "'t': .*dimension", r"t \(s\)"),
        ("t (hx),deflection (urad)\n0,1\n", "'hx'.* is not a unit", "unit of s"),
        ("t (h),deflection (urad)\n0,1\n2,1\n1,1\n", "line 4: the time 1 does not", "sort"),
        ("t (h),deflection (urad)\n0,1\n0,1\n", "line 3: the time 0 does not", "sort"),
        ("t (h),deflection (urad)\n,1\n", "line 2: there is no time", "gaps"),
        ("t (h),deflection (urad)\n0,inf\n", "line 2: 'inf'.* not finite", "empty"),
        ("t (h),deflection (urad)\n0,1e999\n", "not finite", "empty"),
        ("t (h),deflection (urad)\n0,ok\n", "line 2: 'ok'.* not a number", "header"),
        ("t (h),deflection (urad)\n0,1_0\n", "line 2: '1_0'.* not a number", ""),
        ("t (h),deflection (urad)\n0\n", "line 2: 1 cells", "empty"),
        ("t (h),deflection (urad)\n0,1;2\n", "'1;2'", ""),
        ("t,deflection\nh,urad\n0,1\n", "line 2: 'h'.* not a number", "header"),
        ("0,1\n1,2\n", "no header", "name the columns"),
        ("0,5;1\n1;2\n", "no header", "name the columns"),
        ("t (h),deflection (urad),deflection (rad)\n0,1,1\n", "two columns", "differ"),
        ("t (h),,deflection (urad)\n0,1,1\n", "column 2 has no name", ""),
        ("t (h),T (K)\n0,1\n", "no column 'deflection'", "allowed: T, t"),
        ("t (h),time (h),deflection (urad)\n0,0,1\n", "both 't' and 'time'", "time = "),
        ("clock (h),deflection (urad)\n0,1\n", "no column of times", "clock"),
        ("t (h),deflection (urad)\n0,\n1,\n", "no value in column 'deflection'", "leave"),
        ("t (h),deflection (urad)\n", "no rows", "one row"),
        ("", "no table", "header"),
        ("sep=;\n", "no rows", "one row"),
        ("# nothing\n", "only comments", "header"),
        ("t (h),deflection (µrad)\n0,1\n".encode("latin-1"), "not a UTF-8 text", "urad"),
        ("t (h),deflection (urad)\n0,1\n".encode("utf-16"), "not a UTF-8 text", "UTF-8"),
        (b"\x00\x01\x02", "not a text", "CSV"),
    ],
)
def test_refused_with_a_hint(tmp_path: Path, content: str | bytes, what: str, hint: str) -> None:
    with pytest.raises(CaseError, match=what) as raised:
        read(tmp_path, content)
    assert re.search(hint, raised.value.hint), raised.value.hint


@pytest.mark.parametrize(
    "unit", ["", "(1)", "(wt%)", "(wt.%)", "(mass%)", "(% w/w)", "(g/g)", "(%)"]
)
def test_contents_are_mass_fractions(tmp_path: Path, unit: str) -> None:
    separation = AskedColumn("dc", "separation", "")
    (series,) = read(tmp_path, f"t (h),dc {unit}\n0,0.5\n1,0.7\n", separation).series
    size = 0.01 if "%" in unit else 1.0
    np.testing.assert_allclose(series.values, [0.5 * size, 0.7 * size], rtol=1e-12)


@pytest.mark.parametrize("unit", ["mol/mol", "mol%", "at.%", "% v/v", "vol%", "mL/mL volume"])
def test_other_fractions_are_not_taken_for_those_of_mass(tmp_path: Path, unit: str) -> None:
    separation = AskedColumn("dc", "separation", "")
    with pytest.raises(CaseError, match="mass fractions"):
        read(tmp_path, f"t (h),dc ({unit})\n0,0.5\n1,0.7\n", separation)


def test_no_file_and_a_folder(tmp_path: Path) -> None:
    written(tmp_path, "t (s),x\n0,1\n")
    with pytest.raises(CaseError, match="no such file") as raised:
        read_measured(tmp_path / "dats.csv")
    assert "data.csv" in raised.value.hint
    with pytest.raises(CaseError, match="directory"):
        read_measured(tmp_path)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("0.3 urad", [3e-7, 3e-7]),
        (2e-7, [2e-7, 2e-7]),
        ("5 %", [2e-7, 2e-7]),
        ("u", [1e-7, 4e-7]),
        ("noise of cell", [1e-9, 2e-9]),
    ],
)
def test_uncertainties(tmp_path: Path, given: float | str, expected: list[float]) -> None:
    content = "t (s),deflection (urad),u (urad),noise of cell (rad)\n0,-4,0.1,1e-9\n1,2,0.4,2e-9\n"
    column = AskedColumn("deflection", "optical.beam.total", "rad", given)
    (series,) = read(tmp_path, content, column).series
    assert series.uncertainty is not None
    np.testing.assert_allclose(series.uncertainty, expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("given", "unit", "what"),
    [
        ("0 urad", "rad", "of '0 urad' is not allowed"),
        (0.0, "rad", "is not allowed"),
        ("-1 %", "rad", "is not allowed"),
        ("0.3 mm", "rad", "dimension"),
        ("0.3", "rad", "no unit"),
        ("sigma", "rad", "no column 'sigma'"),
        ("u", "rad", "line 3: the standard uncertainty in column 'u'"),
        ("1 %", "K", "absolute temperature"),
        ("0.1 degC", "K", "not a temperature difference"),
    ],
)
def test_uncertainties_refused(tmp_path: Path, given: float | str, unit: str, what: str) -> None:
    content = f"t (s),deflection ({unit}),u ({unit})\n0,4,0.1\n1,2,0\n"
    with pytest.raises(CaseError, match=what):
        read(tmp_path, content, AskedColumn("deflection", "x", unit, given))


def test_a_share_of_zero_is_no_uncertainty(tmp_path: Path) -> None:
    column = AskedColumn("deflection", "x", "rad", "0.5 %")
    with pytest.raises(CaseError, match="all values are 0"):
        read(tmp_path, "t (s),deflection (rad)\n0,0\n1,0\n", column)


def test_uncertainties_of_temperatures_have_no_offset(tmp_path: Path) -> None:
    column = AskedColumn("T", "thermometer.plate", "K", "u")
    with pytest.raises(CaseError, match="no unit of uncertainties"):
        read(tmp_path, "t (s),T (degC),u (degC)\n0,20,0.1\n", column)
    (series,) = read(tmp_path, "t (s),T (degC),u (K)\n0,20,0.1\n", column).series
    assert series.uncertainty is not None
    assert series.uncertainty[0] == pytest.approx(0.1, rel=1e-12)


def test_steady_data_need_no_times(tmp_path: Path) -> None:
    table = read_measured(written(tmp_path, "separation (%)\n0.1\n0.2\n"))
    column = AskedColumn("separation", "separation", "")
    (series,) = data_set(table, AskedData("run", (column,), steady=True), "SI").series
    assert len(series.times) == 0
    assert series.uncertainty is None
    np.testing.assert_allclose(series.values, [1e-3, 2e-3], rtol=1e-12)


def test_groups_have_no_units(tmp_path: Path) -> None:
    table = read_measured(written(tmp_path, "t (L^2/alpha),T\n0.5,0.1\n1.5,0.2\n"))
    asked = AskedData("run", (AskedColumn("T", "thermometer.plate", "K", "0.01"),))
    (series,) = data_set(table, asked, "groups").series
    np.testing.assert_allclose(series.times, [0.5, 1.5])
    assert last_time(table, None, "groups") == pytest.approx(1.5)
    table = read_measured(written(tmp_path, "t (s),T\n0.5,0.1\n"))
    with pytest.raises(CaseError, match="stated by groups"):
        data_set(table, asked, "groups")


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"values": np.array([])}, "0 values"),
        ({"times": np.array([0.0])}, "2 values"),
        ({"times": np.array([1.0, 0.0])}, "do not increase"),
        ({"values": np.array([1.0, np.nan])}, "not all numbers are finite"),
        ({"uncertainty": np.array([1.0, 0.0])}, "zero, negative"),
    ],
)
def test_series_made_by_scripts_are_checked(changes: dict[str, object], what: str) -> None:
    good: dict[str, object] = {
        "column": "x",
        "signal": "separation",
        "times": np.array([0.0, 1.0]),
        "values": np.array([1.0, 2.0]),
        "uncertainty": None,
    }
    with pytest.raises(CaseError, match=what):
        MeasuredSeries(**(good | changes))  # type: ignore[arg-type]
