"""六个一接口 · the board, a cluster's versions, a new version."""

from collections.abc import Sequence
from typing import Any

from app import database, deciding, files, programme
from app.api.base import Blueprint
from app.auth.privileges import permission
from app.deciding import Line
from app.schemas.plans import BoardRowOut, IssuePlanByProgram, PlanOut, PlansOut
from registry.plans import BoardRow, Plan

blueprint = Blueprint("api_plans", __name__, url_prefix="/api", description="六个一")


@blueprint.get("/six-ones/")
@permission("plan.view")
@blueprint.response(200, BoardRowOut(many=True))
def index() -> Sequence[BoardRow]:
    """六个一.

    自己的集群，每个六项：现行、未生效或缺。
    """
    return deciding.board(database.session())


@blueprint.get("/clusters/<ref:ref>/plans")
@permission("plan.view")
@blueprint.response(200, PlansOut(many=True))
def show(ref: str) -> Sequence[Line]:
    """一个集群的六个一, every version."""
    session = database.session()
    return deciding.lines(session, programme.cluster(session, ref))


@blueprint.post("/clusters/<ref:ref>/plans")
@permission("plan.issue")
@blueprint.arguments(IssuePlanByProgram)
@blueprint.response(201, PlanOut)
def issue(form: dict[str, Any], ref: str) -> Plan:
    """发布新版本.

    第二版起须有经核对的集体决策；旧版仍在。
    """
    session = database.session()
    cluster = programme.cluster(session, ref)
    shown = files.named(session, form.pop("evidence"))
    return deciding.issue(session, cluster, form, evidence=shown)
