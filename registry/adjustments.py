"""调整 · a due date, a target, a main task or a use of money changed by a collective decision.

What is printed stays as printed: a new target or task stands beside it. A milestone's day and an
arrangement's use are moved, and what they were stays in the adjustment.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship, selectinload

from registry import actuals, decisions, funding, quantities
from registry.actuals import Actual
from registry.clusters import Cluster, Task
from registry.decisions import Decision, Matter
from registry.funding import Fund, FundState
from registry.indicators import Figure, FigureRole
from registry.milestones import Milestone
from traceability.base import clock
from traceability.base.clock import legal_day
from traceability.base.db import Base, Subject
from traceability.base.errors import Conflict, NotFound, RuleViolation
from traceability.chain import events, folding
from traceability.chain.events import EventView
from traceability.chain.folding import State
from traceability.chain.kinds import Kind
from traceability.parties import Party

ABOUT_CHARS_MAX = 60
TEXT_CHARS_MAX = 400


class Adjustment(Subject, Base):
    """调整 · what was, what is from now on, why, and by which decision."""

    __tablename__ = "adjustment"
    __ref_prefix__ = "adjustment"

    id: Mapped[int] = mapped_column(primary_key=True)
    cluster_id: Mapped[int] = mapped_column(ForeignKey("cluster.id"), index=True)
    matter: Mapped[Matter]
    about: Mapped[str] = mapped_column(String(ABOUT_CHARS_MAX), index=True)
    old: Mapped[str] = mapped_column(Text)
    new: Mapped[str] = mapped_column(Text)
    unit: Mapped[str | None] = mapped_column(String(12))
    reason: Mapped[str] = mapped_column(Text)
    decision_id: Mapped[int] = mapped_column(ForeignKey("decision.id"), index=True)
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("party.id"))

    cluster: Mapped[Cluster] = relationship()
    decision: Mapped[Decision] = relationship()
    by: Mapped[Party] = relationship()


def reschedule(
    session: Session,
    milestone: Milestone,
    *,
    due_on: date,
    reason: str,
    decision: Decision | None,
    at: datetime,
    by: Party,
) -> Adjustment:
    """Give a milestone another day.

    Raises:
        RuleViolation: `adjustment.no_reason`, `adjustment.nothing_new`,
            `adjustment.due_in_the_past`, what `decisions.require` refuses.
        Conflict: `milestone.already_reached`.
    """
    cluster = milestone.project.cluster
    found = decisions.require(decision, cluster.id, Matter.DUE)
    events.hold(session, milestone.ref, milestone.project.ref)
    session.refresh(milestone)
    if milestone.reached_on is not None:
        raise Conflict("milestone.already_reached", "这个节点已登记完成，请刷新后再看")
    if due_on < legal_day(at):
        raise RuleViolation("adjustment.due_in_the_past", "新的期限已经过去，请填写以后的日期")
    row = _made(cluster, found, reason=reason, at=at, by=by)
    row.matter, row.about = Matter.DUE, milestone.ref
    row.old, row.new = milestone.due_on.isoformat(), due_on.isoformat()
    milestone.due_on = due_on
    about = milestone.ref, milestone.project.ref
    shown: dict[str, Any] = {"name": milestone.name, "due_on": row.new}
    return _kept(session, row, Kind.MILESTONE_RESCHEDULED, *about, at=at, by=by, **shown)


def retarget(
    session: Session,
    figure: Figure,
    *,
    value: str,
    reason: str,
    decision: Decision | None,
    at: datetime,
    by: Party,
) -> Adjustment:
    """Set another value beside a printed target, in the target's own unit.

    Raises:
        RuleViolation: `adjustment.of_the_programme`, `adjustment.not_a_target`,
            `adjustment.no_reason`, `adjustment.nothing_new`, `quantity.not_a_number`,
            what `decisions.require` refuses.
    """
    cluster = figure.cluster
    if cluster is None:
        raise RuleViolation(
            "adjustment.of_the_programme", "这是全部集群共同的目标，不能由一个集群变更"
        )
    found = decisions.require(decision, cluster.id, Matter.TARGET)
    if figure.role is not FigureRole.TARGET or figure.value is None:
        raise RuleViolation("adjustment.not_a_target", "只有写明数值的目标可以调整")
    given = quantities.parse_value(value)
    events.hold(session, figure.ref)
    before = newest(session, [figure.ref]).get(figure.ref)
    row = _made(cluster, found, reason=reason, at=at, by=by)
    row.matter, row.about, row.unit = Matter.TARGET, figure.ref, figure.unit
    row.old, row.new = (before.new if before else figure.value), given
    return _kept(session, row, Kind.TARGET_ADJUSTED, figure.ref, at=at, by=by)


def reword(
    session: Session,
    task: Task,
    *,
    text: str,
    reason: str,
    decision: Decision | None,
    at: datetime,
    by: Party,
) -> Adjustment:
    """Set another wording beside a printed main task.

    Raises:
        RuleViolation: `adjustment.no_reason`, `adjustment.nothing_new`,
            what `decisions.require` refuses.
    """
    found = decisions.require(decision, task.cluster_id, Matter.TASK)
    events.hold(session, task.ref)
    before = newest(session, [task.ref]).get(task.ref)
    row = _made(task.cluster, found, reason=reason, at=at, by=by)
    row.matter, row.about = Matter.TASK, task.ref
    row.old, row.new = (before.new if before else task.name), text.strip()[:TEXT_CHARS_MAX]
    return _kept(session, row, Kind.TASK_ADJUSTED, task.ref, at=at, by=by)


def redirect(
    session: Session,
    fund: Fund,
    *,
    use_key: str,
    purpose: str,
    reason: str,
    decision: Decision | None,
    at: datetime,
    by: Party,
) -> Adjustment:
    """Give an approved arrangement of money another use, within what the document allows.

    Raises:
        RuleViolation: `fund.use_not_allowed`, `adjustment.no_reason`, `adjustment.nothing_new`,
            what `decisions.require` refuses.
        Conflict: `fund.not_approved`.
    """
    found = decisions.require(decision, fund.cluster_id, Matter.FUND_USE)
    events.hold(session, fund.ref)
    session.refresh(fund)
    if fund.state is not FundState.APPROVED:
        raise Conflict("fund.not_approved", "这笔安排还没有批准，写错了请退回重新安排")
    names = {each.key: each.name for each in funding.uses(session)}
    if use_key not in names:
        raise RuleViolation("fund.use_not_allowed", funding.SENTENCES["fund.use_not_allowed"])
    row = _made(fund.cluster, found, reason=reason, at=at, by=by)
    row.matter, row.about = Matter.FUND_USE, fund.ref
    row.old = f"{names.get(fund.use_key, fund.use_key)}：{fund.purpose}"
    row.new = f"{names[use_key]}：{purpose.strip()}"
    fund.use_key, fund.purpose = use_key, purpose.strip()[: funding.TEXT_CHARS_MAX]
    hidden: dict[str, Any] = {"use_key": fund.use_key, "purpose": fund.purpose}
    return _kept(session, row, Kind.FUND_REDIRECTED, fund.ref, at=at, by=by, **hidden)


def _made(
    cluster: Cluster,
    decision: Decision,
    *,
    reason: str,
    at: datetime,
    by: Party,
) -> Adjustment:
    if not 0 < len(reason.strip()) <= TEXT_CHARS_MAX:
        raise RuleViolation("adjustment.no_reason", "请写明为什么要变更，不超过 400 字")
    return Adjustment(
        cluster=cluster, decision=decision, reason=reason.strip(), at=clock.to_ms(at), by=by
    )


def _kept(
    session: Session, row: Adjustment, kind: Kind, *about: str, at: datetime, by: Party, **said: Any
) -> Adjustment:
    """Store an adjustment that changes something, with the event of everything it concerns."""
    if not row.new or row.new == row.old:
        raise RuleViolation("adjustment.nothing_new", "变更后的内容没有填，或与原来相同，请核对")
    events.hold(session, row.ref)
    session.add(row)
    session.flush()
    told: dict[str, Any] = {
        **said,
        "cluster": row.cluster.ref,
        "matter": row.matter.value,
        "about": row.about,
        "old": row.old,
        "new": row.new,
        "unit": row.unit,
        "reason": row.reason,
        "decision": row.decision.ref,
    }
    events.append(session, kind, row.ref, *about, at=at, by=by.ref, **told)
    return row


def newest(session: Session, refs: Collection[str]) -> Mapping[str, Adjustment]:
    """The adjustment that counts of each of many things, by the thing's reference."""
    wanted = select(Adjustment).where(Adjustment.about.in_(refs)).order_by(Adjustment.id)
    return {row.about: row for row in session.scalars(wanted.options(*_with_words()))}


