"""过磅 · one weight of one animal: when, on which scale, on what evidence.

The record is annulled and the animal weighed again, never edited (W6). The event carries the
SHA-256 of the raw frames the weight rests on; the frames themselves are readings of a device.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, LargeBinary, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from traceability.animals import Animal, require_alive
from traceability.base import clock
from traceability.base.db import Base, Subject
from traceability.base.errors import Conflict, NotFound, RuleViolation
from traceability.chain import events, folding
from traceability.chain.events import EventView
from traceability.chain.folding import State
from traceability.chain.kinds import Kind
from traceability.instruments import Instrument
from traceability.parties import Party

WEIGHT_G_MAX = 2_000_000  # no cow weighs two tonnes
READING_CHARS_MAX = 80


class Basis(StrEnum):
    """重量种类 · live or dead, fasted or not: weights of different kinds are never compared."""

    LIVE_GROSS = "live_gross"
    LIVE_FASTED = "live_fasted"
    HOT_CARCASS = "hot_carcass"
    COLD_CARCASS = "cold_carcass"


BASIS_LABELS = {
    Basis.LIVE_GROSS: "活重",
    Basis.LIVE_FASTED: "空腹活重",
    Basis.HOT_CARCASS: "热胴体重",
    Basis.COLD_CARCASS: "冷胴体重",
}


class Weighing(Subject, Base):
    """过磅记录 · one weight."""

    __tablename__ = "weighing"
    __ref_prefix__ = "weighing"

    id: Mapped[int] = mapped_column(primary_key=True)
    animal_id: Mapped[int] = mapped_column(ForeignKey("animal.id"), index=True)
    instrument_id: Mapped[int] = mapped_column(ForeignKey("instrument.id"), index=True)
    weight_g: Mapped[int]
    basis: Mapped[Basis]
    weighed_at: Mapped[datetime]
    for_trade: Mapped[bool]
    reading_key: Mapped[str] = mapped_column(String(READING_CHARS_MAX), unique=True)
    frames_sha256: Mapped[bytes] = mapped_column(LargeBinary(32))
    annulled_at: Mapped[datetime | None]

    animal: Mapped[Animal] = relationship()
    instrument: Mapped[Instrument] = relationship()


def record(
    session: Session,
    animal: Animal,
    *,
    weight_g: int,
    instrument: Instrument,
    reading_key: str,
    frames_sha256: bytes,
    at: datetime,
    by: Party,
    basis: Basis = Basis.LIVE_GROSS,
) -> Weighing:
    """Record the weight a scale gave for an animal; `reading_key` is device:boot:seq.

    Outside the scale's verification period, or while something is amiss with it, the weight is
    kept, but not for trade (非贸易结算).

    Raises:
        RuleViolation: `animal.not_alive`, `weighing.out_of_range`, `weighing.off_division`.
        Conflict: `weighing.reading_used`.
    """
    weighing = Weighing(
        animal=animal,
        instrument=instrument,
        weight_g=weight_g,
        basis=basis,
        weighed_at=clock.to_ms(at),
        for_trade=instrument.for_trade(at),
        reading_key=reading_key,
        frames_sha256=frames_sha256,
    )
    events.hold(session, animal.ref, weighing.ref)
    require_alive(animal)
    _check_weight(weight_g, instrument)
    used = select(Weighing.id).where(Weighing.reading_key == reading_key)
    if session.scalar(used) is not None:
        raise Conflict("weighing.reading_used", "这次称重已经登记过")
    session.add(weighing)
    session.flush()
    place = instrument.holding
    events.append(
        session,
        Kind.WEIGHING_RECORDED,
        weighing.ref,
        animal.ref,
        at=at,
        by=by.ref,
        basis=basis.value,
        evidence_level="device",
        place_kind=place.kind.value,
        township=place.township,
        weight_g=weight_g,
        instrument=instrument.ref,
        for_trade=weighing.for_trade,
        reading_key=reading_key,
        frames_sha256=frames_sha256.hex(),
    )
    return weighing


def _check_weight(weight_g: int, instrument: Instrument) -> None:
    if not 0 < weight_g <= min(instrument.max_g, WEIGHT_G_MAX):
        raise RuleViolation("weighing.out_of_range", "重量超出这台秤的称量范围，请重新过磅")
    if weight_g % instrument.division_g:
        raise RuleViolation(
            "weighing.off_division", "重量不是这台秤分度值的整数倍，请检查秤的设置后重新过磅"
        )


def annul(
    session: Session,
    weighing: Weighing,
    *,
    reason: str,
    second: Party,
    at: datetime,
    by: Party,
) -> None:
    """Annul a weight, by two people, so that the animal is weighed again (W6).

    Raises:
        RuleViolation: `weighing.annulled`, `weighing.needs_second_person`,
            `weighing.annul_without_reason`.
    """
    events.hold(session, weighing.ref, weighing.animal.ref)
    if weighing.annulled_at is not None:
        raise RuleViolation("weighing.annulled", "这条过磅记录已经作废")
    if second is by:
        raise RuleViolation("weighing.needs_second_person", "作废过磅记录需要第二个人确认")
    if not reason.strip():
        raise RuleViolation("weighing.annul_without_reason", "请写明作废的原因")
    weighing.annulled_at = clock.to_ms(at)
    events.append(
        session,
        Kind.WEIGHING_ANNULLED,
        weighing.ref,
        weighing.animal.ref,
        at=at,
        by=by.ref,
        reason=reason.strip(),
        second=second.ref,
    )


def get(session: Session, ref: str) -> Weighing:
    """The weighing of that reference.

    Raises:
        NotFound: `weighing.not_found`.
    """
    found = session.scalars(select(Weighing).where(Weighing.ref == ref)).one_or_none()
    if found is None:
        raise NotFound("weighing.not_found", "没有找到这条过磅记录")
    return found


def by_reading(session: Session, reading_key: str) -> Weighing | None:
    """The weighing that rests on a reading (device:boot:seq)."""
    wanted = select(Weighing).where(Weighing.reading_key == reading_key)
    return session.scalars(wanted).one_or_none()


def of_animal(session: Session, animal: Animal) -> Sequence[Weighing]:
    """The weights of an animal that still stand, newest first."""
    mine = select(Weighing).where(Weighing.animal_id == animal.id, Weighing.annulled_at.is_(None))
    return session.scalars(mine.order_by(Weighing.weighed_at.desc())).all()


def fold(state: State | None, event: EventView) -> State | None:
    """A weighing as its events tell it."""
    match event.kind:
        case Kind.WEIGHING_RECORDED:
            fields = ("weight_g", "for_trade", "reading_key", "frames_sha256")
            return {
                "animal_id": event.links[1].ref,
                "instrument_id": folding.private(event, "instrument"),
                "basis": event["basis"],
                "weighed_at": clock.stamp(event.at),
                "annulled_at": None,
                **{field: folding.private(event, field) for field in fields},
            }
        case Kind.WEIGHING_ANNULLED:
            return {**(state or {}), "annulled_at": clock.stamp(event.at)}
        case _:
            return state


folding.register(Weighing, fold)
