"""到期提醒 · once a day: what falls due today or tomorrow, told to whose it is."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Session, aliased, joinedload

from app import attention
from app.attention import AnimalNeed
from app.notices import deliveries, recipients
from app.notices.notices import NOTICE_KIND_LABELS, NoticeCursor, NoticeKind, Told
from registry import meetings
from registry.meetings import DUTY_LABELS, ActionItem, Meeting
from traceability.animals import Animal
from traceability.base.clock import CHINA, legal_day
from traceability.consignments.landing import unreported
from traceability.consignments.records import REPORT_END_LABELS, Consignment, ReportEnd
from traceability.holdings import Holding
from traceability.movements import Movement, under_way
from traceability.parties import Party
from traceability.quarantine.certificates import Certificate, CertificateAnimal, CertificateState
from traceability.treatments import Treatment

CURSOR = "due"
MEETING_AHEAD = timedelta(days=14)
BEGINS_AT = 6  # o'clock in China: before people set out
Found = tuple[
    NoticeKind, str, str, str, str
]  # kind, subject, words, where, whose: a party or a cluster


def scan_if_due(session: Session, *, at: datetime) -> int:
    """Scan once a legal day, from six in the morning on; how many were told. Safe to run twice."""
    today = legal_day(at)
    mine = select(NoticeCursor).where(NoticeCursor.name == CURSOR).with_for_update()
    cursor = session.scalars(mine).one_or_none()
    if at.astimezone(CHINA).hour < BEGINS_AT:
        return 0
    if cursor is None:
        cursor = NoticeCursor(name=CURSOR, position=0)
        session.add(cursor)
    if cursor.position >= today.toordinal():
        return 0
    cursor.position = today.toordinal()
    return scan(session, at=at)


def scan(session: Session, *, at: datetime) -> int:
    """Tell of everything that is due today; what was told today is not told again."""
    today, told = legal_day(at), 0
    parts = (_certificates, _withdrawals, _immunisations, _arrivals, _landings)
    for part in parts:
        for kind, subject, words, href, owner in part(session, at):
            said = Told(kind, subject, today, f"{NOTICE_KIND_LABELS[kind]}：{words}", href)
            accounts = recipients.of_parties(session, [owner])
            told += deliveries.tell(session, said, accounts, at=at)
    return told + _quarter(session, at)


def _quarter(session: Session, at: datetime) -> int:
    """Open the quarter's duties; tell their officers of what is late or due within two weeks."""
    meetings.open_quarter(session, at=at)
    told = 0
    for kind, subject, words, href, key in (*_meetings(session, at), *_actions(session, at)):
        said = Told(kind, subject, legal_day(at), f"{NOTICE_KIND_LABELS[kind]}：{words}", href)
        told += deliveries.tell(session, said, recipients.of_cluster(session, key), at=at)
    return told


def _meetings(session: Session, at: datetime) -> Iterator[Found]:
    """Two weeks before the end of the quarter, on its last day, then on Mondays."""
    today = legal_day(at)
    days = {today + MEETING_AHEAD, today}
    due = Meeting.due_on.in_(days)
    wanted = select(Meeting).where(
        Meeting.held_on.is_(None), or_(due, Meeting.due_on < today) if _monday(today) else due
    )
    for row in session.scalars(wanted.options(joinedload(Meeting.cluster))).all():
        late = "，已逾期" if row.due_on < today else f"，{row.due_on:%m月%d日}前"
        words = f"{row.cluster.name} {row.quarter} {DUTY_LABELS[row.duty]}{late}"
        yield NoticeKind.MEETING_DUE, row.ref, words, f"/meetings/{row.ref}", row.cluster.key


def _actions(session: Session, at: datetime) -> Iterator[Found]:
    """The day after a task was due, then on Mondays."""
    today = legal_day(at)
    first = ActionItem.due_on == today - timedelta(days=1)
    late = ActionItem.due_on < today if _monday(today) else first
    loaded = joinedload(ActionItem.meeting).joinedload(Meeting.cluster)
    wanted = select(ActionItem).where(ActionItem.done_at.is_(None), late)
    for row in session.scalars(wanted.options(loaded)).all():
        words, cluster = f"{row.text}（{row.assignee}）", row.meeting.cluster
        href = f"/meetings/{row.meeting.ref}"
        yield NoticeKind.ACTION_OVERDUE, row.ref, words, href, cluster.key


