"""接口令牌 · what a program may, and for how long."""

from app.auth.tokens import DAYS_MAX, NAME_CHARS_MAX
from app.schemas import fields
from app.schemas.fields import Schema


class IssueToken(Schema):
    """申请令牌."""

    name = fields.String(required=True, maximum=NAME_CHARS_MAX)
    permissions = fields.List(fields.String(maximum=60), required=True)
    days = fields.Integer(minimum=1, maximum=DAYS_MAX, required=True)


class Token(Schema):
    """令牌 · its text is there only in the answer that issues it."""

    id = fields.Integer(required=True)
    name = fields.String(required=True)
    permissions = fields.List(fields.String(), required=True)
    issued_at = fields.Instant(required=True)
    expires_at = fields.Instant(required=True)
    revoked_at = fields.Instant(allow_none=True)


class IssuedToken(Schema):
    """新令牌."""

    token = fields.Nested(Token, required=True)
    text = fields.String(required=True, metadata={"description": "令牌全文，只给这一次"})
