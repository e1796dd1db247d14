"""屠宰办理 · the slaughter declarations the signed-in person may see, and the steps on them.

Shared by pages and API; what lies outside the scope looks like what does not exist.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, selectinload

from app import herd, whoami
from app.auth import scopes
from app.lists import Listed, paged
from traceability import holdings
from traceability.base.errors import NotFound
from traceability.holdings import Holding, HoldingKind
from traceability.slaughter import ante_mortem, carcasses, declarations
from traceability.slaughter.ante_mortem import ANTE_MORTEM_CHECKS, AnteMortem
from traceability.slaughter.carcasses import POST_MORTEM_CHECKS, Carcass, CarcassState
from traceability.slaughter.declarations import SlaughterDeclaration, SlaughterState


def abattoirs(session: Session) -> list[Holding]:
    """The abattoirs one keeps."""
    return [each for each in herd.places(session) if each.kind is HoldingKind.ABATTOIR]


def listed(
    session: Session, *, state: SlaughterState | None, page: int
) -> Listed[SlaughterDeclaration]:
    """The declarations of abattoirs within scope, newest first."""
    here = select(Holding.id).where(scopes.within(whoami.scope()))
    wanted = select(SlaughterDeclaration).where(SlaughterDeclaration.abattoir_id.in_(here))
    if state is not None:
        wanted = wanted.where(SlaughterDeclaration.state == state)
    newest = wanted.order_by(SlaughterDeclaration.id.desc())
    return paged(session, newest, selectinload(SlaughterDeclaration.abattoir), page=page)


def get(session: Session, ref: str) -> SlaughterDeclaration:
    """The declaration, if its abattoir lies within scope.

    Raises:
        NotFound: `slaughter.not_found`, as for one that does not exist.
    """
    found = declarations.get(session, ref)
    if not scopes.covers(whoami.scope(), found.abattoir):
        raise NotFound("slaughter.not_found", "没有找到这份屠宰申报")
    return found


def file(session: Session, given: Mapping[str, Any]) -> SlaughterDeclaration:
    """Declare animals in one's own abattoir for slaughter.

    Raises:
        NotFound: `holding.not_found`, `animal.not_found`.
    """
    told = dict(given)
    abattoir = holdings.get(session, told.pop("abattoir"))
    if abattoir.keeper_id != herd.owner().id:
        raise NotFound("holding.not_found", "没有找到这个场所")
    chosen = [herd.get(session, ref) for ref in dict.fromkeys(told.pop("animals"))]
    return declarations.file(session, abattoir, chosen, **herd.told(told))


def inspect(session: Session, found: SlaughterDeclaration, given: Mapping[str, Any]) -> AnteMortem:
    """Record what the vet found on one animal; a check not named was not passed."""
    passed = set(given["passed"])
    return ante_mortem.record(
        session,
        found,
        herd.get(session, given["animal"]),
        checks={name: name in passed for name in {*ANTE_MORTEM_CHECKS, *passed}},
        remarks=given["remarks"],
        at=given["at"] or whoami.now(),
        by=whoami.actor(),
    )


def inspected(session: Session, found: SlaughterDeclaration) -> Sequence[AnteMortem]:
    """The newest inspection of each animal that was inspected."""
    return [*ante_mortem.newest(session, found).values()]


class CarcassNeed(StrEnum):
    """What a carcass waits for."""

    WEIGH = "weigh"
    INSPECT = "inspect"
    DISPOSE = "dispose"


CARCASS_NEED_LABELS = {
    CarcassNeed.WEIGH: "还没登记重量",
    CarcassNeed.INSPECT: "等同步检疫",
    CarcassNeed.DISPOSE: "要无害化处理",
}


def needing(need: CarcassNeed) -> ColumnElement[bool]:
    """The condition on `Carcass` of those that wait for it."""
    waits = Carcass.state == CarcassState.WAITING
    return {
        CarcassNeed.WEIGH: waits & Carcass.hot_weight_g.is_(None),
        CarcassNeed.INSPECT: waits & Carcass.hot_weight_g.is_not(None),
        CarcassNeed.DISPOSE: Carcass.state == CarcassState.CONDEMNED,
    }[need]


def hung(session: Session, *, need: CarcassNeed | None, page: int) -> Listed[Carcass]:
    """The carcasses of abattoirs within scope, newest first."""
    here = select(Holding.id).where(scopes.within(whoami.scope()))
    wanted = select(Carcass).where(Carcass.abattoir_id.in_(here))
    if need is not None:
        wanted = wanted.where(needing(need))
    newest = wanted.order_by(Carcass.id.desc())
    loaded = selectinload(Carcass.abattoir), selectinload(Carcass.animal)
    return paged(session, newest, *loaded, page=page)


def kill(session: Session, found: SlaughterDeclaration, given: Mapping[str, Any]) -> Carcass:
    """Record that an animal of one's own abattoir was slaughtered.

    Raises:
        NotFound: `slaughter.not_found`, `animal.not_found`.
    """
    _require_own(found.abattoir, NotFound("slaughter.not_found", "没有找到这份屠宰申报"))
    animal = herd.get(session, given["animal"])
    at = given["at"] or whoami.now()
    return carcasses.slaughter(session, found, animal, at=at, by=whoami.actor())


def carcass(session: Session, ref: str) -> Carcass:
    """The carcass, if its abattoir lies within scope.

    Raises:
        NotFound: `carcass.not_found`, as for one that does not exist.
    """
    found = carcasses.get(session, ref)
    if not scopes.covers(whoami.scope(), found.abattoir):
        raise _NO_CARCASS
    return found


def own_carcass(session: Session, ref: str) -> Carcass:
    """The carcass, if it hangs in one's own abattoir.

    Raises:
        NotFound: `carcass.not_found`, as for one that does not exist.
    """
    found = carcass(session, ref)
    _require_own(found.abattoir, _NO_CARCASS)
    return found


def open_up(session: Session, found: Carcass, given: Mapping[str, Any]) -> None:
    """Record what the vet found on a carcass; a check not named was not passed."""
    passed = set(given["passed"])
    carcasses.inspect(
        session,
        found,
        checks={name: name in passed for name in {*POST_MORTEM_CHECKS, *passed}},
        removed=given["removed"],
        remarks=given["remarks"],
        at=given["at"] or whoami.now(),
        by=whoami.actor(),
    )


_NO_CARCASS = NotFound("carcass.not_found", "没有找到这个胴体")


def _require_own(abattoir: Holding, refusal: NotFound) -> None:
    if abattoir.keeper_id != herd.owner().id:
        raise refusal