def _monday(day: date) -> bool:
    return day.weekday() == 0


def _certificates(session: Session, at: datetime) -> Iterator[Found]:
    today = legal_day(at)
    waiting = exists().where(
        CertificateAnimal.certificate_id == Certificate.id,
        CertificateAnimal.animal_id == Animal.id,
        Animal.holding_id == Certificate.origin_id,
    )
    wanted = (
        select(Certificate.ref, Certificate.number, Party.ref)
        .join(Party, Party.id == Certificate.owner_id)
        .where(
            Certificate.state == CertificateState.ISSUED,
            Certificate.valid_until.between(today, today + timedelta(days=1)),
            waiting,
        )
    )
    for ref, number, owner in session.execute(wanted).all():
        words = f"{number}，牛还没启运，过期要重新申报"
        yield NoticeKind.CERTIFICATE_EXPIRING, ref, words, f"/certificates/{ref}", owner


def _withdrawals(session: Session, at: datetime) -> Iterator[Found]:
    clearing = attention.animals(session, AnimalNeed.CLEARING, at=at)
    course = aliased(Treatment)  # the condition has a treatment of its own
    wanted = (
        select(Animal.ref, Animal.ear_tag, Party.ref, func.max(course.clear_on))
        .join(Party, Party.id == Animal.owner_id)
        .join(course, course.animal_id == Animal.id)
        .where(clearing)
        .group_by(Animal.id, Party.id)
    )
    for ref, tag, owner, clear_on in session.execute(wanted).all():
        words = f"耳标 {tag}，{clear_on:%m月%d日}起可以屠宰"
        yield NoticeKind.WITHDRAWAL_CLEARING, ref, words, f"/animals/{ref}", owner


def _immunisations(session: Session, at: datetime) -> Iterator[Found]:
    """A place is told of on Mondays only: what has waited for weeks is no daily news."""
    if legal_day(at).weekday() != 0:
        return
    bare = attention.animals(session, AnimalNeed.IMMUNISATION, at=at)
    wanted = (
        select(Holding.ref, Holding.name, Party.ref, func.count())
        .join(Animal, Animal.holding_id == Holding.id)
        .join(Party, Party.id == Holding.keeper_id)
        .where(bare)
        .group_by(Holding.id, Party.id)
    )
    href = "/animals/?need=immunisation"
    for ref, name, owner, number in session.execute(wanted).all():
        yield NoticeKind.IMMUNISATION_DUE, ref, f"{name} {number} 头", href, owner


def _arrivals(session: Session, at: datetime) -> Iterator[Found]:
    wanted = (
        select(Holding.ref, Holding.name, Party.ref, func.count())
        .join(Movement, Movement.destination_id == Holding.id)
        .join(Party, Party.id == Holding.keeper_id)
        .where(under_way(), Movement.departed_at <= at)
        .group_by(Holding.id, Party.id)
    )
    for ref, name, owner, number in session.execute(wanted).all():
        words = f"{number} 头在去{name}的路上，到达当天登记"
        yield NoticeKind.ARRIVAL_DUE, ref, words, "/movements/?stretch=road", owner


def _landings(session: Session, at: datetime) -> Iterator[Found]:
    """The sender is told of the county of origin, the receiver of his own."""
    ends = ((ReportEnd.ORIGIN, Certificate.owner_id), (ReportEnd.DESTINATION, Holding.keeper_id))
    for end, whose in ends:
        wanted = (
            select(Consignment.ref, Consignment.plate, Consignment.report_due_at, Party.ref)
            .join(Certificate, Certificate.id == Consignment.certificate_id)
            .join(Holding, Holding.id == Certificate.destination_id)
            .join(Party, Party.id == whose)
            .where(unreported(end))
        )
        for ref, plate, due, owner in session.execute(wanted).all():
            assert due is not None
            until = f"{due.astimezone(CHINA) - timedelta(minutes=1):%m月%d日 %H:%M}"
            late = "，已超期" if due < at else ""
            words = f"车辆 {plate}，{REPORT_END_LABELS[end]}县，期限 {until}{late}"
            yield NoticeKind.LANDING_DUE, ref, words, f"/consignments/{ref}", owner
