"""The supervisor, with three manners of part: willing, stubborn, and with a child of its own."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MANNERS = {"one": "willing", "two": "stubborn", "three": "parent"}
PROGRAM = """
import sys
from pathlib import Path
from app.supervisor import Part, Supervisor
data_dir, manners = Path(sys.argv[1]), dict(each.split("=") for each in sys.argv[2:])
def part(wave, name):
    run = [sys.executable, "tests/app/part.py", name, str(data_dir / "run"), manners[name]]
    return Part(name, name, run, wave)
Supervisor([part(wave, name) for wave, name in enumerate(manners)], data_dir).run()
"""


def wait_for(condition: Callable[[], bool], within_s: float) -> bool:
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.02)
    return False


class Running:
    """A supervisor as a process of its own."""

    def __init__(self, data_dir: Path) -> None:
        self.run_dir = data_dir / "run"
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, data_dir, *(f"{k}={v}" for k, v in MANNERS.items())],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.DEVNULL,
        )

    def pid(self, name: str) -> int:
        path = self.run_dir / f"{name}.pid"
        return int(path.read_text() or 0) if path.exists() else 0

    def is_alive(self, pid: int) -> bool:
        """Whether the process runs; one that nobody has buried yet does not."""
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return False
        return state != "Z"

    @property
    def pids(self) -> list[int]:
        return [self.pid(name) for name in (*MANNERS, "three-grandchild")]

    def all_alive(self) -> bool:
        return all(pid and self.is_alive(pid) for pid in self.pids)

    def none_alive(self) -> bool:
        return not any(self.is_alive(pid) for pid in self.pids)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    supervisor = Running(tmp_path)
    assert wait_for(supervisor.all_alive, 20)
    yield supervisor
    supervisor.process.kill()
    supervisor.process.wait()
    for pid in supervisor.pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    assert wait_for(supervisor.none_alive, 10)


@pytest.mark.parametrize("name", MANNERS)
def test_a_part_that_is_killed_is_back_within_ten_seconds(running: Running, name: str) -> None:
    before = running.pid(name)

    os.kill(before, signal.SIGKILL)

    assert wait_for(lambda: running.pid(name) != before and running.all_alive(), 10)


def test_what_a_killed_part_had_started_goes_with_it(running: Running) -> None:
    grandchild = running.pid("three-grandchild")

    os.kill(running.pid("three"), signal.SIGKILL)

    assert wait_for(lambda: not running.is_alive(grandchild), 10)


def test_a_part_that_hangs_is_back_within_ten_seconds(running: Running) -> None:
    before = running.pid("one")
    assert wait_for((running.run_dir / "one.beat").exists, 5)

    os.kill(before, signal.SIGSTOP)

    assert wait_for(lambda: running.pid("one") != before and running.all_alive(), 10)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_everything_is_gone_five_seconds_after_the_stop(
    running: Running, how: signal.Signals
) -> None:
    begin = time.monotonic()

    running.process.send_signal(how)

    assert running.process.wait(10) == 0
    assert time.monotonic() - begin < 5
    assert running.none_alive()


def test_nothing_outlives_a_supervisor_that_is_killed(running: Running) -> None:
    running.process.kill()

    assert wait_for(running.none_alive, 10)


def test_a_part_whose_supervisor_died_before_it_began_does_not_begin(tmp_path: Path) -> None:
    part = [
        sys.executable,
        "tests/app/part.py",
        "late",
        str(tmp_path),
        "willing",
        "--parent",
        "99999",
    ]

    ended = subprocess.run(
        part, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=20, check=False
    )

    assert ended.returncode == 1
    assert not (tmp_path / "late.pid").exists()
