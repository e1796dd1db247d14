"""集体决策 · what goes in and out about decisions that a body took together."""

from app.schemas import fields
from app.schemas.adjustments import AdjustmentOut
from app.schemas.common import Answer, PageOut, PersonOut
from app.schemas.fields import Schema
from registry.decisions import (
    PAPER_CHARS_MAX,
    PARTICIPANTS_MAX,
    TEXT_CHARS_MAX,
    DecisionState,
    Matter,
)


class RecordDecision(Schema):
    """登记集体决策."""

    matters = fields.List(fields.Choice(Matter), required=True, maximum=len(Matter))
    text = fields.String(required=True, maximum=TEXT_CHARS_MAX)
    met_on = fields.Date(required=True)
    body = fields.String(required=True, maximum=PAPER_CHARS_MAX)
    participants = fields.String(load_default="", maximum=TEXT_CHARS_MAX)
    participant_count = fields.Integer(required=True, minimum=1, maximum=PARTICIPANTS_MAX)
    principal = fields.String(required=True, maximum=PAPER_CHARS_MAX)
    filing_no = fields.String(required=True, maximum=PAPER_CHARS_MAX)
    is_major = fields.Boolean(load_default=False, metadata={"description": "属于三重一大"})


class RecordDecisionByProgram(RecordDecision):
    """登记集体决策；签字页先存为佐证."""

    evidence = fields.Ref("evidence", required=True)


class ReturnDecision(Schema):
    """退回集体决策."""

    reason = fields.String(required=True, maximum=TEXT_CHARS_MAX)


class DecisionOut(Answer):
    """集体决策."""

    ref = fields.Ref("decision")
    cluster = fields.Ref("cluster", attribute="cluster.ref")
    matters = fields.List(fields.String())
    text = fields.String()
    met_on = fields.Date()
    body = fields.String()
    participants = fields.String()
    participant_count = fields.Integer()
    principal = fields.String()
    filing_no = fields.String()
    is_major = fields.Boolean()
    state = fields.Choice(DecisionState)
    by = fields.Nested(PersonOut)
    decided_by = fields.Nested(PersonOut, allow_none=True)
    return_reason = fields.String(allow_none=True)


class DecisionPageOut(Answer):
    """一项集体决策和据以作出的变更."""

    decision = fields.Nested(DecisionOut)
    adjustments = fields.List(fields.Nested(AdjustmentOut))


class DecisionsOut(PageOut):
    """集体决策，一页."""

    rows = fields.List(fields.Nested(DecisionOut))
