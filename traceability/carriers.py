"""备案 · who may carry livestock and in which vehicles: filed with the county, for a time.

动物防疫法（2021）第五十二条; 农业农村部公告第531号. A filing is never edited: a new one follows
the old, and one that should not stand is revoked with its ground. An act is judged by the filings
of its own instant. The platform keeps what was filed elsewhere; it is no filing itself.
"""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from traceability.base import clock
from traceability.base.clock import legal_day
from traceability.base.db import Base, Subject
from traceability.base.errors import Conflict, NotFound, RuleViolation
from traceability.chain import events, folding
from traceability.chain.events import EventView
from traceability.chain.folding import State
from traceability.chain.kinds import Kind
from traceability.checks import FilingFacts
from traceability.evidence import Evidence
from traceability.identifiers.plates import parse_plate
from traceability.parties import Party

NUMBER_CHARS_MAX = 40
GROUND_CHARS_MAX = 200


class FilingKind(StrEnum):
    """备案类别."""

    VEHICLE = "vehicle"
    CARRIER = "carrier"


FILING_KIND_LABELS = {FilingKind.VEHICLE: "车辆备案", FilingKind.CARRIER: "承运人备案"}
assert FILING_KIND_LABELS.keys() == set(FilingKind)


class Filing(Subject, Base):
    """备案 · one filing of a carrier, or of a carrier's vehicle."""

    __tablename__ = "filing"
    __ref_prefix__ = "filing"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[FilingKind]
    number: Mapped[str] = mapped_column(String(NUMBER_CHARS_MAX))
    carrier_id: Mapped[int] = mapped_column(ForeignKey("party.id"), index=True)
    plate: Mapped[str | None] = mapped_column(String(12))
    filed_from: Mapped[date]
    filed_until: Mapped[date | None] = mapped_column(index=True)
    evidence_id: Mapped[int | None] = mapped_column(ForeignKey("evidence.id"))
    revoked_at: Mapped[datetime | None]
    revoke_ground: Mapped[str | None] = mapped_column(String(GROUND_CHARS_MAX))

    carrier: Mapped[Party] = relationship()
    evidence: Mapped[Evidence | None] = relationship()

    __table_args__ = (
        UniqueConstraint("kind", "number"),
        CheckConstraint("(plate IS NULL) = (kind = 'carrier')", name="plate_of_vehicle"),
        Index("ix_filing_plate_filed_from", "plate", "filed_from"),
    )

    @property
    def facts(self) -> FilingFacts:
        """What the rules need to know of it."""
        return FilingFacts(self.number, self.filed_from, self.filed_until, self.revoked_at)


def file(
    session: Session,
    kind: FilingKind,
    *,
    carrier: Party,
    number: str,
    filed_from: date,
    filed_until: date | None,
    at: datetime,
    by: Party,
    plate: str | None = None,
    evidence: Evidence | None = None,
) -> Filing:
    """Record a filing of a carrier, or of the carrier's vehicle.

    Raises:
        RuleViolation: `filing.no_number`, `filing.bad_period`, `filing.no_plate`, `plate.form`.
        Conflict: `filing.number_used`, `filing.vehicle_of_another`.
    """
    row = Filing(
        kind=kind,
        number=_numbered(number),
        carrier=carrier,
        plate=_plated(kind, plate),
        filed_from=filed_from,
        filed_until=filed_until,
        evidence=evidence,
    )
    if filed_from > legal_day(at) or (filed_until is not None and filed_until < filed_from):
        raise RuleViolation("filing.bad_period", "备案日期应不晚于今天，有效期应不早于备案日期")
    with session.no_autoflush:
        events.hold(session, carrier.ref, row.ref)
        _require_free(session, row, at=at)
    session.add(row)
    session.flush()
    events.append(
        session,
        Kind.FILING_RECORDED,
        row.ref,
        at=at,
        by=by.ref,
        filing_kind=kind.value,
        number=row.number,
        carrier=carrier.ref,
        plate=row.plate,
        filed_from=filed_from.isoformat(),
        filed_until=folding.plain(filed_until),
        evidence=None if evidence is None else evidence.ref,
    )
    return row


def _numbered(number: str) -> str:
    if not 0 < len(number.strip()) <= NUMBER_CHARS_MAX:
        raise RuleViolation("filing.no_number", "请照备案表填写备案号，不超过 40 个字")
    return number.strip()


