"""耳标号段 · a run of tag numbers received, issued, given back, lost or destroyed.

A range is cut from the one it came from, its parent; the parts of one parent never overlap, nor
do the batches a county received. What nobody cut away is still with the range's holder.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import DDL, ForeignKey, Index, String, event, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from traceability.base.clock import stamp
from traceability.base.db import Base, Subject
from traceability.base.errors import NotFound
from traceability.chain import folding
from traceability.chain.events import EventView
from traceability.chain.folding import State
from traceability.chain.kinds import Kind
from traceability.chain.tables import table_of
from traceability.evidence import Evidence
from traceability.identifiers.tag_runs import TagRun
from traceability.parties import Party
from traceability.regions import CODE_CHARS

DOCUMENT_CHARS_MAX = 60
REASON_CHARS_MAX = 200
COUNTY_DIGITS = 6


class RangeKind(StrEnum):
    """号段来历 · what was done with the numbers."""

    RECEIVED = "received"
    ISSUED = "issued"
    RETURNED = "returned"
    LOST = "lost"
    DESTROYED = "destroyed"


RANGE_KIND_LABELS = {
    RangeKind.RECEIVED: "入库",
    RangeKind.ISSUED: "发放",
    RangeKind.RETURNED: "退回",
    RangeKind.LOST: "丢失",
    RangeKind.DESTROYED: "销毁",
}
HANDED = frozenset({RangeKind.ISSUED, RangeKind.RETURNED})
"""Kinds that the receiver confirms."""
WRITTEN_OFF = frozenset({RangeKind.LOST, RangeKind.DESTROYED})
"""Kinds that nobody will ever wear."""


class TagRange(Subject, Base):
    """耳标号段 · consecutive numbers in one hand."""

    __tablename__ = "tag_range"
    __ref_prefix__ = "tag_range"
    __table_args__ = (Index("ix_tag_range_first_tag_last_tag", "first_tag", "last_tag"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("tag_range.id"), index=True)
    kind: Mapped[RangeKind]
    first_tag: Mapped[str] = mapped_column(String(15))
    last_tag: Mapped[str] = mapped_column(String(15))
    region_code: Mapped[str] = mapped_column(String(CODE_CHARS))  # where they are to be worn
    holder_id: Mapped[int] = mapped_column(ForeignKey("party.id"), index=True)
    by_id: Mapped[int] = mapped_column(ForeignKey("party.id"))
    moved_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    declined_at: Mapped[datetime | None]
    decline_reason: Mapped[str | None] = mapped_column(String(REASON_CHARS_MAX))
    document_no: Mapped[str | None] = mapped_column(String(DOCUMENT_CHARS_MAX))
    reason: Mapped[str | None] = mapped_column(String(REASON_CHARS_MAX))
    evidence_id: Mapped[int | None] = mapped_column(ForeignKey("evidence.id"))

    parent: Mapped["TagRange | None"] = relationship(remote_side="TagRange.id")
    holder: Mapped[Party] = relationship(foreign_keys="TagRange.holder_id")
    by: Mapped[Party] = relationship(foreign_keys="TagRange.by_id")
    evidence: Mapped[Evidence | None] = relationship()

    @property
    def run(self) -> TagRun:
        """Its numbers."""
        return TagRun(self.first_tag, self.last_tag)

    @property
    def is_waiting(self) -> bool:
        """Whether its receiver has yet to say that it came."""
        return self.confirmed_at is None and self.declined_at is None

    @property
    def is_held(self) -> bool:
        """Whether somebody has it in hand and may pass it on."""
        gone = self.kind in WRITTEN_OFF or self.declined_at is not None
        return not gone and self.confirmed_at is not None

    @property
    def in_store(self) -> bool:
        """Whether it lies in the county's store, which every officer of the county serves."""
        return len(self.region_code) == COUNTY_DIGITS


