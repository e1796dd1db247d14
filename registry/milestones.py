"""节点 · what a project is to have reached by a day, and when it did."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from registry.clusters import NAME_CHARS_MAX
from registry.projects import Project, proof, require_going
from traceability.base.clock import legal_day
from traceability.base.db import Base, Subject
from traceability.base.errors import Conflict, NotFound, RuleViolation
from traceability.chain import events, folding
from traceability.chain.events import EventView
from traceability.chain.folding import State
from traceability.chain.kinds import Kind
from traceability.evidence import Evidence
from traceability.parties import Party


class Milestone(Subject, Base):
    """节点 · what a project is to have reached by a day."""

    __tablename__ = "milestone"
    __ref_prefix__ = "milestone"

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"), index=True)
    name: Mapped[str] = mapped_column(String(NAME_CHARS_MAX))
    due_on: Mapped[date]
    reached_on: Mapped[date | None]

    project: Mapped[Project] = relationship()


def plan(
    session: Session, project: Project, *, name: str, due_on: date, at: datetime, by: Party
) -> Milestone:
    """Set what a project is to have reached by a day.

    Raises:
        RuleViolation: `milestone.no_name`, `milestone.due_before_plan`.
        Conflict: `project.stopped`.
    """
    events.hold(session, project.ref)
    require_going(session, project)
    if not 0 < len(name.strip()) <= NAME_CHARS_MAX:
        raise RuleViolation("milestone.no_name", f"请填写节点名称，不超过 {NAME_CHARS_MAX} 个字")
    if due_on < legal_day(at):
        raise RuleViolation("milestone.due_before_plan", "节点的完成期限已经过去，请填写以后的日期")
    row = Milestone(project=project, name=name.strip(), due_on=due_on)
    events.hold(session, row.ref)
    session.add(row)
    session.flush()
    said: dict[str, Any] = {"name": row.name, "due_on": due_on.isoformat(), "project": project.ref}
    both = project.ref, row.ref
    events.append(session, Kind.MILESTONE_PLANNED, *both, at=at, by=by.ref, **said)
    return row


def reach(
    session: Session,
    milestone: Milestone,
    *,
    reached_on: date,
    at: datetime,
    by: Party,
    evidence: Evidence | None = None,
) -> None:
    """Record that a milestone was reached on a day.

    Raises:
        RuleViolation: `milestone.in_future`.
        Conflict: `milestone.already_reached`.
    """
    events.hold(session, milestone.ref, milestone.project.ref)
    session.refresh(milestone)
    if milestone.reached_on is not None:
        raise Conflict("milestone.already_reached", "这个节点已登记完成，请刷新后再看")
    if reached_on > legal_day(at):
        raise RuleViolation("milestone.in_future", "完成日期在将来，请核对")
    milestone.reached_on = reached_on
    said: dict[str, Any] = {"reached_on": reached_on.isoformat(), **proof(evidence)}
    both = milestone.project.ref, milestone.ref
    events.append(session, Kind.MILESTONE_REACHED, *both, at=at, by=by.ref, **said)


def get(session: Session, ref: str) -> Milestone:
    """The milestone of that reference.

    Raises:
        NotFound: `milestone.not_found`.
    """
    found = session.scalars(select(Milestone).where(Milestone.ref == ref)).one_or_none()
    if found is None:
        raise NotFound("milestone.not_found", "没有找到这个节点")
    return found


def of_project(session: Session, project: Project) -> Sequence[Milestone]:
    """A project's milestones, the earliest due first."""
    wanted = select(Milestone).where(Milestone.project_id == project.id)
    return session.scalars(wanted.order_by(Milestone.due_on, Milestone.id)).all()


def fold(state: State | None, event: EventView) -> State | None:
    """A milestone as its events tell it."""
    match event.kind:
        case Kind.MILESTONE_PLANNED:
            told = {field: event[field] for field in ("name", "due_on")}
            owner = folding.private(event, "project")
            return {"project_id": owner, "reached_on": None, **told}
        case Kind.MILESTONE_RESCHEDULED:
            return {**(state or {}), "due_on": event["due_on"]}
        case Kind.MILESTONE_REACHED:
            return {**(state or {}), "reached_on": event["reached_on"]}
        case _:
            return state


folding.register(Milestone, fold)
