"""运输批次办理 · the consignments that the signed-in person may see, and the steps they record."""

from collections.abc import Collection, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, select, true
from sqlalchemy.orm import Session, selectinload

from app import herd, papers, whoami
from app.auth import scopes
from app.lists import Listed, paged
from app.whoami import Scope
from market.sales.records import Sale, SaleState
from traceability.animals import Animal
from traceability.base.errors import NotFound, RuleViolation
from traceability.carriers import Filing
from traceability.consignments import landing, loading, records, road
from traceability.consignments.landing import Gaps
from traceability.consignments.records import Consignment, ConsignmentState, LossKind, ReportEnd
from traceability.counts import Comparison
from traceability.evidence import Evidence
from traceability.holdings import Holding, HoldingKind
from traceability.parties import Party
from traceability.quarantine import certificates
from traceability.quarantine.certificates import Certificate


class Leg(StrEnum):
    """运输阶段 · which consignments a list shows."""

    LOADING = "loading"
    ROAD = "road"
    REPORT = "report"
    OVERDUE = "overdue"


LEG_LABELS = {
    Leg.LOADING: "装车",
    Leg.ROAD: "在途",
    Leg.REPORT: "待落地报告",
    Leg.OVERDUE: "报告超期",
}
assert LEG_LABELS.keys() == set(Leg)


def on_leg(leg: Leg, at: datetime) -> ColumnElement[bool]:
    """The condition on `Consignment`."""
    conditions: Mapping[Leg, ColumnElement[bool]] = {
        Leg.LOADING: Consignment.state == ConsignmentState.LOADING,
        Leg.ROAD: Consignment.state == ConsignmentState.ON_ROAD,
        Leg.REPORT: landing.unreported(),
        Leg.OVERDUE: landing.unreported() & (Consignment.report_due_at < at),
    }
    return conditions[leg]


def listed(session: Session, *, leg: Leg | None, words: str, page: int) -> Listed[Consignment]:
    """The consignments within scope, newest first; of a leg, of a plate or a certificate."""
    wanted = select(Consignment).join(Certificate, Certificate.id == Consignment.certificate_id)
    wanted = wanted.where(visible(whoami.scope()))
    if leg is not None:
        wanted = wanted.where(on_leg(leg, whoami.now()))
    if words:
        plate = Consignment.plate.contains(words.upper(), autoescape=True)
        wanted = wanted.where(plate | Certificate.number.contains(words, autoescape=True))
    paper = selectinload(Consignment.certificate)
    return paged(
        session,
        wanted.order_by(Consignment.id.desc()),
        paper.selectinload(Certificate.origin),
        paper.selectinload(Certificate.destination),
        page=page,
    )


def visible(scope: Scope) -> ColumnElement[bool]:
    """The condition on `Consignment` and its `Certificate`: one's own, here, or one's vehicles."""
    if scope.everywhere:
        return true()
    keepers = select(Party.id).where(Party.ref.in_(scope.keepers))
    here = select(Holding.id).where(scopes.within(scope))
    mine: ColumnElement[bool] = (
        Certificate.owner_id.in_(keepers)
        | Certificate.origin_id.in_(here)
        | Certificate.destination_id.in_(here)
        | Consignment.plate.in_(select(Filing.plate).where(Filing.carrier_id.in_(keepers)))
    )
    return mine


def get(session: Session, ref: str) -> Consignment:
    """The consignment, if one may see it.

    Raises:
        NotFound: `consignment.not_found`, as for one that does not exist.
    """
    found = records.get(session, ref)
    seen = (
        select(Consignment.id)
        .join(Certificate, Certificate.id == Consignment.certificate_id)
        .where(Consignment.id == found.id, visible(whoami.scope()))
    )
    if session.scalar(seen) is None:
        raise NotFound("consignment.not_found", "没有找到这个运输批次")
    return found


def open_one(session: Session, paper_ref: str, given: Mapping[str, Any]) -> Consignment:
    """Open a consignment for a certificate that one may see.

    Raises:
        NotFound: `certificate.not_found`; or the operation's own refusals.
    """
    return loading.open_one(session, papers.certificate(session, paper_ref), **herd.told(given))


def compared(session: Session, found: Consignment) -> Comparison:
    """Vehicle, certificate and, where it leaves a market, sale: the same animals?"""
    return loading.of_loading(session, found, _sold(session, found))


def _sold(session: Session, found: Consignment) -> Collection[str] | None:
    paper = found.certificate
    if paper.origin.kind is not HoldingKind.MARKET:
        return None
    listed_here = [each.ear_tag for each in certificates.animals_of(session, paper)]
    wanted = (
        select(Animal.ear_tag)
        .join(Sale, Sale.animal_id == Animal.id)
        .where(
            Sale.market_id == paper.origin_id,
            Sale.state != SaleState.CANCELLED,
            Animal.ear_tag.in_([*listed_here, *found.loaded]),
        )
    )
    return set(session.scalars(wanted))


def lose(
    session: Session, found: Consignment, given: Mapping[str, Any], evidence: Evidence
) -> None:
    """What befell an animal on the way, with its evidence."""
    told = {**given, "evidence": evidence, "ear_tag": str(given["ear_tag"])}
    kind: LossKind = told.pop("kind")
    road.report_loss(session, found, kind, **herd.told(told))


def unload(session: Session, found: Consignment, given: Mapping[str, Any]) -> Gaps:
    """Who got off, told at the place where the journey ends."""
    at_destination(found)
    return landing.unload(session, found, **herd.told(given))


def report(session: Session, found: Consignment, end: ReportEnd) -> None:
    """The report of the arrival; to its own county the receiver tells it."""
    if end is ReportEnd.DESTINATION:
        at_destination(found)
    landing.report(session, found, end, **herd.actors())


def at_destination(found: Consignment) -> None:
    """Refuse who does not look after the place where the journey ends.

    Raises:
        RuleViolation: `movement.not_your_place`.
    """
    if not scopes.covers(whoami.scope(), found.certificate.destination):
        raise RuleViolation("movement.not_your_place", "到达由到达地的人登记；您管不到那个场所")


def whole(session: Session, found: Consignment) -> dict[str, Any]:
    """A consignment with its differences, its gaps and its clock, for a program."""
    told = {name: getattr(found, name) for name in Consignment.__table__.c.keys()}  # noqa: SIM118 - a collection of columns
    return {
        **told,
        "certificate": found.certificate,
        "differences": compared(session, found).odd if found.loaded_at else (),
        "gaps": landing.gaps(found) if found.arrived_at else landing.Gaps((), {}, ()),
        "hours_unfed": road.hours_unfed(found, at=whoami.now()),
    }


def names_in(session: Session, found: Consignment) -> dict[str, str]:
    """Who recorded its steps, by reference."""
    steps = (*found.disinfections, *found.stamps, *found.losses)
    wanted = select(Party.ref, Party.name).where(Party.ref.in_({each["by"] for each in steps}))
    return dict(session.execute(wanted).all())


def ends_here(found: Consignment) -> bool:
    """Whether the journey ends at a place one looks after."""
    return scopes.covers(whoami.scope(), found.certificate.destination)
