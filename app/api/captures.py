"""EPCIS 采集接口 · take in what others tell as EPCIS: one event at once, documents as tasks."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from flask import Response, request
from sqlalchemy import select

from app import database, whoami
from app.api.base import Blueprint, read_json
from app.api.epcis import ANYTHING, HEADERS, JSON_LD, check_version
from app.auth.privileges import permission
from app.epcis import running
from app.epcis.running import AT_ONCE_MAX, BYTES_MAX, LATE_REASON, MEDIA_TYPES
from app.schemas.epcis import CaptureOut, CaptureResultOut, CapturesOut
from traceability.base.errors import RuleViolation
from traceability.epcis import captures, capturing
from traceability.epcis.captures import Capture, OnError
from traceability.epcis.capturing import Sent

blueprint = Blueprint(
    "api_captures", __name__, url_prefix="/api/epcis", description="EPCIS 2.0 采集"
)
SHOWN_MAX = 50
BODY = {"required": True, "content": {each: {"schema": ANYTHING} for each in MEDIA_TYPES}}
BEHAVIOUR_HEADER = "GS1-Capture-Error-Behaviour"
BEHAVIOUR = {
    "in": "header",
    "name": BEHAVIOUR_HEADER,
    "description": "rollback（默认）：有一个出错就全部退回；proceed：其余照收",
    "schema": {"type": "string", "enum": [each.value for each in OnError]},
}
blueprint.before_request(check_version)


@blueprint.after_request
def tell_limits(response: Response) -> Response:
    """Every answer says how much is taken at once."""
    response.headers.update(HEADERS)
    return response


def _sent() -> tuple[bytes, Any]:
    """The body, and what it says.

    Raises:
        UnknownMediaType: `epcis.media_type`.
        TooLarge: `epcis.too_large`.
        RuleViolation: `epcis.not_json`.
    """
    if request.mimetype not in MEDIA_TYPES:
        raise running.UnknownMediaType("epcis.media_type", "请以 JSON 或 JSON-LD 提交")
    data = request.get_data(cache=True)
    if len(data) > BYTES_MAX:
        raise running.TooLarge("epcis.too_large", "EPCIS 文件超过 10 MB，请分成几份再传")
    try:
        return data, read_json(data)
    except ValueError as error:
        raise RuleViolation("epcis.not_json", "内容不是合格的 JSON，请检查后重传") from error


@blueprint.post("/events")
@permission("epcis.capture")
@blueprint.doc(requestBody=BODY)
@blueprint.response(201, CaptureResultOut)
def capture_event() -> Any:
    """采集一个事件.

    立即办理；同一 eventID 同一内容再传不重复。
    """
    data, told = _sent()
    if not isinstance(told, Mapping) or "@context" not in told:
        raise RuleViolation("epcis.no_context", "单个事件要带 @context")
    session = database.session()
    database.amend_recording(late_reason=LATE_REASON)
    capturer = running.capturer_of(whoami.actor(), running.mandate())
    one = Sent(0, data.decode(), told, None)
    result, _ = capturing.take(session, one, capturer)
    return result


@blueprint.post("/capture")
@permission("epcis.capture")
@blueprint.doc(requestBody=BODY, parameters=[BEHAVIOUR])
@blueprint.response(202, CaptureOut)
def capture() -> Any:
    """采集一份文件.

    回答里的 Location 是任务网址；小文件当场办完，大文件由后台逐批办理，每个事件都有结果。
    """
    data, told = _sent()
    parsed = capturing.require_document(told)
    session, at = database.session(), whoami.now()
    database.amend_recording(late_reason=LATE_REASON)
    row = captures.open_capture(
        session,
        data,
        total=len(parsed["epcisBody"]["eventList"]),
        by=whoami.actor(),
        mandate=running.mandate(),
        on_error=_behaviour(),
        media_type=request.mimetype,
        at=at,
    )
    if row.total <= AT_ONCE_MAX:
        running.advance(session, row, at=at)
    return running.told(session, row), HTTPStatus.ACCEPTED, {"Location": _address(row)}


def _address(row: Capture) -> str:
    return f"/api/epcis/capture/{row.ref}"


def _behaviour() -> OnError:
    given = request.headers.get(BEHAVIOUR_HEADER, OnError.ROLLBACK.value)
    try:
        return OnError(given.strip().lower())
    except ValueError as error:
        sentence = "GS1-Capture-Error-Behaviour 应为 rollback 或 proceed"
        raise RuleViolation("epcis.bad_behaviour", sentence) from error


def _mine(ref: str) -> Capture:
    """A task of one's own."""
    found = captures.get(database.session(), ref)
    if found.party_id != whoami.actor().id and not whoami.scope().everywhere:
        raise captures.not_found()
    return found


@blueprint.get("/capture")
@permission("epcis.capture")
@blueprint.response(200, CapturesOut)
def tasks() -> dict[str, Any]:
    """自己的采集任务."""
    session = database.session()
    mine = select(Capture).where(Capture.party_id == whoami.actor().id)
    rows = session.scalars(mine.order_by(Capture.id.desc()).limit(SHOWN_MAX))
    return {"captures": [running.told(session, row) for row in rows]}


@blueprint.get("/capture/<ref:job>")
@permission("epcis.capture")
@blueprint.response(200, CaptureOut)
def task(job: str) -> dict[str, Any]:
    """一个采集任务.

    进度和每个事件的结果。
    """
    return running.told(database.session(), _mine(job))


@blueprint.get("/capture/<ref:job>/document")
@permission("epcis.capture")
@blueprint.response(200, ANYTHING, content_type=JSON_LD)
def sent_document(job: str) -> Response:
    """采集的原文件.

    与收到时逐字节相同。
    """
    found = _mine(job)
    return Response(found.document, content_type=found.media_type)
