"""会商与调度 · two duties of every cluster in every quarter: opened by the calendar, then held.

The founding document asks for a consultation (会商, 四（二）) and a dispatch (调度, 四（四）) each
quarter. They are two duties; one does not stand for the other.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from registry import clusters
from registry.clusters import Cluster
from registry.projects import proof
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

QUARTER_CHARS = 6
PARTICIPANTS_CHARS_MAX = 400
MINUTES_CHARS_MAX = 4000
AGENDA_MAX = 60
AGENDA_CHARS_MAX = 200
MONTHS = 3


class Duty(StrEnum):
    """季度任务."""

    CONSULTATION = "consultation"
    DISPATCH = "dispatch"


DUTY_LABELS = {Duty.CONSULTATION: "会商", Duty.DISPATCH: "调度"}
assert DUTY_LABELS.keys() == set(Duty)


class Level(StrEnum):
    """会议层级."""

    PROVINCE = "province"
    PREFECTURE = "prefecture"
    COUNTY = "county"


LEVEL_LABELS = {Level.PROVINCE: "省级", Level.PREFECTURE: "市（州）级", Level.COUNTY: "县级"}
assert LEVEL_LABELS.keys() == set(Level)


class Meeting(Subject, Base):
    """会商或调度 · one duty of one cluster in one quarter; open until minutes are recorded."""

    __tablename__ = "meeting"
    __table_args__ = (UniqueConstraint("cluster_id", "duty", "quarter"),)
    __ref_prefix__ = "meeting"

    id: Mapped[int] = mapped_column(primary_key=True)
    cluster_id: Mapped[int] = mapped_column(ForeignKey("cluster.id"), index=True)
    duty: Mapped[Duty]
    quarter: Mapped[str] = mapped_column(String(QUARTER_CHARS))
    due_on: Mapped[date] = mapped_column(index=True)
    held_on: Mapped[date | None]
    level: Mapped[Level | None]
    participants: Mapped[str | None] = mapped_column(Text)
    agenda: Mapped[list[str]]
    minutes: Mapped[str | None] = mapped_column(Text)
    evidence_id: Mapped[int | None] = mapped_column(ForeignKey("evidence.id"))
    by_id: Mapped[int | None] = mapped_column(ForeignKey("party.id"))

    cluster: Mapped[Cluster] = relationship()
    evidence: Mapped[Evidence | None] = relationship()
    by: Mapped[Party | None] = relationship()


def quarter_of(day: date) -> str:
    """The quarter a day lies in.

    >>> quarter_of(date(2026, 11, 24)), quarter_of(date(2026, 1, 1))
    ('2026Q4', '2026Q1')
    """
    return f"{day.year}Q{(day.month - 1) // MONTHS + 1}"


def last_day(quarter: str) -> date:
    """The last day of a quarter, by when its duties are due.

    >>> last_day("2026Q4").isoformat(), last_day("2027Q1").isoformat()
    ('2026-12-31', '2027-03-31')
    """
    year, number = int(quarter[:4]), int(quarter[-1])
    following = date(year + number // 4, number % 4 * MONTHS + 1, 1)
    return following - timedelta(days=1)


def open_quarter(session: Session, *, at: datetime) -> int:
    """Open both duties of every cluster for the quarter of an instant; how many were opened.

    Opening a quarter twice changes nothing. The event names the office that registered the
    cluster: its calendar runs here.
    """
    quarter = quarter_of(legal_day(at))
    wanted = select(Meeting.cluster_id, Meeting.duty).where(Meeting.quarter == quarter)
    known = {(cluster_id, duty) for cluster_id, duty in session.execute(wanted)}
    opened = 0
    for cluster in clusters.every(session):
        for duty in Duty:
            if (cluster.id, duty) not in known:
                _open(session, cluster, duty, quarter, at=at)
                opened += 1
    return opened


def _open(session: Session, cluster: Cluster, duty: Duty, quarter: str, *, at: datetime) -> None:
    office = events.history(session, cluster.ref)[0]["by"]
    row = Meeting(cluster=cluster, duty=duty, quarter=quarter, due_on=last_day(quarter), agenda=[])
    events.hold(session, row.ref)
    session.add(row)
    session.flush()
    said: dict[str, Any] = {"cluster": cluster.ref, "duty": duty.value, "quarter": quarter}
    said["due_on"] = row.due_on.isoformat()
    events.append(session, Kind.MEETING_OPENED, row.ref, at=at, by=office, **said)


SENTENCES = {
    "meeting.in_future": "开会日期在将来，开过会再登记",
    "meeting.before_the_quarter": "开会日期早于这个季度，请核对；上季度的会登记在上季度",
    "meeting.no_participants": "请填写参加人，不超过 400 字",
    "meeting.no_minutes": "请写会议纪要，不超过 4000 字",
    "meeting.long_agenda": "议程最多 60 项，每项不超过 200 字",
}


def hold(
    session: Session,
    meeting: Meeting,
    *,
    held_on: date,
    level: Level,
    participants: str,
    agenda: Sequence[str],
    minutes: str,
    at: datetime,
    by: Party,
    evidence: Evidence | None = None,
) -> None:
    """Record that a duty was done: when, who, the agenda as it stood, and the minutes.

    Raises:
        RuleViolation: `meeting.in_future`, `meeting.before_the_quarter`,
            `meeting.no_participants`, `meeting.no_minutes`, `meeting.long_agenda`.
        Conflict: `meeting.held_already`.
    """
    events.hold(session, meeting.ref)
    session.refresh(meeting)
    if meeting.held_on is not None:
        raise Conflict("meeting.held_already", "这次会已登记过纪要，请刷新后再看")
    points = [each.strip() for each in agenda if each.strip()]
    wanted = {
        "meeting.in_future": held_on <= legal_day(at),
        "meeting.before_the_quarter": quarter_of(held_on) >= meeting.quarter,
        "meeting.no_participants": 0 < len(participants.strip()) <= PARTICIPANTS_CHARS_MAX,
        "meeting.no_minutes": 0 < len(minutes.strip()) <= MINUTES_CHARS_MAX,
        "meeting.long_agenda": len(points) <= AGENDA_MAX
        and all(len(each) <= AGENDA_CHARS_MAX for each in points),
    }
    for code, right in wanted.items():
        if not right:
            raise RuleViolation(code, SENTENCES[code])
    told: dict[str, Any] = {"participants": participants.strip(), "minutes": minutes.strip()}
    meeting.held_on, meeting.level, meeting.agenda = held_on, level, points
    meeting.participants, meeting.minutes = told["participants"], told["minutes"]
    meeting.evidence, meeting.by = evidence, by
    said: dict[str, Any] = {**told, **proof(evidence), "held_on": held_on.isoformat()}
    said |= {"level": level.value, "agenda": points}
    events.append(session, Kind.MEETING_HELD, meeting.ref, at=at, by=by.ref, **said)


class ActionItem(Subject, Base):
    """交办事项 · what a meeting gave to whom until when."""

    __tablename__ = "action_item"
    __ref_prefix__ = "action_item"

    id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"), index=True)
    text: Mapped[str] = mapped_column(Text)
    assignee: Mapped[str] = mapped_column(String(80))
    due_on: Mapped[date] = mapped_column(index=True)
    done_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(Text)
    evidence_id: Mapped[int | None] = mapped_column(ForeignKey("evidence.id"))

    meeting: Mapped[Meeting] = relationship()
    evidence: Mapped[Evidence | None] = relationship()


TEXT_CHARS_MAX = 400
ASSIGNEE_CHARS_MAX = 80


def assign(
    session: Session,
    meeting: Meeting,
    *,
    text: str,
    assignee: str,
    due_on: date,
    at: datetime,
    by: Party,
) -> ActionItem:
    """Give a task that a held meeting decided to somebody until a day.

    Raises:
        RuleViolation: `action_item.no_text`, `action_item.no_assignee`,
            `action_item.due_in_the_past`.
        Conflict: `meeting.not_held`.
    """
    events.hold(session, meeting.ref)
    session.refresh(meeting)
    if meeting.held_on is None:
        raise Conflict("meeting.not_held", "先登记会议纪要，再交办事项")
    if not 0 < len(text.strip()) <= TEXT_CHARS_MAX:
        raise RuleViolation("action_item.no_text", "请写明交办什么，不超过 400 字")
    if not 0 < len(assignee.strip()) <= ASSIGNEE_CHARS_MAX:
        raise RuleViolation("action_item.no_assignee", "请写明由谁办（单位和人），不超过 80 字")
    if due_on < meeting.held_on:
        raise RuleViolation("action_item.due_in_the_past", "办结期限早于开会日期，请核对")
    told: dict[str, Any] = {"text": text.strip(), "assignee": assignee.strip()}
    row = ActionItem(meeting=meeting, due_on=due_on, **told)
    events.hold(session, row.ref)
    session.add(row)
    session.flush()
    said: dict[str, Any] = {**told, "meeting": meeting.ref, "due_on": due_on.isoformat()}
    both = row.ref, meeting.ref
    events.append(session, Kind.ACTION_ASSIGNED, *both, at=at, by=by.ref, **said)
    return row


def finish(
    session: Session,
    item: ActionItem,
    *,
    outcome: str,
    at: datetime,
    by: Party,
    evidence: Evidence | None = None,
) -> None:
    """Record that a task is done, and what came of it.

    Raises:
        RuleViolation: `action_item.no_outcome`.
        Conflict: `action_item.done_already`.
    """
    events.hold(session, item.ref)
    session.refresh(item)
    if item.done_at is not None:
        raise Conflict("action_item.done_already", "这件事已登记办结，请刷新后再看")
    if not 0 < len(outcome.strip()) <= TEXT_CHARS_MAX:
        raise RuleViolation("action_item.no_outcome", "请写明办得怎样，不超过 400 字")
    item.done_at, item.outcome, item.evidence = clock.to_ms(at), outcome.strip(), evidence
    said: dict[str, Any] = {"outcome": item.outcome, **proof(evidence)}
    events.append(session, Kind.ACTION_DONE, item.ref, at=at, by=by.ref, **said)


def get(session: Session, ref: str) -> Meeting:
    """The meeting of that reference.

    Raises:
        NotFound: `meeting.not_found`.
    """
    found = session.scalars(select(Meeting).where(Meeting.ref == ref)).one_or_none()
    if found is None:
        raise NotFound("meeting.not_found", "没有找到这次会商或调度")
    return found


def item(session: Session, ref: str) -> ActionItem:
    """The action item of that reference.

    Raises:
        NotFound: `action_item.not_found`.
    """
    found = session.scalars(select(ActionItem).where(ActionItem.ref == ref)).one_or_none()
    if found is None:
        raise NotFound("action_item.not_found", "没有找到这件交办事项")
    return found


def items(session: Session, meeting: Meeting) -> Sequence[ActionItem]:
    """What a meeting gave out, the next due first."""
    mine = select(ActionItem).where(ActionItem.meeting_id == meeting.id)
    return session.scalars(mine.order_by(ActionItem.due_on, ActionItem.id)).all()


def open_items(session: Session, cluster: Cluster) -> Sequence[ActionItem]:
    """What a cluster's meetings gave out and nobody has finished, the next due first."""
    mine = select(ActionItem).join(Meeting).where(Meeting.cluster_id == cluster.id)
    unfinished = mine.where(ActionItem.done_at.is_(None))
    return session.scalars(unfinished.order_by(ActionItem.due_on, ActionItem.id)).all()


