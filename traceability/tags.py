"""标识 · the tags animals wear: dated aliases, printed or electronic; a number is never used twice.

A tag is a subject of its own, for it is issued, worn, lost and destroyed (令第67号). The printed
number and the electronic one are separate tags; neither is derived from the other.
"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from traceability.base import clock
from traceability.base.db import Base, Subject
from traceability.base.errors import Conflict
from traceability.chain import folding
from traceability.chain.events import EventView
from traceability.chain.folding import State
from traceability.chain.kinds import Kind


class TagScheme(StrEnum):
    """标识种类 · printed tag, electronic tag; neither is derived from the other."""

    EAR_TAG = "ear_tag"
    EID = "eid"


class AnimalTag(Subject, Base):
    """标识 · one tag an animal wears or wore; a number is never used twice."""

    __tablename__ = "animal_tag"
    __ref_prefix__ = "tag"

    id: Mapped[int] = mapped_column(primary_key=True)
    animal_id: Mapped[int] = mapped_column(ForeignKey("animal.id"), index=True)
    scheme: Mapped[TagScheme]
    value: Mapped[str] = mapped_column(String(15))
    worn_from: Mapped[datetime]
    worn_until: Mapped[datetime | None]

    __table_args__ = (UniqueConstraint("value", "scheme"),)  # found by its number alone, too


def require_unworn(session: Session, scheme: TagScheme, value: str) -> None:
    """Refuse a number that any animal wears or ever wore.

    Raises:
        Conflict: `animal.tag_in_use`.
    """
    worn = select(AnimalTag.id).where(AnimalTag.scheme == scheme, AnimalTag.value == value)
    if session.scalar(worn) is not None:
        raise Conflict("animal.tag_in_use", f"耳标 {value} 已登记在另一头牛上，请核对号码")


def put_on(
    session: Session, animal_id: int, scheme: TagScheme, value: str, *, at: datetime
) -> AnimalTag:
    """A new tag on an animal; the caller appends the event of both."""
    tag = AnimalTag(
        animal_id=animal_id,
        scheme=scheme,
        value=value,
        worn_from=clock.to_ms(at),
    )
    session.add(tag)
    session.flush()
    return tag


def worn(session: Session, scheme: TagScheme, value: str) -> AnimalTag:
    """The tag of that number."""
    wanted = select(AnimalTag).where(AnimalTag.scheme == scheme, AnimalTag.value == value)
    return session.scalars(wanted).one()


def fold(state: State | None, event: EventView) -> State | None:
    """A tag as its events tell it: worn from one event, taken off at another."""
    number = event["eid"] if event.kind is Kind.ANIMAL_EID_BOUND else event["ear_tag"]
    if state is not None:
        return {**state, "worn_until": clock.stamp(event.at)}
    electronic = event.kind is Kind.ANIMAL_EID_BOUND
    return {
        "animal_id": event.links[0].ref,
        "scheme": (TagScheme.EID if electronic else TagScheme.EAR_TAG).value,
        "value": number,
        "worn_from": clock.stamp(event.at),
        "worn_until": None,
    }


folding.register(AnimalTag, fold)
