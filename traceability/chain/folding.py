"""折叠 · what a row is, told from its events alone.

Each noun registers a pure `fold(state, event)`: from the state so far and one event to the next
state (column name → plain value, foreign keys as references). The audit folds every subject and
compares; a late arrival folds its row anew, so that it never moves an animal back.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any

from sqlalchemy import Table, event, select
from sqlalchemy.orm import Session

from traceability.base import clock
from traceability.base.db import Base, Subject
from traceability.chain import events
from traceability.chain.events import EventView
from traceability.chain.tables import table_of

State = Mapping[str, Any]
Fold = Callable[[State | None, EventView], State | None]


class Erased:
    """已删除 · a private value that the person it concerned had erased; equal to anything."""


ERASED = Erased()


@dataclass(frozen=True, slots=True)
class Members:
    """成员 · a list of references in the state, kept as rows of a link table."""

    model: type[Any]
    owner: str  # column that points to the folded row
    member: str  # column that points to the listed row


@dataclass(frozen=True, slots=True)
class Folded:
    """A table whose rows are subjects, how to fold them, and which columns are not folded."""

    model: type[Any]
    fold: Fold
    unchained: Mapping[str, str]  # column → why it is not in the chain
    members: Mapping[str, Members]  # field of the state → the link table that holds it


FOLDS: dict[str, Folded] = {}
"""Reference prefix → how to fold it. Filled by the nouns, read by the audit."""


def register(
    model: type[Subject],
    fold: Fold,
    unchained: Mapping[str, str] | None = None,
    members: Mapping[str, Members] | None = None,
) -> None:
    """Declare how rows of a table follow from their events; once, beside the table."""
    reasons = {"id": "内部编号", "ref": "引用", **(unchained or {})}
    FOLDS[model.__ref_prefix__] = Folded(model, fold, reasons, members or {})


def folded(fold: Fold, history: Iterable[EventView]) -> State | None:
    """The state that a subject's events add up to."""
    state: State | None = None
    for each in events.effective(list(history)):
        state = fold(state, each)
    return state


def private(event: EventView, field: str) -> Any:
    """A private field; `ERASED` where the private part is gone."""
    return ERASED if event.private is None else event.private.get(field)


def plain(value: Any) -> Any:
    """A column's value as events write it.

    >>> plain(date(2026, 3, 1))
    '2026-03-01'
    """
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return clock.stamp(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    return value


def ref_column(table: Table, column: str) -> Table | None:
    """The table a foreign key column points to, if that table's rows carry references."""
    for key in table.c[column].foreign_keys:
        if "ref" in key.column.table.c:
            return key.column.table
    return None


def refold(session: Session) -> None:
    """Set the columns of every row that a late event concerns to what its events add up to."""
    for ref in sorted(session.info.pop("refold", ())):
        entry = FOLDS.get(ref.partition(":")[0])
        if entry is None:
            continue
        session.flush()
        row = session.scalars(select(entry.model).where(entry.model.ref == ref)).one()
        state = folded(entry.fold, events.history(session, ref)) or {}
        for column, value in state.items():
            if value is not ERASED and column not in entry.members:
                setattr(row, column, stored(session, row, column, value))
        session.flush()
        session.refresh(row)  # what it is related to has changed with its foreign keys


def stored(session: Session, row: Base, column: str, value: Any) -> Any:
    """An event's value as the column stores it."""
    table = table_of(type(row))
    target = ref_column(table, column)
    if value is None:
        return None
    if target is not None:
        return session.execute(select(target.c.id).where(target.c.ref == value)).scalar_one()
    python_type = table.c[column].type.python_type
    if issubclass(python_type, datetime):
        return clock.unstamp(value)
    if issubclass(python_type, date):
        return date.fromisoformat(value)
    if issubclass(python_type, bytes):
        return bytes.fromhex(value)
    return value


@event.listens_for(Session, "before_commit")
def _refold_before_commit(session: Session) -> None:
    if session.info.get("refold"):
        refold(session)
