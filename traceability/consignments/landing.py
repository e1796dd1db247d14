"""落地 · who got off, who is missing without a word, and the report that is due at both ends."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from traceability import movements, rules
from traceability.animals import Animal
from traceability.base import clock
from traceability.base.clock import end_of, legal_day
from traceability.base.errors import Conflict, RuleViolation
from traceability.chain.kinds import Kind
from traceability.checks import Facts
from traceability.consignments.loading import scanned
from traceability.consignments.records import (
    Consignment,
    ConsignmentState,
    LossKind,
    ReportEnd,
    append,
    held_in,
)
from traceability.identifiers.certificates import CertificateForm
from traceability.parties import Party

STAGE, RULE = "arrival.report", "arrival.reported"


@dataclass(frozen=True, slots=True)
class Gaps:
    """对不上的牛 · by ear tag."""

    missing: tuple[str, ...]  # loaded, not unloaded, and nobody has said why
    lost: Mapping[str, LossKind]  # loaded, not unloaded, and told of
    extra: tuple[str, ...]  # unloaded, never loaded


def unload(
    session: Session,
    found: Consignment,
    tags: Collection[str],
    *,
    at: datetime,
    by: Party,
    on_behalf_of: Party | None = None,
) -> Gaps:
    """Record who got off; each animal of the vehicle arrives, or none. Once more adds latecomers.

    Raises:
        RuleViolation: `consignment.nothing_scanned`, `consignment.before_last_step`; every failed
            outcome of `movement.arrive`, a certificate that ended on the road among them.
        Conflict: `consignment.out_of_step`.
    """
    held_in(session, found, ConsignmentState.ON_ROAD, ConsignmentState.ARRIVED, at=at)
    got_off = scanned([*tags, *found.unloaded])
    mine = {*got_off} & {*found.loaded}
    for animal in session.scalars(select(Animal).where(Animal.ear_tag.in_(mine))).all():
        journey = movements.on_the_road(session, animal)
        if journey is not None and journey.certificate_id == found.certificate_id:
            movements.arrive(session, animal, at=at, by=by, on_behalf_of=on_behalf_of)
    found.unloaded, found.state = got_off, ConsignmentState.ARRIVED
    told: dict[str, Any] = {"ear_tags": got_off}
    if found.arrived_at is None:
        found.arrived_at = clock.to_ms(at)
        due, both = due_of(session, found, at=at)
        found.report_due_at, found.origin_report_due = due, both
        told["report_due_at"] = None if due is None else clock.stamp(due)
        told["origin_report_due"] = both
    act: dict[str, Any] = {"at": at, "by": by, "on_behalf_of": on_behalf_of}
    append(session, Kind.CONSIGNMENT_ARRIVED, found, **act, **told)
    return gaps(found)


def gaps(found: Consignment) -> Gaps:
    """Who was loaded and did not get off, and who got off and was never loaded."""
    loaded, unloaded = {*found.loaded}, {*found.unloaded}
    absent = loaded - unloaded
    lost = {
        tag: kind
        for tag, kind in found.lost.items()
        if tag in absent and kind is not LossKind.INJURY
    }
    return Gaps(tuple(sorted(absent - lost.keys())), lost, tuple(sorted(unloaded - loaded)))


def due_of(session: Session, found: Consignment, *, at: datetime) -> tuple[datetime | None, bool]:
    """Until when the arrival is to be reported by the rule of its day, and to both ends?"""
    book = rules.in_force(session, STAGE, legal_day(at))
    params = next((rule.params for rule in book if rule.code == RULE), None)
    if params is None or (params["across_provinces_only"] and not _crosses(found)):
        return None, False
    return due_at(params, clock.to_ms(at)), "days" in params


def due_at(params: Mapping[str, Any], arrived_at: datetime) -> datetime:
    """The last instant of a report: hours from the arrival, or the end of a later legal day.

    >>> arrived = clock.unstamp("2026-11-21T22:12:03.000Z")
    >>> clock.stamp(due_at({"hours": 24}, arrived)), clock.stamp(due_at({"days": 3}, arrived))
    ('2026-11-22T22:12:03.000Z', '2026-11-25T16:00:00.000Z')
    """
    if "hours" in params:
        return arrived_at + timedelta(hours=params["hours"])
    return end_of(legal_day(arrived_at) + timedelta(days=params["days"]))


def _crosses(found: Consignment) -> bool:
    return found.certificate.form is CertificateForm.ANIMAL_A


def report(
    session: Session,
    found: Consignment,
    end: ReportEnd,
    *,
    at: datetime,
    by: Party,
    on_behalf_of: Party | None = None,
) -> list[rules.Outcome]:
    """Report the arrival (落地报告) to the county of one end; what came late is noted.

    Raises:
        RuleViolation: `consignment.report_not_asked`.
        Conflict: `consignment.out_of_step`, `consignment.reported`.
    """
    held_in(session, found, ConsignmentState.ARRIVED, at=at)
    if end is ReportEnd.ORIGIN and not found.origin_report_due:
        raise RuleViolation("consignment.report_not_asked", "按到达当天的规定，不用向启运地报告")
    column = f"{end.value}_reported_at"
    if getattr(found, column) is not None:
        raise Conflict("consignment.reported", "这一端的落地报告已经登记")
    facts = Facts(arrived_at=found.arrived_at, reported_at=at, crosses_province=_crosses(found))
    judged = rules.examine(session, STAGE, facts, at=found.arrived_at or at)
    setattr(found, column, clock.to_ms(at))
    warnings = rules.warned(judged)
    act: dict[str, Any] = {"at": at, "by": by, "on_behalf_of": on_behalf_of}
    told: dict[str, Any] = {"report_end": end.value, "warnings": rules.noted(warnings)}
    append(session, Kind.CONSIGNMENT_REPORTED, found, **act, **told)
    return warnings


def unreported(end: ReportEnd | None = None) -> ColumnElement[bool]:
    """The condition on `Consignment`: a report of its arrival is still due, at one end or any."""
    at_origin = and_(
        Consignment.origin_report_due.is_(True), Consignment.origin_reported_at.is_(None)
    )
    at_destination = Consignment.destination_reported_at.is_(None)
    wanted = {
        ReportEnd.ORIGIN: at_origin,
        ReportEnd.DESTINATION: at_destination,
        None: or_(at_origin, at_destination),
    }
    return and_(Consignment.report_due_at.is_not(None), wanted[end])
