"""事件 · what happened: appended once, linked per subject, never changed.

An event is canonical JSON; its digest is SHA-256 over those bytes. Fields that its kind does not
name as public go into the private part, of which the event holds only a salted commitment, so
that erasure leaves every digest and proof valid. The format is described in `docs/chain-format.md`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from secrets import token_bytes
from typing import Any, cast

import orjson
from sqlalchemy import Select, func, literal, select
from sqlalchemy.orm import Session, aliased

from traceability.base import canon
from traceability.base.db import instant_to, recording
from traceability.base.errors import Conflict
from traceability.chain import body, heads, statements
from traceability.chain.body import SUBJECTS_MAX, Link, Written
from traceability.chain.heads import Head
from traceability.chain.kinds import Kind
from traceability.chain.tables import (
    SALT_BYTES,
    Event,
    EventMention,
    EventPrivate,
    EventSubject,
    Leaf,
    SubjectHead,
)
from traceability.chain.upcasting import upcast


@dataclass(frozen=True, slots=True)
class EventView:
    """事件 · an event as read: parsed from its canonical bytes, private part joined if allowed."""

    id: int
    digest: bytes
    kind: Kind
    at: datetime
    recorded_at: datetime
    canonical: bytes
    links: tuple[Link, ...]
    public: Mapping[str, Any]
    private: Mapping[str, Any] | None  # None: erased, or not asked for
    corrects: bytes | None
    group: str | None
    position: int | None = None  # None: not yet in the log

    def __getitem__(self, field: str) -> Any:
        """A field, whichever part it lies in; None where it is erased or absent."""
        if field in self.public:
            return self.public[field]
        return None if self.private is None else self.private.get(field)

    @property
    def late(self) -> bool:
        """Whether it was recorded long after it happened (补录)."""
        return bool(self.public.get("late", False))

    def seq_of(self, ref: str) -> int:
        """Its number in the line of that subject."""
        return next(link.seq for link in self.links if link.ref == ref)


def hold(session: Session, *refs: str) -> None:
    """Hold the subjects a transaction will change, before its guards read them.

    PostgreSQL locks the head rows in reference order; on SQLite BEGIN IMMEDIATE has done it.

    Raises:
        Conflict: `chain.halted` while appends are stopped.
    """
    heads.hold(session, refs)


def append(
    session: Session,
    kind: Kind,
    *subjects: str,
    at: datetime,
    by: str,
    on_behalf_of: str | None = None,
    group: str | None = None,
    corrects: bytes | None = None,
    **data: Any,
) -> EventView:
    """Append what happened to 1-4 subjects, each of which the transaction holds.

    Raises:
        RuleViolation: `chain.in_future`, `chain.late_without_reason`.
        Conflict: `chain.already_corrected`, `chain.halted`.
    """
    assert 1 <= len(subjects) <= SUBJECTS_MAX, "an event has one to four subjects"
    session.flush()  # the change is written before the event that tells it
    heads.hold(session, subjects)
    entry = recording(session)
    public, private = body.parts(
        kind, at=at, by=by, on_behalf_of=on_behalf_of, data=data, entry=entry
    )
    if corrects is not None:
        require_uncorrected(session, corrects)
    held = heads.known(session).held
    moving = [held[ref] for ref in subjects]
    written = body.write(
        kind,
        tuple(head.next_link() for head in moving),
        at=at,
        recorded_at=entry.recorded_at,
        public=public,
        private=private,
        salt=token_bytes(SALT_BYTES),
        group=group,
        corrects=corrects,
    )
    named = sorted(body.mentioned(subjects, public, private))
    numbers = heads.numbers(session, named)
    return _store(session, written, moving, [numbers[ref] for ref in named])


def require_uncorrected(session: Session, corrects: bytes) -> None:
    """An event is corrected once; the next one corrects the correction.

    Raises:
        Conflict: `chain.already_corrected`.
    """
    taken = session.scalar(select(Event.id).where(Event.corrects == corrects))
    if taken is not None:
        raise Conflict("chain.already_corrected", "这条记录刚被他人更正过，请刷新后再看")


def note_late(session: Session, ref: str) -> None:
    """An event older than what is known makes its row be folded anew before the commit."""
    session.info.setdefault("refold", set()).add(ref)


def _store(
    session: Session, written: Written, moving: Sequence[Head], mentions: Sequence[int]
) -> EventView:
    for head in moving:
        if head.advance(digest=written.digest, at=written.at):
            note_late(session, head.ref)
    on_postgresql = session.connection().dialect.name == "postgresql"
    put = _put_on_postgresql if on_postgresql else _put_on_sqlite
    return _view_of(put(session, written, moving, mentions), written)


def _put_on_sqlite(
    session: Session, written: Written, moving: Sequence[Head], mentions: Sequence[int]
) -> int:
    put = session.connection().exec_driver_sql
    (number,) = heads.take_event_numbers(session, 1)
    put(statements.SQLITE_EVENT, (number, *columns(written)))
    put(statements.SQLITE_PRIVATE, (number, written.salt, written.secret))
    put(statements.SQLITE_LINK, [(head.id, head.seq, number) for head in moving])
    if mentions:
        put(statements.SQLITE_MENTION, [(each, number) for each in mentions])
    put(statements.SQLITE_PENDING, (number,))
    heads.write(session, moving)
    return number


def _put_on_postgresql(
    session: Session, written: Written, moving: Sequence[Head], mentions: Sequence[int]
) -> int:
    connection = session.connection()
    ids, seqs = [head.id for head in moving], [head.seq for head in moving]
    latest = [instant_to(head.latest_at, connection.dialect) for head in moving]
    values = (*columns(written), written.salt, written.secret, ids, seqs, [*mentions])
    number: int = connection.exec_driver_sql(
        statements.POSTGRESQL_EVENT, (*values, written.digest, ids, seqs, latest)
    ).scalar_one()
    return number


def columns(written: Written) -> tuple[int, bytes, bytes | None]:
    """The columns of `event`: what it is looked up by, its bytes, what it corrects."""
    return body.prefix(written.digest), written.canonical, written.corrects


def _view_of(event_id: int, written: Written) -> EventView:
    return EventView(
        id=event_id,
        digest=written.digest,
        kind=written.kind,
        at=written.at,
        recorded_at=written.recorded_at,
        canonical=written.canonical,
        links=written.links,
        public=written.public,
        private=written.private,
        corrects=written.corrects,
        group=written.group,
    )


def mentioned(told: Mapping[str, Any], private: Mapping[str, Any] | None) -> set[str]:
    """The references an event names beside its subjects."""
    return body.mentioned([link["ref"] for link in told["subjects"]], told["public"], private)


def view(
    event_id: int,
    canonical: bytes,
    *,
    private: Mapping[str, Any] | None = None,
    position: int | None = None,
) -> EventView:
    """An event read from its canonical bytes."""
    told = orjson.loads(canonical)
    columns = body.fields(told)
    public, private = upcast(columns["kind"], told["v"], told["public"], private)
    return EventView(
        id=event_id,
        digest=canon.sha256(canonical),
        canonical=canonical,
        links=tuple(Link(**link) for link in told["subjects"]),
        public=public,
        private=private,
        group=told.get("group"),
        position=position,
        **columns,
    )


def history(session: Session, ref: str, *, upto: int | None = None) -> list[EventView]:
    """All events of a subject in the order of its line, oldest first."""
    chosen = (
        _stored()
        .join(EventSubject, EventSubject.event_id == Event.id)
        .join(SubjectHead, SubjectHead.id == EventSubject.subject_id)
        .where(SubjectHead.ref == ref)
        .order_by(EventSubject.seq)
    )
    if upto is not None:
        chosen = chosen.where(EventSubject.seq <= upto)
    return [viewed(row) for row in session.execute(chosen)]


def lines(session: Session, refs: Sequence[str]) -> dict[str, list[Sequence[Any]]]:
    """The events of many subjects as they are stored, each in the order of its line.

    What a row says is read by `viewed`, one by one: bytes nobody would have written spoil only
    the subjects they belong to.
    """
    chosen = (
        select(SubjectHead.ref, Event.id, Event.canonical, EventPrivate.canonical, literal(None))
        .join(EventSubject, EventSubject.subject_id == SubjectHead.id)
        .join(Event, Event.id == EventSubject.event_id)
        .outerjoin(EventPrivate, EventPrivate.event_id == Event.id)
        .where(SubjectHead.ref.in_(refs))
        .order_by(EventSubject.subject_id, EventSubject.seq)
    )
    found: dict[str, list[Sequence[Any]]] = {}
    for row in session.execute(chosen):
        found.setdefault(row[0], []).append(row[1:])
    return found


def _stored() -> Select[int, bytes, bytes, int]:
    """Every event with its private part and its place in the log."""
    return (
        select(Event.id, Event.canonical, EventPrivate.canonical, Leaf.position)
        .outerjoin(EventPrivate, EventPrivate.event_id == Event.id)
        .outerjoin(Leaf, Leaf.event_id == Event.id)
    )


def viewed(row: Sequence[Any]) -> EventView:
    """An event as it is stored: its number, its bytes, its private part, its place in the log."""
    event_id, canonical, secret, position = row
    private = None if secret is None else cast("dict[str, Any]", orjson.loads(secret))
    return view(event_id, canonical, private=private, position=position)


def choose(
    session: Session,
    narrow: Callable[[Select[int, bytes, bytes, int]], Select[int, bytes, bytes, int]],
) -> list[EventView]:
    """The events that a caller's own conditions choose, in the caller's order."""
    return [viewed(row) for row in session.execute(narrow(_stored()))]


def newest(session: Session, *, limit: int) -> list[EventView]:
    """The newest events of the chain, newest first."""
    chosen = _stored().order_by(Event.id.desc()).limit(limit)
    return [viewed(row) for row in session.execute(chosen)]


def by_digest(session: Session, digest: bytes) -> EventView | None:
    """The event of that digest."""
    chosen = _stored().where(Event.digest_prefix == body.prefix(digest))
    found = (viewed(row) for row in session.execute(chosen))
    return next((event for event in found if event.digest == digest), None)


def mentioning(session: Session, ref: str, *, limit: int) -> list[EventView]:
    """The events that name a reference without being linked to it, oldest first."""
    named = aliased(SubjectHead)
    chosen = (
        _stored()
        .join(EventMention, EventMention.event_id == Event.id)
        .join(named, named.id == EventMention.subject_id)
        .where(named.ref == ref)
        .order_by(EventMention.event_id)
        .limit(limit)
    )
    return [viewed(row) for row in session.execute(chosen)]


def head(session: Session, ref: str) -> tuple[int, bytes | None]:
    """Sequence number and digest of a subject's newest event; (0, None) if it has none."""
    row = session.execute(
        select(SubjectHead.seq, SubjectHead.digest).where(SubjectHead.ref == ref)
    ).one_or_none()
    return (0, None) if row is None else (row.seq, row.digest)


def effective(events: Sequence[EventView]) -> list[EventView]:
    """The events that count, in the order they happened: each replaced by its newest correction.

    An annulled event is left out; corrections stand in the original's place.
    """
    corrected_by = {event.corrects: event for event in events if event.corrects is not None}
    result = []
    for event in events:
        if event.corrects is not None:
            continue
        newest = event
        while newest.digest in corrected_by:
            newest = corrected_by[newest.digest]
        if newest.kind is not Kind.EVENT_ANNULLED:
            result.append((event, newest))
    result.sort(key=lambda pair: (pair[0].at, pair[0].recorded_at))
    return [newest for _, newest in result]


def count(session: Session) -> int:
    """How many events the chain holds."""
    return session.scalar(select(func.count()).select_from(Event)) or 0
