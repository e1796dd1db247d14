"""One changed bit in any field of the chain's tables: the audit finds it and never breaks."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import migrate
from tests.world import World
from traceability import parties
from traceability.audit.report import verify_chain
from traceability.base.db import reading
from traceability.chain import events
from traceability.chain.kinds import Kind
from traceability.checkpoints import keys, stamps
from traceability.checkpoints.witness import Witness

SIGNER = keys.new_signer("demo-test/chain")
TABLES = {
    "event": "id",
    "event_private": "event_id",
    "event_subject": "subject_id, seq",
    "event_mention": "subject_id, event_id",
    "chain_subject": "id",
    "pending": "event_id",
    "leaf": "position",
    "tile": "level, number",
    "checkpoint": "epoch, tree_size",
}


@pytest.fixture
def chain(world: World, tmp_path: Path) -> Engine:
    """People and places, one entry corrected, stamped; a calf whose events still wait."""
    migrate.load_models()
    parties.change_phone(
        world.session, world.farmer, phone="13885701234", at=world.at, by=world.farmer
    )
    wrong = events.history(world.session, world.farmer.ref)[-1]
    events.append(
        world.session,
        Kind.PARTY_CHANGED,
        world.farmer.ref,
        at=world.at,
        by=world.vet.ref,
        corrects=wrong.digest,
        phone="13885701234",
    )
    stamp = stamps.sequence(world.session, SIGNER, at=world.at)
    assert stamp is not None
    Witness(tmp_path / "witness.txt").add([stamp.note])
    world.animal(vaccinated_days_ago=None)
    world.session.commit()
    with world.engine.connect() as connection:
        for name in triggers(connection):
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        connection.commit()
    return world.engine


def triggers(connection: Connection) -> list[str]:
    found = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type='trigger'")
    return [row[0] for row in found.fetchall()]


def flipped(value: Any, bit: int) -> Any:
    """The value with one bit changed, as the file stores it."""
    if value is None:
        return 1
    if isinstance(value, int):
        return value ^ (1 << bit % 24)
    data = bytearray(value if isinstance(value, bytes) else value.encode())
    if not data:
        return b"\x01"
    data[bit // 8 % len(data)] ^= 1 << bit % 8
    return bytes(data) if isinstance(value, bytes) else data.decode("utf-8", "replace")


def damaged(engine: Engine, folder: Path, change: str, values: dict[str, Any]) -> bool | None:
    """Whether the audit finds a change, which is then undone; None: the database refuses it."""
    with engine.connect() as connection:
        connection.exec_driver_sql("ROLLBACK")
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        try:
            changed = connection.execute(text(change), values).rowcount
        except IntegrityError:
            return None
        assert changed == 1
        with Session(connection, join_transaction_mode="rollback_only") as session:
            report = verify_chain(
                session, verifiers=[SIGNER.verifier], witness=Witness(folder / "witness.txt")
            )
        connection.rollback()
    return not report.is_whole


def fields(engine: Engine) -> list[tuple[str, str, dict[str, Any], Any]]:
    """Table, column, primary key and value of every stored field of the chain."""
    found: list[tuple[str, str, dict[str, Any], Any]] = []
    with engine.connect() as connection:
        for table, key in TABLES.items():
            names = key.split(", ")
            rows = connection.exec_driver_sql(f"SELECT * FROM {table}").mappings().all()
            assert rows, f"{table} is empty here"
            for row in rows:
                own = {name: row[name] for name in names}
                found += [(table, column, own, value) for column, value in row.items()]
    return found


def test_a_clean_chain_is_whole(chain: Engine, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    with reading(chain) as session:
        report = verify_chain(
            session,
            verifiers=[SIGNER.verifier],
            witness=Witness(tmp_path / "witness.txt"),
            progress=lambda done, everything: told.append((done, everything)),
        )

    assert report.damage == []
    assert told == sorted(told)
    assert told[-1][0] == told[-1][1] > report.events


def unseen(engine: Engine, folder: Path, step: int) -> tuple[int, list[str]]:
    """How many fields were changed, and those of which the audit said nothing."""
    tried, missed = 0, []
    for number, (table, column, key, value) in enumerate(fields(engine)):
        if number % step:
            continue
        where = " AND ".join(f"{name} = :key_{name}" for name in key)
        change = f"UPDATE {table} SET {column} = :value WHERE {where}"
        values = {f"key_{name}": part for name, part in key.items()}
        found = damaged(engine, folder, change, {**values, "value": flipped(value, number * 37)})
        if found is None:
            continue
        tried += 1
        if not found:
            missed.append(f"{table}.{column} of {key}: {value!r}")
    return tried, missed


@pytest.mark.slow
def test_one_bit_in_a_field_of_the_chain_is_found(chain: Engine, tmp_path: Path) -> None:
    tried, missed = unseen(chain, tmp_path, step=13)

    assert missed == []
    assert tried > 10


@pytest.mark.slow
@pytest.mark.timeout(600)  # hundreds of audits, one for each field
def test_one_bit_in_every_field_of_the_chain_is_found(chain: Engine, tmp_path: Path) -> None:
    tried, missed = unseen(chain, tmp_path, step=1)

    assert missed == []
    assert tried > 150


@pytest.mark.slow
@pytest.mark.parametrize("table", TABLES)
def test_every_deleted_row_is_found(chain: Engine, tmp_path: Path, table: str) -> None:
    if table == "event_private":
        return  # that is an erasure; every digest stays valid
    rows = {tuple(key.items()) for name, _, key, _ in fields(chain) if name == table}
    for row in rows:
        where = " AND ".join(f"{name} = :{name}" for name, _ in row)
        assert damaged(chain, tmp_path, f"DELETE FROM {table} WHERE {where}", dict(row)), row


STRANGE = ("'text'", "''", "x''", "7000007", "-1", "1.5", "9223372036854775807", "x'ff00'")


@pytest.mark.parametrize("table", TABLES)
def test_a_value_of_another_type_is_found_and_stops_nothing(
    chain: Engine, tmp_path: Path, table: str
) -> None:
    every = [each for each in fields(chain) if each[0] == table]
    keys_of = {name.strip() for name in TABLES[table].split(",")}
    others = [each for each in every if each[1] not in keys_of]
    for number, (_, column, key, value) in enumerate(others[:9]):
        where = " AND ".join(f"{name} = :{name}" for name in key)
        strange = STRANGE[number % len(STRANGE)]
        change = f"UPDATE {table} SET {column} = {strange} WHERE {where}"
        assert damaged(chain, tmp_path, change, key) in {True, None}, (column, strange, value)


def test_a_lost_list_of_keys_is_said(chain: Engine, tmp_path: Path) -> None:
    with reading(chain) as session:
        report = verify_chain(session, witness=Witness(tmp_path / "witness.txt"))

    assert "公钥" in report.sentence
