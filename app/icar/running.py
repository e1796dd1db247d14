"""ICAR 收件 · who sends, what they may, and what became of each resource as ADE tells it."""

from http import HTTPStatus
from typing import Any

from app import database, whoami
from app.auth import scopes
from traceability.base.clock import stamp
from traceability.epcis.replay import Capturer
from traceability.holdings import Holding
from traceability.icar.importing import Result, Sending
from traceability.icar.performing import EVERY_PERMISSION
from traceability.icar.vocabulary import Collection

BYTES_MAX = 2 * 1024 * 1024
LATE_REASON = "ICAR 导入"
SEVERITIES = {
    "stored": "Information",
    "duplicate": "Information",
    "observed": "Warning",
    "refused": "Error",
}
TITLES = {
    "stored": "已办理",
    "duplicate": "以前送过，没有重复办理",
    "observed": "存为外部事件",
    "refused": "退回",
}
STATUSES = {"stored": HTTPStatus.CREATED, "observed": HTTPStatus.CREATED}


def sending(place: Holding, collection: Collection) -> Sending:
    """What the signed-in person sends, as far as they may; late entries carry their reason."""
    me, scope = whoami.account(), whoami.scope()
    database.amend_recording(late_reason=LATE_REASON)
    capturer = Capturer(
        by=whoami.actor(),
        permissions=frozenset(each for each in EVERY_PERMISSION if me.may(each)),
        covers=lambda holding: scopes.covers(scope, holding),
        keeps=scope.keepers,
    )
    return Sending(capturer, place, collection)


def status_of(result: Result) -> HTTPStatus:
    """The status a single resource is answered with."""
    return STATUSES.get(result.status, HTTPStatus.OK)


def told(result: Result) -> dict[str, Any]:
    """A result as an icarBatchResult."""
    found: dict[str, Any] = {"messages": [_message(result)]}
    if result.event_id is not None:
        found["id"] = result.event_id
    meta = result.told.get("meta") if isinstance(result.told, dict) else None
    if isinstance(meta, dict):
        given = {name: meta[name] for name in ("source", "sourceId") if _is_text(meta.get(name))}
        found["meta"] = {**given, "modified": stamp(whoami.now())}
    return found


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _message(result: Result) -> dict[str, Any]:
    found = {"severity": SEVERITIES[result.status], "title": TITLES[result.status]}
    if result.refusal is None:
        return {**found, "status": int(status_of(result))}
    refused = result.status == "refused"
    return {
        **found,
        "status": result.refusal.status if refused else int(status_of(result)),
        "type": result.refusal.code,
        "detail": result.refusal.sentence,
    }
