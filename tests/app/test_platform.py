"""The platform as it is started: every part a process of its own, all of them real."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.lifeline import Name
from devices.credentials import Account
from tests.devices.outbox import Outbox
from tests.devices.test_kills import (
    YARD,
    acknowledged,
    check_acknowledged_is_stored,
    check_the_books,
)
from tests.devices.yard import install
from traceability.base.db import make_engine

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
BACK_S = 10
LADEN_S = 30.0  # the same where other tests keep both cores busy
STOP_S = 5
MORNING_S = 120
READINGS_A_DEVICE = 500


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(condition: Callable[[], bool], within_s: float) -> bool:
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.05)
    return False


class Running:
    """`make run` without the installation: migrate, load, supervise."""

    def __init__(self, data_dir: Path) -> None:
        self.port = free_port()
        self.data_dir = data_dir
        self.environment = {
            **os.environ,
            "DATA_DIR": str(data_dir),
            "PORT": str(self.port),
            "MQTT_PORT": str(free_port()),
        }
        for command in ("migrate", "load"):
            self.command("app.cli", command)
        self.process = self.start()

    def command(self, module: str, *arguments: str) -> None:
        run = [sys.executable, "-m", module, *arguments]
        subprocess.run(run, cwd=ROOT, env=self.environment, check=True, capture_output=True)

    def start(self) -> subprocess.Popen[bytes]:
        with (self.data_dir / "supervisor.log").open("wb") as log:
            run = [sys.executable, "-m", "app.supervisor"]
            return subprocess.Popen(run, cwd=ROOT, env=self.environment, stdout=log, stderr=log)

    def log(self) -> str:
        return (self.data_dir / "supervisor.log").read_text("utf-8")

    def health(self) -> tuple[int, dict[str, str]]:
        try:
            address = f"http://127.0.0.1:{self.port}/healthz"
            with urllib.request.urlopen(address, timeout=3) as answer:
                return int(answer.status), json.load(answer)["parts"]
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)["parts"]
        except OSError:
            return 0, {}

    def is_ready(self) -> bool:
        return self.health()[0] == 200

    def pids(self) -> dict[str, list[int]]:
        """The processes of each part, read from the system: those with our data folder."""
        found: dict[str, list[int]] = {name: [] for name in Name}
        marked = f"DATA_DIR={self.data_dir}".encode()
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                words = (folder / "cmdline").read_bytes().split(b"\0")
                if b"app.processes" in words and marked in (folder / "environ").read_bytes():
                    part = words[words.index(b"app.processes") + 1].decode()
                    found[part].append(int(folder.name))
        return {name: sorted(pids) for name, pids in found.items()}

    def nothing_left(self) -> bool:
        return not any(self.pids().values())


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One installation for all; a test may leave it ended."""
    platform = Running(tmp_path_factory.mktemp("platform"))
    try:
        yield platform
    finally:
        platform.process.kill()
        platform.process.wait()
        assert wait_for(platform.nothing_left, BACK_S)


@pytest.fixture
def running(installed: Running) -> Running:
    if installed.process.poll() is not None:
        installed.process = installed.start()
    assert wait_for(installed.is_ready, 60), installed.log()
    return installed


def test_every_part_is_a_process_and_health_names_its_state(running: Running) -> None:
    status, parts = running.health()

    assert status == 200
    assert all(running.pids().values())
    assert set(parts) >= {"web", "database", "migrations", "chain", "broker", "ingest", "worker"}


def test_each_part_that_is_killed_is_back_within_ten_seconds(running: Running) -> None:
    for name in Name:
        kill_and_wait(running, name)


def kill_and_wait(running: Running, name: Name) -> None:
    """kill -9 of one part; within ten seconds another one stands in its place."""
    before = running.pids()[name]
    for pid in before:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)

    def is_back() -> bool:
        after = running.pids()[name]
        return bool(after) and not set(before) & set(after) and running.is_ready()

    assert wait_for(is_back, patience()), running.log()


def patience() -> float:
    """How long a part may take: what is promised holds for a machine that has a core to spare."""
    return BACK_S if os.getloadavg()[0] < (os.cpu_count() or 1) else LADEN_S


@pytest.mark.timeout(300)
def test_a_morning_goes_on_while_broker_ingest_and_worker_are_killed(running: Running) -> None:
    engine = make_engine(f"sqlite:///{running.data_dir}/platform.db")
    passwords = install(engine, *YARD)
    port = int(running.environment["MQTT_PORT"])
    victims = [Name.INGEST, Name.WORKER, Name.BROKER, Name.INGEST]
    total = len(YARD) * READINGS_A_DEVICE

    with contextlib.ExitStack() as stack:
        outboxes = [
            stack.enter_context(
                Outbox(port, Account(facts.code, password), readings=READINGS_A_DEVICE, seed=5)
            )
            for facts, password in zip(YARD, passwords, strict=True)
        ]
        for outbox in outboxes:
            outbox.start()
        for number, victim in enumerate(victims, start=1):
            goal = number * total // (len(victims) + 1)
            assert wait_for(lambda goal=goal: acknowledged(outboxes) >= goal, MORNING_S)  # type: ignore[misc]  # bound now
            kill_and_wait(running, victim)
            check_acknowledged_is_stored(engine, outboxes)

        assert wait_for(lambda: acknowledged(outboxes) == total, MORNING_S)
        check_the_books(engine, outboxes)
    engine.dispose()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_everything_is_gone_within_five_seconds(running: Running, how: signal.Signals) -> None:
    begin = time.monotonic()

    running.process.send_signal(how)

    assert running.process.wait(STOP_S * 2) == 0
    assert time.monotonic() - begin < STOP_S
    assert running.nothing_left()


def test_nothing_outlives_a_supervisor_that_is_killed_and_a_new_one_starts(
    running: Running,
) -> None:
    running.process.kill()
    running.process.wait()

    running.process = running.start()

    assert wait_for(running.is_ready, 30)
    assert all(len(pids) <= 2 for pids in running.pids().values())


def test_a_second_supervisor_on_the_same_data_says_so(running: Running) -> None:
    second = subprocess.run(
        [sys.executable, "-m", "app.supervisor"],
        cwd=ROOT,
        env=running.environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert second.returncode == 1
    assert "平台已在运行" in second.stderr
    assert running.is_ready()
