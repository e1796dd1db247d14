"""赶场 · what sellers and gates send about market days, and what the API answers."""

from app.schemas import fields
from app.schemas.common import Answer, PageOut, PageQuery, PersonOut, PlaceOut
from app.schemas.fields import Schema
from market.entries.records import HEAD_MAX, REASON_CHARS_MAX, CattleClass, EntryState

UNPAPERED = {"description": "其中没有检疫证明的头数，到补检区等官方兽医"}


class Booked(Schema):
    """预约的内容."""

    market = fields.Ref("holding", required=True)
    origin = fields.Ref("holding", required=True, metadata={"description": "从自己的哪个场所来"})
    head = fields.Integer(required=True, minimum=1, maximum=HEAD_MAX)
    cattle_class = fields.Choice(CattleClass, required=True)


class BookEntry(Booked):
    """赶场预约."""

    expected_at = fields.Instant(required=True, metadata={"description": "预计到达时间"})


class BookEntryHere(Booked):
    """赶场预约 from a page."""

    expected_at = fields.LocalTime(required=True, maximum=16)


class CancelEntry(Schema):
    """取消预约."""

    reason = fields.String(
        load_default="",
        maximum=REASON_CHARS_MAX,
        metadata={"description": "市场取消的必须写明，卖主看得到"},
    )


class AdmitEntry(Schema):
    """登记到场."""

    head = fields.Integer(required=True, minimum=1, maximum=HEAD_MAX)
    unpapered = fields.Integer(load_default=0, minimum=0, maximum=HEAD_MAX, metadata=UNPAPERED)
    disinfected = fields.Boolean(load_default=False, metadata={"description": "车辆已消毒"})
    plate = fields.String(load_default="", maximum=20, metadata={"example": "贵F12345"})


class WalkIn(AdmitEntry):
    """没有预约到场 · whose the animals are, one ear tag says."""

    tag = fields.String(
        required=True, maximum=40, metadata={"description": "其中一头的耳标或电子耳标，认出货主"}
    )
    cattle_class = fields.Choice(CattleClass, load_default=CattleClass.MIXED)


class EntriesQuery(PageQuery):
    """查赶场预约和到场."""

    market = fields.Ref("holding", load_default=None, metadata={"description": "不填为自己的"})
    day = fields.Date(load_default=None, metadata={"description": "不填为今天（北京时间）"})


class EntryOut(Answer):
    """赶场预约和到场."""

    ref = fields.Ref("entry")
    state = fields.Choice(EntryState)
    market = fields.Nested(PlaceOut)
    seller = fields.Nested(PersonOut)
    origin = fields.Nested(PlaceOut, allow_none=True)
    comes_on = fields.Date()
    expected_at = fields.Instant(allow_none=True)
    cattle_class = fields.Choice(CattleClass)
    booked_head = fields.Integer(allow_none=True, metadata={"description": "空为没有预约"})
    arrived_at = fields.Instant(allow_none=True)
    arrived_head = fields.Integer(allow_none=True)
    unpapered_head = fields.Integer(allow_none=True, metadata=UNPAPERED)
    disinfected = fields.Boolean(allow_none=True)
    plate = fields.String(allow_none=True)
    gate_no = fields.Integer(allow_none=True, metadata={"description": "当天的入场编号"})
    cancel_reason = fields.String(allow_none=True)


class EntriesOut(PageOut):
    """赶场预约和到场列表."""

    rows = fields.List(fields.Nested(EntryOut))


class DayTotalsOut(Answer):
    """市场一天的合计；取消的不计."""

    booked = fields.Integer()
    booked_head = fields.Integer()
    arrived = fields.Integer()
    arrived_head = fields.Integer()
    walked_in = fields.Integer()
    unpapered_head = fields.Integer()
    undisinfected = fields.Integer()


class DayQuery(Schema):
    """哪个市场哪一天."""

    market = fields.Ref("holding", required=True)
    day = fields.Date(load_default=None, metadata={"description": "不填为今天（北京时间）"})
