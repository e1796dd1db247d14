"""A backup is taken while people work, and brings everything back but the keys."""

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from alembic import command
from click.testing import CliRunner
from sqlalchemy import Engine
from sqlalchemy.engine import make_url

from app import config, migrate
from app.cli import cli
from app.config import Settings
from app.keeping import backup, manifest, restore
from app.programme import EVIDENCE_FOLDER
from tests.databases import named, run
from tests.world import World
from traceability import evidence
from traceability.base import canon
from traceability.base.db import make_engine, reading, transaction
from traceability.base.errors import Conflict, RuleViolation
from traceability.chain import events
from traceability.checkpoints import keys, notes, stamps, witness
from traceability.checkpoints.keys import Signer
from traceability.checkpoints.witness import Witness
from traceability.parties import PartyKind, register

ON_BOTH = True


@pytest.fixture
def settings(tmp_path: Path, world: World) -> Settings:
    """A platform with its keys, one stored paper and a signed log."""
    url = world.engine.url.render_as_string(hide_password=False)
    made = config.load({"DATA_DIR": str(tmp_path), "DATABASE_URL": url})
    config.session_secret(made)
    world.session.commit()
    migrate._run(world.engine, command.stamp, "head")  # the template has no number
    signer = keys.load_or_make_demo(made.chain_key_file)
    keys.make_known(Witness(made.witness_file).keys_path, [signer.verifier])
    world.certified(world.animal())
    evidence.store(
        world.session,
        tmp_path / EVIDENCE_FOLDER,
        b"%PDF-1.7 lease",
        title="合同",
        at=world.at,
        by=world.farmer,
    )
    seal(made, world)
    return made


def seal(settings: Settings, world: World) -> None:
    """What the sequencer does."""
    stamps.sequence(world.session, signer_of(settings), at=world.at)
    world.session.commit()
    with reading(world.engine) as session:
        witness.catch_up(session, Witness(settings.witness_file))


def signer_of(settings: Settings) -> Signer:
    return keys.load(settings.chain_key_file)


def taken(settings: Settings, world: World) -> Path:
    folder = settings.data_dir / "elsewhere"
    folder.mkdir(exist_ok=True)
    return backup.take(settings, world.engine, folder, at=world.at)


@pytest.fixture
def empty(tmp_path: Path, engine: Engine, request: pytest.FixtureRequest) -> Iterator[Settings]:
    """Another machine: an empty database and an empty data folder."""
    folder = tmp_path / "new machine"
    url = f"sqlite:///{folder / 'platform.db'}"
    if engine.dialect.name == "postgresql":
        server, _ = request.getfixturevalue("postgresql")
        name = f"empty_{make_url(str(engine.url)).database}"
        run(server, f"CREATE DATABASE {name}")
        url = named(server, name)
    yield config.load({"DATA_DIR": str(folder), "DATABASE_URL": url})
    if engine.dialect.name == "postgresql":
        run(server, f"DROP DATABASE {name} WITH (FORCE)")


def restored(settings: Settings, folder: Path) -> restore.Restored:
    engine = make_engine(settings.database_url)
    try:
        return restore.restore(settings, engine, folder)
    finally:
        engine.dispose()


def test_a_backup_brings_everything_back_and_the_chain_is_whole(
    settings: Settings, world: World, empty: Settings
) -> None:
    made = taken(settings, world)

    done = restored(empty, made)

    assert done.report.is_whole, done.report.damage
    assert done.report.events == events.count(world.session)
    assert done.manifest.checkpoint == stamps.newest(world.session).note  # type: ignore[union-attr] # it was signed
    paper = evidence.path_of(empty.data_dir / EVIDENCE_FOLDER, canon.sha256(b"%PDF-1.7 lease"))
    assert paper.read_bytes() == b"%PDF-1.7 lease"
    assert ["没有见证文件" in each for each in done.warnings] == [True]


def test_the_restored_register_goes_on_with_new_numbers(
    settings: Settings, world: World, empty: Settings
) -> None:
    made = taken(settings, world)
    restored(empty, made)

    engine = make_engine(empty.database_url)
    with transaction(engine, recorded_at=world.at) as session:
        new = register(session, kind=PartyKind.PERSON, name="新来的", at=world.at, by=None)
    engine.dispose()

    assert new.id


def test_a_backup_holds_no_key(settings: Settings, world: World) -> None:
    made = taken(settings, world)

    stored = b"".join(path.read_bytes() for path in made.rglob("*") if path.is_file())

    for path in (settings.secret_key_file, settings.chain_key_file):
        assert path.read_bytes().strip() not in stored
    assert signer_of(settings).seed not in stored
    assert not list(made.rglob("*.key"))


def test_a_backup_is_one_state_while_others_write(settings: Settings, world: World) -> None:
    begun, stop = threading.Event(), threading.Event()

    def write() -> None:
        while not stop.is_set():
            with transaction(world.engine, recorded_at=world.at) as session:
                register(session, kind=PartyKind.PERSON, name="赶场人", at=world.at, by=None)
            begun.set()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        begun.wait(10)
        made = taken(settings, world)
    finally:
        stop.set()
        writer.join()

    told = manifest.read(made)
    assert not list(manifest.faults(made, told))
    world.session.rollback()
    assert told.tree_size <= told.events <= events.count(world.session)


