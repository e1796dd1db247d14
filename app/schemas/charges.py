"""责任人 · what goes in and out about who leads and who does what."""

from app.schemas import fields
from app.schemas.common import Answer, PageOut, PageQuery
from app.schemas.fields import Schema
from app.undertaking import DutyKind
from registry.charges import NAME_CHARS_MAX


class AssignCharge(Schema):
    """定责任人；期限定过的，改动须有集体决策."""

    leader = fields.String(required=True, maximum=NAME_CHARS_MAX)
    office = fields.String(required=True, maximum=NAME_CHARS_MAX)
    assignee = fields.String(required=True, maximum=NAME_CHARS_MAX)
    due_on = fields.Date(load_default=None)
    decision = fields.Ref("decision", load_default=None)


class DutiesQuery(PageQuery):
    """按类别和状态筛选."""

    kind = fields.Choice(DutyKind, load_default=DutyKind.TASK)
    need = fields.String(load_default="", maximum=10)


class ChargeOut(Answer):
    """责任人."""

    ref = fields.Ref("charge")
    about = fields.Ref(metadata={"description": "重点任务、项目或节点"})
    leader = fields.String()
    office = fields.String()
    assignee = fields.String()
    due_on = fields.Date(allow_none=True)
    at = fields.Instant()


class DutyOut(Answer):
    """一项任务、一个项目或一个节点，和它的责任人."""

    ref = fields.Ref()
    kind = fields.Choice(DutyKind)
    name = fields.String()
    cluster = fields.Ref("cluster", attribute="cluster.ref")
    due_on = fields.Date(allow_none=True)
    percent = fields.Integer()
    is_late = fields.Boolean()
    charge = fields.Nested(ChargeOut, allow_none=True)


class DutiesOut(PageOut):
    """责任清单，一页."""

    rows = fields.List(fields.Nested(DutyOut))
