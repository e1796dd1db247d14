"""提醒 · what goes in and out about one's own notices."""

from app.notices.notices import NoticeKind
from app.schemas import fields
from app.schemas.common import Answer, PageOut, PageQuery
from app.schemas.fields import Schema


class NoticesQuery(PageQuery):
    """翻看提醒."""


class ReadNotices(Schema):
    """标为已读."""

    upto = fields.Integer(
        required=True,
        minimum=1,
        maximum=2**53,
        metadata={"description": "看到的最大的提醒编号；之后来的仍是未读"},
    )


class NoticeOut(Answer):
    """一条提醒."""

    id = fields.Integer()
    kind = fields.Choice(NoticeKind)
    subject = fields.String()
    due_on = fields.Date()
    words = fields.String()
    href = fields.String()
    told_at = fields.Instant()
    read_at = fields.Instant(allow_none=True)


class NoticesOut(PageOut):
    """提醒列表，没看的在前."""

    unread = fields.Integer()
    rows = fields.List(fields.Nested(NoticeOut))


class ReadOut(Answer):
    """标为已读的条数."""

    read = fields.Integer()
