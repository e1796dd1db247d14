"""报告办理 · the keepers' reports that the signed-in person may see, raise and close."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, select, true
from sqlalchemy.orm import Session, selectinload

from app import herd, whoami
from app.auth import scopes
from app.lists import Listed, paged
from app.whoami import Scope
from traceability import alerts
from traceability.alerts import Alert, AlertKind, AlertState
from traceability.animals import Animal
from traceability.base.errors import NotFound
from traceability.evidence import Evidence
from traceability.holdings import Holding
from traceability.parties import Party


def listed(session: Session, *, state: AlertState | None, page: int) -> Listed[Alert]:
    """The reports within scope, sick animals first, the oldest of them first."""
    wanted = select(Alert).where(visible(whoami.scope()))
    if state is not None:
        wanted = wanted.where(Alert.state == state)
    return paged(
        session,
        wanted.order_by(Alert.state.desc(), Alert.kind, Alert.id),
        selectinload(Alert.animal).selectinload(Animal.owner),
        selectinload(Alert.holding),
        page=page,
    )


def visible(scope: Scope) -> ColumnElement[bool]:
    """The condition on `Alert`: of one's own animals, and at the places one looks after."""
    if scope.everywhere:
        return true()
    keepers = select(Party.id).where(Party.ref.in_(scope.keepers))
    own = select(Animal.id).where(Animal.owner_id.in_(keepers))
    here = select(Holding.id).where(scopes.within(scope))
    return Alert.animal_id.in_(own) | Alert.holding_id.in_(here)


def get(session: Session, ref: str) -> Alert:
    """The report, if it is of one's own animal or at one's place.

    Raises:
        NotFound: `alert.not_found`, as for one that does not exist.
    """
    found, scope = alerts.get(session, ref), whoami.scope()
    if found.animal.owner.ref in scope.keepers or scopes.covers(scope, found.holding):
        return found
    raise NotFound("alert.not_found", "没有找到这条报告")


def tell(
    session: Session,
    animal: Animal,
    given: Mapping[str, Any],
    *,
    photograph: Evidence | None = None,
) -> Alert:
    """Report something of an animal, as a form or a request says it."""
    return alerts.raise_alert(
        session,
        animal,
        given["kind"],
        words=given["words"],
        photograph=photograph,
        **herd.actors(),
    )


def retagged(session: Session, animal: Animal) -> None:
    """A new tag ends the report of a lost one."""
    outcome = f"已补戴耳标 {animal.ear_tag}"
    alerts.close_open(session, animal, AlertKind.TAG_LOST, outcome=outcome, **whoami.acted())


def died(session: Session, animal: Animal) -> None:
    """A death ends what was reported of the animal."""
    for kind in AlertKind:
        alerts.close_open(session, animal, kind, outcome="这头牛已登记死亡", **whoami.acted())
