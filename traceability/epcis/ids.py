"""编号 · which id an event of the chain has in EPCIS: its event hash id, noted when first told.

Noted, because a person's erasure takes fields away from an event but must not change its id.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from traceability.chain import events
from traceability.chain.events import EventView
from traceability.chain.kinds import Kind
from traceability.chain.tables import Event
from traceability.epcis import mapping
from traceability.epcis.captures import EpcisEvent
from traceability.epcis.hashing import event_hash
from traceability.epcis.identifiers import digest_of
from traceability.epcis.mapping import Told
from traceability.epcis.vocabulary import OUR_CONTEXT


def note(session: Session, found: Mapping[int, str]) -> None:
    """Note the ids of events, by the number of each event. Safe to repeat."""
    if not found:
        return
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    rows = [{"epcis_id": each, "event_id": number} for number, each in found.items()]
    session.execute(dialect.insert(EpcisEvent).on_conflict_do_nothing(), rows)


def noted(session: Session, line: Sequence[EventView]) -> dict[int, EpcisEvent]:
    """What is noted of events, by the number of each."""
    wanted = select(EpcisEvent).where(EpcisEvent.event_id.in_([event.id for event in line]))
    return {row.event_id: row for row in session.scalars(wanted)}


def id_of(event: EventView, told: Told, rows: Mapping[int, EpcisEvent]) -> str:
    """The id of an event: the one noted, or computed from what is told of it."""
    row = rows.get(event.id)
    return event_hash(told, OUR_CONTEXT) if row is None else row.epcis_id


def find(session: Session, epcis_id: str) -> EventView | None:
    """The event of that EPCIS id, or of our URI for its digest."""
    digest = digest_of(epcis_id)
    if digest is not None:
        return events.by_digest(session, digest)
    number = select(EpcisEvent.event_id).where(EpcisEvent.epcis_id == epcis_id)
    found = events.choose(session, lambda stored: stored.where(Event.id.in_(number)))
    return found[0] if found else None


def errors_of(session: Session, line: Sequence[EventView]) -> dict[bytes, EventView]:
    """The correction or annulment of each event that has one, by the event's digest."""
    digests = [event.digest for event in line]
    corrections = events.choose(session, lambda stored: stored.where(Event.corrects.in_(digests)))
    known = {event.corrects: event for event in corrections if event.corrects is not None}
    weighed = [event for event in line if event.kind is Kind.WEIGHING_RECORDED]
    for event in weighed:  # annulled by an event of its own in the line of the weighing
        for other in events.history(session, event.links[0].ref):
            if other.kind is Kind.WEIGHING_ANNULLED:
                known[event.digest] = other
    return known


def told(
    session: Session, event: EventView, error: EventView | None, rows: Mapping[int, EpcisEvent]
) -> Told | None:
    """One of our own events with its id, and the ids of what corrects it."""
    found = mapping.told(event, error)
    if found is None:
        return None
    found["eventID"] = id_of(event, found, rows)
    if error is not None and (correction := mapping.told(error)) is not None:
        corrected = noted(session, [error])
        found["errorDeclaration"]["correctiveEventIDs"] = [id_of(error, correction, corrected)]
    return found
