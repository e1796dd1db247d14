"""赶场办理 · bookings and arrivals that the signed-in person may see, and the steps on them.

Shared by pages and API; what lies outside the scope looks like what does not exist.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import herd, whoami
from app.auth import scopes
from app.desk import crates
from app.lists import Listed, paged
from market.entries import acts, records
from market.entries.records import Count, Entry
from traceability import holdings
from traceability.base.errors import NotFound, RuleViolation
from traceability.holdings import Holding, HoldingKind
from traceability.parties import Party


def markets(session: Session) -> Sequence[Holding]:
    """The markets whose day one may see, by name."""
    wanted = select(Holding).where(
        Holding.kind == HoldingKind.MARKET, scopes.within(whoami.scope())
    )
    return session.scalars(wanted.order_by(Holding.name, Holding.id)).all()


def market(session: Session, ref: str) -> Holding:
    """A market whose day one may see.

    Raises:
        NotFound: `holding.not_found`, as for one that does not exist.
    """
    found = scopes.require(whoami.scope(), holdings.get(session, ref))
    if found.kind is not HoldingKind.MARKET:
        raise NotFound("holding.not_found", "没有找到这个市场")
    return found


def of_day(session: Session, place: Holding, on: date, *, page: int) -> Listed[Entry]:
    """A market's entries of one day: those still to come first, by the hour."""
    day = select(Entry).where(Entry.market_id == place.id, Entry.comes_on == on)
    ordered = day.order_by(Entry.gate_no.is_not(None), Entry.gate_no, Entry.expected_at, Entry.id)
    return paged(session, ordered, *records.WHOLE, page=page)


def own(session: Session, *, page: int) -> Listed[Entry]:
    """One's own bookings and arrivals, newest first."""
    sellers = select(Party.id).where(Party.ref.in_(whoami.scope().keepers))
    mine = select(Entry).where(Entry.seller_id.in_(sellers))
    newest = mine.order_by(Entry.comes_on.desc(), Entry.id.desc())
    return paged(session, newest, *records.WHOLE, page=page)


def get(session: Session, ref: str) -> Entry:
    """The entry, if one is its seller or looks after its market.

    Raises:
        NotFound: `entry.not_found`, as for one that does not exist.
    """
    found, scope = records.get(session, ref), whoami.scope()
    if found.seller.ref not in scope.keepers and not scopes.covers(scope, found.market):
        raise NotFound("entry.not_found", "没有找到这次入场")
    return found


def book(session: Session, given: Mapping[str, Any]) -> Entry:
    """Book a market day from one's own place.

    Raises:
        NotFound: `holding.not_found`.
    """
    told = dict(given)
    there = holdings.get(session, told.pop("market"))
    origin = holdings.get(session, told.pop("origin"))
    return acts.book(session, there, origin, **told, **herd.actors())


def cancel(session: Session, found: Entry, given: Mapping[str, Any]) -> None:
    """Give up one's own booking, or one of one's own market.

    Raises:
        RuleViolation: `entry.not_yours` for who merely looks after the region.
    """
    scope = whoami.scope()
    if found.seller.ref not in scope.keepers and found.market.ref not in scope.markets:
        raise RuleViolation("entry.not_yours", "只有卖主和市场能取消；请打电话给卖主或市场")
    acts.cancel(session, found, **given, **herd.actors())


def admit(session: Session, found: Entry, given: Mapping[str, Any]) -> None:
    """Let a booked vehicle in at one's own market.

    Raises:
        NotFound: `entry.not_found` for another market's.
    """
    if found.market.ref not in whoami.scope().markets:
        raise NotFound("entry.not_found", "没有找到这次入场")
    acts.admit(session, found, Count(**given), **whoami.acted())


def walk_in(session: Session, given: Mapping[str, Any]) -> Entry:
    """Let in a vehicle that nobody booked; one animal's tag says whose they are.

    Raises:
        RuleViolation: the number's own refusal.
        NotFound: `desk.no_market`, `animal.not_found`.
    """
    told = dict(given)
    seller = herd.at_hand(session, told.pop("tag")).owner
    cattle_class = told.pop("cattle_class")
    return acts.walk_in(
        session,
        crates.market(session),
        seller,
        Count(**told),
        cattle_class=cattle_class,
        **whoami.acted(),
    )
