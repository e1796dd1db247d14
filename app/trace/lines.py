"""公开链 · the line of a subject behind a printed code, read as public bytes.

Of the private parts only `by` is read, and only to say by what kind of person a step was recorded;
it never leaves this package.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Select, and_, func, select, union_all
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.auth.accounts import Account
from app.auth.roles import Role
from app.labels.links import LinkKind, hex_of_code
from app.trace import alarms
from market.sales.records import Sale
from registry.clusters import Cluster
from registry.projects import Project
from traceability.animals import Animal
from traceability.chain import events
from traceability.chain.events import EventView
from traceability.chain.kinds import Kind
from traceability.chain.tables import (
    Event,
    EventPrivate,
    EventSubject,
    Leaf,
    SubjectHead,
)
from traceability.checkpoints.stamps import Checkpoint
from traceability.parties import Party
from traceability.quarantine.certificates import Certificate
from traceability.regions import CLUSTER_COUNTY, Region
from traceability.tags import AnimalTag

COUNTY_DIGITS = 6
CODE_COLUMNS: dict[LinkKind, tuple[InstrumentedAttribute[str], InstrumentedAttribute[str]]] = {
    LinkKind.ANIMAL: (Animal.ref, Animal.short_code),
    LinkKind.CERTIFICATE: (Certificate.ref, Certificate.short_code),
    LinkKind.RECEIPT: (Sale.ref, Sale.receipt_code),
}
NAMED_BY_REF: tuple[type[Project] | type[Cluster], ...] = (Project, Cluster)


@dataclass(frozen=True, slots=True)
class Subject:
    """主体 · what a code opens, and how far its line has come."""

    kind: LinkKind
    code: str
    ref: str
    seq: int
    head: bytes
    latest_at: datetime
    position: int | None  # of its newest event in the log
    flagged: bool = False  # its code may have been copied


@dataclass(frozen=True, slots=True)
class Stamp:
    """盖章 · a checkpoint: how many leaves, and when."""

    size: int
    signed_at: datetime
    epoch: int = 1


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event's public part, and the reference of who recorded it (None: erased)."""

    event: EventView
    by: str | None


def find(session: Session, kind: LinkKind, code: str) -> Subject | None:
    """The subject of a code."""
    refs = _refs(kind, code).subquery()
    table = SubjectHead.__table__.c
    row = session.execute(
        select(
            refs.c.ref,
            table.seq,
            table.digest,
            table.latest_at,
            Leaf.position,
            alarms.stands(kind, code).label("flagged"),
        )
        .join(SubjectHead, table.ref == refs.c.ref)
        .join(
            EventSubject,
            and_(EventSubject.subject_id == table.id, EventSubject.seq == table.seq),
        )
        .outerjoin(Leaf, Leaf.event_id == EventSubject.event_id)
        .limit(1)
    ).one_or_none()
    return None if row is None else Subject(kind, code, *row)


def _refs(kind: LinkKind, code: str) -> Select[str]:
    if kind in CODE_COLUMNS:
        ref, column = CODE_COLUMNS[kind]
        return select(ref.label("ref")).where(column == code)
    digits = hex_of_code(code)
    both = (
        select(noun.ref.label("ref")).where(noun.ref.startswith(f"{noun.__ref_prefix__}:{digits}"))
        for noun in NAMED_BY_REF
    )
    return select(union_all(*both).subquery().c.ref)


def code_of_tag(session: Session, ear_tag: str) -> str | None:
    """The public code of the animal that wears or wore a tag."""
    wanted = (
        select(Animal.short_code)
        .join(AnimalTag, AnimalTag.animal_id == Animal.id)
        .where(AnimalTag.value == ear_tag)
        .order_by(AnimalTag.scheme)
        .limit(1)
    )
    return session.execute(wanted).scalar_one_or_none()


