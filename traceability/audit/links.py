"""事件与衔接 · every event read from its bytes; every subject's line, head and mentions.

Events are read in batches by id; of each subject only its newest sequence number and digest are
kept, so memory grows with the number of subjects, not of events.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from operator import itemgetter
from typing import Any

import orjson
from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from traceability.audit import raw
from traceability.audit.damage import Damage, DamageKind
from traceability.audit.lines import CLOCK, Lines, is_sound
from traceability.base import canon, clock
from traceability.base.db import Base, instant_to
from traceability.chain import events
from traceability.chain.body import FUTURE_MAX, LATE_AFTER, Link, fields
from traceability.chain.body import prefix as digest_prefix
from traceability.chain.tables import (
    Event,
    EventMention,
    EventPrivate,
    EventSubject,
    SubjectHead,
    table_of,
)

BATCH = 5_000
BEYOND = 2**63  # more than any number of an event
INDEXES = ((EventSubject, DamageKind.LINK), (EventMention, DamageKind.MENTION))
PRIVATE = (EventPrivate, DamageKind.PRIVATE)
STORED = ("digest_prefix", "canonical", "corrects")


def check(session: Session, lines: Lines) -> Iterator[list[Damage]]:
    """Damage batch by batch; `lines` may come from half way, and ends with every newest event."""
    links = _ByEvent(_links(session, lines.after))
    mentions = _ByEvent(_mentions(session, lines.after))
    while batch := _batch(session, lines.after):
        after = batch[-1][0]
        linked: dict[int, dict[int, int]] = {}
        for link in links.upto(after):
            event_id, subject_id, seq = link
            linked.setdefault(event_id, {})[subject_id] = seq
        mentioned: dict[int, set[int]] = {}
        for mention in mentions.upto(after):
            event_id, subject_id = mention
            mentioned.setdefault(event_id, set()).add(subject_id)
        lines.strays |= not {*linked, *mentioned} <= {row[0] for row in batch}
        found: list[Damage] = []
        for row in batch:
            index = linked.get(row[0], {}), mentioned.get(row[0], set())
            if not is_sound(row, *index, lines):
                found += _guarded(row, *index, lines)
        lines.events += len(batch)
        lines.after = after
        yield _located(found, linked, lines)
    lines.ended = True
    lines.strays |= bool(links.upto(BEYOND) or mentions.upto(BEYOND))
    yield list(_heads(session, lines))
    yield list(_orphans(session, (*INDEXES, PRIVATE) if lines.strays else (PRIVATE,)))
    yield list(_corrections(session))


def _located(
    found: list[Damage], linked: Mapping[int, Mapping[int, int]], lines: Lines
) -> list[Damage]:
    """Damage of an event with the subject in whose line it stands."""
    if all(each.subject is not None for each in found):
        return found
    refs = {subject_id: ref for ref, subject_id in lines.subject_ids.items()}
    return [
        each
        if each.subject is not None or each.event_id is None
        else replace(each, subject=refs.get(min(linked.get(each.event_id, {0: 0}))))
        for each in found
    ]


def _batch(session: Session, after: int) -> list[Row[Any]]:
    table, hidden = table_of(Event).c, table_of(EventPrivate).c
    sqlite = session.get_bind().dialect.name == "sqlite"
    chosen = (
        select(
            table.id,
            *[raw.column(table[name], sqlite=sqlite) for name in STORED],
            raw.column(hidden.salt, sqlite=sqlite),
            raw.column(hidden.canonical, sqlite=sqlite).label("secret"),
        )
        .outerjoin(table_of(EventPrivate), hidden.event_id == table.id)
        .where(table.id > after)
        .order_by(table.id)
        .limit(BATCH)
    )
    return list(session.execute(chosen))


class _ByEvent:
    """An index read alongside the events; both come in the order of the events' numbers."""

    def __init__(self, parts: Iterator[Sequence[Any]]) -> None:
        self._parts = parts
        self._rows: Sequence[Any] = ()

    def upto(self, last: int) -> list[Any]:
        """The rows of the events up to one; those of events that are not there among them."""
        taken: list[Any] = []
        while rows := self._rows or next(self._parts, ()):
            self._rows = rows
            end = bisect_right(self._rows, last, key=itemgetter(0))
            taken += self._rows[:end]
            self._rows = self._rows[end:]
            if self._rows:
                break
        return taken


