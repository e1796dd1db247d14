"""文书 · events as the JSON that is sent: captured ones byte for byte, our own as they are told."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy.orm import Session

from app.epcis.seen import Eyes
from traceability.base.clock import stamp
from traceability.base.errors import NotFound
from traceability.chain.events import EventView
from traceability.epcis import ids, queries
from traceability.epcis.queries import Query
from traceability.epcis.vocabulary import OUR_CONTEXT, SCHEMA_VERSION

AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Written:
    """One event as it is sent, and what it was told from."""

    event: EventView
    text: str
    told: dict[str, Any]
    context: object
    captured: bool


@dataclass(frozen=True, slots=True)
class Page:
    """一页 · some events, and what asks for the next ones."""

    written: Sequence[Written]
    token: str | None

    @property
    def new_ids(self) -> dict[int, str]:
        """The ids of our own events on the page, by the number of each; to be noted."""
        return {each.event.id: each.told["eventID"] for each in self.written if not each.captured}


def page(session: Session, query: Query, eyes: Eyes) -> Page:
    """The next events that a query asks for and its asker may see.

    Raises:
        RuleViolation: `epcis.bad_parameter`.
    """
    found: list[Written] = []
    token: str | None = None
    looking = iter(queries.candidates(session, query))
    while batch := list(islice(looking, AT_ONCE)):
        seen = [(event, after) for event, after in batch if eyes.see(event)]
        after_of = {event.id: after for event, after in seen}
        for each in written(session, [event for event, _ in seen]):
            if queries.matches(query, each.told):
                found.append(each)
                if len(found) == query.per_page:
                    return Page(found, after_of[each.event.id])
        token = batch[-1][1]
    return Page(found, _further(session, query, token))


def _further(session: Session, query: Query, token: str | None) -> str | None:
    """The token of a page that ended because enough had been looked at, not because all was."""
    if token is None:
        return None
    rest = queries.candidates(session, queries.going_on(query, token))
    return None if next(iter(rest), None) is None else token


def written(session: Session, line: Sequence[EventView]) -> Iterator[Written]:
    """Each event of a line as it is sent."""
    rows, errors = ids.noted(session, line), ids.errors_of(session, line)
    for event in line:
        row = rows.get(event.id)
        if row is not None and row.body is not None:
            text = row.body.decode()
            context = None if row.context is None else json.loads(row.context)
            told = {"eventID": row.epcis_id, **json.loads(text)}
            yield Written(event, text, told, context, captured=True)
        elif (own := ids.told(session, event, errors.get(event.digest), rows)) is not None:
            yield Written(event, _text(own), own, None, captured=False)


def one(session: Session, epcis_id: str, eyes: Eyes) -> Written:
    """The event of that id, if the person may see it.

    Raises:
        NotFound: `epcis.event_not_found`, the same for what does not exist.
    """
    event = ids.find(session, epcis_id)
    if event is not None and eyes.see(event):
        for each in written(session, [event]):
            return each
    raise NotFound("epcis.event_not_found", "没有找到这个 EPCIS 事件")


def alone(each: Written) -> str:
    """One event by itself, with the context it needs."""
    if "@context" in each.told:
        return each.text
    context = OUR_CONTEXT if each.context is None else each.context
    return f'{{"@context":{_text(context)},{each.text.lstrip()[1:]}'


def contexts(found: Iterable[Written]) -> list[Any]:
    """Every context that the events of a document need, each once."""
    needed: list[Any] = [*OUR_CONTEXT]
    for each in found:
        for part in each.context if isinstance(each.context, list) else [each.context]:
            if isinstance(part, dict) and part not in needed:
                needed.append(part)
    return needed


def answer(found: Page) -> str:
    """The document that answers a query."""
    events = ",".join(each.text for each in found.written)
    return (
        f'{{"@context":{_text(contexts(found.written))},"type":"EPCISQueryDocument",'
        f'"schemaVersion":"{SCHEMA_VERSION}","epcisBody":{{"queryResults":{{"queryName":'
        f'"SimpleEventQuery","resultsBody":{{"eventList":[{events}]}}}}}}}}'
    )


def document(found: Sequence[Written], at: datetime) -> str:
    """A document that another repository can capture."""
    events = ",\n".join(each.text for each in found)
    return (
        f'{{"@context":{_text(contexts(found))},"type":"EPCISDocument",'
        f'"schemaVersion":"{SCHEMA_VERSION}","creationDate":"{stamp(at)}",'
        f'"epcisBody":{{"eventList":[{events}]}}}}'
    )


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
