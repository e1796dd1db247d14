"""目录提醒 · notices of what the log says, read by its positions, never by the events' numbers."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.auth.privileges import OVERSEERS, VETS
from app.auth.roles import Role
from app.notices import deliveries, recipients
from app.notices.notices import NOTICE_KIND_LABELS, NoticeCursor, NoticeKind, Told
from app.restricting import places_reached
from market.sales import records as sales
from traceability import alerts, animals, holdings, restrictions
from traceability.alerts import ALERT_KIND_LABELS, AlertKind
from traceability.base.clock import legal_day
from traceability.base.errors import NotFound
from traceability.chain import events, log
from traceability.chain.events import EventView
from traceability.chain.kinds import Kind
from traceability.chain.tables import Leaf
from traceability.quarantine import certificates, declarations

CURSOR = "log"
BATCH = 500
TOO_OLD = timedelta(days=3)  # what was recorded longer ago is no news
LOOK_BACK = 1000  # leaves, where the log has never been read
Teller = Callable[[Session, EventView], tuple[str, str, set[int]]]
"""What an event tells: the words, where they lead, which accounts."""


def step(session: Session, *, at: datetime) -> int:
    """Read the next leaves and tell whom they concern; how many leaves. Safe to run twice."""
    cursor = _cursor(session)
    found = events.choose(session, lambda stored: _after(stored, cursor.position))
    for event in found:
        if event.recorded_at > at - TOO_OLD:
            _tell(session, event, at=at)
    if found:
        assert found[-1].position is not None
        cursor.position = found[-1].position + 1
        session.flush()
    return len(found)


def _after(stored: Select[Any, Any, Any, Any], position: int) -> Select[Any, Any, Any, Any]:
    return stored.where(Leaf.position >= position).order_by(Leaf.position).limit(BATCH)


def _cursor(session: Session) -> NoticeCursor:
    """Where to go on; held by one worker at a time."""
    mine = select(NoticeCursor).where(NoticeCursor.name == CURSOR).with_for_update()
    found = session.scalars(mine).one_or_none()
    if found is None:
        found = NoticeCursor(name=CURSOR, position=max(0, log.size(session) - LOOK_BACK))
        session.add(found)
        session.flush()
    return found


def _tell(session: Session, event: EventView, *, at: datetime) -> None:
    known = TELLERS.get(event.kind)
    if known is None or event.private is None:  # erased: nobody is left to be told
        return
    kind, teller = known
    try:
        words, href, accounts = teller(session, event)
    except NotFound:
        return
    said = f"{NOTICE_KIND_LABELS[kind]}：{words}"
    told = Told(kind, event.links[0].ref, legal_day(event.at), said, href)
    deliveries.tell(session, told, accounts, at=at)


def _filed(session: Session, event: EventView) -> tuple[str, str, set[int]]:
    found = declarations.get(session, event.links[0].ref)
    vets = recipients.looking_after(session, {Role.OFFICIAL_VET}, found.origin.region_code)
    words = f"{found.declarant.name}，{found.leaves_on:%m月%d日}启运"
    return words, f"/declarations/{found.ref}", vets


def _decided(session: Session, event: EventView) -> tuple[str, str, set[int]]:
    found = declarations.get(session, event.links[0].ref)
    refused = event.kind is Kind.DECLARATION_REFUSED
    words = str(event["reason"]) if refused else "把牛圈好，等官方兽医检查"
    accounts = recipients.of_parties(session, [found.declarant.ref])
    return words, f"/declarations/{found.ref}", accounts


def _certified(session: Session, event: EventView) -> tuple[str, str, set[int]]:
    paper = certificates.get(session, event.links[0].ref)
    words = f"{paper.number}，{paper.valid_until:%m月%d日}前有效，装车时登记启运"
    accounts = recipients.of_parties(session, [paper.owner.ref])
    return words, f"/certificates/{paper.ref}", accounts


def _raised(session: Session, event: EventView) -> tuple[str, str, set[int]]:
    place = holdings.get(session, event["holding"])
    tag = animals.get(session, event["animal"]).ear_tag
    words = f"{ALERT_KIND_LABELS[AlertKind(event['alert_kind'])]}，耳标 {tag}，{place.name}"
    accounts = recipients.looking_after(session, VETS, place.region_code)
    return words, f"/alerts/{event.links[0].ref}", accounts


def _closed(session: Session, event: EventView) -> tuple[str, str, set[int]]:
    found = alerts.get(session, event.links[0].ref)
    owners = [found.raised_by.ref, found.animal.owner.ref]
    words = f"耳标 {found.animal.ear_tag}，{found.outcome}"
    return words, f"/alerts/{found.ref}", recipients.of_parties(session, owners)


def _money(session: Session, event: EventView) -> tuple[str, str, set[int]]:
    sale = sales.get(session, event.links[0].ref)
    words = f"耳标 {sale.animal.ear_tag}"
    accounts = recipients.of_parties(session, [sale.seller.ref])
    return words, f"/sales/{sale.ref}/receipt", accounts


def _proposed(session: Session, event: EventView) -> tuple[str, str, set[int]]:
    proposer = recipients.of_parties(session, [event["by"]])
    accounts = recipients.of_roles(session, OVERSEERS) - proposer
    return "请核对依据后批准或退回", f"/amendments/{event.links[0].ref}", accounts


def _restricted(session: Session, event: EventView) -> tuple[str, str, set[int]]:
    order = restrictions.get(session, event.links[0].ref)
    ordered = event.kind is Kind.RESTRICTION_ORDERED
    todo = "出证、调运、成交停办，牛不要移动" if ordered else "可以照常办理"
    accounts = recipients.concerned(session, places_reached(session, order))
    return f"{order.name}，{order.order_no}；{todo}", "/animals/", accounts


TELLERS: Mapping[Kind, tuple[NoticeKind, Teller]] = {
    Kind.DECLARATION_FILED: (NoticeKind.DECLARATION_FILED, _filed),
    Kind.DECLARATION_ACCEPTED: (NoticeKind.DECLARATION_ACCEPTED, _decided),
    Kind.DECLARATION_REFUSED: (NoticeKind.DECLARATION_REFUSED, _decided),
    Kind.CERTIFICATE_ISSUED: (NoticeKind.CERTIFICATE_ISSUED, _certified),
    Kind.ALERT_RAISED: (NoticeKind.ALERT_RAISED, _raised),
    Kind.ALERT_CLOSED: (NoticeKind.ALERT_CLOSED, _closed),
    Kind.SALE_FUNDED: (NoticeKind.SALE_FUNDED, _money),
    Kind.SALE_SETTLED: (NoticeKind.SALE_SETTLED, _money),
    Kind.RESTRICTION_ORDERED: (NoticeKind.RESTRICTION_ORDERED, _restricted),
    Kind.RESTRICTION_LIFTED: (NoticeKind.RESTRICTION_LIFTED, _restricted),
    Kind.RULE_PROPOSED: (NoticeKind.AMENDMENT_PROPOSED, _proposed),
}
