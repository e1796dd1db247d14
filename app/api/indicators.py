"""指标接口 · printed figures; reporting, confirming and returning what was reached."""

from typing import Any

from app import database, programme, whoami
from app.api.base import Blueprint
from app.auth.privileges import permission
from app.schemas.indicators import ActualOut, IndicatorOut, ReportActual, ReturnActual, ReviseActual
from registry import actuals, indicators
from registry.actuals import Actual
from registry.indicators import FigureRole

blueprint = Blueprint("api_indicators", __name__, url_prefix="/api", description="指标和完成值")


@blueprint.get("/indicators/<ref:ref>")
@permission("indicator.view")
@blueprint.response(200, IndicatorOut)
def show(ref: str) -> dict[str, Any]:
    """一个指标: printed figures and reported actuals, the newest period first."""
    session = database.session()
    found = programme.indicator(session, ref)
    told = {name: getattr(found, name) for name in ("ref", "key", "name", "unit", "scope")}
    printed = indicators.figures(session, found, *FigureRole)
    return {**told, "figures": printed, "actuals": actuals.of_indicator(session, found)}


@blueprint.post("/indicators/<ref:ref>/actuals")
@permission("indicator.report")
@blueprint.arguments(ReportActual)
@blueprint.response(201, ActualOut)
def report(form: dict[str, Any], ref: str) -> Actual:
    """填报完成值."""
    session = database.session()
    found = programme.indicator(session, ref)
    return actuals.report(session, found, **form, **whoami.acted())


@blueprint.post("/actuals/<ref:ref>/revise")
@permission("indicator.report")
@blueprint.arguments(ReviseActual)
@blueprint.response(200, ActualOut)
def revise(form: dict[str, Any], ref: str) -> Actual:
    """修改完成值."""
    session = database.session()
    found = programme.actual(session, ref)
    actuals.revise(session, found, **form, **whoami.acted())
    return found


@blueprint.post("/actuals/<ref:ref>/submit")
@permission("indicator.report")
@blueprint.response(200, ActualOut)
def submit(ref: str) -> Actual:
    """提交确认."""
    session = database.session()
    found = programme.actual(session, ref)
    actuals.submit(session, found, **whoami.acted())
    return found


@blueprint.post("/actuals/<ref:ref>/confirm")
@permission("indicator.confirm")
@blueprint.response(200, ActualOut)
def confirm(ref: str) -> Actual:
    """确认完成值.

    填报人不能确认自己填的数。
    """
    session = database.session()
    found = programme.actual(session, ref)
    actuals.confirm(session, found, **whoami.acted())
    return found


@blueprint.post("/actuals/<ref:ref>/return")
@permission("indicator.confirm")
@blueprint.arguments(ReturnActual)
@blueprint.response(200, ActualOut)
def send_back(form: dict[str, Any], ref: str) -> Actual:
    """退回完成值."""
    session = database.session()
    found = programme.actual(session, ref)
    actuals.send_back(session, found, **form, **whoami.acted())
    return found