def _plated(kind: FilingKind, plate: str | None) -> str | None:
    if kind is FilingKind.CARRIER:
        return None
    if not plate:
        raise RuleViolation("filing.no_plate", "车辆备案要填车牌号")
    return parse_plate(plate)


def _require_free(session: Session, row: Filing, *, at: datetime) -> None:
    """Refuse a number twice, and a vehicle that is filed with somebody else at present."""
    same = select(Filing.id).where(Filing.kind == row.kind, Filing.number == row.number)
    if session.scalar(same) is not None:
        raise Conflict("filing.number_used", f"备案号 {row.number} 已经登记过，请核对")
    if row.plate is None:
        return
    standing = _of_plate(session, row.plate, at=at)
    if standing and standing.facts.stands_at(at) and standing.carrier_id != row.carrier.id:
        raise Conflict(
            "filing.vehicle_of_another",
            f"{row.plate} 现由 {standing.carrier.name} 备案（{standing.number}），先注销再登记",
        )


def revoke(session: Session, filing: Filing, *, ground: str, at: datetime, by: Party) -> None:
    """Revoke a filing; what was done under it stays as it was judged.

    Raises:
        RuleViolation: `filing.revoke_without_ground`.
        Conflict: `filing.revoked`.
    """
    events.hold(session, filing.ref)
    session.refresh(filing)
    if filing.revoked_at is not None:
        raise Conflict("filing.revoked", "这份备案已经注销")
    if not 0 < len(ground.strip()) <= GROUND_CHARS_MAX:
        raise RuleViolation("filing.revoke_without_ground", "请写明注销的原因，不超过 200 字")
    filing.revoked_at, filing.revoke_ground = clock.to_ms(at), ground.strip()
    events.append(
        session, Kind.FILING_REVOKED, filing.ref, at=at, by=by.ref, reason=filing.revoke_ground
    )


def facts_of_filings(session: Session, plate: str, *, at: datetime) -> dict[str, Any]:
    """What the rules need to know of a vehicle's filing and of its carrier's, at an instant."""
    vehicle = _of_plate(session, plate, at=at)
    carrier = None if vehicle is None else _of_carrier(session, vehicle.carrier_id, at=at)
    return {
        "vehicle_filing": None if vehicle is None else vehicle.facts,
        "carrier_filing": None if carrier is None else carrier.facts,
    }


def _of_plate(session: Session, plate: str, *, at: datetime) -> Filing | None:
    mine = select(Filing).where(Filing.kind == FilingKind.VEHICLE, Filing.plate == plate)
    return _best(session.scalars(mine.order_by(Filing.filed_from, Filing.id)).all(), at=at)


def _of_carrier(session: Session, carrier_id: int, *, at: datetime) -> Filing | None:
    mine = select(Filing).where(Filing.kind == FilingKind.CARRIER, Filing.carrier_id == carrier_id)
    return _best(session.scalars(mine.order_by(Filing.filed_from, Filing.id)).all(), at=at)


def _best(found: Sequence[Filing], *, at: datetime) -> Filing | None:
    """The newest that stands at an instant; else the newest at all, which says why none does."""
    standing = [row for row in found if row.facts.stands_at(at)]
    chosen = standing or found
    return chosen[-1] if chosen else None


def get(session: Session, ref: str) -> Filing:
    """The filing of that reference.

    Raises:
        NotFound: `filing.not_found`.
    """
    found = session.scalars(select(Filing).where(Filing.ref == ref)).one_or_none()
    if found is None:
        raise NotFound("filing.not_found", "没有找到这份备案")
    return found


TOLD = ("number", "plate", "filed_from", "filed_until")


def fold(state: State | None, event: EventView) -> State | None:
    """A filing as its events tell it."""
    match event.kind:
        case Kind.FILING_RECORDED:
            return {
                "kind": folding.private(event, "filing_kind"),
                "carrier_id": folding.private(event, "carrier"),
                "evidence_id": folding.private(event, "evidence"),
                **{name: folding.private(event, name) for name in TOLD},
                "revoked_at": None,
                "revoke_ground": None,
            }
        case Kind.FILING_REVOKED:
            ground = folding.private(event, "reason")
            revoked = {"revoked_at": clock.stamp(event.at), "revoke_ground": ground}
            return {**(state or {}), **revoked}
        case _:
            return state


folding.register(Filing, fold)
