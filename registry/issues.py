"""要素保障问题 · what holds a project up — land, power, quota, money — whose it is and by when."""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, String, Text, and_, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from registry.projects import Project, proof, require_going
from traceability.base import clock
from traceability.base.clock import legal_day
from traceability.base.db import Base, Subject
from traceability.base.errors import Conflict, NotFound, RuleViolation
from traceability.chain import events, folding
from traceability.chain.events import EventView
from traceability.chain.folding import State
from traceability.chain.kinds import Kind
from traceability.evidence import Evidence
from traceability.parties import Party

ASSIGNEE_CHARS_MAX = 80
TEXT_CHARS_MAX = 400


class IssueKind(StrEnum):
    """问题类别."""

    LAND = "land"
    ELECTRICITY = "electricity"
    ENERGY = "energy"
    ENVIRONMENT = "environment"
    APPROVAL = "approval"
    CREDIT = "credit"
    OTHER = "other"


ISSUE_KIND_LABELS = {
    IssueKind.LAND: "用地",
    IssueKind.ELECTRICITY: "用电",
    IssueKind.ENERGY: "能耗指标",
    IssueKind.ENVIRONMENT: "环境容量",
    IssueKind.APPROVAL: "审批",
    IssueKind.CREDIT: "融资",
    IssueKind.OTHER: "其他",
}
assert ISSUE_KIND_LABELS.keys() == set(IssueKind)


class IssueState(StrEnum):
    """问题办到哪一步."""

    OPEN = "open"
    LATE = "late"
    SOLVED = "solved"


ISSUE_STATE_LABELS = {
    IssueState.OPEN: "在办",
    IssueState.LATE: "逾期",
    IssueState.SOLVED: "已解决",
}
assert ISSUE_STATE_LABELS.keys() == set(IssueState)


class Issue(Subject, Base):
    """问题 · one thing in a project's way, its owner, the day it is to be out of the way."""

    __tablename__ = "project_issue"
    __ref_prefix__ = "issue"

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"), index=True)
    kind: Mapped[IssueKind]
    text: Mapped[str] = mapped_column(Text)
    assignee: Mapped[str] = mapped_column(String(ASSIGNEE_CHARS_MAX))
    due_on: Mapped[date]
    solved_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(Text)
    evidence_id: Mapped[int | None] = mapped_column(ForeignKey("evidence.id"))

    project: Mapped[Project] = relationship()
    evidence: Mapped[Evidence | None] = relationship()

    __table_args__ = (
        CheckConstraint("(solved_at IS NULL) = (outcome IS NULL)", name="solved_is_told"),
    )

    def state_on(self, day: date) -> IssueState:
        """How it stands on a legal day."""
        if self.solved_at is not None:
            return IssueState.SOLVED
        return IssueState.LATE if self.due_on < day else IssueState.OPEN


def standing(state: IssueState, day: date) -> ColumnElement[bool]:
    """The condition on `Issue` that keeps those which stand so on a legal day."""
    waiting = Issue.solved_at.is_(None)
    match state:
        case IssueState.OPEN:
            return and_(waiting, Issue.due_on >= day)
        case IssueState.LATE:
            return and_(waiting, Issue.due_on < day)
        case IssueState.SOLVED:
            return Issue.solved_at.is_not(None)


def report(
    session: Session,
    project: Project,
    *,
    kind: IssueKind,
    text: str,
    assignee: str,
    due_on: date,
    at: datetime,
    by: Party,
) -> Issue:
    """Record what holds a project up.

    Raises:
        RuleViolation: `issue.no_text`, `issue.no_assignee`, `issue.due_in_the_past`.
        Conflict: `project.stopped`.
    """
    events.hold(session, project.ref)
    require_going(session, project)
    told = {"text": text.strip(), "assignee": assignee.strip()}
    if not 0 < len(told["text"]) <= TEXT_CHARS_MAX:
        raise RuleViolation("issue.no_text", "请写明是什么问题，不超过 400 字")
    if not 0 < len(told["assignee"]) <= ASSIGNEE_CHARS_MAX:
        raise RuleViolation("issue.no_assignee", "请填写由谁解决（单位和人），不超过 80 字")
    if due_on < legal_day(at):
        raise RuleViolation("issue.due_in_the_past", "解决期限已经过去，请填写以后的日期")
    row = Issue(project=project, kind=kind, due_on=due_on, **told)
    events.hold(session, row.ref)
    session.add(row)
    session.flush()
    said: dict[str, Any] = {**told, "issue_kind": kind.value, "project": project.ref}
    said |= {"due_on": due_on.isoformat()}
    both = project.ref, row.ref
    events.append(session, Kind.ISSUE_REPORTED, *both, at=at, by=by.ref, **said)
    return row


def solve(
    session: Session,
    row: Issue,
    *,
    outcome: str,
    at: datetime,
    by: Party,
    evidence: Evidence | None = None,
) -> None:
    """Record that a thing is out of the way, and how.

    Raises:
        RuleViolation: `issue.no_outcome`.
        Conflict: `issue.solved_already`.
    """
    events.hold(session, row.ref, row.project.ref)
    session.refresh(row)
    if row.solved_at is not None:
        raise Conflict("issue.solved_already", "这个问题已登记解决，请刷新后再看")
    if not 0 < len(outcome.strip()) <= TEXT_CHARS_MAX:
        raise RuleViolation("issue.no_outcome", "请写明怎样解决的，不超过 400 字")
    row.solved_at, row.outcome, row.evidence = clock.to_ms(at), outcome.strip(), evidence
    said: dict[str, Any] = {"outcome": row.outcome, "issue_kind": row.kind.value}
    said |= proof(evidence)
    both = row.project.ref, row.ref
    events.append(session, Kind.ISSUE_SOLVED, *both, at=at, by=by.ref, **said)


def get(session: Session, ref: str) -> Issue:
    """The issue of that reference.

    Raises:
        NotFound: `issue.not_found`.
    """
    found = session.scalars(select(Issue).where(Issue.ref == ref)).one_or_none()
    if found is None:
        raise NotFound("issue.not_found", "没有找到这个问题")
    return found


def of_project(session: Session, project: Project) -> Sequence[Issue]:
    """What holds or held a project up, the open ones first."""
    wanted = select(Issue).where(Issue.project_id == project.id)
    ordered = wanted.order_by(Issue.solved_at.is_not(None), Issue.due_on, Issue.id)
    return session.scalars(ordered).all()


def fold(state: State | None, event: EventView) -> State | None:
    """An issue as its events tell it."""
    match event.kind:
        case Kind.ISSUE_REPORTED:
            return {
                **{name: folding.private(event, name) for name in ("text", "assignee", "due_on")},
                "kind": folding.private(event, "issue_kind"),
                "project_id": folding.private(event, "project"),
                **dict.fromkeys(("solved_at", "outcome", "evidence_id")),
                **(state or {}),
            }
        case Kind.ISSUE_SOLVED:
            return {
                **(state or {}),
                "solved_at": clock.stamp(event.at),
                "outcome": folding.private(event, "outcome"),
                "evidence_id": folding.private(event, "evidence"),
            }
        case _:
            return state


folding.register(Issue, fold)
