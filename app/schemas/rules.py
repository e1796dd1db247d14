"""规则 · what is asked and proposed of the rules, and what one looks like to a program."""

from app.schemas import fields
from app.schemas.common import Answer
from app.schemas.fields import Schema
from traceability.rules import Severity


class RulesQuery(Schema):
    """查规则."""

    on = fields.Date(load_default=None, metadata={"description": "只列这一天有效的，默认全部"})
    stage = fields.String(load_default=None, maximum=40)


class RuleOut(Answer):
    """规则."""

    ref = fields.Ref("rule")
    code = fields.String()
    species = fields.String(metadata={"description": "耳标首位：2 牛"})
    stages = fields.List(fields.String())
    text = fields.String()
    citation = fields.String()
    effective_from = fields.Date()
    effective_to = fields.Date(allow_none=True)
    params = fields.Told()
    severity = fields.Choice(Severity)
    certainty = fields.String()
    amended = fields.Boolean(metadata={"description": "经两人批准改过"})
