"""器具 · the devices, scales and weights of the places that the signed-in person looks after.

Shared by pages and API; what stands elsewhere looks like what does not exist.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, select, true
from sqlalchemy.orm import Session, selectinload

from app import herd, whoami
from app.auth import scopes
from app.lists import Listed, paged
from app.places import OPEN_KINDS
from devices import devices, inbox, pairing
from devices.devices import Device, DeviceFacts, DeviceKind
from devices.inbox import Reading, SetAside
from devices.pairing import Pairing, PairingState
from traceability import holdings, instruments, weighings
from traceability.base.clock import legal_day, start_of
from traceability.base.errors import NotFound
from traceability.holdings import Holding
from traceability.instruments import TRADE_STOP_LABELS, Instrument
from traceability.weighings import Weighing

VERIFY_SOON = timedelta(days=30)
CASES_MAX = 100


def places(session: Session) -> Sequence[Holding]:
    """The places one looks after where devices may stand, by name."""
    mine = select(Holding).where(Holding.kind.in_(OPEN_KINDS), scopes.within(whoami.scope()))
    return session.scalars(mine.order_by(Holding.name).limit(200)).all()


def _place(session: Session, ref: str) -> Holding:
    return scopes.require(whoami.scope(), holdings.get(session, ref))


def _refs() -> Select[str]:
    return select(Holding.ref).where(scopes.within(whoami.scope()))


def devices_listed(session: Session, *, page: int) -> Listed[Device]:
    """The devices at one's places, by code."""
    wanted = select(Device).where(Device.holding.in_(_refs()))
    return paged(session, wanted.order_by(Device.state, Device.code), page=page)


def device(session: Session, ref: str) -> Device:
    """The device of that reference, if it stands at one of one's places.

    Raises:
        NotFound: `device.not_found`, as for one that does not exist.
    """
    found = devices.get(session, ref)
    if not scopes.covers(whoami.scope(), holdings.get(session, found.holding)):
        raise NotFound("device.not_found", "没有找到这台设备")
    return found


def register_device(session: Session, given: Mapping[str, Any]) -> Device:
    """Enter a device at one of one's places, as a form asked for it.

    Raises:
        NotFound: `holding.not_found`.
    """
    is_scale = given["kind"] is DeviceKind.SCALE
    facts = DeviceFacts(
        code=given["code"],
        kind=given["kind"],
        format=given["format"],
        division_g=given["division_g"] if is_scale else 0,
        max_g=given["max_kg"] * 1000 if is_scale else 0,
        stable_frames=given["stable_frames"],
    )
    return devices.register(
        session,
        facts,
        holding=_place(session, given["holding"]).ref,
        crate=given["crate"] or None,
        gate=given["gate"] or None,
        at=whoami.now(),
        by=whoami.actor().ref,
    )


def _heard() -> ColumnElement[bool]:
    """Messages of one's devices; who sees everything also sees those of unknown devices."""
    if whoami.scope().everywhere:
        return true()
    return SetAside.code.in_(select(Device.code).where(Device.holding.in_(_refs())))


def set_aside_listed(session: Session, *, code: str, page: int) -> Listed[SetAside]:
    """The messages set aside, newest first; those already replayed last."""
    wanted = select(SetAside).where(_heard())
    if code:
        wanted = wanted.where(SetAside.code == code)
    order = (SetAside.replayed_at.is_not(None), SetAside.id.desc())
    return paged(session, wanted.order_by(*order), page=page)


def set_aside(session: Session, message_id: int) -> SetAside:
    """The message of that number, if one may see it.

    Raises:
        NotFound: `inbox.not_found`, as for one that does not exist.
    """
    found = inbox.get_set_aside(session, message_id)
    if session.scalar(select(SetAside.id).where(SetAside.id == found.id, _heard())) is None:
        raise NotFound("inbox.not_found", "没有找到这条搁置消息")
    return found


def cases(session: Session) -> Sequence[Pairing]:
    """The weights at one's places that wait for a person, oldest first."""
    wanted = select(Pairing).where(
        Pairing.state == PairingState.AMBIGUOUS, Pairing.holding.in_(_refs())
    )
    loaded = (selectinload(Pairing.weight).selectinload(Reading.device), selectinload(Pairing.tag))
    ordered = wanted.order_by(Pairing.weighed_at, Pairing.id).limit(CASES_MAX)
    return session.scalars(ordered.options(*loaded)).all()


