"""追踪 · what one asks about a chain of contacts, and the answer."""

from app.schemas import fields
from app.schemas.common import Answer
from app.schemas.fields import Schema
from traceability.tracing.contacts import Direction, SameDay

DAYS_MAX = 3_650
WORDS_CHARS_MAX = 80
LISTED = 200
CONTACTS_MAX = 1_000_000  # every place of the country


class TracingQuery(Schema):
    """从哪里查起，查多长时间."""

    q = fields.String(
        required=True,
        maximum=WORDS_CHARS_MAX,
        metadata={"description": "耳标号、检疫证明编号、场所全称、养殖代码或场所引用"},
    )
    end = fields.Date(load_default=None, metadata={"description": "窗口最后一天；不填为今天"})
    days = fields.Integer(
        load_default=30,
        minimum=0,
        maximum=DAYS_MAX,
        metadata={"description": "往前多少天；窗口两端都算"},
    )
    same_day = fields.Choice(
        SameDay,
        load_default=SameDay.ANY,
        metadata={"description": "any 同日到的可同日再传；later 次日起才传"},
    )
    limit = fields.Integer(
        load_default=LISTED,
        minimum=0,
        maximum=CONTACTS_MAX,
        metadata={"description": "每个方向逐处列出最近的多少处；数目总是全的"},
    )


class ContactOut(Answer):
    """接触场所；辖区外的没有 `ref` 和名称."""

    ref = fields.Ref("holding", allow_none=True)
    name = fields.String()
    township = fields.String()
    steps = fields.Integer(
        metadata={"description": "相隔几次调运；从牛或证明查起时，牛自己到过的场所为 0"}
    )
    first_on = fields.Date(metadata={"description": "这条最短路线的接触日"})
    way = fields.List(fields.String())
    head_now = fields.Integer()


class ChainOut(Answer):
    """接触链."""

    direction = fields.Choice(Direction)
    degree = fields.Integer(metadata={"description": "直接接触的场所数"})
    size = fields.Integer(metadata={"description": "接触链的场所数，不含起点"})
    contacts = fields.List(fields.Nested(ContactOut), maximum=CONTACTS_MAX)


class TogetherOut(Answer):
    """同群牛只."""

    animal = fields.Ref("animal", attribute="animal.ref")
    ear_tag = fields.String(attribute="animal.ear_tag")
    at = fields.String()
    begin = fields.Date()
    end = fields.Date()
    now_at = fields.String()


class TracingOut(Answer):
    """追踪结果."""

    start = fields.String(attribute="start.label")
    begin = fields.Date()
    end = fields.Date()
    same_day = fields.Choice(SameDay)
    ingoing = fields.Nested(ChainOut)
    outgoing = fields.Nested(ChainOut)
    companions = fields.List(fields.Nested(TogetherOut))
    unarrived = fields.List(fields.Ref("movement"), attribute="unarrived_refs")
    leaves = fields.Integer(metadata={"description": "已读到追溯链第几条"})
    milliseconds = fields.Integer()
