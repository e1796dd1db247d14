"""一码多用 · a code opened implausibly often, or in too many counties on one day, may be copied.

An alarm says nothing of the animal: only that its label should be compared with it. It stands on
the page in neutral words until a regulator has looked into it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Exists, Index, String, exists, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.labels.links import LinkKind
from traceability.base.db import Base, recording
from traceability.base.errors import Conflict, NotFound, RuleViolation
from traceability.base.refs import REF_CHARS_MAX
from traceability.identifiers.short_codes import PUBLIC_CODE_CHARS
from traceability.parties import Party

NOTE_CHARS_MAX = 400
LISTED_MAX = 200


@dataclass(frozen=True, slots=True)
class Limit:
    """How many different visitors, and in how many counties, are plausible on one day."""

    visitors: int
    places: int


LIMITS: dict[LinkKind, Limit] = {
    LinkKind.ANIMAL: Limit(visitors=200, places=2),  # a fair's onlookers; one journey a day
    LinkKind.RECEIPT: Limit(visitors=20, places=2),  # two parties, their bank, their insurer
    LinkKind.CERTIFICATE: Limit(visitors=60, places=6),  # checkpoints along the road
}
"""A project's code hangs on walls: it has none."""


NOUNS = {
    LinkKind.ANIMAL: "牛只标签",
    LinkKind.RECEIPT: "成交凭证",
    LinkKind.CERTIFICATE: "检疫证明",
    LinkKind.PROJECT: "项目",
}
"""What a code is printed on."""


@dataclass(frozen=True, slots=True)
class Told:
    """What was counted of one code on one day."""

    visitors: int
    places: tuple[str, ...]


class CloneAlarm(Base):
    """一码多用疑点 · one code on the day it became implausible."""

    __tablename__ = "clone_alarm"
    __table_args__ = (Index("uq_clone_alarm_code", "kind", "code", "on", unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[LinkKind]
    code: Mapped[str] = mapped_column(String(PUBLIC_CODE_CHARS))
    on: Mapped[date]
    raised_at: Mapped[datetime]
    visitors: Mapped[int]
    places: Mapped[list[str]]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str | None] = mapped_column(String(REF_CHARS_MAX))
    note: Mapped[str | None] = mapped_column(String(NOTE_CHARS_MAX))


UNCHAINED_TABLES = {"clone_alarm": "对标签的提醒，不是发生在牛身上的事；处理情况另见访问日志"}


def reasons(kind: LinkKind, told: Told) -> list[str]:
    """Why that is implausible; nothing if it is not.

    >>> reasons(LinkKind.RECEIPT, Told(21, ("520526", "520502", "440100")))
    ['一天有 21 人打开，超过 20 人', '一天出现在 3 个县区，超过 2 个']
    >>> reasons(LinkKind.RECEIPT, Told(20, ("520526",))), reasons(LinkKind.PROJECT, Told(999, ()))
    ([], [])
    """
    limit = LIMITS.get(kind)
    if limit is None:
        return []
    found = []
    if told.visitors > limit.visitors:
        found.append(f"一天有 {told.visitors} 人打开，超过 {limit.visitors} 人")
    if len(told.places) > limit.places:
        found.append(f"一天出现在 {len(told.places)} 个县区，超过 {limit.places} 个")
    return found


def judge(session: Session, kind: LinkKind, code: str, told: Told, *, on: date) -> None:
    """Raise an alarm where a day's count is implausible; one already raised learns the count."""
    if not reasons(kind, told):
        return
    found = session.scalars(
        select(CloneAlarm).where(
            CloneAlarm.kind == kind, CloneAlarm.code == code, CloneAlarm.on == on
        )
    ).one_or_none()
    if found is None:
        found = CloneAlarm(kind=kind, code=code, on=on, raised_at=recording(session).recorded_at)
        session.add(found)
    found.visitors, found.places = told.visitors, list(told.places)


def stands(kind: LinkKind, code: str) -> Exists:
    """Whether a regulator has still to look into a code: part of a query."""
    table = CloneAlarm.__table__.c
    return exists().where(table.kind == kind, table.code == code, table.closed_at.is_(None))


def listed(session: Session) -> Sequence[CloneAlarm]:
    """The alarms, open ones first, the newest on top."""
    order = (CloneAlarm.closed_at.is_not(None), CloneAlarm.raised_at.desc())
    return session.scalars(select(CloneAlarm).order_by(*order).limit(LISTED_MAX)).all()


def close(session: Session, alarm_id: int, *, note: str, at: datetime, by: Party) -> CloneAlarm:
    """A regulator has looked into it and says what was found.

    Raises:
        NotFound: `alarm.not_found`.
        Conflict: `alarm.closed`.
        RuleViolation: `alarm.without_note`.
    """
    found = session.get(CloneAlarm, alarm_id)
    if found is None:
        raise NotFound("alarm.not_found", "没有找到这条疑点")
    if found.closed_at is not None:
        raise Conflict("alarm.closed", "这条疑点已经处理过了")
    said = note.strip()[:NOTE_CHARS_MAX]
    if not said:
        raise RuleViolation("alarm.without_note", "请写明核实情况，例如“到店核对，标签无误”")
    found.closed_at, found.closed_by, found.note = at, by.ref, said
    return found
