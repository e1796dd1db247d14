"""规则修改 · what a proposal and its return ask for, and what one looks like to a program."""

from app.schemas import fields
from app.schemas.common import Answer, PersonOut
from app.schemas.fields import Schema
from traceability.amendments import REASON_CHARS_MAX, AmendmentState, Change
from traceability.rules import (
    CERTAINTY_LABELS,
    CITATION_CHARS_MAX,
    STAGE_LABELS,
    TEXT_CHARS_MAX,
    Severity,
)

PARAMS_CHARS_MAX = 1000


class ProposeAmendment(Schema):
    """提议修改规则."""

    change = fields.Choice(Change, required=True)
    on = fields.Date(load_default=None)
    text = fields.String(required=True, maximum=TEXT_CHARS_MAX)
    citation = fields.String(required=True, maximum=CITATION_CHARS_MAX)
    severity = fields.Choice(Severity, required=True)
    certainty = fields.String(required=True, maximum=max(map(len, CERTAINTY_LABELS)))
    stages = fields.List(fields.String(maximum=40), required=True, maximum=len(STAGE_LABELS))
    params = fields.String(
        load_default="",
        maximum=PARAMS_CHARS_MAX,
        metadata={"description": "参数每行一个", "example": "days=3"},
    )
    reason = fields.String(required=True, maximum=REASON_CHARS_MAX)


class ProposeAmendmentOf(ProposeAmendment):
    """提议修改一条规则；文件依据先存为佐证."""

    rule = fields.Ref("rule", required=True)
    evidence = fields.Ref("evidence", required=True)


class ReturnAmendment(Schema):
    """退回规则修改."""

    reason = fields.String(required=True, maximum=REASON_CHARS_MAX)


class AmendmentsQuery(Schema):
    """查找规则修改."""

    state = fields.Choice(AmendmentState, load_default=None)


class AmendmentOut(Answer):
    """规则修改."""

    ref = fields.Ref("amendment")
    change = fields.Choice(Change)
    code = fields.String()
    rule = fields.Ref("rule", attribute="rule.ref", allow_none=True, dump_default=None)
    card = fields.Told(metadata={"description": "改成的整条规则"})
    reason = fields.String()
    state = fields.Choice(AmendmentState)
    proposed_at = fields.Instant()
    by = fields.Nested(PersonOut)
    decided_at = fields.Instant(allow_none=True)
    decided_by = fields.Nested(PersonOut, allow_none=True)
    return_reason = fields.String(allow_none=True)
