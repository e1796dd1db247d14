"""办事手续 · what goes in and out about the approvals a project needs."""

from app.schemas import fields
from app.schemas.common import Answer, PageOut, PageQuery
from app.schemas.fields import Schema
from registry.procedures import (
    BASIS_CHARS_MAX,
    DAYS_MAX,
    DOCUMENT_CHARS_MAX,
    NAME_CHARS_MAX,
    DayKind,
    Outcome,
    ProcedureKind,
)


class PlanProcedure(Schema):
    """列入手续."""

    kind = fields.Choice(ProcedureKind, required=True)
    agency = fields.String(required=True, maximum=NAME_CHARS_MAX)
    assignee = fields.String(required=True, maximum=NAME_CHARS_MAX)
    legal_days = fields.Integer(required=True, minimum=1, maximum=DAYS_MAX)
    day_kind = fields.Choice(DayKind, load_default=DayKind.WORKING)
    basis = fields.String(
        required=True,
        maximum=BASIS_CHARS_MAX,
        metadata={"description": "法定天数的出处：文件名和条款"},
    )
    is_green = fields.Boolean(load_default=False)


class AcceptProcedure(Schema):
    """登记受理."""

    accepted_on = fields.Date(required=True)


class EndProcedure(Schema):
    """登记结果."""

    outcome = fields.Choice(Outcome, required=True)
    ended_on = fields.Date(required=True)
    document_no = fields.String(required=True, maximum=DOCUMENT_CHARS_MAX)


class EndProcedureByProgram(EndProcedure):
    """登记结果；批复可先存为佐证."""

    evidence = fields.Ref("evidence", load_default=None)


class ProceduresQuery(PageQuery):
    """按办到哪一步筛选."""

    state = fields.String(load_default="", maximum=10)


class ProcedureOut(Answer):
    """一项手续."""

    ref = fields.Ref("procedure")
    project = fields.Ref("project", attribute="project.ref")
    kind = fields.Choice(ProcedureKind)
    agency = fields.String()
    assignee = fields.String()
    is_green = fields.Boolean()
    legal_days = fields.Integer()
    day_kind = fields.Choice(DayKind)
    basis = fields.String()
    accepted_on = fields.Date(allow_none=True)
    due_on = fields.Date(allow_none=True)
    ended_on = fields.Date(allow_none=True)
    outcome = fields.Choice(Outcome, allow_none=True)
    document_no = fields.String(allow_none=True)


class ProceduresOut(PageOut):
    """手续，一页."""

    rows = fields.List(fields.Nested(ProcedureOut))
