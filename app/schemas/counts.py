"""点数 · what goes in and out about the comparison of counts."""

from app.schemas import fields
from app.schemas.common import Answer, PlaceOut
from app.schemas.fields import Schema
from traceability.counts import Count, Oddity


class CountsQuery(Schema):
    """哪个市场、哪一天."""

    market = fields.Ref("holding", required=True)
    day = fields.Date(load_default=None, metadata={"description": "不填为今天（北京时间）"})


class HeadOut(Answer):
    """一个环节的头数."""

    count = fields.Choice(Count)
    head = fields.Integer(minimum=0)


class DifferenceOut(Answer):
    """相邻两个环节的差异，列出耳标号."""

    earlier = fields.Choice(Count)
    later = fields.Choice(Count)
    missing = fields.List(fields.String())
    extra = fields.List(fields.String())


class OddOut(Answer):
    """一头对不上的牛."""

    animal = fields.Ref("animal")
    ear_tag = fields.String(attribute="odd.tag")
    oddity = fields.Choice(
        Oddity,
        attribute="odd.oddity",
        metadata={"description": "uncovered 多出来，absent 少了，waiting 还没办到"},
    )
    seen = fields.List(fields.Choice(Count), attribute="odd.seen")
    unseen = fields.List(fields.Choice(Count), attribute="odd.unseen")


class CountedOut(Answer):
    """点数结果."""

    agrees = fields.Boolean(metadata={"description": "没有多出来的、没有少了的，头数与清单一致"})
    stated = fields.Integer(
        allow_none=True, metadata={"description": "签发记录写明的头数；市场一天的点数没有"}
    )
    counts = fields.List(fields.Nested(HeadOut))
    differences = fields.List(fields.Nested(DifferenceOut))
    odd = fields.List(fields.Nested(OddOut))


class CertificateCountedOut(CountedOut):
    """一份检疫证明的点数."""

    certificate = fields.Ref("certificate")
    number = fields.String()


class ReadAnimalOut(Answer):
    """读到或没读到的牛."""

    ref = fields.Ref("animal")
    ear_tag = fields.String()
    eid = fields.String()


class ReadsOut(Answer):
    """阅读器读到的电子耳标."""

    heard = fields.Integer(minimum=0, metadata={"description": "读到几个不同的电子耳标"})
    not_here = fields.List(
        fields.Nested(ReadAnimalOut), metadata={"description": "读到了、没有登记到达的牛"}
    )
    unread = fields.List(
        fields.Nested(ReadAnimalOut), metadata={"description": "过磅了、没有读到电子耳标的牛"}
    )
    unworn = fields.List(fields.String(), metadata={"description": "没有哪头牛戴的电子耳标"})


class DayCountedOut(CountedOut):
    """一个市场一天的点数."""

    reads = fields.Nested(
        ReadsOut, allow_none=True, metadata={"description": "没有阅读器的市场为空"}
    )

    market = fields.Nested(PlaceOut)
    day = fields.Date()
