"""事件 · what happened: appended once, linked per subject, never changed.

An event is canonical JSON; its digest is SHA-256 over those bytes. Fields that its kind does not
name as public go into the private part, of which the event holds only a salted commitment, so
that erasure leaves every digest and proof valid. The format is described in `docs/chain-format.md`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_bytes
from typing import Any, cast

import orjson
from sqlalchemy import Row, func, select
from sqlalchemy import event as orm_events
from sqlalchemy.orm import Session

from traceability.base import canon, clock
from traceability.base.db import recording
from traceability.base.errors import Conflict, RuleViolation
from traceability.base.refs import is_ref
from traceability.chain import statements
from traceability.chain.kinds import SPECS, Kind
from traceability.chain.tables import (
    SALT_BYTES,
    Event,
    EventPrivate,
    EventSubject,
    Halt,
    Leaf,
    SubjectHead,
)

SUBJECTS_MAX = 4
ALGORITHM = "sha256"
FUTURE_MAX = timedelta(seconds=120)  # a clock may be that wrong, no more
LATE_AFTER = timedelta(minutes=30)  # later than that is a late entry, 补录
RESERVED = frozenset({"by", "on_behalf_of", "late", "late_reason", "confirmed_by", "reason"})


@dataclass(frozen=True, slots=True)
class Link:
    """An event's place in the line of one subject."""

    ref: str
    seq: int
    prev: str | None


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
    held = session.info.setdefault("held", set())
    missing = sorted({*refs} - held)
    if not missing:
        return
    if session.scalar(select(Halt.id).limit(1)) is not None:
        raise Conflict("chain.halted", "追溯链正在核查，暂停登记；请联系平台管理员")
    _ensure_heads(session, missing)
    if session.get_bind().dialect.name == "postgresql":
        wanted = select(SubjectHead.id).where(SubjectHead.ref.in_(missing))
        session.execute(wanted.order_by(SubjectHead.ref).with_for_update())
    held.update(missing)


def _ensure_heads(session: Session, refs: Sequence[str]) -> None:
    dialect = session.get_bind().dialect.name
    rows = [{"ref": ref, "seq": 0} for ref in refs]
    session.connection().execute(statements.ENSURE_HEADS[dialect], rows)


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
    assert not RESERVED & (data.keys() - {"reason"}), "a field name that the chain itself uses"
    session.flush()  # the change is written before the event that tells it
    hold(session, *subjects)
    recorded_at = recording(session).recorded_at
    public, private = _parts(session, kind, at, data)
    private["by"] = by
    if on_behalf_of is not None:
        private["on_behalf_of"] = on_behalf_of
    if corrects is not None:
        _require_uncorrected(session, corrects)
    heads = _heads(session, subjects)
    salt, secret = token_bytes(SALT_BYTES), canon.canonical(private)
    body: dict[str, Any] = {
        "v": SPECS[kind].v,
        "alg": ALGORITHM,
        "kind": kind.value,
        "at": clock.stamp(at),
        "recorded_at": clock.stamp(recorded_at),
        "subjects": [_link(head) for head in heads],
        "public": public,
        "private": canon.sha256(salt + secret).hex(),
    }
    if group is not None:
        body["group"] = group
    if corrects is not None:
        body["corrects"] = corrects.hex()
    return _store(session, body, heads=heads, salt=salt, secret=secret, private=private)


