"""Behind the platform's back: whatever is changed, the audit names it."""

import contextlib
import re
import sqlite3
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, LargeBinary, select
from sqlalchemy.types import TypeEngine

from app import migrate
from market.sales import agreeing, closing
from tests.world import World
from traceability.audit.damage import DamageKind
from traceability.audit.links import parsed
from traceability.audit.report import Report, verify_chain
from traceability.base.canon import sha256
from traceability.base.db import Base, reading, transaction
from traceability.base.units import PriceUnit
from traceability.chain import body, events, folding
from traceability.chain.body import prefix
from traceability.chain.events import EventView
from traceability.chain.folding import FOLDS
from traceability.chain.kinds import Kind
from traceability.chain.tables import table_of
from traceability.checkpoints import keys, stamps, witness
from traceability.checkpoints.keys import Signer
from traceability.checkpoints.witness import Witness

SIGNER: Signer = keys.new_signer("demo-test/chain")


@pytest.fixture
def chain(world: World, tmp_path: Path) -> Engine:
    """A whole morning in the chain: from calf to settled sale, stamped and witnessed."""
    migrate.load_models()
    animal = world.tagged(world.at_market(world.animal()))
    scale = world.scale()
    weighing = world.weighed(animal, scale)
    sale = agreeing.agree(
        world.session,
        animal,
        market=world.market,
        buyer=world.buyer,
        price_unit=PriceUnit.PER_KG,
        price_fen=26_80,
        scale=scale,
        client_key="desk:1",
        at=world.at,
        by=world.operator,
    )
    agreeing.weigh(world.session, sale, weighing, at=world.at, by=world.operator)
    for step in (closing.receive_cash, closing.hand_over, closing.accept, closing.pay_seller):
        step(world.session, sale, at=world.at, by=world.operator)
    stamp = stamps.sequence(world.session, SIGNER, at=world.at)
    world.session.commit()
    assert stamp is not None
    Witness(tmp_path / "witness.txt").add([stamp.note])
    return world.engine


def audited(engine: Engine, folder: Path | None = None) -> Report:
    with reading(engine) as session:
        return verify_chain(
            session,
            verifiers=[SIGNER.verifier],
            witness=None if folder is None else Witness(folder / "witness.txt"),
        )


def attack(engine: Engine, *statements: str, values: tuple[Any, ...] = ()) -> None:
    """What somebody with the file does: no triggers, no foreign keys, no questions."""
    with contextlib.closing(sqlite3.connect(str(engine.url.database))) as file:
        file.execute("PRAGMA ignore_check_constraints=ON")
        names = file.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in names:
            file.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            file.execute(statement, values)
        file.commit()


def stored(engine: Engine, question: str) -> list[dict[str, Any]]:
    with contextlib.closing(sqlite3.connect(str(engine.url.database))) as file:
        file.row_factory = sqlite3.Row
        return [dict(row) for row in file.execute(question)]


def test_a_clean_chain_raises_no_alarm(chain: Engine, tmp_path: Path) -> None:
    report = audited(chain, tmp_path)

    assert report.damage == []
    assert "逐条相符" in report.sentence


FOURTH = "(SELECT id FROM event ORDER BY id LIMIT 1 OFFSET 4)"
STRUCTURAL: dict[str, tuple[list[str], DamageKind]] = {
    "an event is deleted": ([f"DELETE FROM event WHERE id = {FOURTH}"], DamageKind.LINK),
    "an event is deleted with all its traces": (
        [
            f"DELETE FROM event_private WHERE event_id = {FOURTH}",
            f"DELETE FROM event_mention WHERE event_id = {FOURTH}",
            f"DELETE FROM event_subject WHERE event_id = {FOURTH}",
            f"DELETE FROM leaf WHERE event_id = {FOURTH}",
            f"DELETE FROM event WHERE id = {FOURTH}",
        ],
        DamageKind.LEAF,
    ),
    "two leaves are swapped": (
        [
            "UPDATE leaf SET position = -1 WHERE position = 3",
            "UPDATE leaf SET position = 3 WHERE position = 4",
            "UPDATE leaf SET position = 4 WHERE position = -1",
        ],
        DamageKind.TILE,
    ),
    "the last leaf is cut off": (
        ["DELETE FROM leaf WHERE position = (SELECT max(position) FROM leaf)"],
        DamageKind.LEAF,
    ),
    "an event is copied": (
        [
            """INSERT INTO event (digest_prefix, canonical)
            SELECT 7, canonical FROM event WHERE id = 3"""
        ],
        DamageKind.BYTES,
    ),
    "a subject is linked to another event": (
        ["UPDATE event_subject SET seq = seq + 7 WHERE event_id = 3"],
        DamageKind.LINK,
    ),
    "a head is put back": (
        ["UPDATE chain_subject SET seq = seq - 1 WHERE seq > 2"],
        DamageKind.HEAD,
    ),
    "a mention is hidden": (
        ["DELETE FROM event_mention WHERE event_id = (SELECT max(event_id) FROM event_mention)"],
        DamageKind.MENTION,
    ),
    "a tile is changed": (["UPDATE tile SET hashes = zeroblob(64)"], DamageKind.TILE),
    "a checkpoint's root is changed": (
        ["UPDATE checkpoint SET root = zeroblob(32)"],
        DamageKind.CHECKPOINT,
    ),
    "a checkpoint's note is changed": (
        ["UPDATE checkpoint SET note = replace(note, 'demo-test', 'demo-text')"],
        DamageKind.CHECKPOINT,
    ),
    "a private part is changed": (
        ["UPDATE event_private SET canonical = x'7b7d' WHERE event_id = 3"],
        DamageKind.PRIVATE,
    ),
    "an event's index is changed": (
        ["UPDATE event SET digest_prefix = digest_prefix + 1 WHERE id = 3"],
        DamageKind.BYTES,
    ),
    "an event is made to correct another": (
        ["UPDATE event SET corrects = zeroblob(32) WHERE id = 3"],
        DamageKind.COLUMN,
    ),
    "a row is invented": (
        [
            """INSERT INTO party (ref, kind, name)
            VALUES ('party:00000000000000000000000000000000', 'person', '谁')"""
        ],
        DamageKind.ROW,
    ),
}


