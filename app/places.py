"""主体与场所 · the parties and places that the signed-in person may see, register and name."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from app import whoami
from app.auth import scopes
from app.lists import Listed, paged
from traceability import holdings, parties
from traceability.base.errors import NotFound, RuleViolation
from traceability.holdings import COUNTY_DIGITS, Holding, HoldingKind
from traceability.parties import Party
from traceability.regions import region

OPEN_KINDS = frozenset(HoldingKind) - {HoldingKind.HOUSEHOLD, HoldingKind.FARM}
"""Places open to the trade: anybody may send animals there, so anybody signed in may look."""
SEARCH = "party.search"


def holding(session: Session, ref: str) -> Holding:
    """The place of that reference, if it is open to the trade or within scope.

    Raises:
        NotFound: `holding.not_found`, as for one that does not exist.
    """
    found = holdings.get(session, ref)
    return found if found.kind in OPEN_KINDS else scopes.require(whoami.scope(), found)


def holding_looked_after(session: Session, ref: str) -> Holding:
    """The place of that reference in one's own area; seeing one open to the trade is not enough.

    Raises:
        NotFound: `holding.not_found`, as for one that does not exist.
    """
    found = holdings.get(session, ref)
    if not found.region_code.startswith(_areas(session)):
        raise NotFound("holding.not_found", "没有找到这个场所")
    return found


def locate(session: Session, found: Holding, *, latitude: int, longitude: int) -> None:
    """Record where a place lies, as a request told it.

    Raises:
        RuleViolation: `holding.bad_position`.
    """
    position = {"latitude_udeg": latitude, "longitude_udeg": longitude}
    holdings.locate(session, found, **position, at=whoami.now(), by=whoami.actor())


def holdings_listed(
    session: Session, *, kind: HoldingKind | None, words: str = "", page: int
) -> Listed[Holding]:
    """The places open to the trade and those within scope, by name; found by name or farm code."""
    wanted = select(Holding).where(
        Holding.kind.in_(OPEN_KINDS) | scopes.within(whoami.scope()),
    )
    if kind is not None:
        wanted = wanted.where(Holding.kind == kind)
    if words:
        named = Holding.name.contains(words, autoescape=True)
        wanted = wanted.where(named | Holding.farm_code.startswith(words, autoescape=True))
    wanted = wanted.order_by(Holding.name, Holding.id)
    return paged(session, wanted, selectinload(Holding.keeper), page=page)


def register_holding(session: Session, given: Mapping[str, Any]) -> Holding:
    """Register a place in one's own area, as a request asked for it.

    Raises:
        NotFound: `party.not_found`, `region.unknown`.
        RuleViolation: `holding.beyond_area`.
    """
    told = dict(given)
    keeper = party(session, told.pop("keeper"))
    place = region(session, told.pop("region_code"))
    if not place.code.startswith(_areas(session)):
        raise RuleViolation("holding.beyond_area", "只能登记自己管辖范围内的场所")
    told["farm_code"] = told["farm_code"] or None
    return holdings.register(
        session, keeper=keeper, region_code=place.code, **told, at=whoami.now(), by=whoami.actor()
    )


def _areas(session: Session) -> tuple[str, ...]:
    """The codes of the areas one looks after; who runs a market, its county."""
    scope = whoami.scope()
    if scope.everywhere:
        return ("",)
    markets = select(Holding.region_code).where(Holding.ref.in_(scope.markets))
    counties = {code[:COUNTY_DIGITS] for code in session.scalars(markets)}
    return (*scope.regions, *sorted(counties))


def party(session: Session, ref: str) -> Party:
    """The party of that reference: oneself, one's grantor, or any for those who may search.

    Raises:
        NotFound: `party.not_found`, as for one that does not exist.
    """
    if ref in whoami.scope().keepers or whoami.account().may(SEARCH):
        return parties.get(session, ref)
    raise NotFound("party.not_found", "没有找到这个主体")


def parties_listed(session: Session, *, words: str, page: int) -> Listed[Party]:
    """The parties whose name or telephone holds the words, by name; without words, all."""
    wanted = select(Party)
    if words:
        named = Party.name.contains(words, autoescape=True)
        wanted = wanted.where(named | Party.phone.contains(words, autoescape=True))
    return paged(session, wanted.order_by(Party.name, Party.id), page=page)


def register_party(session: Session, given: Mapping[str, Any]) -> Party:
    """Register a person or an organisation, as a request asked for it."""
    told: dict[str, Any] = {name: value or None for name, value in given.items()}
    return parties.register(session, **told, at=whoami.now(), by=whoami.actor())
