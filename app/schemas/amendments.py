"""规则修改 · what a proposal and its return ask for."""

from app.schemas import fields
from app.schemas.fields import Schema
from traceability.amendments import REASON_CHARS_MAX, Change
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
    params = fields.String(load_default="", maximum=PARAMS_CHARS_MAX)
    reason = fields.String(required=True, maximum=REASON_CHARS_MAX)


class ReturnAmendment(Schema):
    """退回规则修改."""

    reason = fields.String(required=True, maximum=REASON_CHARS_MAX)
