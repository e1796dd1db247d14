"""隔离处理办理 · the cases that the signed-in person may see, and the steps a vet records."""

from sqlalchemy import ColumnElement, select, true
from sqlalchemy.orm import Session, selectinload

from app import herd, whoami
from app.auth import scopes
from app.lists import Listed, paged
from app.whoami import Scope
from traceability.animals import Animal
from traceability.base.errors import NotFound
from traceability.holdings import Holding
from traceability.parties import Party
from traceability.quarantine import isolations
from traceability.quarantine.isolations import Isolation, IsolationState


def listed(session: Session, *, under_way: bool, page: int) -> Listed[Isolation]:
    """The cases within scope, the newest first; those under way, or all."""
    wanted = select(Isolation).where(visible(whoami.scope()))
    if under_way:
        wanted = wanted.where(Isolation.state != IsolationState.CLOSED)
    return paged(
        session,
        wanted.order_by(Isolation.id.desc()),
        selectinload(Isolation.animal).selectinload(Animal.owner),
        selectinload(Isolation.holding),
        page=page,
    )


def visible(scope: Scope) -> ColumnElement[bool]:
    """The condition on `Isolation`: one's own animals, and cases at one's places."""
    if scope.everywhere:
        return true()
    keepers = select(Party.id).where(Party.ref.in_(scope.keepers))
    own = select(Animal.id).where(Animal.owner_id.in_(keepers))
    here = select(Holding.id).where(scopes.within(scope))
    return Isolation.animal_id.in_(own) | Isolation.holding_id.in_(here)


def get(session: Session, ref: str) -> Isolation:
    """The case, if it is of one's own animal or at one's place.

    Raises:
        NotFound: `isolation.not_found`, as for one that does not exist.
    """
    found, scope = isolations.get(session, ref), whoami.scope()
    if found.animal.owner.ref in scope.keepers or scopes.covers(scope, found.holding):
        return found
    raise NotFound("isolation.not_found", "没有找到这项隔离处理")


def open_case(session: Session, animal_ref: str, *, reason: str) -> Isolation:
    """Hold an animal that one may see.

    Raises:
        NotFound: `animal.not_found`; or the operation's own refusals.
    """
    return isolations.open_case(
        session, herd.get(session, animal_ref), reason=reason, **whoami.acted()
    )
