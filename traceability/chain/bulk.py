"""成批 · many events at once: an import, a county's register, a village vaccinated.

The tables end as they would after `events.append` of each and one `log.integrate`: same bytes,
same links, same leaves. Nothing is left pending.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from secrets import token_bytes
from typing import Any

from sqlalchemy.orm import Session

from traceability.base.db import recording
from traceability.base.errors import Conflict
from traceability.chain import body, events, heads, log, statements
from traceability.chain.body import SUBJECTS_MAX, Written
from traceability.chain.kinds import Kind
from traceability.chain.statements import copy_in
from traceability.chain.tables import SALT_BYTES


@dataclass(frozen=True, slots=True)
class Prepared:
    """备好的事件 · what `events.append` is told of one event."""

    kind: Kind
    subjects: tuple[str, ...]
    at: datetime
    by: str
    data: Mapping[str, Any] = field(default_factory=dict)
    on_behalf_of: str | None = None
    group: str | None = None
    corrects: bytes | None = None


Row = tuple[Any, ...]


@dataclass(slots=True)
class Rows:
    """What goes into each table."""

    events: list[Row]
    private: list[Row]
    links: list[Row] = field(default_factory=list)
    mentions: list[Row] = field(default_factory=list)


def append_all(session: Session, prepared: Iterable[Prepared]) -> list[bytes]:
    """Append events in their order and put them into the log; their digests in that order.

    1,000 to 5,000 events a transaction. Waits for the sequencer, and keeps it waiting until the
    transaction ends.

    Raises:
        RuleViolation: `chain.in_future`, `chain.late_without_reason`.
        Conflict: `chain.already_corrected`, `chain.halted`.
    """
    waiting = [*prepared]
    if not waiting:
        return []
    assert all(1 <= len(each.subjects) <= SUBJECTS_MAX for each in waiting)
    session.flush()
    try:
        numbered = _append(session, waiting)
    except BaseException:
        heads.forget(session)  # they have moved in memory only
        raise
    log.wait_for_turn(session)
    log.integrate_all(session)
    log.extend(session, numbered)
    return [digest for _, digest in numbered]


def _append(session: Session, waiting: Sequence[Prepared]) -> list[tuple[int, bytes]]:
    """Everything but the log; each event's number with its digest."""
    refs = {ref: None for each in waiting for ref in each.subjects}
    heads.hold(session, refs, write_new=False)
    _require_uncorrected(session, waiting)
    written = [*_written(session, waiting)]
    held = heads.known(session).held
    heads.write(session, [held[ref] for ref in refs])
    rows, numbered = _rows(session, waiting, written)
    _put(session, rows)
    return numbered


def _require_uncorrected(session: Session, waiting: Sequence[Prepared]) -> None:
    corrected: set[bytes] = set()
    for each in waiting:
        if each.corrects is None:
            continue
        events.require_uncorrected(session, each.corrects)
        if each.corrects in corrected:
            raise Conflict("chain.already_corrected", "同一条记录在这一批里被更正了两次")
        corrected.add(each.corrects)


def _written(session: Session, waiting: Sequence[Prepared]) -> Iterator[Written]:
    """The bytes of each event, one after the other as its subjects' heads move."""
    entry, held = recording(session), heads.known(session).held
    for each in waiting:
        public, private = body.parts(
            each.kind,
            at=each.at,
            by=each.by,
            on_behalf_of=each.on_behalf_of,
            data=each.data,
            entry=entry,
        )
        moving = [held[ref] for ref in each.subjects]
        written = body.write(
            each.kind,
            tuple(head.next_link() for head in moving),
            at=each.at,
            recorded_at=entry.recorded_at,
            public=public,
            private=private,
            salt=token_bytes(SALT_BYTES),
            group=each.group,
            corrects=each.corrects,
        )
        for head in moving:
            if head.advance(digest=written.digest, at=written.at):
                events.note_late(session, head.ref)
        yield written


def _rows(
    session: Session, waiting: Sequence[Prepared], written: Sequence[Written]
) -> tuple[Rows, list[tuple[int, bytes]]]:
    """The rows of each table, and each event's number with its digest."""
    named = [
        sorted(body.mentioned(each.subjects, event.public, event.private))
        for each, event in zip(waiting, written, strict=True)
    ]
    numbers = heads.numbers(session, [*dict.fromkeys(chain.from_iterable(named))])
    ids = _event_numbers(session, len(written))
    rows = Rows(
        [(number, *events.columns(event)) for number, event in zip(ids, written, strict=True)],
        [(number, event.salt, event.secret) for number, event in zip(ids, written, strict=True)],
    )
    for number, event, refs in zip(ids, written, named, strict=True):
        for link in event.links:
            rows.links.append((numbers[link.ref], link.seq, number))
        for ref in refs:
            rows.mentions.append((numbers[ref], number))
    rows.links.sort()  # neighbours in the table go in together
    rows.mentions.sort()
    return rows, [(number, event.digest) for number, event in zip(ids, written, strict=True)]


def _event_numbers(session: Session, many: int) -> Sequence[int]:
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        found = connection.exec_driver_sql(statements.POSTGRESQL_NEXT_EVENTS, (many,))
        return [row[0] for row in found]
    return heads.take_event_numbers(session, many)


def _put(session: Session, rows: Rows) -> None:
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        copy_in(connection, "event", rows.events)
        copy_in(connection, "event_private", rows.private)
        copy_in(connection, "event_subject", rows.links)
        copy_in(connection, "event_mention", rows.mentions)
        return
    connection.exec_driver_sql(statements.SQLITE_EVENT, rows.events)
    connection.exec_driver_sql(statements.SQLITE_PRIVATE, rows.private)
    connection.exec_driver_sql(statements.SQLITE_LINK, rows.links)
    if rows.mentions:
        connection.exec_driver_sql(statements.SQLITE_MENTION, rows.mentions)
