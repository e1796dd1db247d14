"""收进来 · resources judged and taken in one by one, with a result for each.

Idempotent by `meta.source` and `meta.sourceId`. The bytes are kept as they came.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from json import JSONDecoder
from typing import Any

from sqlalchemy.orm import Session

from traceability.animals import Animal
from traceability.base.canon import sha256
from traceability.base.errors import Conflict, NotFound, Refusal, RuleViolation
from traceability.chain.events import EventView
from traceability.epcis import captures
from traceability.epcis.captures import Captured
from traceability.epcis.identifiers import event_uri
from traceability.epcis.replay import Capturer
from traceability.holdings import Holding
from traceability.icar import naming, performing, resources, validation
from traceability.icar.performing import Doing
from traceability.icar.resources import Received
from traceability.icar.vocabulary import RESOURCES, Collection

RESOURCES_MAX = 200  # in one batch: one transaction
FAULTS_TOLD = 5
DECODER = JSONDecoder()
SPACE = " \t\n\r"


@dataclass(frozen=True, slots=True)
class Result:
    """结果 · what became of one resource: stored, observed, known before, or refused and why."""

    status: str  # stored | observed | duplicate | refused
    told: Any
    event_id: str | None = None
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class Sending:
    """送来 · who sends, which collection of which place."""

    capturer: Capturer
    place: Holding
    collection: Collection


def texts_in(text: str) -> Iterator[str]:
    r"""The text of each element of a JSON array that has been parsed strictly before.

    >>> list(texts_in(' [{"a":  1}, {"b": [2]} ]\n'))
    ['{"a":  1}', '{"b": [2]}']
    """
    at = _skip(text, _skip(text, 0) + 1)
    while text[at] != "]":
        _, end = DECODER.raw_decode(text, at)
        yield text[at:end]
        at = _skip(text, end)
        if text[at] == ",":
            at = _skip(text, at + 1)


def _skip(text: str, at: int) -> int:
    while text[at] in SPACE:
        at += 1
    return at


def require_batch(parsed: object) -> list[Any]:
    """The resources of a batch.

    Raises:
        RuleViolation: `icar.bad_batch`, `icar.too_many`.
    """
    if not isinstance(parsed, list):
        raise RuleViolation("icar.bad_batch", "一批应为资源的数组；单个资源请发到 locations 网址")
    if len(parsed) > RESOURCES_MAX:
        sentence = f"一批最多 {RESOURCES_MAX} 条，现在是 {len(parsed)} 条：请分成几批再送"
        raise RuleViolation("icar.too_many", sentence)
    return parsed


def take(session: Session, text: str, told: Any, sending: Sending) -> Result:
    """Take in one resource: as an operation, or as an observation; or say it came before.

    Raises:
        RuleViolation: the code of what is wrong; `icar.unknown_animal`, `icar.other_location`,
            `chain.in_future`.
        Conflict: `icar.source_id_reused`.
    """
    found = validation.faults(told, RESOURCES[sending.collection])
    if found:
        sentences = dict.fromkeys(fault.sentence for fault in found[:FAULTS_TOLD])
        raise RuleViolation(found[0].code, "；".join(sentences))
    received = Received(text, told)
    before = resources.known(session, received)
    if before is not None:
        return Result("duplicate", told, event_uri(before))
    _require_here(session, told, sending.place)
    animal = naming.find_animal(session, told["animal"])
    if animal is None and sending.collection is not Collection.BIRTHS:
        raise RuleViolation(
            "icar.unknown_animal", "登记簿里没有这头牛：请核对编号，或先送出生登记（births）"
        )
    at = performing.instant_of(told["eventDateTime"])
    doing = Doing(sending.capturer, at, sending.place, sending.collection)
    event, refusal = _performed(session, told, animal, doing)
    status = "stored" if event is not None else "observed"
    if event is None:
        refused = None if refusal is None else refusal.code
        event = _observe(session, received, doing, animal=animal, refused=refused)
    resources.keep(session, received, sending.place, event)
    return Result(status, told, event_uri(event.digest), refusal)


def _require_here(session: Session, told: Any, place: Holding) -> None:
    named = told.get("location")
    found = None if named is None else naming.find_place(session, named["scheme"], named["id"])
    if found is not None and found is not place:
        raise RuleViolation("icar.other_location", "资源里的场所与网址里的不是同一个，请核对")


def _performed(
    session: Session, told: Any, animal: Animal | None, doing: Doing
) -> tuple[EventView | None, Refusal | None]:
    """The event an operation appended; or why it refused, its traces undone."""
    point = session.begin_nested()
    try:
        event = performing.perform(session, told, animal, doing)
    except (RuleViolation, Conflict, NotFound) as refusal:
        point.rollback()
        return None, refusal
    point.commit()
    return event, None


def _observe(
    session: Session,
    received: Received,
    doing: Doing,
    *,
    animal: Animal | None,
    refused: str | None,
) -> EventView:
    """Keep a resource as an observation of its sender's."""
    key = sha256(json.dumps(received.key).encode()).hex()
    captured = Captured(
        received.text.encode(),
        {**received.told, "type": received.told["resourceType"]},
        f"urn:weining:icar:{key}",
    )
    about = [] if animal is None else [animal.ref]
    return captures.observe(
        session,
        captured,
        about=about,
        animals=about,
        refused=refused,
        at=doing.at,
        by=doing.capturer.by,
    )


def attempt(session: Session, text: str, told: Any, sending: Sending) -> Result:
    """Take in one resource in a savepoint of its own; a refusal is its result."""
    point = session.begin_nested()
    try:
        result = take(session, text, told, sending)
    except Refusal as refusal:
        point.rollback()
        return Result("refused", told, refusal=refusal)
    point.commit()
    return result
