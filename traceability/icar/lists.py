"""清单 · what happened to the animals that are or were at a place, in the order of the log."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import Select, or_, select, union
from sqlalchemy.orm import Session

from traceability.animals import Animal
from traceability.chain import events
from traceability.chain.events import EventView
from traceability.chain.kinds import Kind
from traceability.chain.tables import Event, EventSubject, Leaf, SubjectHead
from traceability.holdings import Holding
from traceability.icar.resources import IcarResource
from traceability.icar.vocabulary import KINDS, Collection
from traceability.movements import Movement

LOOKED_AT_MAX = 2_000  # events for one page
BATCH = 200
PLACES: dict[Kind, str] = {
    Kind.ANIMAL_REGISTERED: "holding",
    Kind.MOVEMENT_DEPARTED: "origin",
    Kind.MOVEMENT_ARRIVED: "destination",
}
"""Kind → the field that says where; of the others, where the animal was."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """所求 · a collection of a place, bounded by when it happened and when it was recorded."""

    place: Holding
    collection: Collection
    happened_from: datetime | None = None
    happened_to: datetime | None = None
    modified_from: datetime | None = None
    modified_to: datetime | None = None

    def admits(self, event: EventView, error: EventView | None) -> bool:
        """Whether an event lies within the bounds; a lower bound included, an upper one not."""
        modified = event.recorded_at if error is None else error.recorded_at
        return _within(event.at, self.happened_from, self.happened_to) and _within(
            modified, self.modified_from, self.modified_to
        )

    @property
    def kinds(self) -> frozenset[Kind]:
        """The kinds of our own events that are told in the collection."""
        return KINDS[self.collection]


def _within(at: datetime, low: datetime | None, high: datetime | None) -> bool:
    return (low is None or at >= low) and (high is None or at < high)


def looked_at(session: Session, place: Holding, *, after: int) -> Iterator[EventView]:
    """What happened to the animals of a place behind a position of the log, up to a bound."""
    return islice(_log(session, place, after), LOOKED_AT_MAX)


def _log(session: Session, place: Holding, after: int) -> Iterator[EventView]:
    came = select(IcarResource.event_id).where(IcarResource.holding_id == place.id)
    about = [Event.id.in_(_herd(place)), Event.id.in_(came)]
    while True:

        def narrow(stored: Any, since: int = after) -> Any:
            chosen = stored.where(or_(*about), Leaf.position > since)
            return chosen.order_by(Leaf.position).limit(BATCH)

        batch = events.choose(session, narrow)
        yield from batch
        if len(batch) < BATCH or batch[-1].position is None:
            return
        after = batch[-1].position


def _herd(place: Holding) -> Select[int]:
    """The numbers of the events of every animal that is or was at a place."""
    here = select(Animal.id).where(Animal.holding_id == place.id)
    left = select(Movement.animal_id).where(Movement.origin_id == place.id)
    came = select(Movement.animal_id).where(Movement.destination_id == place.id)
    refs = select(Animal.ref).where(Animal.id.in_(union(here, left, came)))
    heads = select(SubjectHead.id).where(SubjectHead.ref.in_(refs))
    return select(EventSubject.event_id).where(EventSubject.subject_id.in_(heads))
