"""语句 · what an append says to the database: Core statements, built once and compiled once.

The ORM's own path costs three times as much an event, and an event is never changed.
"""

from sqlalchemy import Insert, bindparam, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from traceability.chain.tables import (
    Event,
    EventMention,
    EventPrivate,
    EventSubject,
    Pending,
    SubjectHead,
    table_of,
)

HEADS, EVENTS = table_of(SubjectHead), table_of(Event)
ENSURE_HEADS: dict[str, Insert] = {
    "sqlite": sqlite.insert(HEADS).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(HEADS).on_conflict_do_nothing(),
}
READ_HEADS = select(HEADS.c.id, HEADS.c.ref, HEADS.c.seq, HEADS.c.digest, HEADS.c.latest_at).where(
    HEADS.c.ref.in_(bindparam("refs", expanding=True))
)
MOVE_HEAD = (
    update(HEADS)
    .where(HEADS.c.id == bindparam("head"))
    .values(seq=bindparam("to_seq"), digest=bindparam("to_digest"), latest_at=bindparam("to_at"))
)
PUT_EVENT = insert(EVENTS).returning(EVENTS.c.id)
PUT_PRIVATE = insert(table_of(EventPrivate))
PUT_LINK = insert(table_of(EventSubject))
PUT_PENDING = insert(table_of(Pending))
PUT_MENTION = insert(table_of(EventMention))
