"""运输批次接口 · open, disinfect, load, depart, stamp, lose, unload, report, cancel."""

from typing import Any

from app import consigning, database, files, herd, whoami
from app.api.base import Blueprint
from app.auth.privileges import permission
from app.consigning import Leg
from app.lists import Listed
from app.schemas.consignments import (
    Cancel,
    ConsignmentOut,
    ConsignmentsOut,
    ConsignmentsQuery,
    ConsignmentWhole,
    Disinfect,
    Go,
    Lose,
    OpenConsignment,
    Report,
    Scan,
    Stamp,
)
from traceability.consignments import loading, road
from traceability.consignments.records import Consignment, Disinfecting, ReportEnd

blueprint = Blueprint(
    "api_consignments", __name__, url_prefix="/api/consignments", description="运输批次"
)


@blueprint.get("/")
@permission("consignment.view")
@blueprint.arguments(ConsignmentsQuery, location="query", as_kwargs=True)
@blueprint.response(200, ConsignmentsOut)
def index(q: str, leg: Leg | None, page: int) -> Listed[Consignment]:
    """运输批次列表.

    自己的牛、自己的车、从管辖场所出发或到达的，新的在前。
    """
    return consigning.listed(database.session(), leg=leg, words=q, page=page)


@blueprint.get("/<ref:ref>")
@permission("consignment.view")
@blueprint.response(200, ConsignmentWhole)
def show(ref: str) -> dict[str, Any]:
    """一个运输批次，连同对不上的牛和断料断水的时间."""
    session = database.session()
    return consigning.whole(session, consigning.get(session, ref))


@blueprint.post("/")
@permission("consignment.handle")
@blueprint.arguments(OpenConsignment)
@blueprint.response(201, ConsignmentOut)
def open_one(form: dict[str, Any]) -> Consignment:
    """建运输批次.

    一车一证：一份证明只运一趟，一辆车同时只凭一份证明。
    """
    told = dict(form)
    return consigning.open_one(database.session(), told.pop("certificate"), told)


@blueprint.post("/<ref:ref>/disinfect")
@permission("consignment.handle")
@blueprint.arguments(Disinfect)
@blueprint.response(200, ConsignmentOut)
def disinfect(form: dict[str, Any], ref: str) -> Consignment:
    """登记车辆消毒."""
    session = database.session()
    found, told = consigning.get(session, ref), dict(form)
    when: Disinfecting = told.pop("when")
    loading.disinfect(session, found, when, **told, **herd.actors())
    return found


@blueprint.post("/<ref:ref>/load")
@permission("consignment.handle")
@blueprint.arguments(Scan)
@blueprint.response(200, ConsignmentWhole)
def load(form: dict[str, Any], ref: str) -> dict[str, Any]:
    """装车扫描.

    再扫一次以后一次为准；`differences` 逐头列出同证明、成交对不上的。
    """
    session = database.session()
    found = consigning.get(session, ref)
    loading.load(session, found, **herd.told(form))
    return consigning.whole(session, found)


@blueprint.post("/<ref:ref>/depart")
@permission("consignment.handle")
@blueprint.arguments(Go)
@blueprint.response(200, ConsignmentOut)
def depart(form: dict[str, Any], ref: str) -> Consignment:
    """启运.

    车上的牛一起启运；有一头不许走，就都不走。
    """
    session = database.session()
    found = consigning.get(session, ref)
    loading.depart(session, found, **herd.told(form))
    return found


@blueprint.post("/<ref:ref>/stamp")
@permission("consignment.stamp")
@blueprint.arguments(Stamp)
@blueprint.response(200, ConsignmentOut)
def stamp(form: dict[str, Any], ref: str) -> Consignment:
    """检查站签章."""
    session = database.session()
    found = consigning.get(session, ref)
    road.stamp(session, found, **form, **whoami.acted())
    return found


@blueprint.post("/<ref:ref>/lose")
@permission("consignment.handle")
@blueprint.arguments(Lose)
@blueprint.response(200, ConsignmentOut)
def lose(form: dict[str, Any], ref: str) -> Consignment:
    """途中死亡、受伤、走失.

    照片先用 `/api/evidence/` 上传。
    """
    session = database.session()
    found = consigning.get(session, ref)
    told = dict(form)
    evidence = files.named(session, told.pop("evidence"))
    consigning.lose(session, found, told, evidence)
    return found


@blueprint.post("/<ref:ref>/unload")
@permission("consignment.receive")
@blueprint.arguments(Scan)
@blueprint.response(200, ConsignmentWhole)
def unload(form: dict[str, Any], ref: str) -> dict[str, Any]:
    """到达扫描.

    卸下的牛登记到达；`gaps` 列出没有说明就不见的。
    """
    session = database.session()
    found = consigning.get(session, ref)
    consigning.unload(session, found, form)
    return consigning.whole(session, found)


@blueprint.post("/<ref:ref>/report")
@permission("consignment.land")
@blueprint.arguments(Report, as_kwargs=True)
@blueprint.response(200, ConsignmentOut)
def report(ref: str, end: ReportEnd) -> Consignment:
    """落地报告."""
    session = database.session()
    found = consigning.get(session, ref)
    consigning.report(session, found, end)
    return found


@blueprint.post("/<ref:ref>/cancel")
@permission("consignment.handle")
@blueprint.arguments(Cancel, as_kwargs=True)
@blueprint.response(200, ConsignmentOut)
def cancel(ref: str, reason: str) -> Consignment:
    """取消还没启运的运输批次."""
    session = database.session()
    found = consigning.get(session, ref)
    loading.cancel(session, found, reason=reason, **herd.actors())
    return found
