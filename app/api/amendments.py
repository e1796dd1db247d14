"""规则修改接口 · one proposes, another decides; what a change would have changed."""

from collections.abc import Sequence
from typing import Any

from app import database, files, rejudging, rulebook, whoami
from app.api.base import Blueprint
from app.auth.privileges import permission
from app.rejudging import Period, Rejudged
from app.schemas.amendments import (
    AmendmentOut,
    AmendmentsQuery,
    ProposeAmendmentOf,
    ReturnAmendment,
)
from app.schemas.rejudging import PeriodQuery, RejudgedOut
from traceability import amendments, rules
from traceability.amendments import Amendment, AmendmentState, Change
from traceability.base.clock import legal_day

blueprint = Blueprint(
    "api_amendments", __name__, url_prefix="/api/amendments", description="规则修改"
)


@blueprint.get("/")
@permission("rule.view")
@blueprint.arguments(AmendmentsQuery, location="query", as_kwargs=True)
@blueprint.response(200, AmendmentOut(many=True))
def index(state: AmendmentState | None) -> Sequence[Amendment]:
    """规则修改列表.

    新的在前。
    """
    found = amendments.listed(database.session())
    return [row for row in found if state is None or row.state is state]


@blueprint.post("/")
@permission("rule.propose")
@blueprint.arguments(ProposeAmendmentOf)
@blueprint.response(201, AmendmentOut)
def propose(form: dict[str, Any]) -> Amendment:
    """提议修改规则.

    另一位人员批准后才生效；只能从明天或以后生效，录错的内容用“更正”。
    """
    session = database.session()
    rule = rules.get(session, form["rule"])
    return amendments.propose(
        session,
        form["change"],
        rulebook.drafted(rule, form),
        rule=None if form["change"] is Change.OPEN else rule,
        reason=form["reason"],
        evidence=files.named(session, form["evidence"]),
        **whoami.acted(),
    )


@blueprint.get("/<ref:ref>")
@permission("rule.view")
@blueprint.response(200, AmendmentOut)
def show(ref: str) -> Amendment:
    """一项规则修改."""
    return amendments.get(database.session(), ref)


@blueprint.post("/<ref:ref>/approve")
@permission("rule.approve")
@blueprint.response(200, AmendmentOut)
def approve(ref: str) -> Amendment:
    """批准规则修改.

    提议人不能批准自己的修改。
    """
    session = database.session()
    found = amendments.get(session, ref)
    amendments.approve(session, found, **whoami.acted())
    return found


@blueprint.post("/<ref:ref>/return")
@permission("rule.approve")
@blueprint.arguments(ReturnAmendment, as_kwargs=True)
@blueprint.response(200, AmendmentOut)
def send_back(ref: str, reason: str) -> Amendment:
    """退回规则修改."""
    session = database.session()
    found = amendments.get(session, ref)
    amendments.send_back(session, found, reason=reason, **whoami.acted())
    return found


@blueprint.get("/<ref:ref>/effect")
@permission("rule.rejudge")
@blueprint.arguments(PeriodQuery, location="query")
@blueprint.response(200, RejudgedOut)
def effect(query: dict[str, Any], ref: str) -> Rejudged:
    """改动会改变什么.

    假如一直这样规定，辖区内这段日子办过的事有哪些会不一样。
    """
    session = database.session()
    period = Period.of(query["since"], query["until"], today=legal_day(whoami.now()))
    return rejudging.of_amendment(session, amendments.get(session, ref), period)
