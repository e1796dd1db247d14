"""计量器具 · a scale as a legal instrument: who made it, how fine it is, until when it is verified.

计量法 第九条: a scale used for trade settlement is verified; after the last day it weighs no trade.
Each day somebody puts a test weight on it and looks at its seal and its set-up counter (W8): an
error beyond what its verification permits stops trade until a check is good again, a changed seal
or counter until an inspector has seen the scale.
"""

from datetime import date, datetime
from enum import StrEnum

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


class TradeStop(StrEnum):
    """停用原因 · why a verified scale weighs no trade."""

    ERROR = "error"
    SEAL = "seal"
    COUNTER = "counter"


TRADE_STOP_LABELS: dict[TradeStop, str] = {
    TradeStop.ERROR: "核查超差",
    TradeStop.SEAL: "封印变了",
    TradeStop.COUNTER: "标定计数变了",
}
INSPECTED = (TradeStop.SEAL, TradeStop.COUNTER)  # only an inspector ends them


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
    seal_no: Mapped[str | None] = mapped_column(String(40))
    setup_count: Mapped[int | None]  # the indicator counts each calibration and set-up
    checked_on: Mapped[date | None]
    trade_stop: Mapped[TradeStop | None]

    holding: Mapped[Holding] = relationship()

    def verified_at(self, at: datetime) -> bool:
        """Whether the instant falls into its verification period."""
        if self.verified_on is None or self.valid_until is None:
            return False
        return self.verified_on <= legal_day(at) <= self.valid_until

    def for_trade(self, at: datetime) -> bool:
        """Whether it may weigh trade: verified, and nothing found amiss since."""
        return self.trade_stop is None and self.verified_at(at)


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


def seal(
    session: Session, scale: Instrument, *, seal_no: str, setup_count: int, at: datetime, by: Party
) -> None:
    """Record the seal and the set-up counter as its verification left them.

    Raises:
        RuleViolation: `instrument.not_verified`.
        Conflict: `instrument.already_sealed`.
    """
    _hold(session, scale)
    if not scale.verified_at(at):
        raise RuleViolation("instrument.not_verified", "请先登记在有效期内的检定证书")
    if scale.seal_no is not None:
        raise Conflict(
            "instrument.already_sealed", "封印已登记；换了封印或重新标定，由市场监管人员查看后更新"
        )
    scale.seal_no, scale.setup_count = seal_no, setup_count
    events.append(
        session,
        Kind.INSTRUMENT_SEALED,
        scale.ref,
        at=at,
        by=by.ref,
        seal_no=seal_no,
        setup_count=setup_count,
    )


def check(
    session: Session,
    scale: Instrument,
    *,
    test_weight_g: int,
    shown_g: int,
    permitted_g: int,
    seal_no: str,
    setup_count: int,
    at: datetime,
    by: Party,
) -> TradeStop | None:
    """Record the day's check; what it finds amiss stops trade from now on.

    `permitted_g` is the error that the scale's verification permits at this weight.

    Raises:
        RuleViolation: `instrument.not_sealed`.
    """
    _hold(session, scale)
    if scale.seal_no is None:
        raise RuleViolation("instrument.not_sealed", "请先登记检定后的封印编号和标定计数")
    stop = scale.trade_stop if scale.trade_stop in INSPECTED else None
    if seal_no != scale.seal_no:
        stop = TradeStop.SEAL
    elif setup_count != scale.setup_count:
        stop = stop or TradeStop.COUNTER
    elif abs(shown_g - test_weight_g) > permitted_g:
        stop = stop or TradeStop.ERROR
    scale.checked_on, scale.trade_stop = legal_day(at), stop
    events.append(
        session,
        Kind.INSTRUMENT_CHECKED,
        scale.ref,
        at=at,
        by=by.ref,
        checked_on=legal_day(at).isoformat(),
        test_weight_g=test_weight_g,
        shown_g=shown_g,
        permitted_g=permitted_g,
        seal_no=seal_no,
        setup_count=setup_count,
        trade_stop=stop.value if stop else "",
    )
    return stop


def release(
    session: Session,
    scale: Instrument,
    *,
    seal_no: str,
    setup_count: int,
    reason: str,
    at: datetime,
    by: Party,
) -> None:
    """An inspector has seen the scale: it weighs trade again, under this seal and counter.

    Raises:
        RuleViolation: `instrument.not_verified`, `instrument.released_without_reason`.
        Conflict: `instrument.not_stopped`.
    """
    _hold(session, scale)
    if scale.trade_stop is None:
        raise Conflict("instrument.not_stopped", "这台秤没有停用，不用恢复")
    if not reason.strip():
        raise RuleViolation("instrument.released_without_reason", "请写明查看的结果")
    if not scale.verified_at(at):
        raise RuleViolation("instrument.not_verified", "请先登记在有效期内的检定证书")
    scale.seal_no, scale.setup_count, scale.trade_stop = seal_no, setup_count, None
    events.append(
        session,
        Kind.INSTRUMENT_RELEASED,
        scale.ref,
        at=at,
        by=by.ref,
        seal_no=seal_no,
        setup_count=setup_count,
        reason=reason.strip(),
    )


def _hold(session: Session, scale: Instrument) -> None:
    events.hold(session, scale.ref)
    session.refresh(scale)


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
                "seal_no": None,
                "setup_count": None,
                "checked_on": None,
                "trade_stop": None,
            }
        case Kind.INSTRUMENT_VERIFIED:
            fields = ("certificate_no", "verified_on", "valid_until")
            return {**(state or {}), **{field: event[field] for field in fields}}
        case Kind.INSTRUMENT_SEALED:
            return {**(state or {}), **_sealed(event)}
        case Kind.INSTRUMENT_CHECKED:
            found = {"checked_on": event["checked_on"], "trade_stop": event["trade_stop"] or None}
            return {**(state or {}), **found}
        case Kind.INSTRUMENT_RELEASED:
            return {**(state or {}), **_sealed(event), "trade_stop": None}
        case _:
            return state


def _sealed(event: EventView) -> State:
    return {"seal_no": event["seal_no"], "setup_count": event["setup_count"]}


folding.register(Instrument, fold)
