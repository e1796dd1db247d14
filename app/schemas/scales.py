"""投资与用工 · what goes in and out about what a project costs and whom it employs."""

from app.schemas import fields
from app.schemas.common import Answer
from app.schemas.fields import Schema
from registry.quantities import VALUE_CHARS_MAX
from registry.scales import JOBS_MAX


class RecordScale(Schema):
    """登记投资与用工；两个金额同一单位."""

    as_of = fields.Date(required=True)
    planned = fields.String(required=True, maximum=VALUE_CHARS_MAX, metadata={"example": "3000"})
    invested = fields.String(required=True, maximum=VALUE_CHARS_MAX, metadata={"example": "800"})
    unit = fields.String(required=True, maximum=10, metadata={"example": "万元"})
    jobs_planned = fields.Integer(required=True, minimum=0, maximum=JOBS_MAX)
    jobs = fields.Integer(required=True, minimum=0, maximum=JOBS_MAX)


class RecordScaleByProgram(RecordScale):
    """登记投资与用工；佐证先存好."""

    evidence = fields.Ref("evidence", load_default=None)


class ScaleOut(Answer):
    """截至某日的投资与用工；金额以分计."""

    ref = fields.Ref("scale")
    as_of = fields.Date()
    planned_fen = fields.Integer()
    invested_fen = fields.Integer()
    jobs_planned = fields.Integer()
    jobs = fields.Integer()
