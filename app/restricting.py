"""管控办理 · drafting an order from a form, and what it would touch at this instant.

What is touched is counted by a query each time; nothing is written to it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session, selectinload

from app import whoami
from app.auth import scopes
from market.sales.records import Sale, SaleState
from traceability import movements, restrictions
from traceability.animals import Animal, AnimalState
from traceability.base.clock import legal_day
from traceability.base.errors import RuleViolation
from traceability.holdings import UDEG, Holding
from traceability.movements import Movement
from traceability.quarantine.certificates import Certificate, CertificateState
from traceability.quarantine.declarations import Declaration, DeclarationState
from traceability.restrictions import Reach, Restriction

NAMED_MAX = 50
PRESENT = (AnimalState.ALIVE, AnimalState.HELD, AnimalState.CONDEMNED)
OPEN_SALES = (SaleState.AGREED, SaleState.WEIGHED, SaleState.FUNDED)
OPEN_DECLARATIONS = (DeclarationState.FILED, DeclarationState.ACCEPTED)
UDEG_PER_M = UDEG / 111_000  # of latitude; a little less than 111.2 km a degree, so never too small


@dataclass(frozen=True, slots=True)
class Touched:
    """波及 · how much an order reaches now, and the first of what waits there."""

    holdings: int
    animals: int
    declarations: int
    certificates: int
    journeys: int
    sales: int
    papers: Sequence[Certificate]
    on_the_road: Sequence[Movement]
    open_sales: Sequence[Sale]
    unplaced: Sequence[Holding]  # places of the county whose position nobody has recorded
    unplaced_total: int


def drafted(session: Session, **told: Any) -> Restriction:
    """An order as a request tells it, within one's own area.

    Raises:
        RuleViolation: `restriction.beyond_area`, or the order's own refusals.
    """
    found = restrictions.draft(session, **told, at=whoami.now(), by=whoami.actor())
    _require_own_area(session, found)
    return found


def lift(session: Session, found: Restriction, *, reason: str) -> None:
    """End an order of one's own area; seeing one is not enough.

    Raises:
        RuleViolation: `restriction.beyond_area`, or the order's own refusals.
    """
    _require_own_area(session, found)
    restrictions.lift(session, found, reason=reason, at=whoami.now(), by=whoami.actor())


def _require_own_area(session: Session, found: Restriction) -> None:
    scope = whoami.scope()
    if found.reach is Reach.REGIONS:
        within = scope.everywhere or all(code.startswith(scope.regions) for code in found.places)
    else:
        named = session.scalars(select(Holding).where(Holding.ref.in_(found.places)))
        within = all(scopes.covers(scope, place) for place in named)
    if not within:
        raise RuleViolation("restriction.beyond_area", "只能在自己管辖的范围内划定和解除管控")


def places_named(session: Session, text: str) -> list[str]:
    """The places of one's own area that somebody wrote down, one a line.

    Raises:
        RuleViolation: `restriction.unknown_place`, `restriction.many_places`.
    """
    return restrictions.places_named(session, text, within=scopes.within(whoami.scope()))


def names_of(session: Session, refs: Sequence[str]) -> Sequence[str]:
    """The names of places, in alphabetical order."""
    return session.scalars(
        select(Holding.name).where(Holding.ref.in_(refs)).order_by(Holding.name)
    ).all()


def touched(session: Session, order: Restriction) -> Touched:
    """What an order reaches at this instant, whether it is given yet or only drafted."""
    today = legal_day(whoami.now())
    places = places_reached(session, order)
    here = select(Animal.id).where(Animal.holding_id.in_(places))
    papers = select(Certificate).where(
        Certificate.origin_id.in_(places) | Certificate.destination_id.in_(places),
        Certificate.state == CertificateState.ISSUED,
        Certificate.valid_until >= today,
    )
    roads = select(Movement).where(
        movements.under_way(),
        Movement.origin_id.in_(places) | Movement.destination_id.in_(places),
    )
    sales = select(Sale).where(
        Sale.state.in_(OPEN_SALES), Sale.market_id.in_(places) | Sale.animal_id.in_(here)
    )
    declared = select(Declaration.id).where(
        Declaration.state.in_(OPEN_DECLARATIONS),
        Declaration.origin_id.in_(places) | Declaration.destination_id.in_(places),
    )
    unplaced, unplaced_total = _unplaced(session, order)
    return Touched(
        holdings=_count(session, places),
        animals=_count(session, here.where(Animal.state.in_(PRESENT))),
        declarations=_count(session, declared),
        certificates=_count(session, papers),
        journeys=_count(session, roads),
        sales=_count(session, sales),
        papers=session.scalars(papers.order_by(Certificate.id).limit(NAMED_MAX)).all(),
        on_the_road=session.scalars(
            roads.order_by(Movement.id).limit(NAMED_MAX).options(selectinload(Movement.animal))
        ).all(),
        open_sales=session.scalars(
            sales.order_by(Sale.id).limit(NAMED_MAX).options(selectinload(Sale.animal))
        ).all(),
        unplaced=unplaced,
        unplaced_total=unplaced_total,
    )


def _count(session: Session, wanted: Select[Any]) -> int:
    return session.scalar(select(func.count()).select_from(wanted.subquery())) or 0


def places_reached(session: Session, order: Restriction) -> Select[Any]:
    """The ids of the places an order reaches, as a query."""
    if order.reach is Reach.REGIONS:
        below = [Holding.region_code.startswith(code, autoescape=True) for code in order.places]
        return select(Holding.id).where(or_(*below))
    if order.reach is Reach.HOLDINGS:
        return select(Holding.id).where(Holding.ref.in_(order.places))
    near = session.scalars(select(Holding).where(_band(order)))
    return select(Holding.id).where(Holding.id.in_([row.id for row in near if order.reaches(row)]))


def _band(order: Restriction) -> ColumnElement[bool]:
    """The band of latitude that holds the whole circle."""
    north, _ = order.centre
    margin = round((order.radius_m or 0) * UDEG_PER_M) + 1
    return Holding.latitude_udeg.between(north - margin, north + margin)


def _unplaced(session: Session, order: Restriction) -> tuple[Sequence[Holding], int]:
    """A circle says nothing of places without a position; they are named, not guessed."""
    if order.reach is not Reach.RADIUS:
        return (), 0
    counties = select(func.substr(Holding.region_code, 1, 6)).where(Holding.ref.in_(order.places))
    wanted = select(Holding).where(
        Holding.latitude_udeg.is_(None), func.substr(Holding.region_code, 1, 6).in_(counties)
    )
    rows = session.scalars(wanted.order_by(Holding.region_code, Holding.name).limit(NAMED_MAX))
    return rows.all(), _count(session, wanted)
