"""路上 · stamps of checkpoints and entry points, and what befell animals on the way."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from traceability import animals, movements
from traceability.animals import Animal
from traceability.base.errors import Conflict, RuleViolation
from traceability.chain.kinds import Kind
from traceability.consignments.loading import add_step
from traceability.consignments.records import (
    Consignment,
    ConsignmentState,
    LossKind,
    append,
    held_in,
    said,
)
from traceability.evidence import Evidence
from traceability.parties import Party

HOUR = timedelta(hours=1)


def stamp(
    session: Session,
    found: Consignment,
    *,
    place: str,
    entry_point: bool,
    passed: bool,
    words: str,
    at: datetime,
    by: Party,
) -> None:
    """Record what an officer decided at a checkpoint or a designated entry point.

    Raises:
        RuleViolation: `consignment.unsaid` (a refusal says why), `consignment.too_many`.
        Conflict: `consignment.out_of_step`.
    """
    held_in(session, found, ConsignmentState.ON_ROAD, at=at)
    told: dict[str, Any] = {
        "place": said(place, what="检查站"),
        "entry_point": entry_point,
        "passed": passed,
        "words": words.strip() if passed else said(words, what="不放行的原因"),
    }
    add_step(found, "stamps", told, at=at, by=by)
    append(session, Kind.CONSIGNMENT_STAMPED, found, at=at, by=by, **told)


def report_loss(
    session: Session,
    found: Consignment,
    kind: LossKind,
    *,
    ear_tag: str,
    place: str,
    words: str,
    evidence: Evidence,
    at: datetime,
    by: Party,
    on_behalf_of: Party | None = None,
) -> None:
    """Record that an animal died, was hurt or got away; its own state and journey follow.

    Raises:
        RuleViolation: `consignment.not_aboard`, `consignment.unsaid`, `consignment.too_many`.
        Conflict: `consignment.out_of_step`, `consignment.lost_already`.
    """
    held_in(session, found, ConsignmentState.ON_ROAD, at=at)
    animal = _aboard(session, found, ear_tag)
    told: dict[str, Any] = {
        "loss_kind": kind.value,
        "ear_tag": animal.ear_tag,
        "place": said(place, what="地点"),
        "words": said(words, what="经过"),
        "evidence": evidence.ref,
    }
    if found.lost.get(animal.ear_tag, LossKind.INJURY) is not LossKind.INJURY:
        raise Conflict("consignment.lost_already", f"{animal.ear_tag} 的损失已经登记过")
    add_step(found, "losses", told, at=at, by=by)
    act: dict[str, Any] = {"at": at, "by": by, "on_behalf_of": on_behalf_of}
    if kind is not LossKind.INJURY:
        movements.lose(session, animal, how=kind.value, **act)
    if kind is LossKind.DEATH:
        cause = f"运输途中死亡：{told['words']}"
        animals.report_death(session, animal, cause=cause, disposal="", **act)
    append(session, Kind.CONSIGNMENT_LOST, found, animal=animal.ref, **act, **told)


def _aboard(session: Session, found: Consignment, ear_tag: str) -> Animal:
    if ear_tag in found.loaded:
        animal = session.scalars(select(Animal).where(Animal.ear_tag == ear_tag)).one_or_none()
        if animal is not None and movements.on_the_road(session, animal) is not None:
            return animal
    raise RuleViolation("consignment.not_aboard", f"{ear_tag} 不在这辆车上")


def hours_unfed(found: Consignment, *, at: datetime) -> int | None:
    """Whole hours without feed and water: from the loading scan to the arrival, or to now."""
    if found.loaded_at is None or found.state is ConsignmentState.CANCELLED:
        return None
    return max(0, ((found.arrived_at or at) - found.loaded_at) // HOUR)


def refused(found: Consignment) -> str | None:
    """Why the newest stamp does not let it pass, if so."""
    newest = found.stamps[-1] if found.stamps else None
    return None if newest is None or newest["passed"] else f"{newest['place']}：{newest['words']}"