def fold(state: State | None, event: EventView) -> State | None:
    """A meeting as its events tell it."""
    match event.kind:
        case Kind.MEETING_OPENED:
            empty = ("held_on", "level", "participants", "minutes", "evidence_id", "by_id")
            return {
                **{name: event[name] for name in ("duty", "quarter", "due_on")},
                "cluster_id": event["cluster"],
                "agenda": [],
                **dict.fromkeys(empty),
                **(state or {}),  # minutes of an earlier instant, recorded late, still count
            }
        case Kind.MEETING_HELD:
            told = ("participants", "agenda", "minutes")
            return {
                **(state or {}),
                **{name: event[name] for name in ("held_on", "level")},
                **{name: folding.private(event, name) for name in told},
                **{f"{name}_id": folding.private(event, name) for name in ("evidence", "by")},
            }
        case _:
            return state


def fold_item(state: State | None, event: EventView) -> State | None:
    """An action item as its events tell it."""
    match event.kind:
        case Kind.ACTION_ASSIGNED:
            told = ("text", "assignee", "due_on")
            return {
                **{name: folding.private(event, name) for name in told},
                "meeting_id": folding.private(event, "meeting"),
                **dict.fromkeys(("done_at", "outcome", "evidence_id")),
                **(state or {}),
            }
        case Kind.ACTION_DONE:
            return {
                **(state or {}),
                "done_at": clock.stamp(event.at),
                "outcome": folding.private(event, "outcome"),
                "evidence_id": folding.private(event, "evidence"),
            }
        case _:
            return state


folding.register(Meeting, fold)
folding.register(ActionItem, fold_item)
