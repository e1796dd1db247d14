"""A backup a day, the last few kept, and the administrator sees how it stands."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from alembic import command

from app import config, migrate
from app.auth.roles import Role
from app.config import Settings
from app.keeping import backup, daily, manifest
from tests.logins import LoginAs
from tests.world import World


@pytest.fixture
def settings(tmp_path: Path, world: World) -> Settings:
    world.session.commit()
    migrate._run(world.engine, command.stamp, "head")  # the template has no number
    url = world.engine.url.render_as_string(hide_password=False)
    made = config.load({"DATA_DIR": str(tmp_path), "DATABASE_URL": url})
    return replace(made, backup_keep=2)


def test_one_backup_a_day_and_the_last_two_stay(settings: Settings, world: World) -> None:
    made = []
    for _ in range(4):
        made.append(daily.take_if_due(settings, world.engine, at=world.at))
        again = daily.take_if_due(settings, world.engine, at=world.at + timedelta(minutes=30))
        assert again is None, "one a day"
        world.later(days=1)

    assert None not in made
    assert backup.taken(settings.backup_dir) == [made[3], made[2]]
    assert daily.is_due(settings, at=world.at)
    assert not daily.is_due(settings, at=world.at - timedelta(hours=5)), "not before two at night"


def test_a_backup_that_fails_says_why_and_drops_nothing(
    settings: Settings, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    daily.take(settings, world.engine, at=world.at)
    world.later(days=1)

    def full(*_told: object, **_named: object) -> Path:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(backup, "take", full)
        assert daily.take(settings, world.engine, at=world.at) is None
    failed = daily.failure(settings)

    assert failed is not None
    assert "No space" in failed.sentence
    assert len(daily.kept(settings)) == 1
    assert daily.take(settings, world.engine, at=world.at) is not None
    assert daily.failure(settings) is None


def test_old_backups_stay_until_the_new_one_is_right(
    settings: Settings, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        daily.take(settings, world.engine, at=world.at)
        world.later(days=1)
    monkeypatch.setattr(manifest, "faults", lambda *_told: iter(["platform.db 内容被改动"]))

    daily.take(settings, world.engine, at=world.at)

    assert len(backup.taken(settings.backup_dir)) == 3


def test_the_administrator_sees_the_backups_and_takes_one(
    login_as: LoginAs, tmp_path: Path
) -> None:
    client = login_as(Role.ADMINISTRATOR)

    before = client.get("/backups/").text
    taken = client.post("/backups/", follow_redirects=True).text
    (tmp_path / "backups" / "backup-20200101T000000Z").mkdir()
    (tmp_path / "backups" / "backup-20200101T000000Z" / manifest.NAME).write_text("{}")
    after = client.get("/backups/")

    assert "还没有备份" in before
    assert "已备份到" in taken
    assert "今天已经备份" in after.text, "a folder that is no backup disturbs nobody"