_APART_SQLITE = """
CREATE TRIGGER tag_range_apart BEFORE INSERT ON tag_range
WHEN NEW.declined_at IS NULL AND EXISTS (
SELECT 1 FROM tag_range WHERE COALESCE(parent_id, 0) = COALESCE(NEW.parent_id, 0)
AND declined_at IS NULL AND first_tag <= NEW.last_tag AND last_tag >= NEW.first_tag)
BEGIN SELECT RAISE(ABORT, 'tag ranges overlap'); END
"""
_APART_POSTGRESQL = """
ALTER TABLE tag_range ADD CONSTRAINT ex_tag_range_apart EXCLUDE USING gist (
int8range(COALESCE(parent_id, 0), COALESCE(parent_id, 0), '[]') WITH &&,
int8range(first_tag::bigint, last_tag::bigint, '[]') WITH &&)
WHERE (declined_at IS NULL)
"""
for _dialect, _statement in (("sqlite", _APART_SQLITE), ("postgresql", _APART_POSTGRESQL)):
    _words = " ".join(_statement.split())
    event.listen(
        table_of(TagRange),
        "after_create",
        DDL(_words).execute_if(dialect=_dialect),  # type: ignore[no-untyped-call] # SQLAlchemy gives it no types
    )


def get(session: Session, ref: str) -> TagRange:
    """The range of that reference.

    Raises:
        NotFound: `tag_range.not_found`.
    """
    found = session.scalars(select(TagRange).where(TagRange.ref == ref)).one_or_none()
    if found is None:
        raise not_found()
    return found


def batch_of(session: Session, number: str) -> TagRange:
    """The batch in which a county received a number.

    Raises:
        NotFound: `tag_range.not_found`.
    """
    batch = select(TagRange).where(
        TagRange.parent_id.is_(None), TagRange.first_tag <= number, TagRange.last_tag >= number
    )
    found = session.scalars(batch).one_or_none()
    if found is None:
        raise not_found()
    return found


def not_found() -> NotFound:
    """The one answer for a range that does not exist, or not for you."""
    return NotFound("tag_range.not_found", "没有找到这个耳标号段")


def parts(session: Session, whole: TagRange) -> Sequence[TagRange]:
    """What was cut from a range and not declined, by number."""
    cut = select(TagRange).where(TagRange.parent_id == whole.id, TagRange.declined_at.is_(None))
    return session.scalars(cut.order_by(TagRange.first_tag)).all()


def all_parts(session: Session, whole: TagRange) -> Sequence[TagRange]:
    """Everything ever cut from a range, the newest first, what was declined too."""
    cut = select(TagRange).where(TagRange.parent_id == whole.id)
    return session.scalars(cut.order_by(TagRange.moved_at.desc(), TagRange.id.desc())).all()


TOLD = ("first_tag", "last_tag", "region_code", "holder", "document_no", "reason", "evidence")
RANGE_KINDS = {
    Kind.TAG_RANGE_RECEIVED: RangeKind.RECEIVED,
    Kind.TAG_RANGE_ISSUED: RangeKind.ISSUED,
    Kind.TAG_RANGE_RETURNED: RangeKind.RETURNED,
    Kind.TAG_RANGE_LOST: RangeKind.LOST,
    Kind.TAG_RANGE_DESTROYED: RangeKind.DESTROYED,
}
LINKS = frozenset({"holder", "evidence"})


def fold(state: State | None, event: EventView) -> State | None:
    """A range as its events tell it; what was cut from it later leaves it as it was."""
    if event.kind in RANGE_KINDS:
        return state or _begun(event)
    match event.kind:
        case Kind.TAG_RANGE_CONFIRMED:
            return {**(state or {}), "confirmed_at": stamp(event.at)}
        case Kind.TAG_RANGE_DECLINED:
            declined = {"decline_reason": folding.private(event, "reason")}
            return {**(state or {}), **declined, "declined_at": stamp(event.at)}
        case _:
            return state


def _begun(event: EventView) -> State:
    kind = RANGE_KINDS[event.kind]
    told = {f"{name}_id" if name in LINKS else name: folding.private(event, name) for name in TOLD}
    return {
        **told,
        "kind": kind.value,
        "parent_id": event.links[1].ref if len(event.links) > 1 else None,
        "by_id": folding.private(event, "by"),
        "moved_at": stamp(event.at),
        "confirmed_at": None if kind in HANDED else stamp(event.at),
        "declined_at": None,
        "decline_reason": None,
    }


folding.register(TagRange, fold)
