"""ICAR ADE · the parameters of its collections, under the standard's own names."""

from app.schemas import fields
from app.schemas.fields import SAFE_INTEGER, Schema

PAGE_SIZE = 100
PAGE_SIZE_MAX = 200  # what one batch takes


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


class IcarMetaOut(Schema):
    """资源在来源系统里的编号，和在这里登记的时间."""

    source = fields.String()
    sourceId = fields.String()  # noqa: N815 - the standard's own name
    modified = fields.String()


class IcarMessageOut(Schema):
    """一条说明；退回和没有办理的写明原因."""

    severity = fields.String(metadata={"description": "Information、Warning 或 Error"})
    title = fields.String()
    status = fields.Integer()
    type = fields.String()
    detail = fields.String(maximum=4_000)


class IcarResultOut(Schema):
    """一条资源的结果（icarBatchResult）."""

    id = fields.String(metadata={"description": "事件编号；退回的没有"})
    meta = fields.Nested(IcarMetaOut)
    messages = fields.List(fields.Nested(IcarMessageOut))