def reaches(actual: Actual, target: Figure, adjusted: Adjustment | None) -> bool | None:
    """Whether an actual reaches a target as it now stands: printed, or set by a decision."""
    return actuals.reaches(actual, target, value=adjusted.new if adjusted else None)


def of_thing(session: Session, ref: str) -> Sequence[Adjustment]:
    """Every adjustment of one thing, the newest first."""
    wanted = select(Adjustment).where(Adjustment.about == ref).order_by(Adjustment.id.desc())
    return session.scalars(wanted.options(*_with_words())).all()


def of_decision(session: Session, decision: Decision) -> Sequence[Adjustment]:
    """What rests on a decision, the newest first."""
    wanted = select(Adjustment).where(Adjustment.decision_id == decision.id)
    return session.scalars(wanted.order_by(Adjustment.id.desc()).options(*_with_words())).all()


def _with_words() -> tuple[Any, ...]:
    return (selectinload(Adjustment.decision), selectinload(Adjustment.by))


def figure(session: Session, ref: str) -> Figure:
    """The printed figure of that reference.

    Raises:
        NotFound: `figure.not_found`.
    """
    found = session.scalars(select(Figure).where(Figure.ref == ref)).one_or_none()
    if found is None:
        raise NotFound("figure.not_found", "没有找到这个数值")
    return found


ADJUSTED = {
    Kind.MILESTONE_RESCHEDULED,
    Kind.TARGET_ADJUSTED,
    Kind.TASK_ADJUSTED,
    Kind.FUND_REDIRECTED,
}


def fold(state: State | None, event: EventView) -> State | None:
    """An adjustment as its event tells it."""
    if event.kind not in ADJUSTED:
        return state
    told = ("matter", "about", "old", "new", "unit", "reason")
    refs = ("cluster", "decision", "by")
    return {
        **{name: folding.private(event, name) for name in told},
        **{f"{name}_id": folding.private(event, name) for name in refs},
        "at": clock.stamp(event.at),
    }


folding.register(Adjustment, fold)
