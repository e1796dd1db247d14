"""查询 · the EPCIS 2.0 simple event query: its parameters, candidates from the chain, matching.

A page begins where the last one ended in the log (`leaf.position`), or in time where things are
named; it looks at a bounded number of events, so a page may be short and still have a next one.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from traceability.base.clock import stamp, unstamp, utc
from traceability.base.errors import RuleViolation
from traceability.chain import events
from traceability.chain.events import EventView
from traceability.chain.kinds import Kind
from traceability.chain.tables import Event, EventMention, EventSubject, Leaf, SubjectHead
from traceability.epcis import mapping, replay
from traceability.epcis.captures import EpcisEpc
from traceability.epcis.identifiers import ref_of

PER_PAGE = 30
PER_PAGE_MAX = 1_000
LOOKED_AT_MAX = 2_000  # events for one page
BATCH = 200
TOLD_KINDS = [*mapping.SHAPES, Kind.EPCIS_OBSERVED]
TIMES = ("GE_eventTime", "LT_eventTime", "GE_recordTime", "LT_recordTime")
ORDERS = {"eventTime", "recordTime"}
DIRECTIONS = {"ASC", "DESC"}


def _field(name: str) -> Callable[[Mapping[str, Any]], list[Any]]:
    def values(told: Mapping[str, Any]) -> list[Any]:
        value = told.get(name)
        value = value.get("id") if isinstance(value, dict) else value
        return [] if value is None else [value]

    return values


def _inside(field_name: str, key: str) -> Callable[[Mapping[str, Any]], list[Any]]:
    return lambda told: [row.get(key) for row in told.get(field_name, ()) if isinstance(row, dict)]


def _lists(*names: str) -> Callable[[Mapping[str, Any]], list[Any]]:
    return lambda told: [epc for name in names for epc in told.get(name, ())]


VALUES: Mapping[str, Callable[[Mapping[str, Any]], list[Any]]] = {
    "eventType": _field("type"),
    "EQ_action": _field("action"),
    "EQ_bizStep": _field("bizStep"),
    "EQ_disposition": _field("disposition"),
    "EQ_readPoint": _field("readPoint"),
    "EQ_bizLocation": _field("bizLocation"),
    "EQ_eventID": _field("eventID"),
    "EQ_transformationID": _field("transformationID"),
    "MATCH_epc": _lists("epcList", "childEPCs"),
    "MATCH_parentID": _field("parentID"),
    "MATCH_inputEPC": _lists("inputEPCList"),
    "MATCH_outputEPC": _lists("outputEPCList"),
    "MATCH_anyEPC": lambda told: [*replay.epcs_of(told)],
    "EQ_bizTransaction": _inside("bizTransactionList", "bizTransaction"),
    "EQ_source": _inside("sourceList", "source"),
    "EQ_destination": _inside("destinationList", "destination"),
    "EQ_type": _inside("sensorReport", "type"),
}
"""Parameter → the values of an event, of which one must be among those asked for."""
EPC_PARAMETERS = (
    "MATCH_epc",
    "MATCH_anyEPC",
    "MATCH_parentID",
    "MATCH_inputEPC",
    "MATCH_outputEPC",
)
WORDS = re.compile(r"^(?:https://(?:ref|ns)\.gs1\.org/cbv/[A-Za-z]+-|cbv:[A-Za-z]+-)")
PLAIN = {"EXISTS_errorDeclaration", "orderBy", "orderDirection", "perPage", "nextPageToken"}
PARAMETERS = frozenset({*VALUES, *TIMES, *PLAIN})


@dataclass(frozen=True, slots=True)
class Query:
    """查询 · which events, in which order."""

    among: Mapping[str, frozenset[str]] = field(default_factory=dict)
    times: Mapping[str, datetime] = field(default_factory=dict)
    declared: bool = False  # only events with an error declaration
    by_time: bool = False  # ordered by eventTime; otherwise by the log
    ascending: bool = False
    per_page: int = PER_PAGE
    token: str | None = None


def parse(given: Mapping[str, Sequence[str]]) -> Query:
    """The query that parameters ask for.

    Raises:
        RuleViolation: `epcis.unknown_parameter`, `epcis.bad_parameter`.
    """
    for name in given:
        if name not in PARAMETERS:
            raise RuleViolation("epcis.unknown_parameter", f"不支持的查询参数 {name}")
    plain = {name: values[-1] for name, values in given.items() if name in PLAIN}
    order, direction = plain.get("orderBy"), plain.get("orderDirection", "DESC")
    if order not in {None, *ORDERS} or direction not in DIRECTIONS:
        raise bad("orderBy 应为 eventTime 或 recordTime，orderDirection 应为 ASC 或 DESC")
    among = {
        name: frozenset(_listed(name, values)) for name, values in given.items() if name in VALUES
    }
    return Query(
        among={name: values for name, values in among.items() if values},
        times={name: _instant(name, given[name][-1]) for name in TIMES if name in given},
        declared=plain.get("EXISTS_errorDeclaration", "false").lower() == "true",
        by_time=order == "eventTime",
        ascending=direction == "ASC",
        per_page=_per_page(plain.get("perPage")),
        token=plain.get("nextPageToken"),
    )


def going_on(query: Query, token: str) -> Query:
    """The same query from a place in its order on."""
    return replace(query, token=token)


def bad(sentence: str) -> RuleViolation:
    """A parameter that cannot be read."""
    return RuleViolation("epcis.bad_parameter", sentence)


def _listed(name: str, values: Sequence[str]) -> Iterator[str]:
    apart = r"\|" if name.startswith("MATCH_") else r"[|,]"
    for value in values:
        yield from (WORDS.sub("", part.strip()) for part in re.split(apart, value) if part.strip())


def _instant(name: str, text: str) -> datetime:
    try:
        return utc(datetime.fromisoformat(text.replace(" ", "+")))
    except (ValueError, OverflowError) as error:
        raise bad(f"{name} 应写成 2026-11-22T06:12:03+08:00 的样子") from error


def _per_page(text: str | None) -> int:
    if text is None:
        return PER_PAGE
    if not (text.isascii() and text.isdigit() and 0 < int(text[:9]) <= PER_PAGE_MAX):
        raise bad(f"perPage 应为 1 到 {PER_PAGE_MAX}")
    return int(text)


def matches(query: Query, told: Mapping[str, Any]) -> bool:
    """Whether an event is one of those asked for, beyond what the database chose."""
    if query.declared and "errorDeclaration" not in told:
        return False
    return all(
        values & {WORDS.sub("", str(value)) for value in VALUES[name](told)}
        for name, values in query.among.items()
        if name not in EPC_PARAMETERS or name == "MATCH_parentID"
    )


def candidates(session: Session, query: Query) -> Iterator[tuple[EventView, str]]:
    """Events in order, each with the token that goes on after it; a bounded number of them.

    Raises:
        RuleViolation: `epcis.bad_parameter`.
    """
    narrow = {name: query.among[name] for name in EPC_PARAMETERS if name in query.among}
    if query.by_time and not narrow:
        raise bad("orderBy=eventTime 须同时给出 MATCH_epc 等对象条件")
    found = _line(session, query, narrow) if narrow else _log(session, query)
    for event in islice(found, LOOKED_AT_MAX):
        if event.kind in TOLD_KINDS and _in_time(query, event):
            yield event, token_after(query, event)


def token_after(query: Query, event: EventView) -> str:
    """What stands for a place in the order."""
    return f"{stamp(event.at)}~{event.id}" if query.by_time else str(event.position)


def _in_time(query: Query, event: EventView) -> bool:
    at = {"eventTime": event.at, "recordTime": event.recorded_at}
    for name, bound in query.times.items():
        sign, _, which = name.partition("_")
        if (at[which] >= bound) is not (sign == "GE"):
            return False
    return True


def _log(session: Session, query: Query) -> Iterator[EventView]:
    """The events of the log from where the last page ended, read in batches."""
    at = None if query.token is None else _position(query.token)
    column = Leaf.position
    while True:

        def narrow(stored: Any, since: int | None = at) -> Any:
            if since is not None:
                stored = stored.where(column > since if query.ascending else column < since)
            order = column.asc() if query.ascending else column.desc()
            return stored.where(column.is_not(None)).order_by(order).limit(BATCH)

        batch = events.choose(session, narrow)
        yield from batch
        if len(batch) < BATCH:
            return
        at = batch[-1].position


def _line(
    session: Session, query: Query, narrow: Mapping[str, frozenset[str]]
) -> Iterator[EventView]:
    """The events about some things, from where the last page ended."""
    conditions = [_about(session, epcs) for epcs in narrow.values()]
    found = events.choose(session, lambda stored: stored.where(*conditions))
    places = {event.digest: _place(query, event) for event in found}
    wanted = [event for event in found if query.by_time or event.position is not None]
    wanted.sort(key=lambda event: places[event.digest], reverse=not query.ascending)
    if query.token is None:
        return iter(wanted)
    last = _time_token(query.token) if query.by_time else (_position(query.token),)
    further = [
        event
        for event in wanted
        if (places[event.digest] > last) is query.ascending and places[event.digest] != last
    ]
    return iter(further)


def _place(query: Query, event: EventView) -> tuple[Any, ...]:
    return (event.at, event.id) if query.by_time else (event.position,)


def _position(token: str) -> int:
    if not (token.isascii() and token.isdigit() and len(token) < 16):  # noqa: PLR2004 - within 2^53
        raise bad("nextPageToken 无效，请从第一页重新查询")
    return int(token)


def _time_token(token: str) -> tuple[datetime, int]:
    at, _, number = token.partition("~")
    try:
        return unstamp(at), _position(number)
    except ValueError as error:
        raise bad("nextPageToken 无效，请从第一页重新查询") from error


def _about(session: Session, epcs: frozenset[str]) -> ColumnElement[bool]:
    """Events with a subject, a mention or a captured identifier among these."""
    refs = {ref for epc in epcs if (ref := ref_of(epc)) is not None}
    refs |= {found.ref for epc in epcs if (found := replay.animal_of(session, epc)) is not None}
    return or_(
        *_naming(refs),
        Event.id.in_(select(EpcisEpc.event_id).where(EpcisEpc.epc.in_(epcs))),
    )


def _naming(refs: Collection[str]) -> list[ColumnElement[bool]]:
    heads = select(SubjectHead.id).where(SubjectHead.ref.in_(refs))
    return [
        Event.id.in_(select(EventSubject.event_id).where(EventSubject.subject_id.in_(heads))),
        Event.id.in_(select(EventMention.event_id).where(EventMention.subject_id.in_(heads))),
    ]


def about(session: Session, ref: str) -> list[EventView]:
    """Every told event a reference is a subject of or mentioned in, as it happened."""
    found = events.choose(session, lambda stored: stored.where(or_(*_naming([ref]))))
    told = [event for event in found if event.kind in TOLD_KINDS]
    return sorted(told, key=lambda event: (event.at, event.id))
