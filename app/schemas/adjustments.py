"""调整 · what goes in and out about changes that rest on a collective decision."""

from app.schemas import fields
from app.schemas.common import Answer, PersonOut
from app.schemas.fields import Schema
from registry import funding
from registry.adjustments import TEXT_CHARS_MAX
from registry.clusters import KEY_CHARS_MAX
from registry.decisions import Matter
from registry.quantities import VALUE_CHARS_MAX


class Adjust(Schema):
    """变更的原因和依据."""

    reason = fields.String(required=True, maximum=TEXT_CHARS_MAX)
    decision = fields.Ref("decision", load_default=None)


class Reschedule(Adjust):
    """变更节点期限."""

    due_on = fields.Date(required=True)


class Retarget(Adjust):
    """调整目标；单位照原文."""

    value = fields.String(required=True, maximum=VALUE_CHARS_MAX)


class Reword(Adjust):
    """调整重点任务."""

    text = fields.String(required=True, maximum=TEXT_CHARS_MAX)


class Redirect(Adjust):
    """变更资金用途."""

    use_key = fields.String(required=True, maximum=KEY_CHARS_MAX)
    purpose = fields.String(required=True, maximum=funding.TEXT_CHARS_MAX)


class AdjustmentOut(Answer):
    """一次变更."""

    ref = fields.Ref("adjustment")
    matter = fields.Choice(Matter)
    about = fields.Ref(metadata={"description": "变更的节点、目标、任务或资金安排"})
    old = fields.String()
    new = fields.String()
    unit = fields.String(allow_none=True)
    reason = fields.String()
    decision = fields.Ref("decision", attribute="decision.ref")
    by = fields.Nested(PersonOut)
    at = fields.Instant()
