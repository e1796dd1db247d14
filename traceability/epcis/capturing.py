"""受理 · a document of EPCIS events, judged and taken in event by event, with a result for each.

Idempotent by eventID: the same event again changes nothing, other content under its id conflicts.
An event without an id gets its event hash id (CBV 2.0 §8.9).
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy.orm import Session

from traceability.base.clock import utc
from traceability.base.errors import Conflict, NotFound, Refusal, RuleViolation
from traceability.chain.events import EventView
from traceability.epcis import captures, replay, slices, validation
from traceability.epcis.captures import EPCIS_ID_CHARS_MAX, Capture, Captured, CaptureState, OnError
from traceability.epcis.hashing import event_hash
from traceability.epcis.replay import Capturer

EVENTS_MAX = 5_000  # in one document: GS1-EPCIS-Capture-Limit
FAULTS_TOLD = 5


@dataclass(frozen=True, slots=True)
class Result:
    """结果 · what became of one event: stored, observed, known before, or refused and why."""

    index: int
    status: str  # stored | observed | duplicate | refused | rolled_back
    event_id: str | None
    code: str | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """One event of a document: its number, its text, what it says."""

    index: int
    text: str
    told: Any
    context: object


def split(document: bytes, parsed: Mapping[str, Any]) -> list[Sent]:
    """The events of a document, each with its own text."""
    context = parsed.get("@context")
    texts = slices.events_in(document.decode())
    told = parsed["epcisBody"]["eventList"]
    return [Sent(n, text, each, context) for n, (text, each) in enumerate(zip(texts, told))]  # noqa: B905 - both come from the same list


def require_document(parsed: object) -> Mapping[str, Any]:
    """A document whose envelope is good; its events are judged one by one.

    Raises:
        RuleViolation: `epcis.bad_document`, `epcis.too_many_events`.
    """
    if not isinstance(parsed, dict) or parsed.get("type") != "EPCISDocument":
        raise RuleViolation("epcis.bad_document", "应为 EPCISDocument；单个事件请发到 events")
    found = list(dict.fromkeys(validation.envelope_faults(parsed)))
    if found:
        raise RuleViolation("epcis.bad_document", _sentence(found))
    if len(parsed["epcisBody"]["eventList"]) > EVENTS_MAX:
        raise RuleViolation(
            "epcis.too_many_events", f"一份文件最多 {EVENTS_MAX} 个事件，请分成几份"
        )
    return parsed


def _sentence(found: Sequence[validation.Fault]) -> str:
    told = [f"{fault.path} {fault.sentence}" for fault in found[:FAULTS_TOLD]]
    return "；".join(told)


def take(session: Session, sent: Sent, capturer: Capturer) -> tuple[Result, EventView | None]:
    """Take in one event: as an operation, or as an observation; None if it came before.

    Raises:
        RuleViolation: `epcis.bad_event`, `chain.in_future`; the first fault's own code.
        Conflict: `epcis.event_id_reused`.
    """
    captured = judged(sent)
    if captures.known(session, captured) is not None:
        return Result(sent.index, "duplicate", captured.epcis_id), None
    _require_no_cycle(session, captured)
    at = utc(datetime.fromisoformat(_plain_instant(captured.told["eventTime"])))
    event, refusal = _performed(session, captured.told, capturer, at)
    status = "stored"
    epcs = replay.epcs_of(captured.told)
    if event is None:
        status = "observed"
        event = captures.observe(
            session,
            captured,
            about=replay.refs_of(epcs),
            animals=_animals(session, epcs),
            refused=None if refusal is None else refusal.code,
            at=at,
            by=capturer.by,
        )
    captures.keep(session, captured, event, epcs)
    why = (None, None) if refusal is None else (refusal.code, refusal.sentence)
    return Result(sent.index, status, captured.epcis_id, *why), event


def _plain_instant(text: str) -> str:
    """An instant that Python reads: six decimals, no leap second."""
    head, dot, rest = text.partition(".")
    if not dot:
        return text
    digits = "".join(char for char in rest if char.isdigit() or char == " ")
    cut = len(rest) - len(rest.lstrip("0123456789"))
    return f"{head}.{digits[:cut][:6]}{rest[cut:]}"


def judged(sent: Sent) -> Captured:
    """An event that schema and sense have nothing against, with its id.

    Raises:
        RuleViolation: `epcis.bad_event` or the code of what is wrong.
    """
    found = list(dict.fromkeys(islice(validation.event_faults(sent.told, "事件"), 20)))
    if found:
        raise RuleViolation("epcis.bad_event", _sentence(found))
    wrong = list(validation.judge_event(sent.told, sent.context))
    if wrong:
        raise RuleViolation(wrong[0].code, _sentence(wrong))
    given = sent.told.get("eventID")
    if given is not None and len(given) > EPCIS_ID_CHARS_MAX:
        raise RuleViolation("epcis.bad_event", f"eventID 超过 {EPCIS_ID_CHARS_MAX} 个字符")
    epcis_id = given or event_hash(sent.told, sent.context)
    return Captured(sent.text.encode(), sent.told, epcis_id, sent.context)


def _animals(session: Session, epcs: Sequence[str]) -> list[str]:
    found = (replay.animal_of(session, epc) for epc in epcs[:100])
    return list(dict.fromkeys(animal.ref for animal in found if animal is not None))


def _performed(
    session: Session, told: Mapping[str, Any], capturer: Capturer, at: datetime
) -> tuple[EventView | None, Refusal | None]:
    """The event an operation appended; or why it refused, its traces undone."""
    point = session.begin_nested()
    try:
        event = replay.perform(session, told, capturer, at)
    except (RuleViolation, Conflict, NotFound) as refusal:
        point.rollback()
        return None, refusal
    point.commit()
    return event, None


def _require_no_cycle(session: Session, captured: Captured) -> None:
    """An event may not be corrected, over however many steps, by itself."""
    declared = captured.told.get("errorDeclaration", {})
    waiting, seen = list(declared.get("correctiveEventIDs", ())), set()
    while waiting:
        each = waiting.pop()
        if each == captured.epcis_id:
            raise RuleViolation(
                "epcis.correction_cycle", "更正关系成环：一个事件不能更正更正了它的事件"
            )
        if each in seen:
            continue
        seen.add(each)
        found = captures.by_id(session, each)
        if found is not None and found.body is not None:
            other = json.loads(found.body).get("errorDeclaration", {})
            waiting += other.get("correctiveEventIDs", ())


def refuse_cycles(sent: Sequence[Sent]) -> dict[int, Result]:
    """The events of a document whose corrections lead back to themselves, by number."""
    ahead = dict(_corrections(sent))
    found = {}
    for each in sent:
        event_id = each.told.get("eventID") if isinstance(each.told, dict) else None
        if isinstance(event_id, str) and event_id in ahead and _reaches(ahead, event_id):
            detail = "更正关系成环：一个事件不能更正更正了它的事件"
            found[each.index] = Result(
                each.index, "refused", event_id, "epcis.correction_cycle", detail
            )
    return found


def _corrections(sent: Sequence[Sent]) -> Iterator[tuple[str, list[Any]]]:
    for each in sent:
        told = each.told if isinstance(each.told, dict) else {}
        declared = told.get("errorDeclaration")
        if isinstance(declared, dict) and isinstance(told.get("eventID"), str):
            ids = declared.get("correctiveEventIDs")
            yield told["eventID"], ids if isinstance(ids, list) else []


def _reaches(ahead: Mapping[str, Sequence[Any]], start: str) -> bool:
    waiting, seen = list(ahead[start]), set()
    while waiting:
        each = waiting.pop()
        if each == start:
            return True
        if isinstance(each, str) and each not in seen:
            seen.add(each)
            waiting += ahead.get(each, ())
    return False


def attempt(session: Session, sent: Sent, capturer: Capturer) -> Result:
    """Take in one event in a savepoint of its own; a refusal is its result."""
    point = session.begin_nested()
    try:
        result, _ = take(session, sent, capturer)
    except Refusal as refusal:
        point.rollback()
        event_id = sent.told.get("eventID") if isinstance(sent.told, dict) else None
        shown = event_id if isinstance(event_id, str) else None
        return Result(sent.index, "refused", shown, refusal.code, refusal.sentence)
    point.commit()
    return result


def advance(
    session: Session, capture: Capture, capturer: Capturer, *, limit: int, at: datetime
) -> None:
    """Take in the next events of a task; the caller commits, and calls again while it runs.

    With `rollback` all are taken in at once, or none.
    """
    sent = split(capture.document, json.loads(capture.document))
    cycles = refuse_cycles(sent)

    def take_in(chosen: Sequence[Sent]) -> list[Result]:
        return [cycles.get(each.index) or attempt(session, each, capturer) for each in chosen]

    if capture.on_error is OnError.ROLLBACK:
        _all_or_none(session, capture, lambda: take_in(sent))
    else:
        done = len(capture.results)
        results = take_in(sent[done : done + limit])
        capture.results = [*capture.results, *map(_written, results)]
        if len(capture.results) >= capture.total:
            capture.state = CaptureState.FINISHED
    if capture.state is not CaptureState.RUNNING:
        capture.finished_at = at
    session.flush()


def _all_or_none(session: Session, capture: Capture, take_in: Callable[[], list[Result]]) -> None:
    point = session.begin_nested()
    results = take_in()
    if any(result.status == "refused" for result in results):
        point.rollback()
        session.refresh(capture)
        results = [_undone(result) for result in results]
        capture.state = CaptureState.ROLLED_BACK
    else:
        point.commit()
        capture.state = CaptureState.FINISHED
    capture.results = [*map(_written, results)]


def _undone(result: Result) -> Result:
    if result.status in {"refused", "duplicate"}:
        return result
    return Result(result.index, "rolled_back", result.event_id)


def _written(result: Result) -> str:
    return json.dumps(asdict(result), ensure_ascii=False)


def results_of(capture: Capture) -> list[dict[str, Any]]:
    """The results so far, in the order of the document."""
    return [json.loads(text) for text in capture.results]