def _parts(
    session: Session, kind: Kind, at: datetime, data: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The public and the private part, with the marks of a late entry."""
    entry = recording(session)
    if at > entry.recorded_at + FUTURE_MAX:
        raise RuleViolation("chain.in_future", "发生时间在将来，请核对日期和时间")
    names = SPECS[kind].public
    public = {name: value for name, value in data.items() if name in names}
    private = {name: value for name, value in data.items() if name not in names}
    if at < entry.recorded_at - LATE_AFTER:
        if not entry.late_reason:
            raise RuleViolation(
                "chain.late_without_reason", "这件事发生已超过 30 分钟，补录请写明原因"
            )
        public["late"] = True
        private["late_reason"] = entry.late_reason
    if entry.confirmed_by is not None:
        private["confirmed_by"] = entry.confirmed_by
    return public, private


def _require_uncorrected(session: Session, corrects: bytes) -> None:
    taken = session.scalar(select(Event.id).where(Event.corrects == corrects))
    if taken is not None:
        raise Conflict("chain.already_corrected", "这条记录刚被他人更正过，请刷新后再看")


@dataclass(frozen=True, slots=True)
class _Head:
    id: int
    ref: str
    seq: int
    digest: bytes | None
    latest_at: datetime | None


def _heads(session: Session, subjects: Sequence[str]) -> list[_Head]:
    found = session.connection().execute(statements.READ_HEADS, {"refs": list(subjects)})
    by_ref = {row.ref: _Head(*row) for row in found}
    return [by_ref[ref] for ref in subjects]


def _link(head: _Head) -> dict[str, Any]:
    prev = None if head.digest is None else head.digest.hex()
    return {"ref": head.ref, "seq": head.seq + 1, "prev": prev}


def _store(
    session: Session,
    body: dict[str, Any],
    *,
    heads: Sequence[_Head],
    salt: bytes,
    secret: bytes,
    private: Mapping[str, Any],
) -> EventView:
    canonical = canon.canonical(body)
    digest = canon.sha256(canonical)
    row = copied_columns(body)
    connection = session.connection()
    event_id: int = connection.execute(
        statements.PUT_EVENT, {"digest": digest, "canonical": canonical, **row}
    ).scalar_one()
    connection.execute(
        statements.PUT_PRIVATE, {"event_id": event_id, "salt": salt, "canonical": secret}
    )
    connection.execute(
        statements.PUT_LINK,
        [{"subject_id": head.id, "seq": head.seq + 1, "event_id": event_id} for head in heads],
    )
    connection.execute(statements.PUT_PENDING, {"event_id": event_id})
    _mention(session, event_id, sorted(mentioned(body, private)))
    for head in heads:
        _advance(session, head, digest=digest, at=row["at"])
    return view(event_id, canonical, private=private)


def _advance(session: Session, head: _Head, *, digest: bytes, at: datetime) -> None:
    """Move a subject's head; an event older than what is known makes its row be folded anew."""
    late = head.latest_at is not None and at < head.latest_at
    if late:
        session.info.setdefault("refold", set()).add(head.ref)
    session.connection().execute(
        statements.MOVE_HEAD,
        {
            "head": head.id,
            "to_seq": head.seq + 1,
            "to_digest": digest,
            "to_at": head.latest_at if late else at,
        },
    )


def _mention(session: Session, event_id: int, refs: Sequence[str]) -> None:
    if not refs:
        return
    _ensure_heads(session, refs)
    found = session.connection().execute(statements.READ_HEADS, {"refs": list(refs)}).all()
    rows = [{"subject_id": row.id, "event_id": event_id} for row in found]
    session.connection().execute(statements.PUT_MENTION, rows)


def copied_columns(body: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of `event` that repeat its canonical bytes."""
    corrects = body.get("corrects")
    return {
        "kind": Kind(body["kind"]),
        "at": clock.unstamp(body["at"]),
        "recorded_at": clock.unstamp(body["recorded_at"]),
        "corrects": None if corrects is None else bytes.fromhex(corrects),
    }


def mentioned(body: Mapping[str, Any], private: Mapping[str, Any] | None) -> set[str]:
    """The references an event names beside its subjects."""
    subjects = {link["ref"] for link in body["subjects"]}
    return {*_refs_in([body["public"], private or {}])} - subjects


def _refs_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        if is_ref(value):
            yield value
    elif isinstance(value, Mapping):
        yield from _refs_in(list(value.values()))
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _refs_in(inner)


def view(
    event_id: int,
    canonical: bytes,
    *,
    private: Mapping[str, Any] | None = None,
    position: int | None = None,
) -> EventView:
    """An event read from its canonical bytes."""
    body = orjson.loads(canonical)
    columns = copied_columns(body)
    return EventView(
        id=event_id,
        digest=canon.sha256(canonical),
        canonical=canonical,
        links=tuple(Link(**link) for link in body["subjects"]),
        public=body["public"],
        private=private,
        group=body.get("group"),
        position=position,
        **columns,
    )


def history(session: Session, ref: str, *, upto: int | None = None) -> list[EventView]:
    """All events of a subject in the order of its line, oldest first."""
    chosen = (
        select(Event.id, Event.canonical, EventPrivate.canonical, Leaf.position)
        .join(EventSubject, EventSubject.event_id == Event.id)
        .join(SubjectHead, SubjectHead.id == EventSubject.subject_id)
        .outerjoin(EventPrivate, EventPrivate.event_id == Event.id)
        .outerjoin(Leaf, Leaf.event_id == Event.id)
        .where(SubjectHead.ref == ref)
        .order_by(EventSubject.seq)
    )
    if upto is not None:
        chosen = chosen.where(EventSubject.seq <= upto)
    return [_viewed(row) for row in session.execute(chosen)]


def _viewed(row: Row[int, bytes, bytes | None, int | None]) -> EventView:
    event_id, canonical, secret, position = row
    private = None if secret is None else cast("dict[str, Any]", orjson.loads(secret))
    return view(event_id, canonical, private=private, position=position)


def newest(session: Session, *, limit: int) -> list[EventView]:
    """The newest events of the chain, newest first."""
    chosen = (
        select(Event.id, Event.canonical, EventPrivate.canonical, Leaf.position)
        .outerjoin(EventPrivate, EventPrivate.event_id == Event.id)
        .outerjoin(Leaf, Leaf.event_id == Event.id)
        .order_by(Event.id.desc())
        .limit(limit)
    )
    return [_viewed(row) for row in session.execute(chosen)]


def by_digest(session: Session, digest: bytes) -> EventView | None:
    """The event of that digest."""
    row = session.execute(
        select(Event.id, Event.canonical, EventPrivate.canonical, Leaf.position)
        .outerjoin(EventPrivate, EventPrivate.event_id == Event.id)
        .outerjoin(Leaf, Leaf.event_id == Event.id)
        .where(Event.digest == digest)
    ).one_or_none()
    return None if row is None else _viewed(row)


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


@orm_events.listens_for(Session, "after_commit")
def _let_go(session: Session) -> None:
    """What a transaction held ends with it."""
    session.info.pop("held", None)


@orm_events.listens_for(Session, "after_soft_rollback")
def _forget(session: Session, _transaction: object) -> None:
    """A rollback, also one to a savepoint, releases locks and undoes late events."""
    session.info.pop("held", None)
    session.info.pop("refold", None)
