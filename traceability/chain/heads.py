"""链头 · where each subject's line stands, held and known for as long as a transaction runs.

Nobody else can move a held head, so it is read once and then kept here; a rollback, also one to
a savepoint, forgets what was kept.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import Any

import orjson
from sqlalchemy import event as orm_events
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session, SessionTransaction

from traceability.base.db import instant_from, instant_to
from traceability.base.errors import Conflict
from traceability.chain import statements
from traceability.chain.body import Link


@dataclass(slots=True)
class Head:
    """链头 · the newest event of a subject."""

    id: int
    ref: str
    seq: int
    digest: bytes | None
    latest_at: datetime | None

    def next_link(self) -> Link:
        """The place of the event that follows."""
        return Link(self.ref, self.seq + 1, None if self.digest is None else self.digest.hex())

    def advance(self, *, digest: bytes, at: datetime) -> bool:
        """Move on to a new event; whether it happened before one that was known already."""
        late = self.latest_at is not None and at < self.latest_at
        self.seq += 1
        self.digest = digest
        if not late:
            self.latest_at = at
        return late


@dataclass(slots=True)
class Known:
    """What a transaction has read of the heads."""

    held: dict[str, Head] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)  # of those only mentioned
    checked: bool = False  # that the chain is not halted
    fresh: set[int] = field(default_factory=set)  # numbers given, rows not yet written (SQLite)
    next_event: int | None = None  # on SQLite, where a writer is alone


def known(session: Session) -> Known:
    """What the running transaction knows."""
    found: Known = session.info.setdefault("heads", Known())
    return found


def hold(session: Session, refs: Iterable[str], *, write_new: bool = True) -> None:
    """Hold subjects: on PostgreSQL their rows are locked in reference order, on SQLite all is.

    Without `write_new`, SQLite gets the rows of new subjects when `write` stores their heads.

    Raises:
        Conflict: `chain.halted` while appends are stopped.
    """
    kept = known(session)
    missing = sorted({*refs} - kept.held.keys())
    if not missing:
        return
    connection = session.connection()
    if not kept.checked:
        if connection.exec_driver_sql(statements.HALTED).first() is not None:
            raise Conflict("chain.halted", "追溯链正在核查，暂停登记；请联系平台管理员")
        kept.checked = True
    fresh = None if write_new else kept.fresh
    for ref, number, seq, digest, latest_at in _rows(connection, missing, lock=True, fresh=fresh):
        at = instant_from(latest_at, connection.dialect)
        kept.held[ref] = Head(number, ref, seq, digest, at)
        kept.numbers[ref] = number


def numbers(session: Session, refs: Sequence[str]) -> dict[str, int]:
    """The internal numbers of references, given to those that had none."""
    kept = known(session)
    missing = [ref for ref in refs if ref not in kept.numbers]
    if missing:
        rows = _rows(session.connection(), missing, lock=False)
        kept.numbers.update((row[0], row[1]) for row in rows)
    return kept.numbers


def _rows(
    connection: Connection, refs: Sequence[str], *, lock: bool, fresh: set[int] | None = None
) -> Iterable[Sequence[Any]]:
    """Reference, number, seq, digest and newest time of each, made where there was none."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(statements.POSTGRESQL_ENSURE_HEADS, ([*refs],))
        wanted = statements.POSTGRESQL_HOLD_HEADS if lock else statements.POSTGRESQL_HEADS
        return connection.exec_driver_sql(wanted, ([*refs],)).all()
    listed = orjson.dumps(refs).decode()
    there = connection.exec_driver_sql(statements.SQLITE_HEADS, (listed,)).all()
    if len(there) == len(refs):
        return there
    first = connection.exec_driver_sql(statements.SQLITE_NEXT_HEAD).scalar_one()
    known_refs = {row[0] for row in there}
    new = enumerate((ref for ref in refs if ref not in known_refs), first)
    made = [(number, ref) for number, ref in new]
    if fresh is None:
        rows = [(number, ref, 0, None, None) for number, ref in made]
        connection.exec_driver_sql(statements.SQLITE_NEW_HEAD, rows)
    else:
        fresh.update(number for number, _ in made)
    return [*there, *((ref, number, 0, None, None) for number, ref in made)]


def take_event_numbers(session: Session, many: int) -> range:
    """The internal numbers of the next events, on SQLite."""
    kept = known(session)
    first = kept.next_event
    if first is None:
        found = session.connection().exec_driver_sql(statements.SQLITE_NEXT_EVENT)
        first = int(found.scalar_one())
    kept.next_event = first + many
    return range(first, first + many)


def write(session: Session, moved: Sequence[Head]) -> None:
    """Store heads that have moved."""
    connection = session.connection()
    moved = sorted(moved, key=attrgetter("id"))
    latest = [instant_to(head.latest_at, connection.dialect) for head in moved]
    if connection.dialect.name == "postgresql":
        columns = [(head.id, head.seq, head.digest) for head in moved]
        numbers, seqs, digests = (list(column) for column in zip(*columns, strict=True))
        values = (numbers, seqs, digests, latest)
        connection.exec_driver_sql(statements.POSTGRESQL_MOVE_HEADS, values)
        return
    _write_on_sqlite(connection, known(session).fresh, [*zip(moved, latest, strict=True)])


def _write_on_sqlite(
    connection: Connection, fresh: set[int], moved: Sequence[tuple[Head, Any]]
) -> None:
    new = [(head.id, head.ref, head.seq, head.digest, at) for head, at in moved if head.id in fresh]
    old = [(head.seq, head.digest, at, head.id) for head, at in moved if head.id not in fresh]
    if new:
        connection.exec_driver_sql(statements.SQLITE_NEW_HEAD, new)
        fresh.clear()
    if old:
        connection.exec_driver_sql(statements.SQLITE_MOVE_HEAD, old)


def forget(session: Session) -> None:
    """Let go of everything; what follows reads anew."""
    session.info.pop("heads", None)


@orm_events.listens_for(Session, "after_transaction_end")
def _let_go(session: Session, transaction: SessionTransaction) -> None:
    """What a transaction held ends with it."""
    if transaction.parent is None:
        forget(session)


@orm_events.listens_for(Session, "after_soft_rollback")
def _undo(session: Session, _transaction: object) -> None:
    """A rollback, also one to a savepoint, releases locks and undoes late events."""
    forget(session)
    session.info.pop("refold", None)
