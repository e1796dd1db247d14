"""照片 · what an animal looked like: a picture kept as evidence, shown to the public if so chosen.

There is no table: the events say which picture and whether it is public, and a later word on that
is a correction of the earlier one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from traceability.animals import Animal, ref_of
from traceability.base.errors import Conflict, RuleViolation
from traceability.chain import events
from traceability.chain.events import EventView
from traceability.chain.kinds import Kind
from traceability.evidence import Evidence
from traceability.parties import Party


@dataclass(frozen=True, slots=True)
class Photograph:
    """一张照片 · what the newest word on a picture says."""

    evidence: str  # reference
    sha256: str
    is_public: bool
    at: datetime
    by: str  # reference
    digest: bytes  # of the event that says so


def take(
    session: Session,
    animal: Animal,
    picture: Evidence,
    *,
    is_public: bool,
    at: datetime,
    by: Party,
    on_behalf_of: Party | None = None,
) -> EventView:
    """Record a photograph of an animal, alive or dead.

    Raises:
        RuleViolation: `photograph.not_a_picture`.
        Conflict: `photograph.already_there`.
    """
    if not picture.is_picture:
        raise RuleViolation("photograph.not_a_picture", "这份文件不是照片，请上传 JPG、PNG 或 WebP")
    if any(each.evidence == picture.ref for each in of(session, animal)):
        raise Conflict("photograph.already_there", "这张照片已经登记在这头牛上")
    events.hold(session, animal.ref)
    return events.append(
        session,
        Kind.ANIMAL_PHOTOGRAPHED,
        animal.ref,
        at=at,
        by=by.ref,
        on_behalf_of=ref_of(on_behalf_of),
        shown=is_public,
        evidence=picture.ref,
        evidence_sha256=picture.sha256.hex(),
    )


def show(
    session: Session,
    animal: Animal,
    evidence: str,
    *,
    is_public: bool,
    at: datetime,
    by: Party,
    on_behalf_of: Party | None = None,
) -> EventView:
    """Say anew whether the public may see a photograph; corrects what was said before.

    Raises:
        RuleViolation: `photograph.not_found`.
        Conflict: `photograph.as_it_is`.
    """
    events.hold(session, animal.ref)
    known = next((each for each in of(session, animal) if each.evidence == evidence), None)
    if known is None:
        raise RuleViolation("photograph.not_found", "这头牛没有登记过这张照片")
    if known.is_public is is_public:
        word = "公开" if is_public else "不公开"
        raise Conflict("photograph.as_it_is", f"这张照片已经是“{word}”")
    return events.append(
        session,
        Kind.ANIMAL_PHOTOGRAPHED,
        animal.ref,
        at=at,
        by=by.ref,
        on_behalf_of=ref_of(on_behalf_of),
        corrects=known.digest,
        shown=is_public,
        evidence=evidence,
        evidence_sha256=known.sha256,
        reason="改为公开" if is_public else "改为不公开",
    )


def of(session: Session, animal: Animal) -> Sequence[Photograph]:
    """The photographs of an animal as they stand, newest first; erased ones are gone."""
    line = events.effective(events.history(session, animal.ref))
    return [
        Photograph(
            evidence=event["evidence"],
            sha256=event["evidence_sha256"],
            is_public=event["shown"],
            at=event.at,
            by=event["by"],
            digest=event.digest,
        )
        for event in reversed(line)
        if event.kind is Kind.ANIMAL_PHOTOGRAPHED and event["evidence"]
    ]


def public_of(session: Session, animal: Animal) -> Photograph | None:
    """The newest photograph that the public may see."""
    return next((each for each in of(session, animal) if each.is_public), None)
