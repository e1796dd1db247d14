"""读到的耳标 · which electronic tags a market's readers heard in a day."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from devices.devices import Device, DeviceKind
from devices.inbox import Reading
from traceability.animals import Animal
from traceability.base.clock import end_of, start_of
from traceability.holdings import Holding
from traceability.tags import AnimalTag, TagScheme


@dataclass(frozen=True, slots=True)
class Reads:
    """读数核对 · by the readers' own clocks, each tag once."""

    heard: int
    """Different electronic tags that were read."""
    not_here: Sequence[Animal]
    """Read, but without a registered arrival."""
    unread: Sequence[Animal]
    """Weighed, with an electronic tag, but no reader heard it: the tag was typed."""
    unworn: Sequence[str]
    """Electronic tags that no animal wears."""


def of_day(
    session: Session, market: Holding, day: date, *, here: Collection[int], weighed: Collection[int]
) -> Reads | None:
    """What the readers of a market heard on a legal day; nothing where it has no reader."""
    readers = session.scalars(
        select(Device.id).where(Device.holding == market.ref, Device.kind == DeviceKind.READER)
    ).all()
    if not readers:
        return None
    heard = frozenset(
        session.scalars(
            select(Reading.eid)
            .where(
                Reading.device_id.in_(readers),
                Reading.at >= start_of(day),
                Reading.at < end_of(day),
                Reading.eid.is_not(None),
            )
            .distinct()
        )
    )
    wearers = dict(
        session.execute(
            select(AnimalTag.value, AnimalTag.animal_id).where(
                AnimalTag.scheme == TagScheme.EID, AnimalTag.value.in_(heard)
            )
        ).all()
    )
    read = set(wearers.values())
    return Reads(
        heard=len(heard),
        not_here=_animals(session, read - set(here)),
        unread=[each for each in _animals(session, set(weighed) - read) if each.eid],
        unworn=sorted(each for each in heard if each is not None and each not in wearers),
    )


def _animals(session: Session, ids: Collection[int]) -> Sequence[Animal]:
    found = select(Animal).where(Animal.id.in_(ids))
    return session.scalars(found.order_by(Animal.ear_tag)).all()
