"""逐条读出 · a subject's line or the newest events, with what is wrong of each beside it.

The pages of an audit must open exactly when something was changed: bytes that cannot be read come
out as damage, never as an error.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session

from traceability.audit import raw
from traceability.base import canon
from traceability.chain import events
from traceability.chain.body import prefix
from traceability.chain.events import EventView
from traceability.chain.tables import (
    Event,
    EventMention,
    EventPrivate,
    EventSubject,
    Leaf,
    SubjectHead,
    table_of,
)

UNREADABLE = "内容读不出来"
CHANGED = "内容与指纹不符"
PRIVATE_CHANGED = "私有部分与承诺不符"


@dataclass(frozen=True, slots=True)
class Read:
    """读到的一条 · its number in the line, the event if it can be read, and what is wrong."""

    event_id: int
    seq: int
    event: EventView | None
    fault: str | None


def line(session: Session, ref: str) -> list[Read]:
    """Every event that the index lists for a subject, oldest first."""
    chosen = (
        _chosen(session)
        .add_columns(EventSubject.seq)
        .join(EventSubject, EventSubject.event_id == Event.id)
        .join(SubjectHead, SubjectHead.id == EventSubject.subject_id)
        .where(SubjectHead.ref == ref)
        .order_by(EventSubject.seq)
    )
    return [_read(row, row.seq) for row in session.execute(chosen)]


def newest(session: Session, *, limit: int) -> list[Read]:
    """The newest events of the whole chain, newest first; they carry no number."""
    chosen = _chosen(session).order_by(Event.id.desc()).limit(limit)
    return [_read(row, 0) for row in session.execute(chosen)]


def batch(session: Session, *, before: int | None, naming: Sequence[str], limit: int) -> list[Read]:
    """Events older than one of that number, newest first; those that name any of some parties."""
    chosen = _chosen(session).order_by(Event.id.desc()).limit(limit)
    if before is not None:
        chosen = chosen.where(Event.id < before)
    if naming:
        named = select(EventMention.event_id).join(
            SubjectHead, SubjectHead.id == EventMention.subject_id
        )
        chosen = chosen.where(Event.id.in_(named.where(SubjectHead.ref.in_(naming))))
    return [_read(row, 0) for row in session.execute(chosen)]


def _chosen(session: Session) -> Select[Any]:
    told, hidden = table_of(Event).c, table_of(EventPrivate).c
    sqlite = session.get_bind().dialect.name == "sqlite"
    return (
        select(
            told.id,
            *[raw.column(told[name], sqlite=sqlite) for name in ("digest_prefix", "canonical")],
            raw.column(hidden.salt, sqlite=sqlite),
            raw.column(hidden.canonical, sqlite=sqlite).label("secret"),
            Leaf.position,
        )
        .select_from(table_of(Event))
        .outerjoin(EventPrivate, EventPrivate.event_id == told.id)
        .outerjoin(Leaf, Leaf.event_id == told.id)
    )


def _read(row: Row[Any], seq: int) -> Read:
    try:
        faults = list(_faults(row))
        private = None if row.secret is None or faults else orjson.loads(row.secret)
        view = events.view(row.id, row.canonical, private=private, position=row.position)
    except (ValueError, TypeError, KeyError, AttributeError):
        return Read(row.id, seq, None, UNREADABLE)
    return Read(row.id, seq, view, "；".join(faults) or None)


def _faults(row: Row[Any]) -> Iterator[str]:
    if prefix(canon.sha256(row.canonical)) != row.digest_prefix:
        yield CHANGED
    promised = orjson.loads(row.canonical)["private"]
    if row.salt is not None and canon.sha256(row.salt + row.secret).hex() != promised:
        yield PRIVATE_CHANGED
