"""语句 · what an append says to the database: plain SQL, written once for each of the two.

The ORM's own path costs several times as much an event, and an event is never changed. On
PostgreSQL one event is one statement, so that a writer waits for one answer and not for seven.
"""

from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy.engine import Connection

HALTED = "SELECT 1 FROM chain_halt LIMIT 1"

# SQLite: values in the place of each `?`; lists of references as one JSON text
SQLITE_HEADS = """
SELECT ref, id, seq, digest, latest_at FROM chain_subject
WHERE ref IN (SELECT value FROM json_each(?))
"""
SQLITE_NEXT_HEAD = "SELECT coalesce(max(id), 0) + 1 FROM chain_subject"
SQLITE_NEXT_EVENT = "SELECT coalesce(max(id), 0) + 1 FROM event"
SQLITE_NEW_HEAD = (
    "INSERT INTO chain_subject (id, ref, seq, digest, latest_at) VALUES (?, ?, ?, ?, ?)"
)
SQLITE_MOVE_HEAD = "UPDATE chain_subject SET seq = ?, digest = ?, latest_at = ? WHERE id = ?"
SQLITE_EVENT = "INSERT INTO event (id, digest_prefix, canonical, corrects) VALUES (?, ?, ?, ?)"
SQLITE_PRIVATE = "INSERT INTO event_private (event_id, salt, canonical) VALUES (?, ?, ?)"
SQLITE_LINK = "INSERT INTO event_subject (subject_id, seq, event_id) VALUES (?, ?, ?)"
SQLITE_MENTION = "INSERT INTO event_mention (subject_id, event_id) VALUES (?, ?)"
SQLITE_PENDING = "INSERT INTO pending (event_id) VALUES (?)"
SQLITE_LEAF = "INSERT INTO leaf (position, event_id) VALUES (?, ?)"

# PostgreSQL: lists of references and numbers as arrays
POSTGRESQL_ENSURE_HEADS = """
INSERT INTO chain_subject (ref, seq) SELECT ref, 0 FROM unnest(%s::text[]) AS new (ref)
WHERE NOT EXISTS (SELECT FROM chain_subject known WHERE known.ref = new.ref)
ON CONFLICT (ref) DO NOTHING
"""
POSTGRESQL_HOLD_HEADS = """
SELECT ref, id, seq, digest, latest_at FROM chain_subject WHERE ref = ANY (%s::text[])
ORDER BY ref FOR UPDATE
"""
POSTGRESQL_HEADS = """
SELECT ref, id, seq, digest, latest_at FROM chain_subject WHERE ref = ANY (%s::text[])
"""
POSTGRESQL_EVENT = """
WITH told AS (
    INSERT INTO event (digest_prefix, canonical, corrects) VALUES (%s, %s, %s) RETURNING id
), hidden AS (
    INSERT INTO event_private (event_id, salt, canonical)
    SELECT id, %s::bytea, %s::bytea FROM told
), linked AS (
    INSERT INTO event_subject (subject_id, seq, event_id)
    SELECT link.subject_id, link.seq, told.id
    FROM told, unnest(%s::int[], %s::int[]) AS link (subject_id, seq)
), named AS (
    INSERT INTO event_mention (subject_id, event_id)
    SELECT mention.subject_id, told.id FROM told, unnest(%s::int[]) AS mention (subject_id)
), waiting AS (
    INSERT INTO pending (event_id) SELECT id FROM told
), moved AS (
    UPDATE chain_subject SET seq = head.seq, digest = %s, latest_at = head.latest_at
    FROM unnest(%s::int[], %s::int[], %s::timestamptz[]) AS head (id, seq, latest_at)
    WHERE chain_subject.id = head.id
)
SELECT id FROM told
"""
POSTGRESQL_NEXT_EVENTS = """
SELECT nextval(pg_get_serial_sequence('event', 'id')) FROM generate_series(1, %s)
"""
POSTGRESQL_MOVE_HEADS = """
UPDATE chain_subject SET seq = head.seq, digest = head.digest, latest_at = head.latest_at
FROM unnest(%s::int[], %s::int[], %s::bytea[], %s::timestamptz[])
    AS head (id, seq, digest, latest_at)
WHERE chain_subject.id = head.id
"""

# the few that wait lead to their events; joined the other way, SQLite reads every event there is
_WAITING = """
SELECT pending.event_id AS id, event.canonical
FROM pending CROSS JOIN event WHERE event.id = pending.event_id
ORDER BY pending.event_id LIMIT {}
"""
WAITING: Final = {"sqlite": _WAITING.format("?"), "postgresql": _WAITING.format("%s")}
PUT_TILE: Final = {
    "sqlite": """
INSERT INTO tile (level, number, hashes) VALUES (?, ?, ?)
ON CONFLICT (level, number) DO UPDATE SET hashes = excluded.hashes
""",
    "postgresql": """
INSERT INTO tile (level, number, hashes) VALUES (%s, %s, %s)
ON CONFLICT (level, number) DO UPDATE SET hashes = excluded.hashes
""",
}

COPIED: Final = {
    "event": {"id": "int8", "digest_prefix": "int4", "canonical": "bytea", "corrects": "bytea"},
    "event_private": {"event_id": "int8", "salt": "bytea", "canonical": "bytea"},
    "event_subject": {"subject_id": "int4", "seq": "int4", "event_id": "int8"},
    "event_mention": {"subject_id": "int4", "event_id": "int8"},
    "leaf": {"position": "int8", "event_id": "int8"},
}
"""Table → its columns and their types, as PostgreSQL takes rows in bulk."""


def copy_in(connection: Connection, table: str, rows: Iterable[tuple[Any, ...]]) -> None:
    """Add rows to a table of PostgreSQL in one stream, in the columns' order."""
    columns = COPIED[table]
    statement = f"COPY {table} ({', '.join(columns)}) FROM STDIN (FORMAT BINARY)"
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(statement) as stream:
        stream.set_types([*columns.values()])
        for row in rows:
            stream.write_row(row)