def stamp_over(session: Session, position: int | None) -> Stamp | None:
    """The first checkpoint that covers a leaf, so that the page stays as it is; or the newest."""
    running = select(func.max(Checkpoint.epoch)).scalar_subquery()
    size = Checkpoint.tree_size
    mine = select(size, Checkpoint.signed_at, Checkpoint.epoch).where(Checkpoint.epoch == running)
    if position is not None:
        first = session.execute(mine.where(size > position).order_by(size).limit(1)).one_or_none()
        if first is not None:
            return Stamp(*first)
    newest = session.execute(mine.order_by(size.desc()).limit(1)).one_or_none()
    return None if newest is None else Stamp(*newest)


def line(session: Session, ref: str) -> list[Recorded]:
    """The events of a subject in the order of its line, public parts only."""
    rows = session.execute(
        select(Event.id, Event.canonical, Leaf.position, EventPrivate.canonical)
        .join(EventSubject, EventSubject.event_id == Event.id)
        .join(SubjectHead, SubjectHead.id == EventSubject.subject_id)
        .outerjoin(Leaf, Leaf.event_id == Event.id)
        .outerjoin(EventPrivate, EventPrivate.event_id == Event.id)
        .where(SubjectHead.ref == ref)
        .order_by(EventSubject.seq)
    )
    return [
        Recorded(events.view(number, canonical, position=position), _by(secret))
        for number, canonical, position, secret in rows
    ]


def stored_bytes(ref: str) -> Select[bytes, bytes | None]:
    """What is stored of each event of a subject's line, in its order."""
    return (
        select(Event.canonical, EventPrivate.canonical)
        .join(EventSubject, EventSubject.event_id == Event.id)
        .join(SubjectHead, SubjectHead.id == EventSubject.subject_id)
        .outerjoin(EventPrivate, EventPrivate.event_id == Event.id)
        .where(SubjectHead.ref == ref)
        .order_by(EventSubject.seq)
    )


def digest_of(rows: Iterable[Sequence[bytes | None]]) -> bytes:
    """The hash of stored bytes, so that a change behind the platform's back is another."""
    found = sha256()
    for row in rows:
        for part in row:
            found.update(b"-" if part is None else b"%d:" % len(part) + part)
    return found.digest()


def has_public_photograph(line: Sequence[Recorded]) -> bool:
    """Whether its keeper lets everybody see a photograph of it."""
    counted = events.effective([each.event for each in line])
    return any(
        event.kind is Kind.ANIMAL_PHOTOGRAPHED and event.public["shown"] for event in counted
    )


def _by(secret: bytes | None) -> str | None:
    if secret is None:
        return None
    told: dict[str, Any] = orjson.loads(secret)
    by = told.get("by")
    return by if isinstance(by, str) else None


def roles(session: Session, refs: Collection[str]) -> dict[str, set[Role]]:
    """What kind of person each party is, by its accounts."""
    found: dict[str, set[Role]] = {}
    wanted = select(Party.ref, Account.role).join(Account, Account.party_id == Party.id)
    for ref, role in session.execute(wanted.where(Party.ref.in_(refs))):
        found.setdefault(ref, set()).add(role)
    return found


def place_names(session: Session, line: Sequence[Recorded]) -> Mapping[str, str]:
    """The townships a line names and their counties, by code; outside Weining both in one."""
    codes = {
        value
        for each in line
        for name, value in each.event.public.items()
        if name.endswith("township") and isinstance(value, str)
    }
    counties = {code[:COUNTY_DIGITS] for code in codes}
    known = _names(session, Region.code.in_(codes | counties))
    return {code: _place(code, known) for code in codes | counties}


def _names(session: Session, condition: ColumnElement[bool]) -> dict[str, str]:
    rows = session.execute(
        select(Region.code, Region.short_name).where(condition).order_by(Region.meaning)
    )
    return {code: name for code, name in rows}  # noqa: C416 - a row is no plain pair for the checker


def _place(code: str, known: Mapping[str, str]) -> str:
    name = known.get(code, "地名未知")
    county = code[:COUNTY_DIGITS]
    return name if county in {CLUSTER_COUNTY, code} else f"{known.get(county, '')}{name}"
