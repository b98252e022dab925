"""Kill a transient run at random moments, resume it, and compare it with an undisturbed run.

Every run is a process of its own and is killed by SIGKILL, which no program can catch. Half of the
kills wait until a file or folder is being written.
"""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # runs from a checkout

import h5py
import numpy as np
from harness import Goal, Row, arguments, finish, table

from femsoret.io.history import read_history

GOALS = (
    Goal("differing", "runs whose history differs in any byte", at_most=0),
    Goal("gaps", "runs with a step that is lost, or there twice", at_most=0),
    Goal("corrupt", "runs with field files that are incomplete or differ", at_most=0),
    Goal("numbers", "runs with other numbers in summary.json", at_most=0),
)
KILLS, QUICK = 30, 4
SEED = 4
HISTORIES = ("history.csv", "history_without_gravity.csv")
ROOT = Path(__file__).resolve().parents[1]
CASE = """
title = "Killed"
[cell]
kind = "rectangle"
size = ["10 mm", "5 mm"]
cells = [6, 4]
[fluid]
name = "water-ethanol"
[gravity]
tilt = "1 deg"
[[condition]]
kind = "temperature"
sides = ["top"]
value = "300.65 K"
[[condition]]
kind = "temperature"
sides = ["bottom"]
value = "290.65 K"
[output]
formats = ["xdmf"]
figures = false
[time]
end = "1 tau"
tolerance = 1e-2
fields_at = ["1 s", "10 s", "100 s", "0.1 tau"]
checkpoint = { steps = 4 }
"""


def main() -> int:
    options = arguments(__doc__)
    number, draw = QUICK if options.quick else KILLS, random.Random(SEED)
    with tempfile.TemporaryDirectory(prefix="femsoret-kill-") as made:
        place = Path(made)
        (place / "case.toml").write_text(CASE, encoding="utf-8")
        whole = place / "whole"
        steps, pace = undisturbed(place / "case.toml", whole)
        rows = []
        for i in range(number):
            # Moments are steps and parts of a step, so that the machine's load does not move them.
            moment = draw.randrange(steps), draw.uniform(0.0, pace)
            rows.append(one_kill(i, *moment, while_writing=i % 2 == 1, place=place, whole=whole))
            print(rows[-1], file=sys.stderr, flush=True)
    print(table(rows))
    return finish(options, rows, GOALS, measured(rows))


def undisturbed(case: Path, folder: Path) -> tuple[int, float]:
    """Run a case; return the number of its steps and the time for one, s."""
    first_step = 0.0
    process = start("run", case, "-o", folder)
    while process.poll() is None:
        if not first_step and (folder / HISTORIES[0]).is_file():
            first_step = time.perf_counter()
        time.sleep(0.01)
    if process.returncode != 0:
        raise RuntimeError("the run that is left alone failed")
    steps = steps_in(folder)
    return steps, (time.perf_counter() - first_step) / steps


def measured(rows: list[Row]) -> dict[str, float]:
    kinds = {"differing": "history", "gaps": "steps", "corrupt": "fields", "numbers": "numbers"}
    return {key: float(sum(row[column] != "same" for row in rows)) for key, column in kinds.items()}


def start(*arguments: object) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "femsoret", *map(str, arguments)],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def one_kill(
    i: int, after: int, delay: float, *, while_writing: bool, place: Path, whole: Path
) -> Row:
    """Kill a run, resume it to its end, and compare it."""
    folder = place / f"killed-{i}"
    process = start("run", place / "case.toml", "-o", folder)
    while process.poll() is None and (
        steps_in(folder) < after or not (folder / HISTORIES[0]).is_file()
    ):
        time.sleep(0.002)
    time.sleep(delay)
    while while_writing and process.poll() is None and not any(folder.rglob("*.partial")):
        time.sleep(0.0005)
    process.kill()
    process.wait()
    row: dict[str, Any] = {
        "kill": i + 1,
        "killed after step": after,
        "steps made": steps_in(folder),
        "half written": sum(1 for _ in folder.rglob("*.partial")),
        "then": "finished" if (folder / "summary.json").is_file() else "",
    }
    damaged = [part for part in field_sets(folder) if not readable(part)]
    if not row["then"]:
        row["then"] = "resumed" if start("resume", folder).wait() == 0 else "run again"
    if row["then"] == "run again" and start("run", place / "case.toml", "-o", folder).wait():
        row["then"] = "failed"
    row |= compared(folder, whole, damaged)
    shutil.rmtree(folder, ignore_errors=True)
    return row


def compared(folder: Path, whole: Path, damaged: list[Path]) -> Row:
    """Compare a run with the undisturbed one."""
    if not all((folder / name).is_file() for name in (*HISTORIES, "summary.json")):
        return dict.fromkeys(("history", "steps", "fields", "numbers"), "missing")
    same = all((folder / n).read_bytes() == (whole / n).read_bytes() for n in HISTORIES)
    counted = all(
        [row["step"] for row in read_history(folder / name)]
        == list(range(1, len(read_history(whole / name)) + 1))
        for name in HISTORIES
    )
    parts, others = field_sets(folder), field_sets(whole)
    fields = [p.name for p in parts] == [p.name for p in others] and all(
        identical(part, other) for part, other in zip(parts, others, strict=True)
    )
    fields = fields and not damaged and not any((folder / "fields").glob("*.partial"))
    numbers = numbers_of(folder) == numbers_of(whole)
    verdicts = {"history": same, "steps": counted, "fields": fields, "numbers": numbers}
    return {name: "same" if good else "other" for name, good in verdicts.items()}


def steps_in(folder: Path) -> int:
    """Return the rows of both histories, which may be incomplete."""
    texts = [(folder / n).read_text() for n in HISTORIES if (folder / n).is_file()]
    rows = [sum(line[0] != "#" for line in text.splitlines() if line) - 1 for text in texts]
    return sum(max(number, 0) for number in rows)


def field_sets(folder: Path) -> list[Path]:
    """Return the folders of times that bear the name of a result."""
    found = (folder / "fields").glob("*")
    return sorted(path for path in found if path.is_dir() and path.suffix != ".partial")


def readable(part: Path) -> bool:
    try:
        return bool(arrays(part)) and (part / "fields.xdmf").read_text().endswith("</Xdmf>")
    except OSError:
        return False


def identical(part: Path, other: Path) -> bool:
    one, two = arrays(part), arrays(other)
    return one.keys() == two.keys() and all(np.array_equal(one[k], two[k]) for k in one)


def arrays(part: Path) -> dict[str, Any]:
    found: dict[str, Any] = {}
    with h5py.File(part / "fields.h5") as file:
        file.visititems(
            lambda name, item: found.update({name: item[...]}) if hasattr(item, "shape") else None
        )
    return found


def numbers_of(folder: Path) -> Mapping[str, Any]:
    """Return the summary without what depends on the machine and the day."""
    content: dict[str, Any] = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    for key in ("wall_seconds", "peak_memory_mb"):
        content["solver"].pop(key, None)
    return content


if __name__ == "__main__":
    sys.exit(main())
