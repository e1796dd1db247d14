"""在途 · the journeys that the signed-in person may see: on the road, arrived today, all."""

from enum import StrEnum

from sqlalchemy import ColumnElement, or_, select, true
from sqlalchemy.orm import Session, selectinload

from app import whoami
from app.auth import scopes
from app.lists import Listed, paged
from app.whoami import Scope
from traceability import movements
from traceability.animals import Animal
from traceability.base.clock import legal_day, start_of
from traceability.holdings import Holding
from traceability.movements import Movement
from traceability.parties import Party


class Stretch(StrEnum):
    """调运阶段 · which part of the journeys a list shows."""

    ROAD = "road"
    TODAY = "today"


STRETCH_LABELS = {Stretch.ROAD: "在途", Stretch.TODAY: "今日到达"}
assert STRETCH_LABELS.keys() == set(Stretch)


def listed(session: Session, *, stretch: Stretch | None, words: str, page: int) -> Listed[Movement]:
    """The journeys within scope, of one stretch or all, the newest departure first."""
    wanted = select(Movement).where(visible(whoami.scope()))
    digits = "".join(filter(str.isdigit, words))
    if digits:
        tagged = select(Animal.id).where(Animal.ear_tag.contains(digits))
        wanted = wanted.where(Movement.animal_id.in_(tagged))
    if stretch is Stretch.ROAD:
        wanted = wanted.where(movements.under_way())
    if stretch is Stretch.TODAY:
        wanted = wanted.where(Movement.arrived_at >= start_of(legal_day(whoami.now())))
    return paged(
        session,
        wanted.order_by(Movement.departed_at.desc(), Movement.id.desc()),
        selectinload(Movement.animal).selectinload(Animal.owner),
        selectinload(Movement.origin),
        selectinload(Movement.destination),
        selectinload(Movement.certificate),
        page=page,
    )


def visible(scope: Scope) -> ColumnElement[bool]:
    """The condition on `Movement`: one's own animals, and those from or to one's places."""
    if scope.everywhere:
        return true()
    keepers = select(Party.id).where(Party.ref.in_(scope.keepers))
    own = select(Animal.id).where(Animal.owner_id.in_(keepers))
    here = select(Holding.id).where(scopes.within(scope))
    return or_(
        Movement.animal_id.in_(own),
        Movement.origin_id.in_(here),
        Movement.destination_id.in_(here),
    )
