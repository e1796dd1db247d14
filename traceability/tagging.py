"""补戴标识 · an animal's tags after its registration: a new printed one, an electronic one."""

from datetime import datetime

from sqlalchemy.orm import Session

from traceability import tags
from traceability.animals import Animal, ref_of, require_alive
from traceability.base.errors import RuleViolation
from traceability.chain import events
from traceability.chain.kinds import Kind
from traceability.evidence import Evidence
from traceability.identifiers.ear_tags import EarTag, Species
from traceability.identifiers.eids import Eid
from traceability.parties import Party
from traceability.tag_stock import checking
from traceability.tags import AnimalTag, TagScheme


def retag(
    session: Session,
    animal: Animal,
    ear_tag: EarTag,
    *,
    reason: str,
    evidence: Evidence | None,
    at: datetime,
    by: Party,
    on_behalf_of: Party | None = None,
) -> AnimalTag:
    """Give an animal that lost its tag a new one with a new number (令第67号 第十二条).

    The evidence shows the new tag in the animal's ear: a number that nobody saw there is refused.

    Raises:
        RuleViolation: `animal.not_alive`, `animal.not_cattle`, `animal.retag_without_reason`,
            `animal.retag_without_evidence`; where a rule of `animal.tag` blocks, its refusal.
        Conflict: `animal.tag_in_use`.
    """
    events.hold(session, animal.ref)
    require_alive(animal)
    if ear_tag.species is not Species.CATTLE:
        raise RuleViolation("animal.not_cattle", "这不是牛的耳标（牛的耳标以 2 开头）")
    if not reason.strip():
        raise RuleViolation("animal.retag_without_reason", "请写明补戴耳标的原因")
    if evidence is None or not evidence.is_picture:
        raise RuleViolation(
            "animal.retag_without_evidence", "请附照片：新耳标戴在牛耳上，号码看得清"
        )
    tags.require_unworn(session, TagScheme.EAR_TAG, ear_tag.code)
    old = tags.worn(session, TagScheme.EAR_TAG, animal.ear_tag)
    new = tags.put_on(session, animal.id, TagScheme.EAR_TAG, ear_tag.code, at=at)
    events.hold(session, old.ref, new.ref)
    old.worn_until, animal.ear_tag = new.worn_from, ear_tag.code
    events.append(
        session,
        Kind.ANIMAL_RETAGGED,
        animal.ref,
        old.ref,
        new.ref,
        at=at,
        by=by.ref,
        on_behalf_of=ref_of(on_behalf_of),
        ear_tag=ear_tag.code,
        old_ear_tag=old.value,
        reason=reason.strip(),
        evidence=evidence.ref,
        warnings=checking.judged(session, ear_tag, animal.holding, (by, on_behalf_of), at=at),
    )
    return new


def bind_eid(
    session: Session,
    animal: Animal,
    eid: Eid,
    *,
    at: datetime,
    by: Party,
    on_behalf_of: Party | None = None,
) -> AnimalTag:
    """Record the electronic tag an animal wears beside its printed one.

    Raises:
        RuleViolation: `animal.not_alive`, `animal.has_eid`.
        Conflict: `animal.tag_in_use`.
    """
    events.hold(session, animal.ref)
    require_alive(animal)
    if animal.eid is not None:
        raise RuleViolation("animal.has_eid", f"这头牛已绑定电子耳标 {animal.eid}")
    tags.require_unworn(session, TagScheme.EID, str(eid))
    tag = tags.put_on(session, animal.id, TagScheme.EID, str(eid), at=at)
    events.hold(session, tag.ref)
    animal.eid = str(eid)
    events.append(
        session,
        Kind.ANIMAL_EID_BOUND,
        animal.ref,
        tag.ref,
        at=at,
        by=by.ref,
        on_behalf_of=ref_of(on_behalf_of),
        eid=str(eid),
    )
    return tag