def _links(session: Session, after: int) -> Iterator[Sequence[Any]]:
    table = table_of(EventSubject).c
    rows = select(table.event_id, table.subject_id, table.seq).where(table.event_id > after)
    return session.execute(rows.order_by(table.event_id)).yield_per(BATCH).partitions()


def _mentions(session: Session, after: int) -> Iterator[Sequence[Any]]:
    table = table_of(EventMention).c
    rows = select(table.event_id, table.subject_id).where(table.event_id > after)
    return session.execute(rows.order_by(table.event_id)).yield_per(BATCH).partitions()


def _guarded(
    row: Row[Any], linked: dict[int, int], mentioned: set[int], lines: Lines
) -> list[Damage]:
    """What is wrong with an event; bytes nobody would have written may not stop the audit."""
    try:
        return list(_event(row, linked, mentioned, lines))
    except (ValueError, TypeError, KeyError, AttributeError, IndexError):
        return [Damage(DamageKind.BYTES, f"第 {row.id} 号事件的内容读不出来", row.id)]


def _event(
    row: Row[Any], linked: dict[int, int], mentioned: set[int], lines: Lines
) -> Iterator[Damage]:
    where = f"第 {row.id} 号事件"
    digest = canon.sha256(row.canonical)
    if digest_prefix(digest) != row.digest_prefix:
        yield Damage(DamageKind.BYTES, f"{where}的内容与指纹不符", row.id)
    body = parsed(row.canonical)
    if body is None:
        yield Damage(DamageKind.BYTES, f"{where}的内容不是规范形式", row.id)
        return
    if raw.value(table_of(Event).c.corrects, row.corrects) != body.get("corrects"):
        yield Damage(DamageKind.COLUMN, f"{where}的 corrects 列与内容不符", row.id)
    yield from _times(row, body, lines)
    yield from _line(row, body, linked, lines)
    if row.salt is None:  # erased: what its private part mentioned can no longer be told
        if not {lines.subject_ids.get(ref) for ref in events.mentioned(body, None)} <= mentioned:
            yield Damage(DamageKind.MENTION, f"{where}的提及索引与内容不符", row.id)
        return
    if canon.sha256(row.salt + row.secret).hex() != body["private"]:
        yield Damage(DamageKind.PRIVATE, f"{where}的私有部分与承诺不符", row.id)
        return
    private = orjson.loads(row.secret)
    wanted = {lines.subject_ids.get(ref) for ref in events.mentioned(body, private)}
    if wanted != mentioned:
        yield Damage(DamageKind.MENTION, f"{where}的提及索引与内容不符", row.id)


def parsed(canonical: bytes) -> dict[str, Any] | None:
    """The event of canonical bytes; None if they are not the canonical form of one."""
    try:
        body = orjson.loads(canonical)
        wanted = {"v", "alg", "kind", "at", "recorded_at", "subjects", "public", "private"}
        if not isinstance(body, dict) or not wanted <= body.keys():
            return None
        fields(body)
        [Link(**link) for link in body["subjects"]]
        same = canon.canonical(body) == canonical
    except (ValueError, KeyError, TypeError):
        return None
    return body if same else None


def _times(row: Row[Any], body: Mapping[str, Any], lines: Lines) -> Iterator[Damage]:
    """When it happened, against when it was recorded, and that against what was before it.

    Record times of a line may cross by as long as two transactions waited for each other.
    """
    at, recorded_at = clock.unstamp(body["at"]), clock.unstamp(body["recorded_at"])
    where = f"第 {row.id} 号事件"
    if at > recorded_at + FUTURE_MAX + CLOCK:
        yield Damage(DamageKind.TIME, f"{where}的发生时间晚于登记时间", row.id)
    if at < recorded_at - LATE_AFTER - CLOCK and body["public"].get("late") is not True:
        yield Damage(DamageKind.TIME, f"{where}是补录却没有标明", row.id)
    for link in body["subjects"]:
        before = lines.newest.get(link["ref"])
        if before is not None and recorded_at < before[3] - FUTURE_MAX:
            yield Damage(DamageKind.TIME, f"{where}的登记时间早于前一条", row.id, link["ref"])


