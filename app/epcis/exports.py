"""导出 · everything that happened to an animal, or to the animals of a certificate, in one go."""

from sqlalchemy.orm import Session

from app.epcis import pages
from app.epcis.pages import Written
from app.epcis.seen import Eyes
from traceability.base.errors import NotFound
from traceability.chain.events import EventView
from traceability.epcis import mapping, queries


def line(session: Session, ref: str, eyes: Eyes) -> list[Written]:
    """The events about a thing that the person may see, as they happened.

    Raises:
        NotFound: `epcis.nothing_to_export`, the same for what does not exist.
    """
    found = {event.id: event for event in queries.about(session, ref)}
    if ref.startswith("certificate:"):
        for animal in _herd(list(found.values())):
            found |= {event.id: event for event in queries.about(session, animal)}
    seen = [event for event in found.values() if eyes.see(event)]
    seen.sort(key=lambda event: (event.at, event.id))
    told = list(pages.written(session, seen))
    if not told:
        raise NotFound("epcis.nothing_to_export", "没有可以导出的事件，请核对编号")
    return told


def _herd(line: list[EventView]) -> list[str]:
    return list(dict.fromkeys(ref for event in line for ref in mapping.animals_of(event)))
