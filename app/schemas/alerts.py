"""养殖户报告 · what a keeper tells of an animal, and what a vet did about it."""

from app.schemas import fields
from app.schemas.animals import AnimalOut
from app.schemas.common import Answer, PageOut, PageQuery, PersonOut, PlaceOut
from app.schemas.fields import Schema
from traceability.alerts import WORDS_MAX, AlertKind, AlertState


class RaiseAlert(Schema):
    """报告耳标掉了或牛病了 from a page; a picture may come beside the form."""

    kind = fields.Choice(AlertKind, required=True)
    words = fields.String(load_default="", maximum=WORDS_MAX)


class TellOfAnimal(RaiseAlert):
    """报告一头牛."""

    animal = fields.Ref("animal", required=True)
    photograph = fields.Ref(
        "evidence", load_default=None, metadata={"description": "照片，先上传为证据；可不填"}
    )


class CloseAlert(Schema):
    """登记怎样处理的."""

    outcome = fields.String(required=True, maximum=WORDS_MAX)


class AlertsQuery(PageQuery):
    """查找报告."""

    state = fields.Choice(AlertState, load_default=None)


class AlertOut(Answer):
    """养殖户报告."""

    ref = fields.Ref("alert")
    kind = fields.Choice(AlertKind)
    state = fields.Choice(AlertState)
    animal = fields.Nested(AnimalOut)
    holding = fields.Nested(PlaceOut)
    raised_by = fields.Nested(PersonOut)
    raised_at = fields.Instant()
    words = fields.String()
    photograph = fields.Ref("evidence", allow_none=True)
    outcome = fields.String(allow_none=True)
    closed_on = fields.Date(allow_none=True)


class AlertsOut(PageOut):
    """养殖户报告列表."""

    rows = fields.List(fields.Nested(AlertOut))
