"""提醒 · a line in somebody's own list; the same thing is told once a day, however often found.

A notice is no fact of the trade: what it tells of stands in the chain.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, delete, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.lists import Listed, paged
from traceability.base.db import Base

WORDS_MAX = 200
KEPT_FOR = timedelta(days=183)


class NoticeKind(StrEnum):
    """提醒类别."""

    DECLARATION_FILED = "declaration_filed"
    DECLARATION_ACCEPTED = "declaration_accepted"
    DECLARATION_REFUSED = "declaration_refused"
    CERTIFICATE_ISSUED = "certificate_issued"
    CERTIFICATE_EXPIRING = "certificate_expiring"
    ALERT_RAISED = "alert_raised"
    ALERT_CLOSED = "alert_closed"
    SALE_FUNDED = "sale_funded"
    SALE_SETTLED = "sale_settled"
    AMENDMENT_PROPOSED = "amendment_proposed"
    IMMUNISATION_DUE = "immunisation_due"
    WITHDRAWAL_CLEARING = "withdrawal_clearing"
    ARRIVAL_DUE = "arrival_due"
    RESTRICTION_ORDERED = "restriction_ordered"
    RESTRICTION_LIFTED = "restriction_lifted"
    LANDING_DUE = "landing_due"
    MEETING_DUE = "meeting_due"
    ACTION_OVERDUE = "action_overdue"


NOTICE_KIND_LABELS = {
    NoticeKind.DECLARATION_FILED: "有新的检疫申报",
    NoticeKind.DECLARATION_ACCEPTED: "检疫申报已受理",
    NoticeKind.DECLARATION_REFUSED: "检疫申报没有受理",
    NoticeKind.CERTIFICATE_ISSUED: "检疫证明已签发",
    NoticeKind.CERTIFICATE_EXPIRING: "检疫证明今明到期",
    NoticeKind.ALERT_RAISED: "养殖户报告",
    NoticeKind.ALERT_CLOSED: "您的报告已处理",
    NoticeKind.SALE_FUNDED: "买主已付款",
    NoticeKind.SALE_SETTLED: "卖牛的钱已付给您",
    NoticeKind.AMENDMENT_PROPOSED: "有规则修改等批准",
    NoticeKind.IMMUNISATION_DUE: "有牛该补免疫",
    NoticeKind.WITHDRAWAL_CLEARING: "休药期要满了",
    NoticeKind.ARRIVAL_DUE: "有牛在路上，到了要登记",
    NoticeKind.RESTRICTION_ORDERED: "您的场所或牛在管控范围内",
    NoticeKind.RESTRICTION_LIFTED: "管控已解除",
    NoticeKind.LANDING_DUE: "落地报告还没作",
    NoticeKind.MEETING_DUE: "季度会商、调度还没开",
    NoticeKind.ACTION_OVERDUE: "交办事项逾期",
}
assert NOTICE_KIND_LABELS.keys() == set(NoticeKind)


class Notice(Base):
    """提醒 · told to one account."""

    __tablename__ = "notice"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[NoticeKind]
    subject: Mapped[str] = mapped_column(String(60))  # the reference of what it tells of
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    due_on: Mapped[date]
    words: Mapped[str] = mapped_column(String(WORDS_MAX))
    href: Mapped[str] = mapped_column(String(WORDS_MAX))
    told_at: Mapped[datetime] = mapped_column(index=True)
    read_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("kind", "subject", "account_id", "due_on"),
        Index("ix_notice_account_id_read_at", "account_id", "read_at"),
    )


class NoticeCursor(Base):
    """提醒进度 · up to where the log was read, and which day was scanned."""

    __tablename__ = "notice_cursor"

    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    position: Mapped[int]


UNCHAINED: dict[str, str] = {
    f"{table}.{column.name}": "a reminder of what stands in the chain; deleted after half a year"
    for table in ("notice", "notice_cursor")
    for column in Base.metadata.tables[table].columns
}


@dataclass(frozen=True, slots=True)
class Told:
    """What a notice says, to whomever it goes."""

    kind: NoticeKind
    subject: str
    due_on: date
    words: str
    href: str


def tell(session: Session, told: Told, accounts: Iterable[int], *, at: datetime) -> list[Notice]:
    """Tell each account once; the notices of those that had not been told."""
    wanted = sorted(set(accounts))
    known = select(Notice.account_id).where(
        Notice.kind == told.kind,
        Notice.subject == told.subject,
        Notice.due_on == told.due_on,
        Notice.account_id.in_(wanted),
    )
    have = set(session.scalars(known))
    made = [
        Notice(
            kind=told.kind,
            subject=told.subject,
            account_id=account,
            due_on=told.due_on,
            words=told.words[:WORDS_MAX],
            href=told.href,
            told_at=at,
        )
        for account in wanted
        if account not in have
    ]
    session.add_all(made)
    session.flush()
    return made


def listed(session: Session, account_id: int, *, page: int) -> Listed[Notice]:
    """The notices of an account, unread ones first, then the newest."""
    mine = select(Notice).where(Notice.account_id == account_id)
    return paged(session, mine.order_by(Notice.read_at.is_not(None), Notice.id.desc()), page=page)


def unread(session: Session, account_id: int) -> int:
    """How many an account has not read."""
    mine = select(func.count()).where(Notice.account_id == account_id, Notice.read_at.is_(None))
    return session.scalar(mine) or 0


def read(session: Session, account_id: int, *, upto: int, at: datetime) -> int:
    """Mark read what the account has seen, up to a number; what came later stays unread."""
    seen = update(Notice).where(
        Notice.account_id == account_id, Notice.read_at.is_(None), Notice.id <= upto
    )
    return len(session.execute(seen.values(read_at=at).returning(Notice.id)).all())


def purge(session: Session, *, at: datetime) -> int:
    """Delete what is half a year old; a daily task. Safe to repeat."""
    old = delete(Notice).where(Notice.told_at < at - KEPT_FOR)
    return len(session.execute(old.returning(Notice.id)).all())