@pytest.mark.parametrize("name", STRUCTURAL)
def test_every_structural_attack_is_found_and_located(chain: Engine, name: str) -> None:
    statements, kind = STRUCTURAL[name]

    attack(chain, *statements)
    report = audited(chain)

    assert kind in {damage.kind for damage in report.damage}, report.sentence
    assert "发现问题" in report.sentence


def appended(world: World, subject: str, **told: Any) -> EventView:
    """An event as somebody with the database would make one: well linked, past every guard."""
    with pytest.MonkeyPatch.context() as guards:
        guards.setattr(events, "require_uncorrected", lambda *_: None)
        guards.setattr(body, "FUTURE_MAX", timedelta(days=9))
        guards.setattr(body, "LATE_AFTER", timedelta(days=9))
        recorded_at = told.pop("recorded_at", world.at)
        with transaction(world.engine, recorded_at=recorded_at) as session:
            return events.append(
                session, Kind.PARTY_CHANGED, subject, by=world.vet.ref, phone=None, **told
            )


def said(engine: Engine, kind: DamageKind) -> str:
    return "\n".join(each.sentence for each in audited(engine).damage if each.kind is kind)


def test_two_corrections_of_one_event_are_found(chain: Engine, world: World) -> None:
    attack(chain, "DROP INDEX uq_event_corrects")
    with reading(chain) as session:
        wrong = events.history(session, world.farmer.ref)[-1].digest

    for _ in range(2):
        appended(world, world.farmer.ref, at=world.at, corrects=wrong)

    assert "更正了同一条" in said(chain, DamageKind.LINK)


def test_a_correction_of_something_else_is_found(chain: Engine, world: World) -> None:
    with reading(chain) as session:
        other = events.history(session, world.buyer.ref)[-1].digest

    appended(world, world.farmer.ref, at=world.at, corrects=other)

    assert "同一主体" in said(chain, DamageKind.LINK)


@pytest.mark.parametrize(
    ("hours", "recorded_hours", "sentence"),
    [
        (-2, 0, "是补录却没有标明"),
        (2, 0, "的发生时间晚于登记时间"),
        (-2, -2, "的登记时间早于前一条"),
    ],
)
def test_a_back_dated_event_is_found(
    chain: Engine, world: World, hours: int, recorded_hours: int, sentence: str
) -> None:
    appended(world, world.farmer.ref, at=world.at)

    forged = appended(
        world,
        world.farmer.ref,
        at=world.at + timedelta(hours=hours),
        recorded_at=world.at + timedelta(hours=recorded_hours),
    )

    assert f"第 {forged.id} 号事件{sentence}" in said(chain, DamageKind.TIME)


@pytest.mark.parametrize("left", [0, 1, 2])
def test_a_witness_that_was_cut_is_found(
    chain: Engine, world: World, tmp_path: Path, left: int
) -> None:
    file = Witness(tmp_path / "witness.txt")
    for minutes in (2, 4, 6):
        at = world.at + timedelta(minutes=minutes)
        appended(world, world.farmer.ref, at=at, recorded_at=at)
        with transaction(chain, recorded_at=at) as session:
            stamp = stamps.sequence(session, SIGNER, at=at)
        assert stamp is not None
        file.add([stamp.note])
    assert DamageKind.WITNESS not in {each.kind for each in audited(chain, tmp_path).damage}

    lines = file.path.read_bytes().splitlines(keepends=True)
    file.path.write_bytes(b"".join(lines[:left]))

    (found,) = [each for each in audited(chain, tmp_path).damage if each.kind is DamageKind.WITNESS]
    assert f"缺 {3 - left} 个检查点" in found.sentence


