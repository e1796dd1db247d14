"""运输备案 · what goes in and out about the filings of vehicles and carriers."""

from app.schemas import fields
from app.schemas.common import Answer, PageOut, PageQuery, PersonOut
from app.schemas.fields import Schema
from traceability.carriers import GROUND_CHARS_MAX, NUMBER_CHARS_MAX, FilingKind


class RecordFiling(Schema):
    """登记运输备案."""

    kind = fields.Choice(FilingKind, required=True)
    carrier = fields.Ref("party", required=True)
    number = fields.String(required=True, maximum=NUMBER_CHARS_MAX)
    plate = fields.String(load_default=None, maximum=20, metadata={"example": "贵F12345"})
    filed_from = fields.Date(required=True)
    filed_until = fields.Date(load_default=None, metadata={"description": "长期有效的不填"})


class RecordFilingByProgram(RecordFiling):
    """登记运输备案；备案表的照片先存为佐证."""

    evidence = fields.Ref("evidence", load_default=None)


class RevokeFiling(Schema):
    """注销备案."""

    ground = fields.String(required=True, maximum=GROUND_CHARS_MAX)


class FilingsQuery(PageQuery):
    """查运输备案."""

    q = fields.String(load_default="", maximum=40, metadata={"description": "车牌、备案号或承运人"})
    kind = fields.Choice(FilingKind, load_default=None)
    ending = fields.Boolean(load_default=False, metadata={"description": "只列快到期和刚过期的"})


class FilingOut(Answer):
    """运输备案."""

    ref = fields.Ref("filing")
    kind = fields.Choice(FilingKind)
    number = fields.String()
    carrier = fields.Nested(PersonOut)
    plate = fields.String(allow_none=True)
    filed_from = fields.Date()
    filed_until = fields.Date(allow_none=True)
    revoked_at = fields.Instant(allow_none=True)
    revoke_ground = fields.String(allow_none=True)


class FilingsOut(PageOut):
    """运输备案列表."""

    rows = fields.List(fields.Nested(FilingOut))
