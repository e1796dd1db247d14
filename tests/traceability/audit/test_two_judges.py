"""What is done behind the platform's back: `verify-chain` and the inspector both name it.

The inspector gets what the damaged database exports, with every private part shown; she knows the
format and the log's public key, and nothing of the database.
"""

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import Engine, select

from tests.inspector import verify
from tests.traceability.checkpoints.ground import database, grow, signer, stamp
from traceability import merkle
from traceability.audit.damage import DamageKind
from traceability.audit.lines import Lines, is_sound
from traceability.audit.report import verify_chain
from traceability.base.canon import canonical, sha256
from traceability.base.db import reading
from traceability.base.refs import new_ref
from traceability.chain import events
from traceability.chain.body import prefix
from traceability.chain.tables import EventPrivate
from traceability.checkpoints import stamps

SIGNER = signer()
CALF, COW = new_ref("animal"), new_ref("animal")


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """Four events of a calf (1, 3, 5, 7) and four of a cow (2, 4, 6, 8), stamped."""
    engine = database(tmp_path)
    for minutes in range(4):
        grow(engine, CALF, COW, minutes=minutes)
    stamp(engine, SIGNER, minutes=5)
    with opened(engine) as file:
        for (name,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
            file.execute(f"DROP TRIGGER {name}")
    yield engine
    engine.dispose()


@contextlib.contextmanager
def opened(engine: Engine) -> Iterator[sqlite3.Connection]:
    """The file itself, as somebody with the machine opens it."""
    with contextlib.closing(sqlite3.connect(str(engine.url.database))) as file, file:
        file.row_factory = lambda _cursor, row: row
        yield file


def audited(engine: Engine) -> list[tuple[DamageKind, int | None, str]]:
    """What `verify-chain` says of events and log; these animals were never given rows."""
    with reading(engine) as session:
        report = verify_chain(session, verifiers=[SIGNER.verifier])
    return [
        (each.kind, each.event_id, each.sentence)
        for each in report.damage
        if each.kind is not DamageKind.ROW
    ]


def inspected(engine: Engine) -> list[str]:
    """What the inspector says of the calf's line, as the database now tells it."""
    with reading(engine) as session:
        line = events.history(session, CALF)
        bundle = stamps.bundle(session, line)
        secrets = {row.event_id: row for row in session.scalars(select(EventPrivate))}
        for entry, event in zip(bundle["events"], line, strict=True):
            secret = secrets[event.id]
            entry["opening"] = {"salt": secret.salt.hex(), "private": secret.canonical.decode()}
    return verify.faults(orjson.loads(orjson.dumps(bundle)), [SIGNER.verifier.vkey])


def bodies(file: sqlite3.Connection) -> dict[int, bytes]:
    return dict(file.execute("SELECT id, canonical FROM event ORDER BY id"))


def put(file: sqlite3.Connection, event_id: int, data: bytes) -> None:
    """Other bytes for an event, and the number they are looked up by."""
    change = "UPDATE event SET canonical = ?, digest_prefix = ? WHERE id = ?"
    file.execute(change, (data, prefix(sha256(data)), event_id))


def private_parts_swapped(engine: Engine) -> None:
    with opened(engine) as file:
        kept = {
            number: (salt, secret)
            for number, salt, secret in file.execute("SELECT * FROM event_private")
        }
        for here, there in ((3, 5), (5, 3)):
            change = "UPDATE event_private SET salt = ?, canonical = ? WHERE event_id = ?"
            file.execute(change, (*kept[there], here))


def events_reordered(engine: Engine) -> None:
    with opened(engine) as file:
        kept = bodies(file)
        put(file, 3, kept[5])
        put(file, 5, kept[3])


def line_forked(engine: Engine) -> None:
    """A second third event of the calf, which the sequencer signs without looking."""
    with opened(engine) as file:
        forged = canonical(orjson.loads(bodies(file)[5]) | {"at": "2026-11-22T06:13:30.000Z"})
        put_in = "INSERT INTO event (id, digest_prefix, canonical) VALUES (9, ?, ?)"
        file.execute(put_in, (prefix(sha256(forged)), forged))
        file.execute(
            "INSERT INTO event_private SELECT 9, salt, canonical FROM event_private LIMIT 1"
        )
        file.execute(
            "UPDATE event_private SET (salt, canonical) ="
            " (SELECT salt, canonical FROM event_private WHERE event_id = 5) WHERE event_id = 9"
        )
        file.execute(
            "INSERT INTO event_subject (subject_id, seq, event_id)"
            " SELECT subject_id, 5, 9 FROM event_subject WHERE event_id = 5"
        )
        file.execute(
            "INSERT INTO event_mention (subject_id, event_id)"
            " SELECT subject_id, 9 FROM event_mention WHERE event_id = 5"
        )
        file.execute("INSERT INTO pending (event_id) VALUES (9)")
    stamp(engine, SIGNER, minutes=7)


def history_rewritten(engine: Engine) -> None:
    """Another third event, and everything after it made to fit; only the checkpoint is old."""
    with opened(engine) as file:
        kept = bodies(file)
        third = orjson.loads(kept[5])
        third["public"]["breed"] = "angus"
        put(file, 5, canonical(third))
        fourth = orjson.loads(kept[7])
        fourth["subjects"][0]["prev"] = sha256(canonical(third)).hex()
        put(file, 7, canonical(fourth))
        head = "UPDATE chain_subject SET digest = ? WHERE ref = ?"
        file.execute(head, (sha256(canonical(fourth)), CALF))
        leaves = [merkle.leaf_hash(sha256(data)) for data in bodies(file).values()]
        file.execute("UPDATE tile SET hashes = ? WHERE level = 0", (b"".join(leaves),))


@dataclass(frozen=True)
class Case:
    """An attack, and what each judge has to say of it, with the place."""

    attack: Callable[[Engine], None]
    found: list[tuple[DamageKind, int | None]]
    said: list[str]


CASES = {
    "private parts of two events are swapped": Case(
        private_parts_swapped,
        [(DamageKind.PRIVATE, 3), (DamageKind.PRIVATE, 5)],
        ["第 2 条事件：出示的私有部分与承诺不符", "第 3 条事件：出示的私有部分与承诺不符"],
    ),
    "two events of a line change places": Case(
        events_reordered,
        [(DamageKind.LINK, 3), (DamageKind.LINK, 5), (DamageKind.TILE, None)],
        ["第 2 条事件", "第 3 条事件"],
    ),
    "a line is forked": Case(
        line_forked, [(DamageKind.LINK, 9)], [f"{CALF} 的第 3 条有两个：链被分叉"]
    ),
    "history is rewritten under an old checkpoint": Case(
        history_rewritten,
        [(DamageKind.CHECKPOINT, None)],
        [f"第 {number} 条事件" for number in (1, 2, 3, 4)],
    ),
}


def test_both_judges_find_nothing_in_a_clean_chain(engine: Engine) -> None:
    assert audited(engine) == []
    assert inspected(engine) == []


@pytest.mark.parametrize("name", CASES)
def test_both_judges_name_an_attack_and_its_place(engine: Engine, name: str) -> None:
    case = CASES[name]

    case.attack(engine)
    found, said = audited(engine), inspected(engine)

    assert {(kind, event_id) for kind, event_id, _ in found} >= set(case.found), found
    for each in case.said:
        assert any(sentence.startswith(each) for sentence in said), said


def test_rewritten_history_fits_in_itself_and_only_the_checkpoint_tells(engine: Engine) -> None:
    history_rewritten(engine)

    ((kind, _, sentence),) = audited(engine)

    assert kind is DamageKind.CHECKPOINT
    assert "8 条的检查点与目录不符" in sentence


def test_a_tail_cut_off_with_all_its_traces_is_told_by_the_checkpoint(engine: Engine) -> None:
    """What was exported before still verifies: she holds what the platform now denies."""
    with reading(engine) as session:
        held = stamps.bundle(session, events.history(session, CALF))
    with opened(engine) as file:
        for table in ("event_private", "event_mention", "event_subject", "leaf"):
            file.execute(f"DELETE FROM {table} WHERE event_id > 6")
        file.execute("DELETE FROM event WHERE id > 6")
        kept = bodies(file)
        for ref, newest in ((CALF, 5), (COW, 6)):
            at = (
                "UPDATE chain_subject SET seq = 3, digest = ?, latest_at = latest_at - 60000000"
                " WHERE ref = ?"
            )
            file.execute(at, (sha256(kept[newest]), ref))
        leaves = [merkle.leaf_hash(sha256(data)) for data in kept.values()]
        file.execute("UPDATE tile SET hashes = ? WHERE level = 0", (b"".join(leaves),))

    ((kind, _, sentence),) = audited(engine)

    assert kind is DamageKind.CHECKPOINT
    assert "8 条的检查点与目录不符：目录被改动或截短" in sentence
    assert len(held["events"]) == 4
    assert verify.faults(held, [SIGNER.verifier.vkey]) == []


STORED = """SELECT event.id, digest_prefix, event.canonical, corrects, salt, event_private.canonical
    FROM event JOIN event_private ON event_private.event_id = event.id ORDER BY event.id"""


@pytest.mark.slow
def test_every_bit_of_256_events_is_found_where_it_is(tmp_path: Path) -> None:
    """Through the pure verifier: at each event any changed bit is refused, and the event is not."""
    engine = database(tmp_path)
    for minutes in range(128):
        grow(engine, CALF, COW, minutes=minutes)
    with opened(engine) as file:
        rows = file.execute(STORED).fetchall()
        ids = dict(file.execute("SELECT ref, id FROM chain_subject").fetchall())
        linked = file.execute("SELECT event_id, subject_id, seq FROM event_subject").fetchall()
        mentions = file.execute("SELECT event_id, subject_id FROM event_mention").fetchall()
    engine.dispose()
    index = {event_id: {subject_id: seq} for event_id, subject_id, seq in linked}
    named: dict[int, set[int]] = {}
    for event_id, subject_id in mentions:
        named.setdefault(event_id, set()).add(subject_id)
    lines = Lines(ids)

    for event_id, head, data, *rest in rows:
        changed, whereabouts = bytearray(data), (index[event_id], named[event_id])
        for place in range(8 * len(data)):
            changed[place // 8] ^= 1 << place % 8
            told: list[Any] = [event_id, head, bytes(changed), *rest]
            assert not is_sound(told, *whereabouts, lines), (event_id, place)
            changed[place // 8] ^= 1 << place % 8
        assert is_sound([event_id, head, data, *rest], *whereabouts, lines), event_id
    assert len(rows) == 256
