"""ICAR ADE · the parameters of its collections, under the standard's own names."""

from app.schemas import fields
from app.schemas.fields import SAFE_INTEGER, Schema

PAGE_SIZE = 100
PAGE_SIZE_MAX = 500


def _instant(name: str, description: str) -> fields.Instant:
    return fields.Instant(data_key=name, load_default=None, metadata={"description": description})


class CollectionQuery(Schema):
    """集合的范围；时间都带时区."""

    modified_from = _instant("meta-modified-from", "登记或更正时间不早于")
    modified_to = _instant("meta-modified-to", "登记或更正时间早于")
    happened_from = _instant("start-date-time", "发生时间不早于")
    happened_to = _instant("end-date-time", "发生时间早于")
    size = fields.Integer(
        data_key="page-size",
        load_default=PAGE_SIZE,
        minimum=1,
        maximum=PAGE_SIZE_MAX,
        metadata={"description": "一页几条"},
    )
    after = fields.Integer(
        load_default=-1,
        minimum=-1,
        maximum=SAFE_INTEGER,
        metadata={"description": "下一页用 view.next 里的网址"},
    )
