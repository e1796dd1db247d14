"""场所 · what goes in and out about registered places."""

from app.schemas import fields
from app.schemas.common import Answer, PageOut, PageQuery, PersonOut
from app.schemas.fields import Schema
from traceability import holdings
from traceability.holdings import NAME_CHARS_MAX, HoldingKind


class RegisterHolding(Schema):
    """登记场所."""

    kind = fields.Choice(HoldingKind, required=True, metadata={"example": "household"})
    name = fields.String(required=True, maximum=NAME_CHARS_MAX, metadata={"example": "王大明家"})
    region_code = fields.String(
        required=True,
        maximum=12,
        metadata={"example": "520526104", "description": "行政区划代码，到乡镇或村"},
    )
    keeper = fields.Ref("party", required=True)
    farm_code = fields.String(load_default="", maximum=40)


class Degrees(fields.Parsed):
    """A coordinate in degrees with at most six decimals, kept in millionths."""

    parse = staticmethod(holdings.parse_degrees)


class LocateHolding(Schema):
    """登记位置 · WGS 84."""

    latitude = Degrees(required=True, maximum=12, metadata={"example": "26.980000"})
    longitude = Degrees(required=True, maximum=12, metadata={"example": "104.280000"})


class HoldingsQuery(PageQuery):
    """查找场所."""

    kind = fields.Choice(HoldingKind, load_default=None)


class HoldingOut(Answer):
    """场所."""

    ref = fields.Ref("holding")
    kind = fields.Choice(HoldingKind)
    name = fields.String()
    region_code = fields.String()
    farm_code = fields.String(allow_none=True)
    keeper = fields.Nested(PersonOut)


class HoldingsOut(PageOut):
    """场所列表."""

    rows = fields.List(fields.Nested(HoldingOut))
