"""政策接口 · policies and how they stand today."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from app import database, deciding, files, programme, whoami
from app.api.base import Blueprint
from app.auth.privileges import permission
from app.deciding import PolicyRow
from app.schemas.policies import (
    ExtendPolicy,
    PoliciesQuery,
    PolicyRowOut,
    RegisterPolicyByProgram,
)
from registry import policies
from registry.policies import PolicyState

blueprint = Blueprint("api_policies", __name__, url_prefix="/api", description="政策")


@blueprint.get("/policies/")
@permission("policy.view")
@blueprint.arguments(PoliciesQuery, location="query", as_kwargs=True)
@blueprint.response(200, PolicyRowOut(many=True))
def index(state: PolicyState | None) -> Sequence[PolicyRow]:
    """政策清单.

    状态按今天的日期算出：未生效、有效、将到期、已失效。
    """
    return deciding.policies_listed(database.session(), state)


@blueprint.get("/policies/<ref:ref>")
@permission("policy.view")
@blueprint.response(200, PolicyRowOut)
def show(ref: str) -> PolicyRow:
    """一项政策."""
    return deciding.standing(deciding.policy(database.session(), ref))


@blueprint.post("/clusters/<ref:ref>/policies")
@permission("policy.register")
@blueprint.arguments(RegisterPolicyByProgram)
@blueprint.response(201, PolicyRowOut)
def register(form: dict[str, Any], ref: str) -> PolicyRow:
    """登记政策."""
    session = database.session()
    cluster = programme.cluster(session, ref)
    shown = files.named(session, form.pop("evidence"))
    made = policies.register(session, cluster, evidence=shown, **form, **whoami.acted())
    return deciding.standing(made)


@blueprint.post("/policies/<ref:ref>/extend")
@permission("policy.register")
@blueprint.arguments(ExtendPolicy, as_kwargs=True)
@blueprint.response(200, PolicyRowOut)
def extend(ref: str, valid_until: date, decision: str | None) -> PolicyRow:
    """变更截止日期.

    须有经核对的集体决策；原来的日期留在事件里。
    """
    session = database.session()
    found = deciding.policy(session, ref)
    ground = deciding.named(session, decision)
    policies.extend(session, found, valid_until=valid_until, decision=ground, **whoami.acted())
    return deciding.standing(found)
