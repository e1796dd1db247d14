"""提醒 · what goes in and out about one's own notices."""

from app.notices.channels import Channel
from app.notices.deliveries import DeliveryState
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


class ChooseChannels(Schema):
    """选择提醒渠道；不选的就关掉."""

    channels = fields.List(fields.Choice(Channel), load_default=list, maximum=len(Channel))
    openid = fields.String(
        load_default="", maximum=40, metadata={"description": "微信服务号给出的 OPENID"}
    )


class ChannelsOut(Answer):
    """选了的渠道和平台开通的渠道."""

    chosen = fields.List(fields.Choice(Channel))
    open = fields.List(fields.Choice(Channel))


class DeliveryOut(Answer):
    """一条提醒经一个渠道的发送情况；`sent` 只说明对方平台已受理."""

    channel = fields.Choice(Channel)
    state = fields.Choice(DeliveryState)
    attempts = fields.Integer()
    words = fields.String()


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
    deliveries = fields.List(fields.Nested(DeliveryOut))


class NoticesOut(PageOut):
    """提醒列表，没看的在前."""

    unread = fields.Integer()
    rows = fields.List(fields.Nested(NoticeOut))


class ReadOut(Answer):
    """标为已读的条数."""

    read = fields.Integer()
