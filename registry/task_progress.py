"""重点任务进展 · how far a main task has come, in words and percent, with evidence."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Text, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship, selectinload

from registry.clusters import Task
from registry.projects import PERCENT_MAX, TEXT_CHARS_MAX, proof
from traceability.base import clock
from traceability.base.db import Base, Subject
from traceability.base.errors import RuleViolation
from traceability.chain import events, folding
from traceability.chain.events import EventView
from traceability.chain.folding import State
from traceability.chain.kinds import Kind
from traceability.evidence import Evidence
from traceability.parties import Party


class TaskProgress(Subject, Base):
    """任务进展 · what an officer reports of a main task; the newest counts."""

    __tablename__ = "task_progress"
    __ref_prefix__ = "task_progress"

    id: Mapped[int] = mapped_column(primary_key=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("cluster_task.id"), index=True)
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("party.id"))
    percent: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    evidence_id: Mapped[int | None] = mapped_column(ForeignKey("evidence.id"))

    task: Mapped[Task] = relationship()
    by: Mapped[Party] = relationship()
    evidence: Mapped[Evidence | None] = relationship()

    __table_args__ = (CheckConstraint(f"percent BETWEEN 0 AND {PERCENT_MAX}", name="percent"),)


def record(
    session: Session,
    task: Task,
    *,
    percent: int,
    text: str,
    at: datetime,
    by: Party,
    evidence: Evidence | None = None,
) -> TaskProgress:
    """Record how far a main task has come.

    Raises:
        RuleViolation: `progress.bad_percent`, `progress.no_text`.
    """
    if not 0 <= percent <= PERCENT_MAX:
        raise RuleViolation("progress.bad_percent", "完成比例应在 0 到 100 之间")
    if not 0 < len(text.strip()) <= TEXT_CHARS_MAX:
        raise RuleViolation("progress.no_text", f"请写明进展情况，不超过 {TEXT_CHARS_MAX} 个字")
    events.hold(session, task.ref)
    told = {"percent": percent, "text": text.strip()}
    row = TaskProgress(task=task, at=clock.to_ms(at), by=by, evidence=evidence, **told)
    events.hold(session, row.ref)
    session.add(row)
    session.flush()
    said: dict[str, Any] = {**told, **proof(evidence), "task": task.ref}
    both = task.ref, row.ref
    events.append(session, Kind.TASK_PROGRESS_RECORDED, *both, at=at, by=by.ref, **said)
    return row


def newest(session: Session, task_ids: Collection[int]) -> Mapping[int, TaskProgress]:
    """The progress that counts of each of many tasks, by the task's id."""
    mine = TaskProgress.task_id.in_(task_ids)
    last = select(func.max(TaskProgress.id)).where(mine).group_by(TaskProgress.task_id)
    rows = session.scalars(select(TaskProgress).where(TaskProgress.id.in_(last)))
    return {row.task_id: row for row in rows}


def of_task(session: Session, task: Task) -> Sequence[TaskProgress]:
    """What was reported of a task, the newest first."""
    wanted = select(TaskProgress).where(TaskProgress.task_id == task.id)
    loaded = (selectinload(TaskProgress.by), selectinload(TaskProgress.evidence))
    return session.scalars(wanted.order_by(TaskProgress.id.desc()).options(*loaded)).all()


def fold(state: State | None, event: EventView) -> State | None:
    """A record of progress as its event tells it."""
    if event.kind is not Kind.TASK_PROGRESS_RECORDED:
        return state
    return {
        "at": folding.plain(event.at),
        "percent": folding.private(event, "percent"),
        "text": folding.private(event, "text"),
        **{f"{name}_id": folding.private(event, name) for name in ("task", "evidence", "by")},
    }


folding.register(TaskProgress, fold)
