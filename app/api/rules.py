"""规则接口 · the dated rules, and what those of another day would have made of what was done."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from app import database, rejudging, whoami
from app.api.base import Blueprint
from app.auth.privileges import permission
from app.rejudging import Period, Rejudged
from app.schemas.rejudging import RejudgedOut, RejudgedQuery
from app.schemas.rules import RuleOut, RulesQuery
from traceability import rules
from traceability.base.clock import legal_day
from traceability.rules import Rule

blueprint = Blueprint("api_rules", __name__, url_prefix="/api/rules", description="规则")


@blueprint.get("/")
@permission("rule.view")
@blueprint.arguments(RulesQuery, location="query", as_kwargs=True)
@blueprint.response(200, RuleOut(many=True))
def index(on: date | None, stage: str | None) -> Sequence[Rule]:
    """规则列表.

    每条有出处、有效期、参数、效力和把握程度；可只列某日、某环节有效的。
    """
    return [
        row
        for row in rules.rows(database.session())
        if (on is None or row.in_force(on)) and (stage is None or stage in row.stages)
    ]


@blueprint.get("/<ref:ref>")
@permission("rule.view")
@blueprint.response(200, RuleOut)
def show(ref: str) -> Rule:
    """一条规则."""
    return rules.get(database.session(), ref)


@blueprint.get("/rejudged")
@permission("rule.rejudge")
@blueprint.arguments(RejudgedQuery, location="query")
@blueprint.response(200, RejudgedOut)
def rejudged(query: dict[str, Any]) -> Rejudged:
    """按另一天的规则重判.

    辖区内这段日子办过的事，换成那一天的规则，有哪些会不一样；只是推算，什么也不会改。
    """
    period = Period.of(query["since"], query["until"], today=legal_day(whoami.now()))
    return rejudging.of_another_day(database.session(), query["stage"], query["day"], period)