def _line(
    row: Row[Any], body: Mapping[str, Any], linked: dict[int, int], lines: Lines
) -> Iterator[Damage]:
    told = {}
    at, recorded_at = clock.unstamp(body["at"]), clock.unstamp(body["recorded_at"])
    for link in body["subjects"]:
        ref, seq = link["ref"], link["seq"]
        told[lines.subject_ids.get(ref)] = seq
        before_seq, before, *_ = lines.newest.get(ref, (0, None))
        if seq != before_seq + 1 or link["prev"] != before:
            sentence = (
                f"第 {row.id} 号事件接不上前一条：应为第 {before_seq + 1} 条，写的是第 {seq} 条"
            )
            if seq == before_seq + 1:
                sentence = f"第 {row.id} 号事件接不上前一条：第 {before_seq} 条的指纹不符"
            yield Damage(DamageKind.LINK, sentence, row.id, ref)
        moved = seq, canon.sha256(row.canonical).hex()
        lines.move(ref, moved, at=at, recorded=recorded_at)
    if told != linked:
        yield Damage(DamageKind.LINK, f"第 {row.id} 号事件的主体索引与内容不符", row.id)


def _heads(session: Session, lines: Lines) -> Iterator[Damage]:
    table, dialect = table_of(SubjectHead).c, session.connection().dialect
    latest = raw.column(table.latest_at, sqlite=dialect.name == "sqlite")
    for row in session.execute(select(table.ref, table.seq, table.digest, latest)).yield_per(BATCH):
        ref, stored_seq, stored, stored_at = row
        seq, digest, at, _ = lines.newest.get(ref, (0, None, None, None))
        if (stored_seq, None if stored is None else stored.hex()) != (seq, digest):
            sentence = f"链头写的是第 {stored_seq} 条，事件只到第 {seq} 条"
            if stored_seq == seq:
                sentence = f"第 {seq} 条的链头指纹不符"
            yield Damage(DamageKind.HEAD, sentence, subject=ref)
        elif stored_at != instant_to(at, dialect):
            yield Damage(DamageKind.HEAD, "链头的最近发生时间被改动", subject=ref)


def _orphans(
    session: Session, looked_into: Sequence[tuple[type[Base], DamageKind]]
) -> Iterator[Damage]:
    """Links, mentions and private parts of events that are not there."""
    lines: dict[int, str] = {}  # in whose line a lost event stood
    head = table_of(SubjectHead).c
    for model, kind in looked_into:
        table = table_of(model).c
        lost = select(table.event_id).where(table.event_id.not_in(select(Event.id))).distinct()
        if model is EventSubject:
            named = lost.add_columns(head.ref).join(head.id.table, head.id == table.subject_id)
            lines = {row.event_id: row.ref for row in session.execute(named.limit(BATCH))}
        for event_id in session.scalars(lost.limit(BATCH)):
            sentence = f"第 {event_id} 号事件被删除，只剩索引"
            yield Damage(kind, sentence, event_id, lines.get(event_id))


def _corrections(session: Session) -> Iterator[Damage]:
    """Corrections form a line: each names an earlier event of its subjects, no two one."""
    table = table_of(Event).c
    sqlite = session.get_bind().dialect.name == "sqlite"
    digest = raw.column(table.corrects, sqlite=sqlite)
    told = select(table.id, table.canonical, digest).where(table.corrects.is_not(None))
    taken: set[bytes] = set()
    for row in session.execute(told.order_by(table.id)).all():
        named = _named(session, row.corrects)
        if named is None:
            yield Damage(DamageKind.LINK, f"第 {row.id} 号事件更正的那条不存在", row.id)
            continue
        if row.corrects in taken:
            yield Damage(DamageKind.LINK, f"第 {row.id} 号事件与另一条更正了同一条", row.id)
        taken.add(row.corrects)
        if named.id >= row.id or _refs(named.canonical) != _refs(row.canonical):
            sentence = f"第 {row.id} 号事件更正的第 {named.id} 号不是它前面的、同一主体的事件"
            yield Damage(DamageKind.LINK, sentence, row.id)


def _named(session: Session, digest: object) -> Row[int, bytes] | None:
    """The event of a digest, whatever its bytes say."""
    if not isinstance(digest, bytes):
        return None
    wanted = select(Event.id, Event.canonical).where(Event.digest_prefix == digest_prefix(digest))
    return next(
        (row for row in session.execute(wanted) if canon.sha256(row.canonical) == digest), None
    )


def _refs(canonical: bytes) -> set[str]:
    body = parsed(canonical)
    return set() if body is None else {link["ref"] for link in body["subjects"]}


def subject_ids(session: Session) -> dict[str, int]:
    """Every reference the chain knows, with its internal number."""
    table = SubjectHead.__table__.c
    return {row.ref: row.id for row in session.execute(select(table.ref, table.id))}
