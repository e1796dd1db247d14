"""The chain beside what it rests on: plain rows appended, plain rows read and hashed."""

import sqlite3
import tempfile
from datetime import UTC, datetime
from hashlib import sha256
from itertools import count
from pathlib import Path

import orjson
from sqlalchemy import Engine

from app import migrate
from tests.bench.timing import rates
from traceability.audit import links
from traceability.audit.lines import Lines
from traceability.base.db import Base, make_engine, reading, transaction
from traceability.base.refs import new_ref
from traceability.chain import events, log
from traceability.chain.kinds import Kind

AT = datetime(2026, 11, 22, 6, 12, 3, tzinfo=UTC)
GROUP = 1_000
VET = new_ref("party")


def main() -> None:
    """Append in groups of a thousand; then read all of it back and check every link."""
    migrate.load_models()
    with tempfile.TemporaryDirectory() as folder:
        engine = make_engine(f"sqlite:///{folder}/chain.db")
        Base.metadata.create_all(engine)
        plain = _plain(Path(folder) / "plain.db")
        numbers = count()
        rates(
            "append, 1,000 a commit, synchronous FULL",
            {
                "executemany of the same rows": lambda: _append_plain(plain, numbers),
                "events with links and leaves": lambda: _append(engine),
            },
        )
        rates(
            "audit of events, links, heads and mentions",
            {
                "read, parse and hash the same rows": lambda: _read_plain(engine),
                "the audit": lambda: _audit(engine),
            },
        )
        engine.dispose()


def _plain(path: Path) -> sqlite3.Connection:
    plain = sqlite3.connect(path, isolation_level=None)
    plain.execute("PRAGMA journal_mode=WAL")
    plain.execute("PRAGMA synchronous=FULL")
    plain.execute("CREATE TABLE event (id INTEGER PRIMARY KEY, digest BLOB UNIQUE, body BLOB)")
    return plain


def _append_plain(plain: sqlite3.Connection, numbers: "count[int]") -> int:
    rows = []
    for _ in range(GROUP):
        body = orjson.dumps({"number": next(numbers), "pad": "x" * 380})
        rows.append((sha256(body).digest(), body))
    plain.execute("BEGIN IMMEDIATE")
    plain.executemany("INSERT INTO event (digest, body) VALUES (?, ?)", rows)
    plain.execute("COMMIT")
    return GROUP


def _append(engine: Engine) -> int:
    with transaction(engine, recorded_at=AT) as session:
        refs = [new_ref("animal") for _ in range(GROUP)]
        events.hold(session, *refs)
        for ref in refs:
            events.append(
                session, Kind.ANIMAL_REGISTERED, ref, at=AT, by=VET, breed="weining", sex="male"
            )
        log.integrate(session)
    return GROUP


def _read_plain(engine: Engine) -> int:
    seen = 0
    with engine.connect() as connection:
        for (body,) in connection.exec_driver_sql("SELECT canonical FROM event ORDER BY id"):
            sha256(body).digest()
            orjson.loads(body)
            seen += 1
    return seen


def _audit(engine: Engine) -> int:
    with reading(engine) as session:
        lines = Lines(links.subject_ids(session))
        for _ in links.check(session, lines):
            pass
    return lines.events
