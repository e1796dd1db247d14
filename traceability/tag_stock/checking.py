"""耳标核对 · whether a number was issued where it is put on an animal, on that day."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from traceability import rules
from traceability.checks import Facts, TagIssueFacts
from traceability.holdings import Holding
from traceability.identifiers.ear_tags import EarTag
from traceability.parties import Party
from traceability.tag_stock.ranges import (
    RANGE_KIND_LABELS,
    WRITTEN_OFF,
    RangeKind,
    TagRange,
)

STAGE = "animal.tag"


def judged(
    session: Session,
    ear_tag: EarTag,
    place: Holding | None,
    hands: Sequence[Party | None],
    *,
    at: datetime,
) -> list[dict[str, str]]:
    """Ask the rules of tagging; the warnings, as the event of the tagging keeps them.

    `place` is where the animal stands, None on the road; `hands` are those who put the tag on.

    Raises:
        RuleViolation: every failed outcome of `animal.tag`, where a rule blocks.
    """
    issue = facts(session, ear_tag, place, hands, at=at)
    known = Facts(ear_tag=ear_tag.code, tag_issue=issue)
    return rules.noted(rules.require(session, STAGE, known, at=at))


def facts(
    session: Session,
    ear_tag: EarTag,
    place: Holding | None,
    hands: Sequence[Party | None],
    *,
    at: datetime,
) -> TagIssueFacts | None:
    """What the stock says of a number on a day; None where its county kept no stock by then."""
    found = _innermost(session, ear_tag.code, at)
    if found is None:
        return TagIssueFacts() if _keeps_stock(session, ear_tag, at) else None
    if found.kind in WRITTEN_OFF:
        return TagIssueFacts(run=str(found.run), gone=RANGE_KIND_LABELS[found.kind])
    if found.in_store:
        return TagIssueFacts(run=str(found.run))
    mine = found.holder_id in {each.id for each in hands if each is not None}
    here = place is None or place.region_code.startswith(found.region_code)
    return TagIssueFacts(run=str(found.run), is_issued=True, fits=mine or here)


def _innermost(session: Session, code: str, at: datetime) -> TagRange | None:
    """The range that held a number at an instant, after everything that was cut from it."""
    stood = select(TagRange).where(
        TagRange.first_tag <= code,
        TagRange.last_tag >= code,
        TagRange.confirmed_at <= at,
        or_(TagRange.declined_at.is_(None), TagRange.declined_at > at),
    )
    rows = session.scalars(stood).all()
    parents = {row.parent_id for row in rows}
    return next((row for row in rows if row.id not in parents), None)


def _keeps_stock(session: Session, ear_tag: EarTag, at: datetime) -> bool:
    """Whether the tag's county had received any batch of that code by then."""
    head = f"{ear_tag.species}{ear_tag.county}"
    batch = select(TagRange.id).where(
        TagRange.kind == RangeKind.RECEIVED,
        TagRange.first_tag.between(f"{head}00000000", f"{head}99999999"),
        TagRange.moved_at <= at,
    )
    return session.scalar(batch.limit(1)) is not None
