"""装车 · a consignment is opened for one certificate and one vehicle, disinfected, loaded, sent."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from traceability import counts, movements
from traceability.animals import Animal
from traceability.base import clock
from traceability.base.clock import legal_day
from traceability.base.errors import Conflict, RuleViolation
from traceability.chain import events
from traceability.chain.kinds import Kind
from traceability.consignments import records
from traceability.consignments.records import (
    STEPS_MAX,
    Consignment,
    ConsignmentState,
    Disinfecting,
    append,
    held_in,
    said,
)
from traceability.counts import Comparison, Count
from traceability.identifiers.ear_tags import parse_ear_tag
from traceability.identifiers.plates import parse_plate
from traceability.movements import Movement
from traceability.parties import Party
from traceability.quarantine import certificates
from traceability.quarantine.certificates import Certificate, CertificateState

TAGS_MAX = 500
WHEN_TO_DISINFECT = {
    Disinfecting.BEFORE_LOADING: ConsignmentState.LOADING,
    Disinfecting.AFTER_UNLOADING: ConsignmentState.ARRIVED,
}
assert WHEN_TO_DISINFECT.keys() == set(Disinfecting)


def open_one(
    session: Session,
    paper: Certificate,
    *,
    plate: str | None,
    at: datetime,
    by: Party,
    on_behalf_of: Party | None = None,
) -> Consignment:
    """Open a consignment: one certificate, one vehicle (农业农村部公告第531号).

    Raises:
        RuleViolation: `consignment.no_plate`, `consignment.other_vehicle`, `plate.form`,
            `consignment.certificate_expired`, `consignment.certificate_revoked`.
        Conflict: `consignment.certificate_used`, `consignment.vehicle_busy`.
    """
    events.hold(session, paper.ref)
    session.refresh(paper)
    chosen = plate or paper.plate
    if not chosen:
        raise RuleViolation("consignment.no_plate", "请填写车牌号")
    chosen = parse_plate(chosen)
    _require_usable(session, paper, chosen, at=at)
    busy = select(Consignment).where(
        Consignment.plate == chosen,
        Consignment.state.in_([ConsignmentState.LOADING, ConsignmentState.ON_ROAD]),
    )
    if (other := session.scalars(busy).one_or_none()) is not None:
        number = other.certificate.number
        raise Conflict(
            "consignment.vehicle_busy",
            f"车辆 {chosen} 正凭检疫证明 {number} 运输，一车一证：先办完或取消那一批",
        )
    made = Consignment(
        certificate=paper,
        plate=chosen,
        state=ConsignmentState.LOADING,
        opened_at=clock.to_ms(at),
        **{name: value for name, value in records.START.items() if value is not None},
    )
    made.loaded, made.unloaded = [], []
    made.disinfections, made.stamps, made.losses = [], [], []
    events.hold(session, made.ref)
    session.add(made)
    session.flush()
    told: dict[str, Any] = {"certificate": paper.ref, "plate": chosen, "at": at, "by": by}
    append(session, Kind.CONSIGNMENT_OPENED, made, on_behalf_of=on_behalf_of, **told)
    return made


def _require_usable(session: Session, paper: Certificate, plate: str, *, at: datetime) -> None:
    """Refuse a certificate that is revoked, over, made out for another vehicle, or used."""
    if paper.state is not CertificateState.ISSUED:
        raise RuleViolation(
            "consignment.certificate_revoked", f"检疫证明 {paper.number} 已作废，不能凭它运输"
        )
    if paper.valid_until < legal_day(at):
        raise RuleViolation(
            "consignment.certificate_expired",
            f"检疫证明 {paper.number} 有效期至 {paper.valid_until}，已过期：请重新申报检疫",
        )
    if paper.plate is not None and paper.plate != plate:
        raise RuleViolation(
            "consignment.other_vehicle", f"这份检疫证明用于车辆 {paper.plate}，不是 {plate}"
        )
    used = select(Movement.id).where(Movement.certificate_id == paper.id).limit(1)
    if records.of_certificate(session, paper) or session.scalar(used) is not None:
        raise Conflict(
            "consignment.certificate_used", f"检疫证明 {paper.number} 已经用过，一份证明只运一趟"
        )


def disinfect(
    session: Session,
    found: Consignment,
    when: Disinfecting,
    *,
    agent: str,
    place: str,
    done_by: str,
    at: datetime,
    by: Party,
    on_behalf_of: Party | None = None,
) -> None:
    """Record that the vehicle was disinfected: who, with what, where (动物防疫法 第五十二条).

    Raises:
        RuleViolation: `consignment.unsaid`, `consignment.too_many`.
        Conflict: `consignment.out_of_step`.
    """
    held_in(session, found, WHEN_TO_DISINFECT[when], at=at)
    told: dict[str, Any] = {
        "disinfecting": when.value,
        "agent": said(agent, what="消毒药"),
        "place": said(place, what="消毒地点"),
        "done_by": said(done_by, what="消毒人"),
    }
    add_step(found, "disinfections", told, at=at, by=by)
    act: dict[str, Any] = {"at": at, "by": by, "on_behalf_of": on_behalf_of}
    append(session, Kind.CONSIGNMENT_DISINFECTED, found, **act, **told)


def add_step(
    found: Consignment, column: str, told: dict[str, Any], *, at: datetime, by: Party
) -> None:
    """One more step in the row, as its event tells it.

    Raises:
        RuleViolation: `consignment.too_many`.
    """
    known = getattr(found, column)
    if len(known) >= STEPS_MAX:
        raise RuleViolation("consignment.too_many", f"一趟最多登记 {STEPS_MAX} 条")
    stamped = {"at": clock.stamp(clock.to_ms(at)), "by": by.ref}
    setattr(found, column, [*known, {**stamped, **told}])


def scanned(tags: Collection[str]) -> list[str]:
    """The ear tags of a scan, each once, in order.

    Raises:
        RuleViolation: `consignment.nothing_scanned`, `consignment.too_many`, the tag's own.
    """
    found = sorted({str(parse_ear_tag(each)) for each in map(str, tags) if each.strip()})
    if not found:
        raise RuleViolation("consignment.nothing_scanned", "还没有扫到耳标")
    if len(found) > TAGS_MAX:
        raise RuleViolation("consignment.too_many", f"一车最多 {TAGS_MAX} 头")
    return found


def load(
    session: Session,
    found: Consignment,
    tags: Collection[str],
    *,
    at: datetime,
    by: Party,
    on_behalf_of: Party | None = None,
) -> Comparison:
    """Record who stands on the vehicle; a new scan takes the place of the one before.

    Raises:
        RuleViolation: `consignment.nothing_scanned`, `consignment.too_many`.
        Conflict: `consignment.out_of_step`.
    """
    held_in(session, found, ConsignmentState.LOADING, at=at)
    found.loaded, found.loaded_at = scanned(tags), clock.to_ms(at)
    act: dict[str, Any] = {"at": at, "by": by, "on_behalf_of": on_behalf_of}
    append(session, Kind.CONSIGNMENT_LOADED, found, **act, ear_tags=found.loaded)
    return of_loading(session, found)


def of_loading(
    session: Session, found: Consignment, sold: Collection[str] | None = None
) -> Comparison:
    """The tags on the vehicle beside those on the certificate and, if told, those in the sale."""
    listed = [each.ear_tag for each in certificates.animals_of(session, found.certificate)]
    sets: dict[Count, Collection[str]] = {Count.CERTIFICATE: listed}
    if sold is not None:
        sets[Count.SOLD] = sold
    if found.loaded_at is not None:
        sets[Count.LOADED] = found.loaded
    return counts.compare(sets)


def depart(
    session: Session,
    found: Consignment,
    *,
    at: datetime,
    by: Party,
    on_behalf_of: Party | None = None,
) -> Sequence[Movement]:
    """Send the vehicle: each animal on it leaves under the certificate, or none does.

    Raises:
        RuleViolation: `consignment.not_loaded`, `consignment.beyond_certificate`; every failed
            outcome of `movement.depart`.
        Conflict: `consignment.out_of_step`, `consignment.other_certificate`.
    """
    held_in(session, found, ConsignmentState.LOADING, at=at)
    if found.loaded_at is None:
        raise RuleViolation("consignment.not_loaded", "先扫一遍车上的耳标，再登记启运")
    listed = certificates.animals_of(session, found.certificate)
    aboard = [each for each in listed if each.ear_tag in set(found.loaded)]
    if beyond := sorted({*found.loaded} - {each.ear_tag for each in aboard}):
        raise RuleViolation(
            "consignment.beyond_certificate",
            f"车上有 {len(beyond)} 头不在检疫证明上：{'、'.join(beyond[:10])}，请卸下再启运",
        )
    events.hold(session, *(each.ref for each in aboard))
    gone = [
        _send(session, found, animal, at=at, by=by, on_behalf_of=on_behalf_of) for animal in aboard
    ]
    found.state, found.departed_at = ConsignmentState.ON_ROAD, clock.to_ms(at)
    append(
        session,
        Kind.CONSIGNMENT_DEPARTED,
        found,
        at=at,
        by=by,
        on_behalf_of=on_behalf_of,
        animals=[each.ref for each in aboard],
    )
    return gone


def _send(session: Session, found: Consignment, animal: Animal, **act: Any) -> Movement:
    paper = found.certificate
    if certificates.newest_of(session, animal) is not paper:
        raise Conflict(
            "consignment.other_certificate",
            f"{animal.ear_tag} 另有更新的检疫证明，不能凭 {paper.number} 启运",
        )
    return movements.depart(session, animal, to=paper.destination, plate=found.plate, **act)


def cancel(
    session: Session,
    found: Consignment,
    *,
    reason: str,
    at: datetime,
    by: Party,
    on_behalf_of: Party | None = None,
) -> None:
    """Give a consignment up before it has left; certificate and vehicle are free again.

    Raises:
        RuleViolation: `consignment.unsaid`.
        Conflict: `consignment.out_of_step`.
    """
    held_in(session, found, ConsignmentState.LOADING, at=at)
    found.cancel_reason = said(reason, what="取消的原因")
    found.state = ConsignmentState.CANCELLED
    act: dict[str, Any] = {"at": at, "by": by, "on_behalf_of": on_behalf_of}
    append(session, Kind.CONSIGNMENT_CANCELLED, found, **act, reason=found.cancel_reason)
