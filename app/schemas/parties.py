"""主体 · what goes in and out about people and organisations."""

from app.schemas import fields
from app.schemas.common import Answer
from app.schemas.fields import Schema
from traceability.parties import NAME_CHARS_MAX, PartyKind


class RegisterParty(Schema):
    """登记主体."""

    kind = fields.Choice(PartyKind, required=True, metadata={"example": "household"})
    name = fields.String(required=True, maximum=NAME_CHARS_MAX, metadata={"example": "王大明"})
    phone = fields.String(load_default="", maximum=40)
    number = fields.String(
        load_default="",
        maximum=40,
        metadata={"description": "个人和农户填公民身份号码，单位填统一社会信用代码"},
    )


class PartiesQuery(Schema):
    """查找主体."""

    q = fields.String(required=True, maximum=40, metadata={"description": "名称或电话的任意一段"})


class PartyOut(Answer):
    """主体 · the telephone in full only for the party itself; numbers of people never."""

    ref = fields.Ref("party")
    kind = fields.Choice(PartyKind)
    name = fields.String()
    phone = fields.String(allow_none=True)
    uscc = fields.String(allow_none=True)


class PartiesOut(Answer):
    """找到的主体."""

    rows = fields.List(fields.Nested(PartyOut))
