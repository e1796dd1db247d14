"""采集运行 · captures in the request when they are small, by the worker when they are not."""

from datetime import datetime
from typing import Any

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from app import whoami
from app.auth import scopes
from app.whoami import Scope
from traceability import parties
from traceability.base.clock import stamp
from traceability.base.db import transaction
from traceability.base.errors import Refusal
from traceability.epcis import captures, capturing
from traceability.epcis.captures import CAPTURE_STATE_LABELS, Capture, CaptureState
from traceability.epcis.replay import PERMISSIONS, Capturer
from traceability.parties import Party

BYTES_MAX = 10 * 1024 * 1024
AT_ONCE_MAX = 50  # events that are taken in before the answer
BATCH = 100
LATE_REASON = "EPCIS 采集"
MEDIA_TYPES = ("application/json", "application/ld+json")


class TooLarge(Refusal):
    """太大 · more bytes than one capture may have."""

    status = 413


class UnknownMediaType(Refusal):
    """类型不支持 · neither JSON nor JSON-LD."""

    status = 415


class WrongVersion(Refusal):
    """版本不支持 · another EPCIS than 2.0."""

    status = 406


def mandate() -> dict[str, Any]:
    """What the signed-in person may do, and where; kept with the task."""
    me, scope = whoami.account(), whoami.scope()
    return {
        "permissions": sorted({each for each in PERMISSIONS.values() if me.may(each)}),
        "everywhere": scope.everywhere,
        "keepers": sorted(scope.keepers),
        "holdings": sorted(scope.holdings),
        "markets": sorted(scope.markets),
        "regions": list(scope.regions),
        "clusters": sorted(scope.clusters),
    }


def capturer_of(by: Party, given: dict[str, Any]) -> Capturer:
    """Who sends, as their mandate says."""
    scope = Scope(
        everywhere=given["everywhere"],
        keepers=frozenset(given["keepers"]),
        holdings=frozenset(given["holdings"]),
        markets=frozenset(given["markets"]),
        regions=tuple(given["regions"]),
        clusters=frozenset(given["clusters"]),
    )
    return Capturer(
        by=by,
        permissions=frozenset(given["permissions"]),
        covers=lambda holding: scopes.covers(scope, holding),
        keeps=scope.keepers,
    )


def advance(session: Session, capture: Capture, *, at: datetime) -> None:
    """Take in the next events of a task."""
    by = session.get_one(Party, capture.party_id)
    capturer = capturer_of(by, capture.mandate)
    capturing.advance(session, capture, capturer, limit=BATCH, at=at)


def run_all(engine: Engine, at: datetime) -> int:
    """Take in whatever waits; safe to run twice and to be killed: each batch is one commit."""
    with transaction(engine, recorded_at=at) as session:
        waiting = captures.unfinished(session)
    for ref in waiting:
        while _run_batch(engine, ref, at):
            pass
    return len(waiting)


def _run_batch(engine: Engine, ref: str, at: datetime) -> bool:
    """One batch of one task; whether there is more to do."""
    with transaction(engine, recorded_at=at, late_reason=LATE_REASON) as session:
        wanted = select(Capture).where(Capture.ref == ref, Capture.state == CaptureState.RUNNING)
        capture = session.scalars(wanted.with_for_update(skip_locked=True)).one_or_none()
        if capture is None:
            return False
        advance(session, capture, at=at)
        return capture.state is CaptureState.RUNNING


def told(session: Session, capture: Capture) -> dict[str, Any]:
    """A task as the API tells it: its state, how far it is, a result for each event."""
    results = capturing.results_of(capture)
    return {
        "captureID": capture.ref,
        "createdAt": stamp(capture.created_at),
        "finishedAt": None if capture.finished_at is None else stamp(capture.finished_at),
        "running": capture.state is CaptureState.RUNNING,
        "success": capture.state is CaptureState.FINISHED
        and not any(each["status"] == "refused" for each in results),
        "state": CAPTURE_STATE_LABELS[capture.state],
        "captureErrorBehaviour": capture.on_error.value,
        "sha256": capture.sha256.hex(),
        "sender": parties.get(session, session.get_one(Party, capture.party_id).ref).ref,
        "total": capture.total,
        "done": len(results),
        "results": results,
        "errors": [each for each in results if each["status"] == "refused"],
    }
