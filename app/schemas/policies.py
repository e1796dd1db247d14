"""政策 · what goes in and out about policies; whether one is in force depends on the day."""

from app.schemas import fields
from app.schemas.common import Answer, PersonOut
from app.schemas.fields import Schema
from registry.policies import PAPER_CHARS_MAX, TEXT_CHARS_MAX, PolicyState


class RegisterPolicy(Schema):
    """登记政策."""

    title = fields.String(required=True, maximum=PAPER_CHARS_MAX)
    issuer = fields.String(required=True, maximum=PAPER_CHARS_MAX)
    document_no = fields.String(required=True, maximum=PAPER_CHARS_MAX)
    eligible = fields.String(required=True, maximum=TEXT_CHARS_MAX)
    benefit = fields.String(required=True, maximum=TEXT_CHARS_MAX)
    valid_from = fields.Date(required=True)
    valid_until = fields.Date(required=True)


class RegisterPolicyByProgram(RegisterPolicy):
    """登记政策；文件先存为佐证."""

    evidence = fields.Ref("evidence", required=True)


class ExtendPolicy(Schema):
    """变更截止日期；须有集体决策."""

    valid_until = fields.Date(required=True)
    decision = fields.Ref("decision", load_default=None)


class PoliciesQuery(Schema):
    """按状态筛选."""

    state = fields.Choice(PolicyState, load_default=None)


class PolicyOut(Answer):
    """政策."""

    ref = fields.Ref("policy")
    cluster = fields.Ref("cluster", attribute="cluster.ref")
    title = fields.String()
    issuer = fields.String()
    document_no = fields.String()
    eligible = fields.String()
    benefit = fields.String()
    valid_from = fields.Date()
    valid_until = fields.Date()
    by = fields.Nested(PersonOut)


class PolicyRowOut(Answer):
    """政策和它今天的状态."""

    policy = fields.Nested(PolicyOut)
    state = fields.Choice(PolicyState, metadata={"description": "今天的状态，按日期算出"})
