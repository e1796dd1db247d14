"""问题说明 · the shape of every refusal of the API (RFC 9457)."""

from app.schemas import fields
from app.schemas.fields import Schema


class Outcome(Schema):
    """不合格项 · one failed rule with its source."""

    code = fields.String(required=True)
    sentence = fields.String(required=True)
    source = fields.String(allow_none=True)


class Problem(Schema):
    """问题说明 · why a request was refused, and what to do."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True)
    instance = fields.String()
    code = fields.String(required=True, metadata={"example": "animal.tag_in_use"})
    source = fields.String(allow_none=True, metadata={"description": "依据的法规条文"})
    outcomes = fields.List(
        fields.Nested(Outcome), metadata={"description": "全部不合格项，不只第一项"}
    )
    errors = fields.Errors(metadata={"description": "按字段列出的填写错误"})
