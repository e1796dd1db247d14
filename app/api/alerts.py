"""养殖户报告接口 · a lost tag or a sickness told, and what was done about it."""

from typing import Any

from app import alerting, database, files, herd, whoami
from app.api.base import Blueprint
from app.auth.privileges import permission
from app.lists import Listed
from app.schemas.alerts import AlertOut, AlertsOut, AlertsQuery, CloseAlert, TellOfAnimal
from traceability import alerts
from traceability.alerts import Alert, AlertState

blueprint = Blueprint("api_alerts", __name__, url_prefix="/api/alerts", description="养殖户报告")


@blueprint.get("/")
@permission("alert.view")
@blueprint.arguments(AlertsQuery, location="query", as_kwargs=True)
@blueprint.response(200, AlertsOut)
def index(state: AlertState | None, page: int) -> Listed[Alert]:
    """养殖户报告列表.

    自己的牛和管辖范围内的；没处理的在前，病牛在前。
    """
    return alerting.listed(database.session(), state=state, page=page)


@blueprint.post("/")
@permission("alert.raise")
@blueprint.arguments(TellOfAnimal)
@blueprint.response(201, AlertOut)
def tell(form: dict[str, Any]) -> Alert:
    """报告耳标掉了或牛病了.

    同一头牛同一件事没处理完以前再报，回答第一次的报告，不重复登记。
    """
    session = database.session()
    picture = form["photograph"] and files.named(session, form["photograph"])
    return alerting.tell(session, herd.get(session, form["animal"]), form, photograph=picture)


@blueprint.get("/<ref:ref>")
@permission("alert.view")
@blueprint.response(200, AlertOut)
def show(ref: str) -> Alert:
    """一条报告."""
    return alerting.get(database.session(), ref)


@blueprint.post("/<ref:ref>/close")
@permission("alert.close")
@blueprint.arguments(CloseAlert)
@blueprint.response(200, AlertOut)
def close(form: dict[str, Any], ref: str) -> Alert:
    """登记怎样处理的."""
    session = database.session()
    found = alerting.get(session, ref)
    alerts.close(session, found, **form, **whoami.acted())
    return found
