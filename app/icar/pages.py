"""集合 · one page of an ICAR collection: what happened at a place, as far as one may see it."""

from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import islice

from sqlalchemy.orm import Session

from app.epcis.seen import Eyes, Period, periods
from traceability.chain.events import EventView
from traceability.epcis import ids
from traceability.icar import lists, resources, telling
from traceability.icar.lists import LOOKED_AT_MAX, PLACES, Wanted
from traceability.icar.naming import Names, Told
from traceability.icar.resources import IcarResource
from traceability.icar.vocabulary import RESOURCES

AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Page:
    """一页 · some resources, and the position of the log behind which the next ones lie."""

    members: list[Told]
    after: int | None


@dataclass(slots=True)
class Whereabouts:
    """去处 · where an animal was when something happened to it."""

    session: Session
    _known: dict[str, list[Period]] = field(default_factory=dict)

    def happened_at(self, event: EventView, place: str) -> bool:
        """Whether an event happened at a place."""
        if (said := PLACES.get(event.kind)) is not None:
            return bool(event[said] == place)
        return any(
            self._place_of(link.ref, event) == place
            for link in event.links
            if link.ref.startswith("animal:")
        )

    def _place_of(self, animal: str, event: EventView) -> str | None:
        if animal not in self._known:
            self._known[animal] = periods(self.session, animal)
        line = self._known[animal]
        number = bisect_right([since for since, _, _ in line], event.at)
        return line[max(number - 1, 0)][1] if line else None


def _belongs(
    wanted: Wanted, event: EventView, row: IcarResource | None, there: Whereabouts
) -> bool:
    """Whether an event is one of a collection of a place: as it came, or as it is told."""
    if row is not None:
        return (row.holding_id, row.resource_type) == (
            wanted.place.id,
            RESOURCES[wanted.collection],
        )
    return event.kind in wanted.kinds and there.happened_at(event, wanted.place.ref)


def page(session: Session, wanted: Wanted, eyes: Eyes, *, after: int, size: int) -> Page:
    """The next resources of a collection that the asker may see."""
    names, there = Names(session), Whereabouts(session)
    found: list[Told] = []
    looking, looked, last = lists.looked_at(session, wanted.place, after=after), 0, after
    while batch := list(islice(looking, AT_ONCE)):
        rows = resources.of_events(session, batch)
        told_of = [
            event
            for event in batch
            if _belongs(wanted, event, rows.get(event.id), there) and eyes.see(event)
        ]
        errors = ids.errors_of(session, told_of)
        for event in told_of:
            error = errors.get(event.digest)
            row = rows.get(event.id)
            told = (
                telling.resource(names, event, at=wanted.place.ref, error=error)
                if row is None
                else telling.again(row.body, event, error)
            )
            if told is not None and wanted.admits(event, error):
                found.append(told)
                if len(found) == size:
                    return Page(found, event.position)
        looked, last = looked + len(batch), batch[-1].position or last
    return Page(found, last if looked == LOOKED_AT_MAX else None)
