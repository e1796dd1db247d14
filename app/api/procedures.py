"""办事手续接口 · the approvals of projects, from the list of what is needed to the number."""

from typing import Any

from app import database, files, programme, undertaking, whoami
from app.api.base import Blueprint
from app.api.projects import of_ones_own
from app.auth.privileges import permission
from app.lists import Listed
from app.schemas.procedures import (
    AcceptProcedure,
    EndProcedureByProgram,
    PlanProcedure,
    ProcedureOut,
    ProceduresOut,
    ProceduresQuery,
)
from registry import procedures
from registry.procedures import Procedure, ProcedureCard, ProcedureState

blueprint = Blueprint("api_procedures", __name__, url_prefix="/api", description="办事手续")


@blueprint.get("/procedures/")
@permission("project.view")
@blueprint.arguments(ProceduresQuery, location="query", as_kwargs=True)
@blueprint.response(200, ProceduresOut)
def index(page: int, state: str) -> Listed[Procedure]:
    """手续.

    `state`：waiting 未受理，running 在办，late 超过法定天数，ended 已有结果。
    """
    wanted = ProcedureState(state) if state in set(ProcedureState) else None
    return undertaking.procedures_listed(database.session(), wanted, page=page)


@blueprint.post("/projects/<ref:ref>/procedures")
@permission("project.report")
@of_ones_own
@blueprint.arguments(PlanProcedure)
@blueprint.response(201, ProcedureOut)
def plan(form: dict[str, Any], ref: str) -> Procedure:
    """列入手续."""
    session = database.session()
    project = programme.project(session, ref)
    return procedures.plan(session, project, ProcedureCard(**form), **whoami.acted())


@blueprint.get("/procedures/<ref:ref>")
@permission("project.view")
@blueprint.response(200, ProcedureOut)
def show(ref: str) -> Procedure:
    """一项手续."""
    return undertaking.procedure(database.session(), ref)


@blueprint.post("/procedures/<ref:ref>/accept")
@permission("project.report")
@blueprint.arguments(AcceptProcedure)
@blueprint.response(200, ProcedureOut)
def accept(form: dict[str, Any], ref: str) -> Procedure:
    """登记受理.

    应办结的日子从受理次日算起；工作日只扣周六、周日，法定节假日没有扣。
    """
    session = database.session()
    row = undertaking.procedure(session, ref)
    procedures.accept(session, row, **form, **whoami.acted())
    return row


@blueprint.post("/procedures/<ref:ref>/end")
@permission("project.report")
@blueprint.arguments(EndProcedureByProgram)
@blueprint.response(200, ProcedureOut)
def end(form: dict[str, Any], ref: str) -> Procedure:
    """登记结果."""
    session = database.session()
    row = undertaking.procedure(session, ref)
    paper = form.pop("evidence")
    proof = files.named(session, paper) if paper else None
    procedures.end(session, row, evidence=proof, **form, **whoami.acted())
    return row
