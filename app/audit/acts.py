"""办理记录 · who did what, when, from where, on whose behalf: searched, and exported with proofs.

Read from the chain, newest first by the instant of recording; where somebody sat comes from the
access log. Only events of which one may see a subject are shown.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import seeing, whoami
from app.audit import lines
from app.audit.lines import Found
from app.auth import access_log
from traceability.audit import legible
from traceability.audit.legible import Read
from traceability.base.clock import end_of, start_of
from traceability.base.errors import NotFound
from traceability.base.refs import is_ref
from traceability.chain.events import EventView
from traceability.chain.kinds import SPECS, Kind
from traceability.checkpoints import bundles
from traceability.checkpoints.bundles import Keepers
from traceability.parties import Party

PAGE_ROWS = 50
BUNDLE_MAX = 200
BATCH = 200
SCANNED_MAX = 4_000
"""Events read for one page: a search that finds little still answers, and says how far it came."""
WHO_MAX = 10
OUT_OF_ORDER = timedelta(hours=1)
"""Transactions that ran beside each other may be numbered out of the order of their instants."""


@dataclass(frozen=True, slots=True)
class Sought:
    """找什么 · whose acts (a name, a reference, or anybody's), in which days, of which kind."""

    who: str = ""
    first: date | None = None
    last: date | None = None
    kind: Kind | None = None


@dataclass(frozen=True, slots=True)
class Act:
    """一次办理 · one event with its actor, for whom, and from where."""

    event: EventView
    kind: Kind
    at: datetime
    recorded_at: datetime
    late: bool
    label: str
    by: str
    on_behalf_of: str | None
    subjects: Sequence[Found]
    address: str | None
    fault: str | None


@dataclass(frozen=True, slots=True)
class Acts:
    """一页办理记录 · `before` leads to older ones; damaged events are counted as `unreadable`."""

    rows: Sequence[Act]
    before: int | None
    unreadable: int


def people(session: Session, text: str) -> list[Found]:
    """The parties that somebody's words may mean: a reference, or a part of a name."""
    text = text.strip()
    if not text:
        return []
    named = Party.ref == text if is_ref(text) else Party.name.contains(text, autoescape=True)
    rows = session.execute(select(Party.ref, Party.name).where(named).limit(WHO_MAX))
    return [Found(row.ref, lines.kind_of(row.ref), row.name) for row in rows]


def search(
    session: Session, sought: Sought, *, before: int | None = None, limit: int = PAGE_ROWS
) -> Acts:
    """A page of acts, newest first; `sought.who` may mean several parties of one name."""
    naming = [each.ref for each in people(session, sought.who)]
    if sought.who.strip() and not naming:
        return Acts((), None, 0)
    kept: list[Read] = []
    sight: dict[str, bool] = {}
    scanned = unreadable = 0
    for read in _newest_first(session, sought, before=before, naming=naming):
        scanned, before = scanned + 1, read.event_id
        if read.event is None:
            unreadable += 1
        elif _fits(read.event, sought, naming) and _seen(session, read.event, sight):
            kept.append(read)
            if len(kept) == limit:
                break
    is_end = len(kept) < limit and scanned < SCANNED_MAX
    return Acts(_told(session, kept), None if is_end else before, unreadable)


def _newest_first(
    session: Session, sought: Sought, *, before: int | None, naming: Sequence[str]
) -> Iterator[Read]:
    """Events that may fit, until they are too old or too many were read."""
    start = None if sought.first is None else start_of(sought.first) - OUT_OF_ORDER
    for _ in range(SCANNED_MAX // BATCH):
        reads = legible.batch(session, before=before, naming=naming, limit=BATCH)
        for read in reads:
            if read.event is not None and start is not None and read.event.recorded_at < start:
                return
            before = read.event_id
            yield read
        if len(reads) < BATCH:
            return


def _fits(event: EventView, sought: Sought, naming: Sequence[str]) -> bool:
    """Whether it is of that kind, recorded in those days, by or for one of those people."""
    if sought.kind is not None and event.kind is not sought.kind:
        return False
    if sought.first is not None and event.recorded_at < start_of(sought.first):
        return False
    if sought.last is not None and event.recorded_at >= end_of(sought.last):
        return False
    return not naming or bool({event["by"], event["on_behalf_of"]} & {*naming})


def _seen(session: Session, event: EventView, sight: dict[str, bool]) -> bool:
    """Whether one may see a subject of an event; asked once for each subject."""
    if whoami.scope().everywhere:
        return True
    return any(_may_see(session, link.ref, sight) for link in event.links)


def _may_see(session: Session, ref: str, sight: dict[str, bool]) -> bool:
    if ref not in sight:
        sight[ref] = False
        with suppress(NotFound):
            seeing.require(session, ref)
            sight[ref] = True
    return sight[ref]


def _told(session: Session, kept: Sequence[Read]) -> list[Act]:
    events = [read.event for read in kept if read.event is not None]
    people_of = {event[field] for event in events for field in ("by", "on_behalf_of")} - {None}
    subjects = {link.ref for event in events for link in event.links}
    names = lines.names_of(session, people_of | subjects)
    came = access_log.addresses(session, [(each.recorded_at, each["by"]) for each in events])
    return [
        Act(
            event=event,
            kind=event.kind,
            at=event.at,
            recorded_at=event.recorded_at,
            late=event.late,
            label=SPECS[event.kind].label,
            by=names.get(event["by"], "—") if event.private is not None else "（已删除）",
            on_behalf_of=names.get(event["on_behalf_of"]),
            subjects=[_subject(link.ref, names) for link in event.links],
            address=came.get((event.recorded_at, event["by"])),
            fault=read.fault,
        )
        for read, event in zip(kept, events, strict=True)
    ]


def _subject(ref: str, names: Mapping[str, str]) -> Found:
    return Found(ref, lines.kind_of(ref), names.get(ref, ""))


def proofs(
    session: Session, sought: Sought, keepers: Keepers, *, before: int | None = None
) -> dict[str, Any]:
    """The proof file of the acts found, private parts open, for `verify.py`; stamped ones only."""
    found = search(session, sought, before=before, limit=BUNDLE_MAX)
    line = sorted((act.event for act in found.rows), key=lambda event: event.id)
    return bundles.export(session, line, keepers, opened={event.id for event in line})
