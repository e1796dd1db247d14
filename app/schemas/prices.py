"""行情 · what a kilogram fetched on a market's newest trading day."""

from app.schemas import fields
from app.schemas.common import Answer, PlaceOut
from app.schemas.fields import Schema


class PricesQuery(Schema):
    """查行情."""

    county = fields.String(
        load_default="520526", maximum=6, metadata={"description": "县级行政区划代码"}
    )


class BandOut(Answer):
    """价格区间，分/公斤."""

    low = fields.Integer()
    median = fields.Integer()
    high = fields.Integer()


class ClassPriceOut(Answer):
    """一类牛的行情；不足 5 头时 `band` 为空."""

    label = fields.String()
    n = fields.Integer()
    band = fields.Nested(BandOut, allow_none=True)


class DayPricesOut(Answer):
    """一个市场最近一个交易日."""

    market = fields.Nested(PlaceOut)
    on = fields.Date()
    n = fields.Integer()
    classes = fields.List(fields.Nested(ClassPriceOut))


class PricesOut(Answer):
    """行情."""

    rows = fields.List(fields.Nested(DayPricesOut))
