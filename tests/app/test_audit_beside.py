"""The audit in two processes finds what one finds, in the same order; it may lose one of them."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path

import pytest

from app.audit import running
from app.audit.beside import Beside
from app.config import Settings
from app.factory import Platform, settings_of
from tests.world import World
from traceability.audit.damage import Damage
from traceability.audit.halfway import Rows
from traceability.audit.report import Report
from traceability.base.db import make_engine

DAMAGES = {
    "nothing": (),
    "a bit of an event, a row, a tile": (
        "DROP TRIGGER event_no_update",
        "UPDATE event SET canonical = CAST(replace(canonical, 'v', 'w') AS BLOB) WHERE id = 5",
        "UPDATE animal SET breed = 'angus'",
        "UPDATE tile SET hashes = zeroblob(32)",
        "DELETE FROM chain_subject WHERE id = 3",
    ),
}


@pytest.fixture
def settings(app: Platform, world: World) -> Settings:
    world.at_market(world.animal())
    world.session.commit()
    return settings_of(app)


def examined(settings: Settings, beside_from: int, monkeypatch: pytest.MonkeyPatch) -> Report:
    monkeypatch.setattr(running, "BESIDE_FROM", beside_from)
    engine = make_engine(settings.database_url)
    try:
        return running.examine(settings, engine, lambda _done, _all: None)
    finally:
        engine.dispose()


def attack(settings: Settings, *statements: str) -> None:
    with sqlite3.connect(Path(settings.database_url.removeprefix("sqlite:///"))) as connection:
        for statement in statements:
            connection.execute(statement)


@pytest.mark.parametrize("name", DAMAGES)
def test_two_processes_write_the_report_of_one(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    attack(settings, *DAMAGES[name])

    alone = examined(settings, 10**9, monkeypatch)
    together = examined(settings, 0, monkeypatch)

    assert together == alone
    assert bool(together.damage) is bool(DAMAGES[name])


def test_an_audit_whose_second_process_dies_does_that_half_itself(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    attack(settings, "UPDATE animal SET breed = 'angus'")

    class Killed(Beside):
        def __init__(self, settings: Settings, start: Rows, found: Sequence[Damage]) -> None:
            super().__init__(settings, start, found)
            self.stop()

    monkeypatch.setattr(running, "Beside", Killed)
    report = examined(settings, 0, monkeypatch)

    assert [each.label for each in report.damage] == ["当前数据与事件不符"]
