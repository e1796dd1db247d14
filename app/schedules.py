"""进度图 · a project's milestones and procedures on one line of time, for a picture with words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain

from registry.milestones import Milestone
from registry.procedures import PROCEDURE_KIND_LABELS, Procedure, ProcedureState

WIDTH = 1000
POINT = 10
"""How wide a single day is drawn, in thousandths of the line."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One line: what, in words from when to when, and where that lies in thousandths."""

    label: str
    words: str
    left: int
    width: int
    is_late: bool


@dataclass(frozen=True, slots=True)
class Schedule:
    """The lines in the order they begin, the first and the last day, and where today lies."""

    first_on: date
    last_on: date
    today: int
    bars: Sequence[Bar]


@dataclass(frozen=True, slots=True)
class _Span:
    label: str
    words: str
    begin: date
    end: date
    is_late: bool


def of_project(
    milestones: Sequence[Milestone], procedures: Sequence[Procedure], *, today: date
) -> Schedule | None:
    """The picture of a project; none where nothing is planned."""
    spans = sorted(
        chain(_procedures(procedures, today), _milestones(milestones, today)),
        key=lambda span: (span.begin, span.end, span.label),
    )
    if not spans:
        return None
    first = min(today, *(span.begin for span in spans))
    last = max(today, *(span.end for span in spans))
    days = max(1, (last - first).days)

    def place(day: date) -> int:
        return (day - first).days * (WIDTH - POINT) // days

    bars = [
        Bar(
            span.label,
            span.words,
            place(span.begin),
            place(span.end) - place(span.begin) + POINT,
            span.is_late,
        )
        for span in spans
    ]
    return Schedule(first, last, place(today) + POINT // 2, bars)


def _milestones(rows: Sequence[Milestone], today: date) -> Iterator[_Span]:
    for row in rows:
        day = row.reached_on or row.due_on
        late = row.reached_on is None and row.due_on < today
        words = f"{row.reached_on} 完成" if row.reached_on else f"应于 {row.due_on} 前完成"
        yield _Span(f"节点：{row.name}", words, day, today if late else day, late)


def _procedures(rows: Sequence[Procedure], today: date) -> Iterator[_Span]:
    for row in rows:
        if row.accepted_on is None or row.due_on is None:
            continue
        late = row.state_on(today) is ProcedureState.LATE
        end = row.ended_on or (today if late else row.due_on)
        told = f"{row.ended_on} 有结果" if row.ended_on else f"应于 {row.due_on} 前办结"
        label = f"手续：{PROCEDURE_KIND_LABELS[row.kind]}"
        yield _Span(label, f"{row.accepted_on} 受理，{told}", row.accepted_on, end, late)
