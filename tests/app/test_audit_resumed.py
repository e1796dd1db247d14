"""An audit that was killed goes on where it stood, and comes to the report of one never killed."""

import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from app.audit import running
from app.auth.roles import Role
from app.config import Settings
from app.factory import Platform, settings_of
from tests.logins import LoginAs
from tests.world import World
from traceability.audit import columns, halfway, links
from traceability.audit.report import Report
from traceability.base.db import make_engine

KILLED = """
import os, signal, sys
from app import config
from app.audit import running
from traceability.audit import columns, links
from traceability.base.db import make_engine

links.BATCH, columns.BATCH = 10, 5
running.KEEP_S, running.BESIDE_FROM = 0, int(sys.argv[4])
settings = config.load({"DATA_DIR": sys.argv[1], "DATABASE_URL": sys.argv[2]})
end = int(sys.argv[3])

def tell(done, everything):
    if done >= end:
        os.kill(os.getpid(), signal.SIGKILL)

running.examine(settings, make_engine(settings.database_url), tell, resume="resume" in sys.argv)
"""
ATTACKS = (
    "DROP TRIGGER event_no_update",
    "UPDATE event SET canonical = CAST(replace(canonical, 'v', 'w') AS BLOB) WHERE id IN (3, 31)",
    "UPDATE animal SET breed = 'angus' WHERE id = 2",
    "UPDATE party SET name = '别人' WHERE id = 1",
    "UPDATE tile SET hashes = zeroblob(32)",
    "DELETE FROM animal WHERE id = 1",
)


@pytest.fixture
def settings(app: Platform, world: World) -> Settings:
    for _ in range(6):
        world.certified(world.animal())
    world.session.commit()
    return settings_of(app)


def attack(settings: Settings, *statements: str) -> None:
    with sqlite3.connect(Path(settings.database_url.removeprefix("sqlite:///"))) as connection:
        for statement in statements:
            connection.execute(statement)


def examined(settings: Settings, **how: bool) -> tuple[Report, list[int]]:
    """The report, and how much was done each time the audit told of it."""
    told: list[int] = []
    engine = make_engine(settings.database_url)
    try:
        return running.examine(settings, engine, lambda done, _: told.append(done), **how), told
    finally:
        engine.dispose()


def kill_at(settings: Settings, done: int, *options: str, beside_from: int = 10**9) -> None:
    """Run the audit in a process of its own, and kill it there."""
    told = (str(settings.data_dir), settings.database_url, str(done), str(beside_from), *options)
    ended = subprocess.run([sys.executable, "-c", KILLED, *told], check=False)
    assert ended.returncode == -signal.SIGKILL


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links, "BATCH", 10)
    monkeypatch.setattr(columns, "BATCH", 5)
    monkeypatch.setattr(running, "KEEP_S", 0)


@pytest.mark.parametrize(
    "beside_from",
    [10**9, pytest.param(0, marks=pytest.mark.slow)],
    ids=["one process", "two processes"],
)
@pytest.mark.parametrize(
    "part",
    [pytest.param(0.2, marks=pytest.mark.slow), 0.6, pytest.param(0.9, marks=pytest.mark.slow)],
)
def test_an_audit_killed_anywhere_goes_on_to_the_same_report(
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    part: float,
    beside_from: int,
) -> None:
    attack(settings, *ATTACKS)
    whole, told = examined(settings)
    monkeypatch.setattr(running, "BESIDE_FROM", beside_from)

    kill_at(settings, int(part * max(told)), beside_from=beside_from)
    assert running.can_resume(settings)
    gone_on, told_again = examined(settings, resume=True)

    assert gone_on.damage == whole.damage
    assert (gone_on.events, gone_on.subjects) == (whole.events, whole.subjects)
    assert gone_on.read_before > 0
    assert min(told_again) >= gone_on.read_before
    assert f"前 {gone_on.read_before} 条在中断前读过" in gone_on.sentence
    assert not running.can_resume(settings)


@pytest.mark.slow
def test_an_audit_killed_again_and_again_comes_to_its_end(settings: Settings) -> None:
    whole, told = examined(settings)
    for part in (0.2, 0.4, 0.6, 0.8):
        kill_at(settings, int(part * max(told)), "resume")

    gone_on, _ = examined(settings, resume=True)

    assert gone_on.is_whole
    assert gone_on.events == whole.events


@pytest.mark.slow
def test_events_recorded_meanwhile_are_read_too(settings: Settings, world: World) -> None:
    kill_at(settings, 25)
    world.later(minutes=1)
    world.at_market(world.animal())
    world.session.commit()

    gone_on, _ = examined(settings, resume=True)
    afresh, _ = examined(settings)

    assert gone_on.is_whole
    assert gone_on.events == afresh.events


Spoil = Callable[[Path], object]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.write_bytes(b"half a fi"),
        lambda path: path.write_bytes(b'{"version": 99}'),
        lambda path: path.write_bytes(path.read_bytes().replace(b'"events":', b'"elements":')),
        lambda path: path.unlink(),
    ],
    ids=["cut", "of another version", "without a field", "gone"],
)
def test_what_cannot_be_read_is_begun_anew(settings: Settings, spoil: Spoil) -> None:
    kill_at(settings, 25)
    spoil(running.halfway_file(settings))

    report, _ = examined(settings, resume=True)

    assert report.is_whole
    assert report.read_before == 0


@pytest.mark.slow
def test_another_log_is_read_from_its_beginning(settings: Settings) -> None:
    kill_at(settings, 25)
    known = halfway.read(running.halfway_file(settings))
    assert known is not None
    known.digest = "0" * 64
    halfway.write(running.halfway_file(settings), known)

    report, _ = examined(settings, resume=True)

    assert report.read_before == 0


@pytest.mark.slow
def test_who_does_not_ask_to_go_on_begins_anew(settings: Settings) -> None:
    kill_at(settings, 25)

    report, _ = examined(settings)

    assert report.read_before == 0
    assert not running.can_resume(settings)


def finish(settings: Settings, browser: FlaskClient) -> running.Run:
    while (run := running.newest(settings)) is None or run.state == "running":
        browser.get("/audit/progress")
    return run


def test_the_page_offers_to_go_on_with_an_audit_that_was_broken_off(
    settings: Settings, login_as: LoginAs
) -> None:
    browser = login_as(Role.REGULATOR)
    assert "从中断的地方继续" not in browser.get("/audit/").text
    kill_at(settings, 25)
    broken = running.Run("failed", "2026-11-22T06:12:03.000Z", "监管员", sentence="中断了")
    running._write(settings, broken)
    assert "从中断的地方继续" in browser.get("/audit/").text

    answer = browser.post("/audit/run", data={"resume": "1"})

    assert answer.status_code == 303
    run = finish(settings, browser)
    assert (run.state, "在中断前读过" in run.sentence) == ("whole", True)
    assert "从中断的地方继续" not in browser.get("/audit/").text
