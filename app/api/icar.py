"""ICAR ADE 接口 · herd software reads and tells what happened at a place, in its own words."""

import json
from typing import Any
from urllib.parse import urlencode

from flask import Response, current_app, request

from app import database, whoami
from app.api.base import Blueprint, read_json
from app.auth import scopes
from app.auth.privileges import permission
from app.epcis.running import TooLarge, UnknownMediaType
from app.epcis.seen import Eyes
from app.factory import settings_of
from app.icar import pages, running
from app.icar.running import BYTES_MAX
from app.schemas.icar import CollectionQuery, IcarResultOut
from traceability.base.errors import NotFound, RuleViolation
from traceability.holdings import Holding
from traceability.icar import importing, naming
from traceability.icar.lists import Wanted
from traceability.icar.vocabulary import Collection

blueprint = Blueprint("api_icar", __name__, url_prefix="/api/icar", description="ICAR ADE 1.4")
ANYTHING = {"type": "object"}
MEDIA_TYPE = "application/json"
BODY = {"required": True, "content": {MEDIA_TYPE: {"schema": {}}}}
PLACE = "/locations/<scheme>/<location>"
EVERY_COLLECTION = f"<any({','.join(Collection)}):collection>"


def place_of(scheme: str, number: str) -> Holding:
    """The place that an address names, if one may see it.

    Raises:
        NotFound: `icar.location_not_found`, the same for what does not exist.
    """
    found = naming.find_place(database.session(), scheme, number)
    if found is None or not scopes.covers(whoami.scope(), found):
        raise NotFound("icar.location_not_found", "没有找到这个场所，请核对编号种类和编号")
    return found


@blueprint.get(f"{PLACE}/{EVERY_COLLECTION}")
@permission("icar.view")
@blueprint.arguments(CollectionQuery, location="query")
@blueprint.response(200, ANYTHING)
def collection(query: dict[str, Any], scheme: str, location: str, collection: str) -> Response:
    """一个场所的称重、出生、死亡、到达、启运或用药.

    ICAR ADE 1.4 的集合：view 说明这一页，member 为资源，按登记先后；只给出本人可见的。
    """
    session = database.session()
    size, after = query.pop("size"), query.pop("after")
    wanted = Wanted(place_of(scheme, location), Collection(collection), **query)
    found = pages.page(session, wanted, Eyes(session, whoami.scope()), after=after, size=size)
    view = {"pageSize": size, "first": _address(None)}
    if found.after is not None:
        view["next"] = _address(found.after)
    text = json.dumps({"view": view, "member": found.members}, ensure_ascii=False)
    return Response(text, content_type="application/json")


def _address(after: int | None) -> str:
    """The address of the same collection behind a position of the log."""
    asked = {name: value for name, value in request.args.items() if name != "after"}
    onward = asked if after is None else {**asked, "after": str(after)}
    base = f"{settings_of(current_app).public_url}{request.path}"
    return f"{base}?{urlencode(onward)}" if onward else base


def _sent() -> tuple[str, Any]:
    """The body, and what it says.

    Raises:
        UnknownMediaType: `icar.media_type`.
        TooLarge: `icar.too_large`.
        RuleViolation: `icar.not_json`.
    """
    if request.mimetype != MEDIA_TYPE:
        raise UnknownMediaType("icar.media_type", "请以 application/json 提交")
    data = request.get_data(cache=True)
    if len(data) > BYTES_MAX:
        raise TooLarge("icar.too_large", "一次提交超过 2 MB，请分成几批再送")
    try:
        return data.decode(), read_json(data)
    except ValueError as error:
        raise RuleViolation("icar.not_json", "内容不是合格的 JSON，请检查后重送") from error


@blueprint.post(f"{PLACE}/{EVERY_COLLECTION}")
@permission("icar.capture")
@blueprint.doc(requestBody=BODY)
@blueprint.response(201, IcarResultOut)
def add(scheme: str, location: str, collection: str) -> Any:
    """送来一条资源.

    能办的照规则办理，否则存为外部事件；同一 meta.source 和 meta.sourceId 再送不重复（200）。
    """
    sending = running.sending(place_of(scheme, location), Collection(collection))
    text, told = _sent()
    result = importing.take(database.session(), text, told, sending)
    return running.told(result), running.status_of(result)


@blueprint.post(f"/batches{PLACE}/{EVERY_COLLECTION}")
@permission("icar.capture")
@blueprint.doc(requestBody=BODY)
@blueprint.response(200, IcarResultOut(many=True))
def add_batch(scheme: str, location: str, collection: str) -> Any:
    """送来一批资源.

    一个数组，最多 200 条；每条各有结果，一条退回不影响别的。
    """
    sending = running.sending(place_of(scheme, location), Collection(collection))
    text, told = _sent()
    listed = importing.require_batch(told)
    session = database.session()
    return [
        running.told(importing.attempt(session, each, what, sending))
        for each, what in zip(importing.texts_in(text), listed, strict=True)
    ]
