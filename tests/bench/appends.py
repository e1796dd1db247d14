"""Appending beside plain rows, and the room it takes: `python -m tests.bench.appends`."""

from hashlib import sha256
from itertools import count

import orjson
from sqlalchemy import Engine, text

from tests.bench.county import AT, newcomers, register, years
from tests.bench.databases import engines
from tests.bench.timing import rates
from traceability.base.db import reading, transaction
from traceability.base.refs import new_ref
from traceability.chain import events, log
from traceability.chain.bulk import Prepared, append_all

GROUP, PAGES = 1_000, 5_000
STORED = 60_000
BODY_CHARS = 400  # as long as the events' own bytes
TABLES = [
    "event",
    "event_private",
    "event_subject",
    "event_mention",
    "chain_subject",
    "pending",
    "leaf",
    "tile",
]
MAKE_PLAIN = {
    "sqlite": "CREATE TABLE plain (id INTEGER PRIMARY KEY, digest BLOB UNIQUE, body BLOB)",
    "postgresql": "CREATE TABLE plain (id BIGSERIAL PRIMARY KEY, digest BYTEA UNIQUE, body BYTEA)",
}
PUT_PLAIN = {
    "sqlite": "INSERT INTO plain (digest, body) VALUES (?, ?)",
    "postgresql": "INSERT INTO plain (digest, body) VALUES (%s, %s)",
}
NUMBERS = count()
ROOM = {
    "sqlite": """
        SELECT schema.tbl_name AS name, sum(pgsize) AS bytes FROM dbstat
        JOIN sqlite_schema AS schema ON schema.name = dbstat.name GROUP BY 1""",
    "postgresql": """
        SELECT relname AS name, pg_total_relation_size(oid) AS bytes FROM pg_class
        WHERE relkind = 'r'""",
}
PAYLOAD = """
SELECT (SELECT count(*) FROM event), (SELECT sum(length(canonical)) FROM event),
    (SELECT sum(length(canonical)) FROM event_private)
"""


def main() -> None:
    """Rates and room on each database."""
    with engines() as found:
        for name, engine in found.items():
            with engine.begin() as connection:
                connection.exec_driver_sql(MAKE_PLAIN[engine.dialect.name])
            _rates(name, engine)
    with engines() as found:
        for name, engine in found.items():
            _room(name, engine)


def _rates(name: str, engine: Engine) -> None:
    crush = {k: [newcomers(GROUP) for _ in range(5)] for k in ("at once", "singly")}
    rates(
        f"{name}: {GROUP:,} events a commit, durable, with links, mentions and leaves",
        {
            "executemany of rows as long": lambda: plain(engine, GROUP),
            "append_all": lambda: at_once(engine, crush["at once"].pop()),
            "append, one after the other": lambda: singly(engine, crush["singly"].pop()),
        },
    )
    pages = [register(PAGES) for _ in range(5)]
    rates(
        f"{name}: import core, {PAGES:,} events of {PAGES // 10:,} animals a commit",
        {
            "executemany of rows as long": lambda: plain(engine, PAGES),
            "append_all": lambda: at_once(engine, pages.pop()),
        },
    )


def plain(engine: Engine, many: int) -> int:
    """The same work without the chain: rows written as JSON, hashed, inserted."""
    rows = []
    for _ in range(many):
        body = orjson.dumps({"number": next(NUMBERS)}).ljust(BODY_CHARS)
        rows.append((sha256(body).digest(), body))
    with engine.begin() as connection:
        connection.exec_driver_sql(PUT_PLAIN[engine.dialect.name], rows)
    return many


def at_once(engine: Engine, prepared: list[Prepared]) -> int:
    """Everything in one call."""
    with transaction(engine, recorded_at=AT) as session:
        append_all(session, prepared)
    return len(prepared)


def singly(engine: Engine, prepared: list[Prepared]) -> int:
    """One event after the other, as operations do it."""
    with transaction(engine, recorded_at=AT) as session:
        events.hold(session, *{ref for each in prepared for ref in each.subjects})
        for each in prepared:
            events.append(session, each.kind, *each.subjects, at=each.at, by=each.by, **each.data)
        log.integrate_all(session)
    return len(prepared)


def _room(name: str, engine: Engine) -> None:
    story = [*years([new_ref("animal") for _ in range(STORED // 10)])]
    for begin in range(0, STORED, GROUP):
        at_once(engine, story[begin : begin + GROUP])
    if engine.dialect.name == "postgresql":  # what moved heads leave behind, as autovacuum does it
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM chain_subject")
    with reading(engine) as session:
        many, bodies, secrets = session.execute(text(PAYLOAD)).one()
        taken = {row.name: row.bytes for row in session.execute(text(ROOM[engine.dialect.name]))}
    room = {table: int(taken[table]) for table in TABLES}
    beside = sum(room.values()) - int(bodies) - int(secrets)
    print(f"\n{name}: room of {many:,} events, two mentions each, ten of an animal, bytes an event")
    print(f"  canonical {int(bodies) / many:.0f}, private {int(secrets) / many:.0f}")
    print(f"  beside them {beside / many:.0f} with the salts, {beside / many - 32:.0f} without")
    print("  " + ", ".join(f"{table} {used / many:.0f}" for table, used in room.items()))


if __name__ == "__main__":
    main()
