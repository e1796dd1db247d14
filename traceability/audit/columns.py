"""数据与事件 · each row of a noun against the fold of its events, column by column.

Erased private values compare as erased. A row without events and a subject without its row are
damage too.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Row, select
from sqlalchemy.orm import Session

from traceability.audit import names, raw
from traceability.audit.damage import Damage, DamageKind
from traceability.audit.halfway import Rows
from traceability.chain import events, folding
from traceability.chain.folding import ERASED, FOLDS, Folded, State
from traceability.chain.tables import SubjectHead, table_of

BATCH = 500
BEGINNING = Rows()
OPENED = Rows(prefix=" ")  # before every table, but the log is checked
TABLE_END = "~"  # after every reference
CHAIN_PREFIX = "chain"  # the chain speaks of itself; it has no row


def check(session: Session, start: Rows = BEGINNING) -> Iterator[tuple[Rows, list[Damage]]]:
    """Damage table by table, in batches, with how far it is; `start` may be half way."""
    if start == BEGINNING:
        yield OPENED, list(_unknown(session))
    folded = start.folded
    for prefix, entry in sorted(FOLDS.items()):
        if prefix < start.prefix:
            continue
        after = start.ref if prefix == start.prefix else ""
        for ref, subjects, found in _check_table(session, prefix, entry, after):
            folded += subjects
            yield Rows(folded, prefix, ref), found


def _unknown(session: Session) -> Iterator[Damage]:
    """Subjects of a kind that nobody says how to fold: nothing of theirs would be checked."""
    refs = session.scalars(select(SubjectHead.ref).where(SubjectHead.seq > 0))
    known = {*FOLDS, CHAIN_PREFIX}
    strange = {prefix for ref in refs if (prefix := ref.partition(":")[0]) not in known}
    for prefix in sorted(strange):
        yield Damage(DamageKind.ROW, f"没有 {prefix} 的折叠规则，它们的数据没有核查")


def count(session: Session) -> int:
    """How many subjects there are to fold."""
    refs = session.scalars(select(SubjectHead.ref).where(SubjectHead.seq > 0))
    return sum(1 for ref in refs if ref.partition(":")[0] in FOLDS)


def _check_table(
    session: Session, prefix: str, entry: Folded, after: str
) -> Iterator[tuple[str, int, list[Damage]]]:
    """Of each batch the last reference, how many subjects it had, and the damage in it."""
    table, known = table_of(entry.model), _Table.of(session, entry)
    sqlite = session.get_bind().dialect.name == "sqlite"
    wanted = select(*[raw.column(column, sqlite=sqlite) for column in table.c])
    rows = {row.ref: row for row in session.execute(wanted)}
    told = session.scalars(
        select(SubjectHead.ref)
        .where(SubjectHead.ref.startswith(f"{prefix}:"), SubjectHead.seq > 0)
        .order_by(SubjectHead.ref)
    ).all()
    begin = bisect_right(told, after) if after else 0
    for ref in told[:begin]:
        rows.pop(ref, None)
    for start in range(begin, len(told), BATCH):
        found: list[Damage] = []
        batch = told[start : start + BATCH]
        lines = events.lines(session, batch)
        for ref in batch:
            row = rows.pop(ref, None)
            if row is None:
                found.append(_damage(ref, f"{names.of_table(table.name)}缺少一行，事件还在"))
            else:
                found += _check_row(session, known, row, lines.get(ref, ()))
        yield batch[-1], len(batch), found
    if after != TABLE_END:
        strange = f"{names.of_table(table.name)}多出一行，没有事件说过它"
        yield TABLE_END, 0, [_damage(ref, strange) for ref in rows]


def _damage(ref: str, sentence: str) -> Damage:
    return Damage(DamageKind.ROW, sentence, subject=ref)


def _refs(session: Session, entry: Folded) -> dict[str, dict[int, str]]:
    """For each foreign key column, internal number → reference."""
    table = table_of(entry.model)
    found = {}
    for column in table.c:
        target = folding.ref_column(table, column.name)
        if target is not None:
            rows = session.execute(select(target.c.id, target.c.ref))
            found[column.name] = {row.id: row.ref for row in rows}
    return found


@dataclass(frozen=True, slots=True)
class _Table:
    """A noun's table: how its rows fold, and what each of its columns is compared with."""

    entry: Folded
    name: str
    columns: Sequence[tuple[int, Column[Any], Mapping[int, str]]]  # place in a row, foreign refs

    @classmethod
    def of(cls, session: Session, entry: Folded) -> "_Table":
        table, refs = table_of(entry.model), _refs(session, entry)
        chosen = [
            (place, column, refs.get(column.name, {}))
            for place, column in enumerate(table.c)
            if column.name not in entry.unchained
        ]
        return cls(entry, table.name, chosen)


def _check_row(
    session: Session, table: _Table, row: Row[Any], line: Sequence[Sequence[Any]]
) -> Iterator[Damage]:
    try:
        state = folding.folded(table.entry.fold, map(events.viewed, line)) or {}
    except (ValueError, KeyError, TypeError, AttributeError, IndexError):
        yield _damage(row.ref, f"{names.of_table(table.name)}的事件内容已无法读出")
        return
    for place, column, refs in table.columns:
        stored = row[place]
        if stored is not None:
            stored = raw.value(column, stored)
            stored = refs.get(stored, stored) if refs else stored
        if stored != state.get(column.name) and state.get(column.name) is not ERASED:
            called = names.of_column(table.name, column.name)
            yield _damage(row.ref, f"{called}被改动：事件里不是这个值")
    for field, members in table.entry.members.items():
        if not _same(_listed(session, members, row.id), state, field):
            yield _damage(row.ref, f"{names.of_column(table.name, field)}名单被改动")


def _same(stored: Any, state: State, field: str) -> bool:
    told = state.get(field)
    return told is ERASED or told == stored


def _listed(session: Session, members: folding.Members, row_id: int) -> list[str]:
    table = table_of(members.model)
    target = folding.ref_column(table, members.member)
    assert target is not None, "a list names rows that carry references"
    rows = session.scalars(
        select(target.c.ref)
        .join(table, table.c[members.member] == target.c.id)
        .where(table.c[members.owner] == row_id)
    )
    return sorted(rows)
