"""规则接口 · the dated rules: all of them, those of a day and a stage, and one."""

from collections.abc import Sequence
from datetime import date

from app import database
from app.api.base import Blueprint
from app.auth.privileges import permission
from app.schemas.rules import RuleOut, RulesQuery
from traceability import rules
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
