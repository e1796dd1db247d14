"""责任人接口 · who leads and who does each main task, project and milestone."""

from typing import Any

from app import database, deciding, undertaking, whoami
from app.api.base import Blueprint
from app.auth.privileges import permission
from app.lists import Listed
from app.schemas.charges import AssignCharge, ChargeOut, DutiesOut, DutiesQuery
from app.undertaking import DutyKind, DutyNeed, DutyRow
from registry import charges
from registry.charges import Charge

blueprint = Blueprint("api_charges", __name__, url_prefix="/api", description="责任人")


@blueprint.get("/charges/")
@permission("project.view")
@blueprint.arguments(DutiesQuery, location="query", as_kwargs=True)
@blueprint.response(200, DutiesOut)
def index(page: int, kind: DutyKind, need: str) -> Listed[DutyRow]:
    """责任清单.

    `need`：missing 没有责任人，late 逾期。
    """
    wanted = DutyNeed(need) if need in set(DutyNeed) else None
    return undertaking.duties_listed(database.session(), kind, wanted, page=page)


def _assigned(kind: DutyKind, ref: str, form: dict[str, Any]) -> Charge:
    session = database.session()
    found = undertaking.thing(session, kind, ref)
    ground = deciding.named(session, form.pop("decision"))
    return charges.assign(session, found, decision=ground, **form, **whoami.acted())


@blueprint.post("/tasks/<ref:ref>/charge")
@permission("project.report")
@blueprint.arguments(AssignCharge)
@blueprint.response(201, ChargeOut)
def assign_task(form: dict[str, Any], ref: str) -> Charge:
    """定重点任务的责任人.

    期限定过的，改动须有经核对的集体决策。
    """
    return _assigned(DutyKind.TASK, ref, form)


@blueprint.post("/projects/<ref:ref>/charge")
@permission("project.report")
@blueprint.arguments(AssignCharge)
@blueprint.response(201, ChargeOut)
def assign_project(form: dict[str, Any], ref: str) -> Charge:
    """定项目的责任人.

    期限定过的，改动须有经核对的集体决策。
    """
    return _assigned(DutyKind.PROJECT, ref, form)


@blueprint.post("/milestones/<ref:ref>/charge")
@permission("project.report")
@blueprint.arguments(AssignCharge)
@blueprint.response(201, ChargeOut)
def assign_milestone(form: dict[str, Any], ref: str) -> Charge:
    """定节点的责任人.

    节点有自己的期限，不填 `due_on`。
    """
    return _assigned(DutyKind.MILESTONE, ref, form)
