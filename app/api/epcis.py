"""EPCIS 查询接口 · events of the chain in EPCIS 2.0, as far as one may see them."""

import json
from typing import Any
from urllib.parse import urlencode

from flask import Response, request

from app import database, whoami
from app.api.base import Blueprint
from app.auth.privileges import permission
from app.epcis import exports, pages, saved
from app.epcis.pages import Page
from app.epcis.running import AT_ONCE_MAX, BYTES_MAX, WrongVersion
from app.epcis.saved import SavedQuery
from app.epcis.seen import Eyes
from app.schemas.epcis import EventsQuery, SavedQueriesOut, SavedQueryOut, SaveQuery
from traceability.epcis import ids, queries
from traceability.epcis.capturing import EVENTS_MAX

blueprint = Blueprint("api_epcis", __name__, url_prefix="/api/epcis", description="EPCIS 2.0")
JSON_LD = "application/ld+json"
VERSION = "2.0.0"
HEADERS = {
    "GS1-EPCIS-Version": VERSION,
    "GS1-EPCIS-Min": VERSION,
    "GS1-EPCIS-Max": VERSION,
    "GS1-CBV-Version": VERSION,
    "GS1-CBV-Min": VERSION,
    "GS1-CBV-Max": VERSION,
    "GS1-EPCIS-Capture-Limit": str(EVENTS_MAX),
    "GS1-EPCIS-Capture-File-Size-Limit": str(BYTES_MAX),
}
ANYTHING = {"type": "object"}
assert AT_ONCE_MAX <= EVENTS_MAX


@blueprint.after_request
def tell_versions(response: Response) -> Response:
    """Every answer says which EPCIS it speaks, and how much it takes."""
    response.headers.update(HEADERS)
    return response


@blueprint.before_request
def check_version() -> None:
    """Refuse a caller who asks for another EPCIS.

    Raises:
        WrongVersion: `epcis.version`.
    """
    wanted = request.headers.get("GS1-EPCIS-Version", VERSION)
    if wanted.split(".")[:1] != ["2"]:
        raise WrongVersion("epcis.version", f"只支持 EPCIS {VERSION}")


@blueprint.get("/")
@permission("epcis.view")
@blueprint.response(200, ANYTHING)
def versions() -> Response:
    """支持的版本和上限."""
    return Response(json.dumps(HEADERS), content_type="application/json")


@blueprint.get("/events")
@permission("epcis.view")
@blueprint.arguments(EventsQuery, location="query")
@blueprint.response(200, ANYTHING, content_type=JSON_LD)
def events(_checked: dict[str, Any]) -> Response:
    """查询事件.

    EPCIS 2.0 简单事件查询；下一页的网址在 Link 头里。只给出本人可见的事件。
    """
    return _answered(request.args.to_dict(flat=False))


def _answered(given: dict[str, list[str]]) -> Response:
    session = database.session()
    found = pages.page(session, queries.parse(given), Eyes(session, whoami.scope()))
    _note(found)
    response = Response(pages.answer(found), content_type=JSON_LD)
    if found.token is not None:
        onward = {**given, "nextPageToken": [found.token]}
        response.headers["Link"] = f'<{request.path}?{urlencode(onward, doseq=True)}>; rel="next"'
    return response


def _note(found: Page) -> None:
    """Keep the ids that are told now, apart from the reading request."""
    if found.new_ids:
        with database.writing(whoami.now()) as short:
            ids.note(short, found.new_ids)


@blueprint.get("/events/<path:event_id>", merge_slashes=False)  # an id begins ni:///
@permission("epcis.view")
@blueprint.response(200, ANYTHING, content_type=JSON_LD)
def event(event_id: str) -> Response:
    """一个事件.

    编号可为 EPCIS 事件编号，或 urn:weining:event:摘要。采集来的事件逐字节返回。
    """
    session = database.session()
    asked = request.query_string.decode()
    whole = f"{event_id}?{asked}" if asked else event_id  # an event hash id ends in ?ver=CBV2.0
    found = pages.one(session, whole, Eyes(session, whoami.scope()))
    return Response(pages.alone(found), content_type=JSON_LD)


@blueprint.get("/export/<ref:ref>")
@permission("epcis.view")
@blueprint.response(200, ANYTHING, content_type=JSON_LD)
def export(ref: str) -> Response:
    """导出一头牛或一批牛.

    牛只或检疫证明的全部可见事件，成一份 EPCIS 文件，可由另一套系统采集。
    """
    session = database.session()
    found = exports.line(session, ref, Eyes(session, whoami.scope()))
    _note(Page(found, None))
    response = Response(pages.document(found, whoami.now()), content_type=JSON_LD)
    name = f"epcis-{ref.replace(':', '-')}.jsonld"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _told(row: SavedQuery) -> dict[str, Any]:
    return {"name": row.name, "query": row.parameters, "createdAt": row.created_at}


@blueprint.get("/queries")
@permission("epcis.view")
@blueprint.response(200, SavedQueriesOut)
def saved_queries() -> dict[str, Any]:
    """自己的命名查询."""
    mine = saved.every(database.session(), whoami.account().account_id)
    return {"queries": [_told(row) for row in mine]}


@blueprint.post("/queries")
@permission("epcis.view")
@blueprint.arguments(SaveQuery)
@blueprint.response(201, SavedQueryOut)
def save_query(form: dict[str, Any]) -> dict[str, Any]:
    """保存一个查询."""
    me = whoami.account().account_id
    row = saved.create(
        database.session(), me, name=form["name"], parameters=form["query"], at=whoami.now()
    )
    return _told(row)


@blueprint.get("/queries/<name>")
@permission("epcis.view")
@blueprint.response(200, SavedQueryOut)
def saved_query(name: str) -> dict[str, Any]:
    """一个命名查询."""
    return _told(saved.get(database.session(), whoami.account().account_id, name))


@blueprint.delete("/queries/<name>")
@permission("epcis.view")
@blueprint.response(204)
def forget_query(name: str) -> None:
    """删除一个命名查询."""
    saved.remove(database.session(), whoami.account().account_id, name)


@blueprint.get("/queries/<name>/events")
@permission("epcis.view")
@blueprint.arguments(EventsQuery, location="query")
@blueprint.response(200, ANYTHING, content_type=JSON_LD)
def run_query(_checked: dict[str, Any], name: str) -> Response:
    """运行一个命名查询.

    可另给 perPage、nextPageToken。
    """
    row = saved.get(database.session(), whoami.account().account_id, name)
    return _answered({**row.parameters, **request.args.to_dict(flat=False)})