def test_a_restored_backup_older_than_the_witness_says_so(
    settings: Settings, world: World, empty: Settings
) -> None:
    made = taken(settings, world)
    world.animal()
    seal(settings, world)
    newer = replace(empty, witness_file=settings.witness_file)

    done = restored(newer, made)

    assert not done.is_whole
    assert "这份备份早于见证" in done.warnings[-1]


def tampered_evidence(folder: Path) -> str:
    path = next((folder / EVIDENCE_FOLDER).rglob("??*/*"))
    path.write_bytes(b"%PDF-1.7 other")
    return path.name


def lost_file(folder: Path) -> str:
    path = folder / "witness" / "vkeys.txt"
    path.unlink()
    return path.name


def tampered_database(folder: Path) -> str:
    path = next(path for path in folder.rglob("*") if path.name.startswith(("platform", "event.")))
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        byte = file.read(1)
        file.seek(-1, 1)
        file.write(bytes([byte[0] ^ 1]))
    return path.name


@pytest.mark.parametrize("attack", [tampered_evidence, lost_file, tampered_database])
def test_a_tampered_backup_is_refused_and_the_file_named(
    settings: Settings, world: World, empty: Settings, attack: object
) -> None:
    made = taken(settings, world)
    assert callable(attack)
    name = attack(made)

    with pytest.raises(RuleViolation) as refusal:
        restored(empty, made)

    assert refusal.value.code == "backup.tampered"
    assert name in refusal.value.sentence
    assert not (empty.data_dir / EVIDENCE_FOLDER).exists()


def test_a_checkpoint_nobody_signed_is_refused(
    settings: Settings, world: World, empty: Settings
) -> None:
    made = taken(settings, world)
    stranger = keys.new_signer(signer_of(settings).origin)
    stamp = stamps.newest(world.session)
    assert stamp is not None
    path = made / manifest.NAME
    told = json.loads(path.read_text("utf-8"))
    head = notes.parse_head(notes.parse_note(stamp.note).text)
    told["checkpoint"] = stranger.sign(head)
    path.write_text(json.dumps(told), "utf-8")

    with pytest.raises(RuleViolation) as refusal:
        restored(empty, made)

    assert refusal.value.code == "backup.false_checkpoint"


def test_nothing_is_restored_over_a_register(settings: Settings, world: World) -> None:
    made = taken(settings, world)

    with pytest.raises(Conflict) as refusal:
        restored(settings, made)

    assert refusal.value.code == "restore.not_empty"


def test_a_folder_that_is_no_backup_is_refused(empty: Settings, tmp_path: Path) -> None:
    with pytest.raises(RuleViolation) as none:
        restored(empty, tmp_path)
    (tmp_path / manifest.NAME).write_text("{}")
    with pytest.raises(RuleViolation) as bad:
        restored(empty, tmp_path)

    assert [none.value.code, bad.value.code] == ["backup.no_manifest", "backup.bad_manifest"]


def test_a_backup_of_another_database_or_schema_is_refused(
    settings: Settings, world: World, empty: Settings
) -> None:
    made = taken(settings, world)
    path = made / manifest.NAME
    told = json.loads(path.read_text("utf-8"))

    refused = []
    for change in ({"dialect": "mysql"}, {"revision": "0000"}):
        path.write_text(json.dumps({**told, **change}), "utf-8")
        with pytest.raises(RuleViolation) as refusal:
            restored(empty, made)
        refused.append(refusal.value.code)

    assert refused == ["restore.other_database", "restore.other_schema"]


def test_a_lost_paper_is_named_and_the_rest_is_backed_up(settings: Settings, world: World) -> None:
    digest = canon.sha256(b"%PDF-1.7 lease")
    evidence.path_of(settings.data_dir / EVIDENCE_FOLDER, digest).write_bytes(b"%PDF-1.7 forged")

    told = manifest.read(taken(settings, world))

    assert told.missing == (digest.hex(),)


def test_two_backups_in_one_second_do_not_meet(settings: Settings, world: World) -> None:
    taken(settings, world)

    with pytest.raises(Conflict) as refusal:
        taken(settings, world)

    assert refusal.value.code == "backup.taken"


def test_a_killed_backup_leaves_no_backup_and_goes_on(settings: Settings, world: World) -> None:
    folder = settings.data_dir / "elsewhere"

    def die(what: str, _done: int, _all: int) -> None:
        if what == backup.COPYING:
            raise KeyboardInterrupt

    folder.mkdir()
    with pytest.raises(KeyboardInterrupt):
        backup.take(settings, world.engine, folder, at=world.at, tell=die)
    left = backup.taken(folder)
    made = taken(settings, world)

    assert left == []
    assert backup.taken(folder) == [made]
    assert not list(manifest.faults(made, manifest.read(made)))


def test_the_commands_back_up_and_restore(
    settings: Settings, world: World, empty: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    world.session.commit()
    folder = settings.data_dir / "elsewhere"

    out = CliRunner().invoke(cli, ["backup", str(folder)])
    monkeypatch.setenv("DATA_DIR", str(empty.data_dir))
    monkeypatch.setenv("DATABASE_URL", empty.database_url)
    back = CliRunner().invoke(cli, ["restore", str(backup.taken(folder)[0])])

    assert out.exit_code == 0, out.output
    assert "密钥不在备份内" in out.output
    assert "逐条相符" in back.output
    assert back.exit_code == 1, "without a witness of its own the place cannot be sure"
