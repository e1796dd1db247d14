"""计量器具 · a scale as a legal instrument: who made it, how fine it is, until when it is verified.

计量法 第九条: a scale used for trade settlement is verified; after the last day it weighs no trade.
"""

from datetime import date, datetime

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from traceability.base.clock import legal_day
from traceability.base.db import Base, Subject
from traceability.base.errors import Conflict, NotFound, RuleViolation
from traceability.chain import events, folding
from traceability.chain.events import EventView
from traceability.chain.folding import State
from traceability.chain.kinds import Kind
from traceability.holdings import Holding
from traceability.parties import Party


class Instrument(Subject, Base):
    """计量器具 · one scale."""

    __tablename__ = "instrument"
    __ref_prefix__ = "instrument"

    id: Mapped[int] = mapped_column(primary_key=True)
    device_code: Mapped[str] = mapped_column(String(32), unique=True)
    serial_no: Mapped[str] = mapped_column(String(40))
    holding_id: Mapped[int] = mapped_column(ForeignKey("holding.id"), index=True)
    division_g: Mapped[int]
    max_g: Mapped[int]
    certificate_no: Mapped[str | None] = mapped_column(String(40))
    verified_on: Mapped[date | None]
    valid_until: Mapped[date | None]

    holding: Mapped[Holding] = relationship()

    def verified_at(self, at: datetime) -> bool:
        """Whether the instant falls into its verification period."""
        if self.verified_on is None or self.valid_until is None:
            return False
        return self.verified_on <= legal_day(at) <= self.valid_until


def register(
    session: Session,
    *,
    device_code: str,
    serial_no: str,
    holding: Holding,
    division_g: int,
    max_g: int,
    at: datetime,
    by: Party,
) -> Instrument:
    """Register a scale by the device that reads it.

    Raises:
        RuleViolation: `instrument.bad_range`.
        Conflict: `instrument.device_in_use`.
    """
    if not 0 < division_g <= max_g:
        raise RuleViolation(
            "instrument.bad_range", "分度值和最大称量应为正数，且分度值小于最大称量"
        )
    taken = select(Instrument.id).where(Instrument.device_code == device_code)
    if session.scalar(taken) is not None:
        raise Conflict("instrument.device_in_use", f"设备 {device_code} 已登记为另一台秤")
    scale = Instrument(
        device_code=device_code,
        serial_no=serial_no,
        holding=holding,
        division_g=division_g,
        max_g=max_g,
    )
    events.hold(session, scale.ref)
    session.add(scale)
    session.flush()
    events.append(
        session,
        Kind.INSTRUMENT_REGISTERED,
        scale.ref,
        at=at,
        by=by.ref,
        serial_no=serial_no,
        division_g=division_g,
        max_g=max_g,
        device_code=device_code,
        holding=holding.ref,
    )
    return scale


def verify(
    session: Session,
    scale: Instrument,
    *,
    certificate_no: str,
    verified_on: date,
    valid_until: date,
    at: datetime,
    by: Party,
) -> None:
    """Record a verification certificate (检定证书).

    Raises:
        RuleViolation: `instrument.bad_period`.
    """
    events.hold(session, scale.ref)
    if not verified_on <= valid_until or verified_on > legal_day(at):
        raise RuleViolation("instrument.bad_period", "检定日期应不晚于今天，有效期应不早于检定日期")
    scale.certificate_no = certificate_no
    scale.verified_on, scale.valid_until = verified_on, valid_until
    events.append(
        session,
        Kind.INSTRUMENT_VERIFIED,
        scale.ref,
        at=at,
        by=by.ref,
        certificate_no=certificate_no,
        verified_on=verified_on.isoformat(),
        valid_until=valid_until.isoformat(),
    )


def get(session: Session, ref: str) -> Instrument:
    """The scale of that reference.

    Raises:
        NotFound: `instrument.not_found`.
    """
    found = session.scalars(select(Instrument).where(Instrument.ref == ref)).one_or_none()
    if found is None:
        raise NotFound("instrument.not_found", "没有找到这台计量器具")
    return found


def by_device(session: Session, device_code: str) -> Instrument:
    """The scale that a device reads.

    Raises:
        NotFound: `instrument.not_found`.
    """
    wanted = select(Instrument).where(Instrument.device_code == device_code)
    found = session.scalars(wanted).one_or_none()
    if found is None:
        raise NotFound("instrument.not_found", f"设备 {device_code} 没有登记为计量器具")
    return found


def fold(state: State | None, event: EventView) -> State | None:
    """A scale as its events tell it."""
    match event.kind:
        case Kind.INSTRUMENT_REGISTERED:
            public = ("serial_no", "division_g", "max_g")
            return {
                **{field: event[field] for field in public},
                "device_code": folding.private(event, "device_code"),
                "holding_id": folding.private(event, "holding"),
                "certificate_no": None,
                "verified_on": None,
                "valid_until": None,
            }
        case Kind.INSTRUMENT_VERIFIED:
            fields = ("certificate_no", "verified_on", "valid_until")
            return {**(state or {}), **{field: event[field] for field in fields}}
        case _:
            return state


folding.register(Instrument, fold)
