"""养殖户报告 · what a keeper tells of an animal, a lost tag or a sickness, until a vet sees to it.

动物防疫法（2021年）第三十一条: whoever finds an animal sick or suspected sick reports it at once.
An animal has at most one open report of each kind: telling it twice changes nothing.
"""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from traceability.animals import Animal, AnimalState, ref_of
from traceability.base import clock
from traceability.base.clock import legal_day
from traceability.base.db import Base, Subject
from traceability.base.errors import Conflict, NotFound, RuleViolation
from traceability.chain import events, folding
from traceability.chain.events import EventView
from traceability.chain.folding import State
from traceability.chain.kinds import Kind
from traceability.evidence import Evidence
from traceability.holdings import Holding
from traceability.parties import Party

WORDS_MAX = 200
LISTED_MAX = 200


class AlertKind(StrEnum):
    """报告类别."""

    SICK = "sick"
    TAG_LOST = "tag_lost"


ALERT_KIND_LABELS = {AlertKind.SICK: "牛病了", AlertKind.TAG_LOST: "耳标掉了"}
assert ALERT_KIND_LABELS.keys() == set(AlertKind)


class AlertState(StrEnum):
    """报告状态."""

    OPEN = "open"
    CLOSED = "closed"


ALERT_STATE_LABELS = {AlertState.OPEN: "等防疫员处理", AlertState.CLOSED: "已处理"}
assert ALERT_STATE_LABELS.keys() == set(AlertState)


class Alert(Subject, Base):
    """养殖户报告 · one thing told of one animal."""

    __tablename__ = "alert"
    __ref_prefix__ = "alert"

    id: Mapped[int] = mapped_column(primary_key=True)
    animal_id: Mapped[int] = mapped_column(ForeignKey("animal.id"), index=True)
    holding_id: Mapped[int] = mapped_column(ForeignKey("holding.id"), index=True)
    raised_by_id: Mapped[int] = mapped_column(ForeignKey("party.id"))
    kind: Mapped[AlertKind]
    words: Mapped[str] = mapped_column(String(WORDS_MAX))
    photograph: Mapped[str | None] = mapped_column(String(60))  # reference of the evidence
    raised_at: Mapped[datetime]
    state: Mapped[AlertState]
    outcome: Mapped[str | None] = mapped_column(String(WORDS_MAX))
    closed_on: Mapped[date | None]

    animal: Mapped[Animal] = relationship()
    holding: Mapped[Holding] = relationship()
    raised_by: Mapped[Party] = relationship()

    __table_args__ = (
        Index(
            "uq_alert_open_animal_kind",
            "animal_id",
            "kind",
            unique=True,
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
    )


def raise_alert(
    session: Session,
    animal: Animal,
    kind: AlertKind,
    *,
    at: datetime,
    by: Party,
    on_behalf_of: Party | None = None,
    words: str = "",
    photograph: Evidence | None = None,
) -> Alert:
    """Tell of an animal; told again while open, the first report stands.

    Raises:
        RuleViolation: `alert.not_alive`, `alert.on_the_road`, `alert.not_a_picture`.
    """
    events.hold(session, animal.ref)
    if (known := open_of(session, animal, kind)) is not None:
        return known
    if animal.state not in {AnimalState.ALIVE, AnimalState.HELD}:
        raise RuleViolation("alert.not_alive", "这头牛已不在栏，不用再报告")
    if animal.holding is None:
        raise RuleViolation("alert.on_the_road", "这头牛在路上，请先登记到达，或打电话给官方兽医")
    if photograph is not None and not photograph.is_picture:
        raise RuleViolation("alert.not_a_picture", "这份文件不是照片，请上传 JPG、PNG 或 WebP")
    made = Alert(
        animal=animal,
        holding=animal.holding,
        raised_by=by,
        kind=kind,
        words=words.strip()[:WORDS_MAX],
        photograph=None if photograph is None else photograph.ref,
        raised_at=clock.to_ms(at),
        state=AlertState.OPEN,
    )
    events.hold(session, made.ref)
    session.add(made)
    session.flush()
    events.append(
        session,
        Kind.ALERT_RAISED,
        made.ref,
        at=at,
        by=by.ref,
        on_behalf_of=ref_of(on_behalf_of),
        animal=animal.ref,
        holding=made.holding.ref,
        alert_kind=kind.value,
        words=made.words,
        photograph=made.photograph,
    )
    return made


def close(session: Session, found: Alert, *, outcome: str, at: datetime, by: Party) -> None:
    """Say what was done about it; the keeper is told.

    Raises:
        RuleViolation: `alert.without_outcome`.
        Conflict: `alert.closed`.
    """
    events.hold(session, found.ref)
    session.refresh(found, ["state"])
    if found.state is not AlertState.OPEN:
        raise Conflict("alert.closed", "这条报告已经处理过，请刷新后再看")
    if not outcome.strip():
        raise RuleViolation("alert.without_outcome", "请写明怎样处理的，养殖户会看到")
    found.state, found.closed_on = AlertState.CLOSED, legal_day(at)
    found.outcome = outcome.strip()[:WORDS_MAX]
    events.append(session, Kind.ALERT_CLOSED, found.ref, at=at, by=by.ref, outcome=found.outcome)


def close_open(
    session: Session, animal: Animal, kind: AlertKind, *, outcome: str, at: datetime, by: Party
) -> None:
    """Close what a later act has settled: a new tag ends a lost one, a death a sickness."""
    if (known := open_of(session, animal, kind)) is not None:
        close(session, known, outcome=outcome, at=at, by=by)


def open_of(session: Session, animal: Animal, kind: AlertKind) -> Alert | None:
    """The open report of that kind, if there is one."""
    mine = select(Alert).where(
        Alert.animal_id == animal.id, Alert.kind == kind, Alert.state == AlertState.OPEN
    )
    return session.scalars(mine).one_or_none()


def of_animal(session: Session, animal: Animal) -> Sequence[Alert]:
    """What was told of an animal, newest first."""
    mine = select(Alert).where(Alert.animal_id == animal.id).order_by(Alert.id.desc())
    return session.scalars(mine.limit(LISTED_MAX)).all()


def get(session: Session, ref: str) -> Alert:
    """The report of that reference.

    Raises:
        NotFound: `alert.not_found`.
    """
    found = session.scalars(select(Alert).where(Alert.ref == ref)).one_or_none()
    if found is None:
        raise NotFound("alert.not_found", "没有找到这条报告")
    return found


def fold(state: State | None, event: EventView) -> State | None:
    """A report as its events tell it."""
    match event.kind:
        case Kind.ALERT_RAISED:
            return {
                "animal_id": folding.private(event, "animal"),
                "holding_id": folding.private(event, "holding"),
                "raised_by_id": folding.private(event, "by"),
                "kind": folding.private(event, "alert_kind"),
                "words": folding.private(event, "words"),
                "photograph": folding.private(event, "photograph"),
                "raised_at": clock.stamp(event.at),
                "state": AlertState.OPEN.value,
                "outcome": None,
                "closed_on": None,
            }
        case Kind.ALERT_CLOSED:
            return {
                **(state or {}),
                "state": AlertState.CLOSED.value,
                "outcome": folding.private(event, "outcome"),
                "closed_on": legal_day(event.at).isoformat(),
            }
        case _:
            return state


folding.register(Alert, fold)
