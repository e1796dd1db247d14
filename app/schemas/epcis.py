"""EPCIS · query parameters, named queries and capture tasks as the API knows them."""

from app.schemas import fields
from app.schemas.common import Answer
from app.schemas.fields import Schema

URIS_CHARS_MAX = 4_000


def _words(description: str) -> fields.String:
    return fields.String(maximum=URIS_CHARS_MAX, metadata={"description": description})


class EventsQuery(Schema):
    """EPCIS 查询参数；多个值用 | 分开."""

    eventType = _words("事件类型，如 ObjectEvent")  # noqa: N815 - the standard's own name
    GE_eventTime = _words("发生时间不早于")
    LT_eventTime = _words("发生时间早于")
    GE_recordTime = _words("登记时间不早于")
    LT_recordTime = _words("登记时间早于")
    EQ_action = _words("ADD、OBSERVE 或 DELETE")
    EQ_bizStep = _words("业务步骤，如 departing")
    EQ_disposition = _words("处置状态")
    EQ_readPoint = _words("读取点")
    EQ_bizLocation = _words("业务地点")
    EQ_eventID = _words("事件编号")
    EQ_transformationID = _words("转换编号")
    EQ_bizTransaction = _words("业务单据")
    EQ_source = _words("来源")
    EQ_destination = _words("去向")
    EQ_type = _words("传感器测量种类")
    MATCH_epc = _words("对象；也可写 urn:weining:tag:耳标号")
    MATCH_anyEPC = _words("任何位置的对象")
    MATCH_parentID = _words("上级对象")
    MATCH_inputEPC = _words("投入对象")
    MATCH_outputEPC = _words("产出对象")
    EXISTS_errorDeclaration = _words("true：只要已声明有误的")
    orderBy = _words("recordTime（默认）；给出对象时也可 eventTime")  # noqa: N815 - as above
    orderDirection = _words("DESC（默认）或 ASC")  # noqa: N815 - as above
    perPage = _words("每页几条，最多 1000")  # noqa: N815 - as above
    nextPageToken = _words("Link 头给出的下一页")  # noqa: N815 - as above


class SaveQuery(Schema):
    """保存查询."""

    name = fields.String(required=True, maximum=80, metadata={"pattern": "^[^/]+$"})
    query = fields.Parameters(required=True)


class SavedQueryOut(Answer):
    """命名查询."""

    name = fields.String()
    query = fields.Told()
    createdAt = fields.Instant()  # noqa: N815 - the standard's own name


class SavedQueriesOut(Answer):
    """自己的命名查询."""

    queries = fields.List(fields.Nested(SavedQueryOut))


class CaptureResultOut(Answer):
    """一个事件的结果."""

    index = fields.Integer(metadata={"description": "文件里第几个事件，从 0 起"})
    status = fields.String(
        metadata={"description": "stored 已办理，observed 外部，duplicate 已有，refused 退回"}
    )
    event_id = fields.String(allow_none=True, maximum=400)
    code = fields.String(allow_none=True)
    detail = fields.String(allow_none=True, maximum=4_000)


class CaptureOut(Answer):
    """采集任务."""

    captureID = fields.String()  # noqa: N815 - the standard's own names
    createdAt = fields.String()  # noqa: N815
    finishedAt = fields.String(allow_none=True)  # noqa: N815
    running = fields.Boolean()
    success = fields.Boolean()
    state = fields.String()
    captureErrorBehaviour = fields.String()  # noqa: N815
    sha256 = fields.String()
    sender = fields.Ref("party")
    total = fields.Integer()
    done = fields.Integer()
    results = fields.List(fields.Nested(CaptureResultOut), maximum=5_000)
    errors = fields.List(fields.Nested(CaptureResultOut), maximum=5_000)


class CapturesOut(Answer):
    """自己的采集任务，新的在前."""

    captures = fields.List(fields.Nested(CaptureOut))
