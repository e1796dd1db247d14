"""随身名单 · what a phone at a gate keeps for when the network is gone: tags, colours, reasons.

Only animals within the signed-in person's scope: on their way to or from its places, at its
markets, and the person's own. No names of people and no places; bounded.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import Session

from app import judging, whoami
from app.auth import scopes
from app.whoami import Scope
from traceability import movements
from traceability.animals import Animal, AnimalState
from traceability.base import clock
from traceability.holdings import Holding, HoldingKind
from traceability.movements import Movement
from traceability.parties import Party
from traceability.rules import Outcome

ANIMALS_MAX = 1_000
FRESH_MINUTES = 60
"""How long green stays green without a network; older, until midnight, it is amber at best."""
GATES = (HoldingKind.MARKET, HoldingKind.ABATTOIR, HoldingKind.CHECKPOINT)


def packed(session: Session) -> dict[str, Any]:
    """The list of the signed-in person, as of this instant."""
    at = whoami.now()
    wanted = _wanted(whoami.scope())
    herd = session.scalars(wanted.limit(ANIMALS_MAX + 1)).all()
    kept = herd[:ANIMALS_MAX]
    rows, reasons = _rows(session, kept, at)
    return {
        "account": str(whoami.account().account_id),
        "at": clock.stamp(at),
        "fresh_minutes": FRESH_MINUTES,
        "day": clock.legal_day(at).isoformat(),
        "whole": len(herd) == len(kept),
        "rows": rows,
        "reasons": reasons,
    }


def _wanted(scope: Scope) -> Select[Any]:
    """Those on the road first, then those at the gates, then the person's own."""
    here = select(Holding.id).where(scopes.within(scope))
    gates = here.where(Holding.kind.in_(GATES))
    keepers = select(Party.id).where(Party.ref.in_(scope.keepers))
    coming = select(Movement.animal_id).where(
        movements.under_way(),
        Movement.destination_id.in_(here) | Movement.origin_id.in_(here),
    )
    alive: ColumnElement[bool] = Animal.state != AnimalState.SLAUGHTERED
    mine = or_(Animal.id.in_(coming), Animal.holding_id.in_(gates), Animal.owner_id.in_(keepers))
    order = (Animal.holding_id.is_not(None), Animal.id.desc())
    return select(Animal).where(alive, Animal.state != AnimalState.DEAD, mine).order_by(*order)


def _rows(
    session: Session, herd: Sequence[Animal], at: datetime
) -> tuple[list[list[Any]], list[Mapping[str, str]]]:
    """Each animal's tag, electronic tag, colour, word and the numbers of its reasons."""
    numbers: dict[tuple[str, str], int] = {}
    reasons: list[Mapping[str, str]] = []
    rows: list[list[Any]] = []
    found = judging.judged_all(session, herd, at=at, here=judging.own_market(session))
    for animal, (verdict, act) in zip(herd, found, strict=True):
        told = [_number(each, numbers, reasons) for each in verdict.reasons]
        word = judging.word_of(verdict.level, act)
        rows.append([animal.ear_tag, animal.eid, verdict.level.value, word, told])
    return rows, reasons


def _number(
    outcome: Outcome, numbers: dict[tuple[str, str], int], reasons: list[Mapping[str, str]]
) -> int:
    """A reason is said once, however many animals it holds for."""
    key = (outcome.code, outcome.sentence)
    if key not in numbers:
        numbers[key] = len(reasons)
        reasons.append({"code": outcome.code, **judging.reason_of(outcome)})
    return numbers[key]