def test_a_database_put_back_to_an_older_valid_state_is_caught_by_the_witness(
    chain: Engine, tmp_path: Path, world: World
) -> None:
    newest = "(SELECT max(id) FROM event)"
    size = "(SELECT max(position) FROM leaf)"
    attack(
        chain,
        "DELETE FROM checkpoint",
        "DELETE FROM pending",
        f"DELETE FROM leaf WHERE position = {size}",
        f"DELETE FROM event_subject WHERE event_id = {newest}",
    )

    with transaction(chain, recorded_at=world.at) as session:
        halted = witness.compare_with_witness(
            session, Witness(tmp_path / "witness.txt"), at=world.at
        )

    assert halted is not None
    assert DamageKind.WITNESS in {each.kind for each in audited(chain, tmp_path).damage}


def test_any_changed_bit_of_an_event_is_seen_by_the_pure_check(chain: Engine) -> None:
    for row in stored(chain, "SELECT canonical, digest_prefix FROM event LIMIT 3"):
        canonical = row["canonical"]
        digest = sha256(canonical)
        assert prefix(digest) == row["digest_prefix"]
        for position in range(len(canonical)):
            for bit in range(8):
                changed = bytearray(canonical)
                changed[position] ^= 1 << bit
                assert sha256(bytes(changed)) != digest
        assert parsed(canonical) is not None
        assert parsed(canonical + b" ") is None


@pytest.mark.parametrize(
    "byte", [20, *(pytest.param(each, marks=pytest.mark.slow) for each in (60, 200))]
)
def test_one_changed_byte_in_each_event_is_found_through_the_database(
    chain: Engine, byte: int
) -> None:
    for row in stored(chain, "SELECT id, canonical FROM event")[::4]:
        whole = row["canonical"]
        changed = bytearray(whole)
        changed[byte] ^= 1
        put = f"UPDATE event SET canonical = ? WHERE id = {row['id']}"

        attack(chain, put, values=(bytes(changed),))
        found = {damage.event_id for damage in audited(chain).damage}
        attack(chain, put, values=(whole,))

        assert row["id"] in found
    assert audited(chain).is_whole


def other(column_type: TypeEngine[Any], value: Any) -> Any:
    """Another value, whether or not a decent program would have written it."""
    if isinstance(column_type, LargeBinary):
        return b"\x00" * 32
    if isinstance(value, int) or (value is None and column_type.python_type is int):
        return (value or 0) + 1
    return f"{value or ''}x"


@pytest.mark.slow
def test_every_column_that_feeds_a_page_is_watched(chain: Engine) -> None:
    """Each folded column of one row of each noun is changed in turn; the audit names it."""
    unseen, tried = [], 0
    for entry in FOLDS.values():
        table = table_of(entry.model)
        rows = stored(chain, f"SELECT * FROM {table.name} ORDER BY id LIMIT 1")
        watched = [column for column in table.c if column.name not in entry.unchained]
        for column in watched if rows else []:
            put = f"UPDATE {table.name} SET {column.name} = ? WHERE id = {rows[0]['id']}"
            attack(chain, put, values=(other(column.type, rows[0][column.name]),))
            sentences = [damage.sentence for damage in audited(chain).damage]
            attack(chain, put, values=(rows[0][column.name],))
            tried += 1
            if not any(
                f"（{table.name}.{column.name}）被改动" in sentence for sentence in sentences
            ):
                unseen.append(f"{table.name}.{column.name}")
    assert unseen == []
    assert tried > 80


def test_every_table_is_folded_or_says_why_not() -> None:
    migrate.load_models()
    folded = {table_of(entry.model).name for entry in FOLDS.values()}
    listed = {
        table_of(members.model).name
        for entry in FOLDS.values()
        for members in entry.members.values()
    }
    own = {table.name for table in Base.metadata.sorted_tables if own_audit(table.name)}
    excused = reasons()

    unwatched = {
        table.name
        for table in Base.metadata.sorted_tables
        if table.name not in folded | listed | own | excused
    }

    assert unwatched == set()


def own_audit(name: str) -> bool:
    """The chain's own tables, which the audit derives anew."""
    chain_tables = "event event_private event_subject event_mention chain_subject pending leaf tile"
    return name in {*chain_tables.split(), "chain_halt", "checkpoint"}


def reasons() -> set[str]:
    """The tables of which a module says why they are not in the chain."""
    found: set[str] = set()
    for module in list(sys.modules.values()):
        for name in ("UNCHAINED_TABLES", "UNCHAINED"):
            told = getattr(module, name, None)
            if isinstance(told, dict):
                found |= {re.split(r"[.]", key)[0] for key in told}
    return found


def test_every_fold_gives_each_column_or_a_reason(chain: Engine) -> None:
    """A new column that no fold gives and nobody excuses would be unprotected."""
    missing = []
    with reading(chain) as session:
        for entry in FOLDS.values():
            row = session.scalars(select(entry.model).limit(1)).one_or_none()
            if row is None:
                continue
            state = folding.folded(entry.fold, events.history(session, row.ref)) or {}
            names = {column.key for column in table_of(entry.model).c}
            missing += [
                f"{entry.model.__name__}.{name}"
                for name in names - state.keys() - entry.unchained.keys()
            ]
    assert missing == []
