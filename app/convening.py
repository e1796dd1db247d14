"""会商调度 · the quarterly duties of the clusters one may see, and what meetings gave out."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session, selectinload

from app import deciding, programme, workbooks
from app.lists import Listed, paged
from registry import agendas, meetings
from registry.clusters import Cluster
from registry.meetings import DUTY_LABELS, LEVEL_LABELS, ActionItem, Meeting
from traceability.base.errors import NotFound

ROWS_MAX = 5_000


class MeetingNeed(StrEnum):
    """会议筛选."""

    OPEN = "open"
    HELD = "held"
    LATE = "late"


MEETING_NEED_LABELS = {
    MeetingNeed.OPEN: "还没开",
    MeetingNeed.HELD: "已有纪要",
    MeetingNeed.LATE: "交办事项逾期",
}
assert MEETING_NEED_LABELS.keys() == set(MeetingNeed)


def meeting(session: Session, ref: str) -> Meeting:
    """The meeting, if one may see its cluster.

    Raises:
        NotFound: `meeting.not_found`, as for one that does not exist.
    """
    found = meetings.get(session, ref)
    if not programme.covers(found.cluster):
        raise NotFound("meeting.not_found", "没有找到这次会商或调度")
    return found


def item(session: Session, ref: str) -> ActionItem:
    """The action item, if one may see its cluster.

    Raises:
        NotFound: `action_item.not_found`, as for one that does not exist.
    """
    found = meetings.item(session, ref)
    if not programme.covers(found.meeting.cluster):
        raise NotFound("action_item.not_found", "没有找到这件交办事项")
    return found


@dataclass(frozen=True, slots=True)
class MeetingPage:
    """A meeting, its agenda (a draft until it was held) and what it gave out."""

    meeting: Meeting
    agenda: Sequence[str]
    items: Sequence[ActionItem]


def page_of(session: Session, found: Meeting) -> MeetingPage:
    """A meeting as its page and a program see it."""
    agenda = found.agenda
    if found.held_on is None:
        agenda = agendas.draft(session, found.cluster, day=deciding.today())
    return MeetingPage(found, agenda, meetings.items(session, found))


def listed(
    session: Session, need: MeetingNeed | None, *, page: int, cluster_key: str = ""
) -> Listed[Meeting]:
    """The meetings of the clusters one may see: the newest quarter first."""
    wanted = select(Meeting).join(Cluster).where(programme.chosen(cluster_key))
    if need is not None:
        wanted = wanted.where(_needing(need))
    ordered = wanted.order_by(Meeting.due_on.desc(), Cluster.order_no, Meeting.id)
    return paged(session, ordered, selectinload(Meeting.cluster), page=page)


def _needing(need: MeetingNeed) -> ColumnElement[bool]:
    late = exists().where(
        ActionItem.meeting_id == Meeting.id,
        ActionItem.done_at.is_(None),
        ActionItem.due_on < deciding.today(),
    )
    return {
        MeetingNeed.OPEN: Meeting.held_on.is_(None),
        MeetingNeed.HELD: Meeting.held_on.is_not(None),
        MeetingNeed.LATE: late,
    }[need]


def book(session: Session) -> bytes:
    """Every action item one may see, beside its meeting, as a workbook."""
    wanted = select(ActionItem).join(Meeting).join(Cluster).where(programme.within())
    rows = session.scalars(
        wanted.order_by(ActionItem.due_on, ActionItem.id)
        .limit(ROWS_MAX)
        .options(selectinload(ActionItem.meeting).selectinload(Meeting.cluster))
    )
    columns = {
        "集群": 26, "季度": 10, "会议": 8, "层级": 12, "开会日期": 12, "交办事项": 40,
        "承办人": 20, "期限": 12, "办结情况": 40,
    }  # fmt: skip
    return workbooks.written(
        "交办事项",
        columns,
        (
            (
                row.meeting.cluster.name,
                row.meeting.quarter,
                DUTY_LABELS[row.meeting.duty],
                LEVEL_LABELS[row.meeting.level] if row.meeting.level else "",
                row.meeting.held_on.isoformat() if row.meeting.held_on else "",
                row.text,
                row.assignee,
                row.due_on.isoformat(),
                row.outcome or "",
            )
            for row in rows
        ),
    )
