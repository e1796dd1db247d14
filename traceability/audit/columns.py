"""数据与事件 · each row of a noun against the fold of its events, column by column.

Erased private values compare as erased. A row without events and a subject without its row are
damage too.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Row, select
from sqlalchemy.orm import Session

from traceability.audit import names, raw
from traceability.audit.damage import Damage, DamageKind
from traceability.chain import events, folding
from traceability.chain.folding import ERASED, FOLDS, Folded, State
from traceability.chain.tables import SubjectHead, table_of

BATCH = 500
CHAIN_PREFIX = "chain"  # the chain speaks of itself; it has no row


def check(session: Session, tell: Callable[[int], None] = lambda _: None) -> Iterator[list[Damage]]:
    """Damage table by table, in batches; `tell` hears how many subjects were folded."""
    yield list(_unknown(session))
    folded = 0
    for prefix, entry in sorted(FOLDS.items()):
        for subjects, found in _check_table(session, prefix, entry):
            folded += subjects
            tell(folded)
            yield found


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
    session: Session, prefix: str, entry: Folded
) -> Iterator[tuple[int, list[Damage]]]:
    table, known = table_of(entry.model), _Table.of(session, entry)
    sqlite = session.get_bind().dialect.name == "sqlite"
    wanted = select(*[raw.column(column, sqlite=sqlite) for column in table.c])
    rows = {row.ref: row for row in session.execute(wanted)}
    told = session.scalars(
        select(SubjectHead.ref)
        .where(SubjectHead.ref.startswith(f"{prefix}:"), SubjectHead.seq > 0)
        .order_by(SubjectHead.ref)
    ).all()
    for start in range(0, len(told), BATCH):
        found: list[Damage] = []
        lines = events.lines(session, told[start : start + BATCH])
        for ref in told[start : start + BATCH]:
            row = rows.pop(ref, None)
            if row is None:
                found.append(_damage(ref, f"{names.of_table(table.name)}缺少一行，事件还在"))
            else:
                found += _check_row(session, known, row, lines.get(ref, ()))
        yield len(told[start : start + BATCH]), found
    yield 0, [_damage(ref, f"{names.of_table(table.name)}多出一行，没有事件说过它") for ref in rows]


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
