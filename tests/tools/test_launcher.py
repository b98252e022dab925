"""What tools/fenicsx chooses and makes, with stand-ins for python3, conda, mmdebstrap and unshare.

Nothing here needs DOLFINx, root or a network. A stand-in writes down how it was called.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

pytestmark = [pytest.mark.serial, pytest.mark.slow]

PROJECT = Path(__file__).resolve().parents[2]

REAL_TOOLS = """awk bash cat cksum cut dirname echo env find flock grep ln ls mkdir mv paste pwd
readlink sed sh sleep tail touch true"""

# The root that it makes has only what tools/fenicsx itself looks for.
MMDEBSTRAP = """
sleep "${SLOW:-0}"
for target in "$@"; do :; done
mkdir -p "$target/etc" "$target/usr" "$target/var"
ln -s usr/bin "$target/bin"
"""

CONDA = """
while [ "$1" != --prefix ]; do shift; done
mkdir -p "$2/bin" "$2/etc/conda/activate.d"
echo 'export ACTIVATED=yes' >"$2/etc/conda/activate.d/compiler.sh"
"""

# Enters nothing: the command comes after "--"; without one it was only asked whether it may.
UNSHARE = """
while [ $# -gt 0 ] && [ "$1" != -- ]; do shift; done
[ $# -gt 0 ] || exit 0
shift
exec "$@"
"""

# A small root has no mount(8); flags 4096 and 2 are MS_BIND and MNT_DETACH of <sys/mount.h>.
BIND = """
import ctypes, os, sys
source, target, *command = sys.argv[1:]
assert ctypes.CDLL(None).mount(source.encode(), target.encode(), None, 4096, None) == 0
os.execv(command[0], command)
"""
UMOUNT = "import ctypes, sys; ctypes.CDLL(None).umount2(sys.argv[-1].encode(), 2)"


@dataclass
class Machine:
    """A computer with an empty cache and only the tools that a test gives it."""

    folder: Path

    def __post_init__(self):
        self.bin = self.folder / "bin"
        self.bin.mkdir()
        for tool in REAL_TOOLS.split():
            path = shutil.which(tool)
            assert path, f"this test needs {tool}"
            (self.bin / tool).symlink_to(path)
        self.project = self.folder / "project"
        shutil.copytree(PROJECT / "tools", self.project / "tools")
        shutil.copy(PROJECT / "environment.yml", self.project)
        self.cache = self.folder / "cache" / "femsoret"
        self.user(0)
        self.python("")

    def give(self, tool: str, script: str) -> None:
        path = self.bin / tool
        path.write_text(f'#!/bin/sh\necho "$*" >>"{self.folder}/{tool}.calls"\n{script}\n')
        path.chmod(0o755)

    def user(self, uid: int) -> None:
        self.give("id", f"echo {uid}")

    def python(self, dolfinx: str, pip_status: int = 0) -> None:
        self.give("python3", f'[ "$2" = pip ] && exit {pip_status}\necho "{dolfinx}"')

    def debian(self) -> None:
        self.give("mmdebstrap", MMDEBSTRAP)
        self.give("unshare", UNSHARE)

    def calls(self, tool: str) -> list[str]:
        path = self.folder / f"{tool}.calls"
        return path.read_text().splitlines() if path.exists() else []

    def left_over(self) -> list[str]:
        return [path.name for path in self.cache.iterdir() if path.is_dir()]

    def start(self, *command: str, cwd: Path | None = None, **variables: str) -> subprocess.Popen:
        return subprocess.Popen(
            [str(self.project / "tools" / "fenicsx"), *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=cwd or self.folder,
            # Shells start background jobs with Ctrl-C ignored, and children inherit that.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            env={
                "PATH": str(self.bin),
                "HOME": str(self.folder),
                "XDG_CACHE_HOME": str(self.folder / "cache"),
                **variables,
            },
        )

    def run(self, *command: str, stdin: str = "", **options) -> subprocess.CompletedProcess:
        process = self.start(*command, **options)
        out, err = process.communicate(stdin, timeout=30)
        return subprocess.CompletedProcess(process.pid, process.returncode, out, err)


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


@pytest.fixture(params=["current python", "conda", "debian"])
def equipped(request, machine):
    if request.param == "current python":
        machine.python("0.10.0")
    elif request.param == "conda":
        machine.give("conda", CONDA)
    else:
        machine.debian()
    return machine


def test_command_keeps_arguments_input_directory_status_and_process(equipped, tmp_path):
    elsewhere = tmp_path / "a folder"
    elsewhere.mkdir()
    script = 'printf "<%s>" "$@"; cat; pwd; echo $$; exit 7'
    command = ["sh", "-c", script, "sh", "a b", "*", "", "x=y"]
    result = equipped.run(*command, stdin="in\n", cwd=elsewhere)
    assert result.stdout == f"<a b><*><><x=y>in\n{elsewhere}\n{result.args}\n"
    assert result.returncode == 7


def test_command_that_does_not_exist_is_status_127(equipped):
    assert equipped.run("no-such-command").returncode == 127


def test_femsoret_is_importable_and_there_is_one_thread(equipped):
    result = equipped.run("sh", "-c", "echo $PYTHONPATH $OMP_NUM_THREADS")
    assert result.stdout == f"{equipped.project} 1\n"
    assert equipped.run("sh", "-c", "echo $OMP_NUM_THREADS", OMP_NUM_THREADS="3").stdout == "3\n"


def test_second_call_makes_nothing_and_is_quiet(equipped):
    equipped.run("true")
    made = equipped.calls("conda") + equipped.calls("mmdebstrap")
    assert equipped.run("true").stderr == ""
    assert equipped.calls("conda") + equipped.calls("mmdebstrap") == made


@pytest.mark.parametrize("version", ["0.9.0", "0.10.0.post4", "0.11.0"])
def test_current_python_is_used_if_its_dolfinx_is_supported(machine, version):
    machine.python(version)
    machine.give("conda", CONDA)
    machine.debian()
    assert machine.run("true").returncode == 0
    assert machine.calls("conda") == machine.calls("mmdebstrap") == []
    assert not machine.cache.exists()


@pytest.mark.parametrize("version", ["", "0.8.0", "0.12.0", "1.9.0"])
def test_without_any_way_it_says_what_to_install(machine, version):
    machine.python(version)
    machine.user(1000)
    result = machine.run("true")
    assert result.returncode == 125
    assert "sudo apt-get install mmdebstrap debian-archive-keyring uidmap" in result.stderr
    assert "conda env create -f environment.yml" in result.stderr


def test_conda_comes_before_debian_and_is_activated(machine):
    machine.give("conda", CONDA)
    machine.debian()
    result = machine.run("sh", "-c", "echo $ACTIVATED $CONDA_PREFIX")
    (environment,) = machine.cache.glob("conda-*")
    assert result.stdout == f"yes {environment}/root\n"
    assert machine.calls("conda") == [
        f"env create --prefix {environment}/root --file {machine.project}/environment.yml"
    ]
    assert machine.calls("mmdebstrap") == []


def test_micromamba_has_its_own_words(machine):
    machine.give("micromamba", CONDA)
    assert machine.run("true").returncode == 0
    assert machine.calls("micromamba")[0].startswith("create --prefix")


@pytest.mark.parametrize("suite", ["trixie", "sid"])
def test_suite_goes_straight_to_debian(machine, suite):
    machine.python("0.10.0")
    machine.give("conda", CONDA)
    machine.debian()
    assert machine.run("true", FEMSORET_SUITE=suite).returncode == 0
    (call,) = machine.calls("mmdebstrap")
    assert f" {suite} " in call
    assert ("Check-Valid-Until" in call) == ("python3-io4dolfinx" in call) == (suite == "sid")
    assert "://" not in call, "mmdebstrap chooses the mirror"
    assert machine.calls("conda") == []


def test_unknown_suite_is_refused(machine):
    machine.debian()
    result = machine.run("true", FEMSORET_SUITE="buster")
    assert result.returncode == 125
    assert "trixie" in result.stderr


def test_inside_an_environment_another_one_is_refused(machine):
    machine.debian()
    result = machine.run("true", FEMSORET_SUITE="sid", FEMSORET_ENVIRONMENT="/somewhere")
    assert result.returncode == 125
    assert machine.calls("mmdebstrap") == []


def test_what_is_half_made_is_not_taken(machine):
    machine.debian()
    machine.run("true")
    (environment,) = machine.cache.glob("trixie-*")
    (environment / "made").unlink()
    (machine.cache / "making-trixie" / "root").mkdir(parents=True)
    assert machine.run("true").returncode == 0
    assert len(machine.calls("mmdebstrap")) == 2
    assert machine.left_over() == [environment.name]


def test_what_a_killed_maker_left_mounted_is_let_go(machine):
    """Deleting what is mounted would delete what it is mounted from."""
    unshare = shutil.which("unshare") or ""
    if not unshare or subprocess.run([unshare, "--mount", "--", "true"], check=False).returncode:
        pytest.skip("may not mount anything here")
    machine.debian()
    machine.give("umount", f"exec {sys.executable} -c '{UMOUNT}' \"$@\"")
    proc = machine.cache / "making-trixie" / "root" / "proc"
    proc.mkdir(parents=True)
    precious = machine.folder / "precious"
    precious.mkdir()
    (precious / "file").touch()
    launcher = machine.project / "tools" / "fenicsx"
    result = subprocess.run(
        [unshare, "--mount", "--", sys.executable, "-c", BIND, precious, proc, launcher, "true"],
        check=False,
        env={
            "PATH": str(machine.bin),
            "HOME": str(machine.folder),
            "XDG_CACHE_HOME": str(machine.folder / "cache"),
        },
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert result.returncode == 0, result.stderr
    (made,) = machine.left_over()
    assert made.startswith("trixie-")
    assert (precious / "file").exists()


def test_failure_to_make_is_status_125_with_the_reason_and_leaves_nothing(machine):
    machine.debian()
    machine.give("mmdebstrap", f"{MMDEBSTRAP}\necho the disk is full\nexit 1")
    result = machine.run("sh", "-c", "echo ran")
    assert (result.returncode, result.stdout) == (125, "")
    assert "the disk is full" in result.stderr
    assert machine.left_over() == []


@pytest.mark.parametrize(
    ("suite", "said", "status"),
    [
        ("sid", "E: Unable to locate package python3-dolfinks", 125),
        ("sid", "E: Package 'python3-vtk9' has no installation candidate", 125),
        (
            "sid",
            "W: Failed to fetch x  503  Service Unavailable\nE: Unable to locate package y",
            125,
        ),
        ("sid", "tar: write error: No space left on device", 125),
        ("sid", "Err:1 http://mirror sid InRelease\n  Could not resolve 'mirror'", 75),
        ("sid", "  Connection timed out [IP: 10.0.0.1 80]", 75),
        ("sid", "E: Failed to fetch http://m/x.deb  Hash Sum mismatch", 75),
        (
            "sid",
            "E: Failed to fetch x  File has unexpected size (1 != 2). Mirror sync in progress?",
            75,
        ),
        (
            "sid",
            "The following packages have unmet dependencies:\n python3-slepc4py : Depends: x",
            75,
        ),
        ("trixie", "The following packages have unmet dependencies:\n python3-x : Depends: y", 125),
        ("trixie", "  Could not connect to mirror:80 (10.0.0.1). - connect (111: refused)", 75),
    ],
)
def test_only_a_mirror_may_fail_without_it_being_our_fault(machine, suite, said, status):
    machine.debian()
    machine.give("mmdebstrap", f"{MMDEBSTRAP}\ncat <<'END'\n{said}\nEND\nexit 25")
    result = machine.run("true", FEMSORET_SUITE=suite)
    assert result.returncode == status, result.stderr
    assert ("try again later" in result.stderr) == (status == 75)
    assert machine.left_over() == []


@pytest.mark.parametrize(
    ("making", "target", "status"),
    [(0, "test-all", 0), (75, "test-here", 0), (125, None, 125), (124, None, 124)],
)
def test_ci_fails_where_it_is_not_the_mirror(machine, making, target, status):
    (machine.project / ".ci").mkdir()
    shutil.copy(PROJECT / ".ci" / "run", machine.project / ".ci")
    launcher = machine.project / "tools" / "fenicsx"
    launcher.write_text(f"#!/bin/sh\nexit {making}\n")
    machine.give("timeout", 'shift; exec "$@"')
    machine.give("make", "exit 0")
    done = subprocess.run(
        [machine.project / ".ci" / "run"],
        env={"PATH": str(machine.bin), "HOME": str(machine.folder)},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == status
    assert machine.calls("make") == ([target] if target else [])
    assert ("NOT TESTED" in done.stdout) == (making == 75)


def test_two_at_once_make_one(machine):
    machine.debian()
    both = [machine.start("echo", "ran", SLOW="0.5") for _ in range(2)]
    assert [process.communicate(timeout=30)[0] for process in both] == ["ran\n", "ran\n"]
    assert len(machine.calls("mmdebstrap")) == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_stops_the_making_at_once_and_leaves_nothing(machine, number):
    machine.debian()
    process = machine.start("true", SLOW="60")
    while not machine.calls("mmdebstrap"):
        time.sleep(0.02)
    start = time.monotonic()
    process.send_signal(number)
    process.communicate(timeout=30)
    assert time.monotonic() - start < 5
    assert process.returncode == 143
    assert machine.left_over() == []
    assert machine.run("true").returncode == 0


def test_other_packages_make_another_environment(machine):
    machine.debian()
    machine.run("true")
    with (machine.project / "tools" / "debian-packages.txt").open("a") as file:
        file.write("# a comment changes nothing\n")
    machine.run("true")
    assert len(machine.calls("mmdebstrap")) == 1
    with (machine.project / "tools" / "debian-packages.txt").open("a") as file:
        file.write("hello # for greetings\n")
    machine.run("true")
    assert len(machine.calls("mmdebstrap")) == 2
    assert ",hello" in machine.calls("mmdebstrap")[1]


def test_environments_that_nobody_used_for_a_month_go(machine):
    machine.debian()
    for name, days in (("trixie-1", 40), ("trixie-2", 5)):
        made = machine.cache / name / "made"
        made.parent.mkdir(parents=True)
        made.touch()
        os.utime(made, (time.time() - days * 86400,) * 2)
    machine.run("true")
    assert "trixie-1" not in machine.left_over()
    assert "trixie-2" in machine.left_over()


def vtk_calls(machine):
    return [call for call in machine.calls("python3") if "vtk==" in call]


def test_a_vtk_that_reads_xdmf_is_got_once_and_told_to_tests(machine):
    machine.debian()
    assert machine.run("sh", "-c", "echo [$FEMSORET_VTK]").stdout == "[]\n"
    assert vtk_calls(machine) == []
    assert machine.run("--vtk").returncode == 0
    (folder,) = machine.cache.glob("vtk-*")
    assert machine.run("sh", "-c", "echo [$FEMSORET_VTK]").stdout == f"[{folder}/vtk]\n"
    assert machine.run("--vtk").stderr == ""
    assert len(vtk_calls(machine)) == 1


def test_without_it_all_else_works(machine):
    machine.debian()
    machine.run("true")
    machine.python("", pip_status=1)
    result = machine.run("--vtk")
    assert result.returncode == 0
    assert "those tests will be skipped" in result.stderr
    assert machine.run("sh", "-c", "echo [$FEMSORET_VTK]").stdout == "[]\n"


def test_sid_has_one_of_its_own(machine):
    machine.debian()
    assert machine.run("--vtk", FEMSORET_SUITE="sid").returncode == 0
    assert vtk_calls(machine) == []


@pytest.mark.parametrize("suite", ["trixie", "sid"])
def test_optional_packages_are_got_once_and_can_be_imported(machine, suite):
    machine.debian()
    assert machine.run("--packages", FEMSORET_SUITE=suite).returncode == 0
    (folder,) = machine.cache.glob("packages-*")
    path = machine.run("sh", "-c", "echo $PYTHONPATH", FEMSORET_SUITE=suite).stdout
    assert path == f"{machine.project}:{folder}/site\n"
    assert machine.run("--packages", FEMSORET_SUITE=suite).stderr == ""
    assert len([call for call in machine.calls("python3") if "cantera==" in call]) == 1


@pytest.mark.parametrize("suite", ["trixie", "sid"])
def test_header_of_forms_is_compiled_once_and_the_compiler_told(machine, suite):
    machine.debian()
    asked = ("sh", "-c", "echo [$CC]")
    assert machine.run(*asked, FEMSORET_SUITE=suite).stdout == "[]\n"
    assert machine.run("--header", FEMSORET_SUITE=suite).returncode == 0
    (folder,) = machine.cache.glob("header-*")
    told = machine.run(*asked, FEMSORET_SUITE=suite).stdout
    assert told == f"[gcc -include '{folder}/forms.h']\n"
    assert machine.run("--header", FEMSORET_SUITE=suite).stderr == ""
    assert len([call for call in machine.calls("python3") if "compile_header" in call]) == 1


def test_without_the_header_all_else_works(machine):
    machine.debian()
    machine.give("python3", 'case "$*" in *compile_header*) exit 1 ;; esac')
    result = machine.run("--header")
    assert result.returncode == 0
    assert "longer to compile" in result.stderr
    assert machine.run("sh", "-c", "echo [$CC]").stdout == "[]\n"


def test_missing_ruff_is_a_loud_warning_only(machine):
    machine.debian()
    machine.python("", pip_status=1)
    result = machine.run("echo", "ran")
    assert (result.returncode, result.stdout) == (0, "ran\n")
    assert "WARNING" in result.stderr
    assert "make lint" in result.stderr
