"""集体决策接口 · recorded by one, checked by another; what rests on it."""

from typing import Any

from app import database, deciding, files, programme, whoami
from app.api.base import Blueprint
from app.auth.privileges import permission
from app.lists import Listed
from app.schemas.common import PageQuery
from app.schemas.decisions import (
    DecisionOut,
    DecisionPageOut,
    DecisionsOut,
    RecordDecisionByProgram,
    ReturnDecision,
)
from registry import adjustments, decisions
from registry.decisions import Decision

blueprint = Blueprint("api_decisions", __name__, url_prefix="/api", description="集体决策")


@blueprint.get("/decisions/")
@permission("decision.view")
@blueprint.arguments(PageQuery, location="query", as_kwargs=True)
@blueprint.response(200, DecisionsOut)
def index(page: int) -> Listed[Decision]:
    """集体决策, those to check first."""
    return deciding.decisions_listed(database.session(), page=page)


@blueprint.get("/decisions/<ref:ref>")
@permission("decision.view")
@blueprint.response(200, DecisionPageOut)
def show(ref: str) -> dict[str, Any]:
    """一项集体决策和据以作出的变更."""
    session = database.session()
    found = deciding.decision(session, ref)
    return {"decision": found, "adjustments": adjustments.of_decision(session, found)}


@blueprint.post("/clusters/<ref:ref>/decisions")
@permission("decision.record")
@blueprint.arguments(RecordDecisionByProgram)
@blueprint.response(201, DecisionOut)
def record(form: dict[str, Any], ref: str) -> Decision:
    """登记集体决策.

    签字页先存为佐证；另一位人员核对后才能据以变更。
    """
    session = database.session()
    cluster = programme.cluster(session, ref)
    signed = files.named(session, form.pop("evidence"))
    return decisions.record(session, cluster, evidence=signed, **form, **whoami.acted())


@blueprint.post("/decisions/<ref:ref>/confirm")
@permission("decision.confirm")
@blueprint.response(200, DecisionOut)
def confirm(ref: str) -> Decision:
    """核对集体决策.

    登记人不能核对自己登记的。
    """
    session = database.session()
    found = deciding.decision(session, ref)
    decisions.confirm(session, found, **whoami.acted())
    return found


@blueprint.post("/decisions/<ref:ref>/return")
@permission("decision.confirm")
@blueprint.arguments(ReturnDecision, as_kwargs=True)
@blueprint.response(200, DecisionOut)
def send_back(ref: str, reason: str) -> Decision:
    """退回集体决策."""
    session = database.session()
    found = deciding.decision(session, ref)
    decisions.send_back(session, found, reason=reason, **whoami.acted())
    return found
