"""耳标库存接口 · ranges received, issued, confirmed, returned, written off."""

from typing import Any

from app import database, herd, stocking
from app.api.base import Blueprint
from app.auth.privileges import permission
from app.lists import Listed
from app.schemas.tag_stock import (
    ConfirmTags,
    DeclineTags,
    IssueTags,
    ReceiveTags,
    ReturnTags,
    TagRangeOut,
    TagRangesOut,
    TagRangesQuery,
    TagRangeToldOut,
    TallyOut,
    WriteOffTags,
)
from app.stocking import Counted, Told
from traceability.tag_stock import handing
from traceability.tag_stock.counting import Tally
from traceability.tag_stock.ranges import TagRange

blueprint = Blueprint(
    "api_tag_stock", __name__, url_prefix="/api/tag-stock", description="耳标库存"
)


@blueprint.get("/")
@permission("tag_stock.view")
@blueprint.arguments(TagRangesQuery, location="query", as_kwargs=True)
@blueprint.response(200, TagRangesOut)
def index(holder: str | None, page: int) -> Listed[Counted]:
    """耳标号段列表.

    辖区内在手里和等签收的号段，新的在前。
    """
    return stocking.listed(database.session(), holder=holder, page=page)


@blueprint.get("/holders")
@permission("tag_stock.view")
@blueprint.response(200, TallyOut(many=True))
def holders() -> list[Tally]:
    """各领用人的耳标.

    按辖区列出每人领到、发出、戴上、丢失销毁和剩余的枚数。
    """
    return stocking.tallies(database.session())


@blueprint.post("/")
@permission("tag_stock.manage")
@blueprint.arguments(ReceiveTags)
@blueprint.response(201, TagRangeOut)
def receive(form: dict[str, Any]) -> TagRange:
    """耳标入库.

    县里收到一批；号段不能和已入库的重号。
    """
    session = database.session()
    evidence = stocking.named(session, form.pop("evidence"))
    return stocking.receive(session, form, evidence)


@blueprint.get("/<ref:ref>")
@permission("tag_stock.view")
@blueprint.response(200, TagRangeToldOut)
def show(ref: str) -> Told:
    """一个耳标号段."""
    session = database.session()
    return stocking.told(session, stocking.get(session, ref))


@blueprint.post("/<ref:ref>/issue")
@permission("tag_stock.record")
@blueprint.arguments(IssueTags)
@blueprint.response(201, TagRangeOut)
def issue(form: dict[str, Any], ref: str) -> TagRange:
    """发放耳标.

    发给本辖区的乡镇兽医或防疫员；领用人签收以后才算到他手里。
    """
    session = database.session()
    return stocking.issue(session, stocking.handled(session, ref), form)


@blueprint.post("/<ref:ref>/return")
@permission("tag_stock.record")
@blueprint.arguments(ReturnTags)
@blueprint.response(201, TagRangeOut)
def give_back(form: dict[str, Any], ref: str) -> TagRange:
    """退回耳标.

    退给发放的人，等他签收。
    """
    session = database.session()
    return stocking.give_back(session, stocking.handled(session, ref), form)


@blueprint.post("/<ref:ref>/write-off")
@permission("tag_stock.record")
@blueprint.arguments(WriteOffTags)
@blueprint.response(201, TagRangeOut)
def write_off(form: dict[str, Any], ref: str) -> TagRange:
    """登记丢失或销毁.

    写明原因；销毁要有照片。已经戴在牛耳上的不能登记。
    """
    session = database.session()
    evidence = stocking.named(session, form.pop("evidence"))
    return stocking.write_off(session, stocking.handled(session, ref), form, evidence)


@blueprint.post("/<ref:ref>/confirm")
@permission("tag_stock.record")
@blueprint.arguments(ConfirmTags)
@blueprint.response(200, TagRangeOut)
def confirm(form: dict[str, Any], ref: str) -> TagRange:
    """签收耳标."""
    session = database.session()
    found = stocking.handled(session, ref)
    handing.confirm(session, found, **herd.told(form))
    return found


@blueprint.post("/<ref:ref>/decline")
@permission("tag_stock.record")
@blueprint.arguments(DeclineTags)
@blueprint.response(200, TagRangeOut)
def decline(form: dict[str, Any], ref: str) -> TagRange:
    """不签收，或签收前收回.

    领用人点数不符时不签收；发放人发错了可以在签收前收回。
    """
    session = database.session()
    found = stocking.get(session, ref)
    handing.decline(session, found, **herd.told(form))
    return found