def case(session: Session, pairing_id: int) -> Pairing:
    """The weight of that number, if it was taken at one of one's places.

    Raises:
        NotFound: `pairing.not_found`, as for one that does not exist.
    """
    found = pairing.get(session, pairing_id)
    if not scopes.covers(whoami.scope(), holdings.get(session, found.holding)):
        raise NotFound("pairing.not_found", "没有找到这次称重，请刷新页面")
    return found


def instruments_listed(session: Session, *, page: int) -> Listed[Instrument]:
    """The scales at one's places, the next to be verified first."""
    here = select(Holding.id).where(scopes.within(whoami.scope()))
    wanted = select(Instrument).where(Instrument.holding_id.in_(here))
    order = (Instrument.valid_until.is_not(None), Instrument.valid_until, Instrument.id)
    return paged(session, wanted.order_by(*order), selectinload(Instrument.holding), page=page)


def instrument(session: Session, ref: str) -> Instrument:
    """The scale of that reference, if it stands at one of one's places.

    Raises:
        NotFound: `instrument.not_found`, as for one that does not exist.
    """
    found = instruments.get(session, ref)
    if not scopes.covers(whoami.scope(), found.holding):
        raise NotFound("instrument.not_found", "没有找到这台计量器具")
    return found


def register_instrument(session: Session, given: Mapping[str, Any]) -> Instrument:
    """Register the scale that one of one's devices reads.

    Raises:
        NotFound: `device.not_found`, `device.unknown`.
    """
    scale = device(session, devices.by_code(session, given["device_code"]).ref)
    return instruments.register(
        session,
        device_code=scale.code,
        serial_no=given["serial_no"],
        holding=holdings.get(session, scale.holding),
        division_g=scale.division_g,
        max_g=scale.max_g,
        at=whoami.now(),
        by=whoami.actor(),
    )


def unregistered_scales(session: Session) -> Sequence[Device]:
    """The scales in use at one's places that are not yet legal instruments."""
    known = select(Instrument.device_code)
    wanted = select(Device).where(
        Device.kind == DeviceKind.SCALE, Device.holding.in_(_refs()), Device.code.not_in(known)
    )
    return session.scalars(wanted.order_by(Device.code)).all()


def badge_of(scale: Instrument, at: datetime) -> tuple[str, str]:
    """The tone and the word of a scale's verification."""
    if scale.valid_until is None:
        return "stop", "未检定"
    if not scale.verified_at(at):
        return "stop", "检定过期"
    if scale.trade_stop is not None:
        return "stop", TRADE_STOP_LABELS[scale.trade_stop]
    if scale.seal_no is not None and scale.checked_on != legal_day(at):
        return "warn", "今天未核查"
    soon = scale.valid_until <= legal_day(at + VERIFY_SOON)
    return ("warn", "快到期") if soon else ("ok", "检定有效")


def weighings_listed(session: Session, *, words: str, today: bool, page: int) -> Listed[Weighing]:
    """The weights taken at one's places, newest first; of a tag, or of today."""
    here = select(Instrument.id).join(Holding).where(scopes.within(whoami.scope()))
    wanted = select(Weighing).where(Weighing.instrument_id.in_(here))
    if words:
        animal = herd.by_text(session, words)
        wanted = wanted.where(Weighing.animal_id == animal.id)
    if today:
        wanted = wanted.where(Weighing.weighed_at >= start_of(legal_day(whoami.now())))
    loaded = (selectinload(Weighing.animal), selectinload(Weighing.instrument))
    order = (Weighing.weighed_at.desc(), Weighing.id.desc())
    return paged(session, wanted.order_by(*order), *loaded, page=page)


def weighing(session: Session, ref: str) -> Weighing:
    """The weight of that reference, if its scale stands at one of one's places.

    Raises:
        NotFound: `weighing.not_found`, as for one that does not exist.
    """
    found = weighings.get(session, ref)
    if not scopes.covers(whoami.scope(), found.instrument.holding):
        raise NotFound("weighing.not_found", "没有找到这条过磅记录")
    return found
