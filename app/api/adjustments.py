"""变更接口 · a milestone's day, a target, a main task, a use of money: by a collective decision."""

from typing import Any

from app import database, deciding, funds, programme, whoami
from app.api.base import Blueprint
from app.auth.privileges import permission
from app.schemas.adjustments import AdjustmentOut, Redirect, Reschedule, Retarget, Reword
from registry import adjustments
from registry.adjustments import Adjustment

blueprint = Blueprint("api_adjustments", __name__, url_prefix="/api", description="变更")


def _told(form: dict[str, Any]) -> dict[str, Any]:
    """What a program says, with the decision it names."""
    ground = deciding.named(database.session(), form["decision"])
    return {**form, "decision": ground, **whoami.acted()}


@blueprint.post("/milestones/<ref:ref>/due")
@permission("adjustment.record")
@blueprint.arguments(Reschedule)
@blueprint.response(201, AdjustmentOut)
def reschedule(form: dict[str, Any], ref: str) -> Adjustment:
    """变更节点期限.

    没有经核对的集体决策不能变更。
    """
    session = database.session()
    row = programme.milestone(session, ref)
    return adjustments.reschedule(session, row, **_told(form))


@blueprint.post("/figures/<ref:ref>/target")
@permission("adjustment.record")
@blueprint.arguments(Retarget)
@blueprint.response(201, AdjustmentOut)
def retarget(form: dict[str, Any], ref: str) -> Adjustment:
    """调整目标.

    原文的数值不动，新的数值列在旁边。
    """
    session = database.session()
    row = deciding.figure(session, ref)
    return adjustments.retarget(session, row, **_told(form))


@blueprint.post("/tasks/<ref:ref>/wording")
@permission("adjustment.record")
@blueprint.arguments(Reword)
@blueprint.response(201, AdjustmentOut)
def reword(form: dict[str, Any], ref: str) -> Adjustment:
    """调整重点任务.

    原文不动，新的写法列在旁边。
    """
    session = database.session()
    row = deciding.task(session, ref)
    return adjustments.reword(session, row, **_told(form))


@blueprint.post("/funds/<ref:ref>/use")
@permission("adjustment.record")
@blueprint.arguments(Redirect)
@blueprint.response(201, AdjustmentOut)
def redirect(form: dict[str, Any], ref: str) -> Adjustment:
    """变更资金用途.

    用途只能是方案第三部分（三）列出的；没有经核对的集体决策不能变更。
    """
    session = database.session()
    row = funds.get(session, ref)
    return adjustments.redirect(session, row, **_told(form))
