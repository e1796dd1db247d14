"""隔离处理 · what a vet tells at each step, and what the API answers."""

from app.schemas import fields
from app.schemas.animals import AnimalOut
from app.schemas.common import Answer, PageOut, PageQuery, PlaceOut
from app.schemas.fields import Schema
from traceability.quarantine.disposal import DisposalMethod
from traceability.quarantine.isolations import (
    NAME_CHARS_MAX,
    PHOTOGRAPHS_MAX,
    PLACE_CHARS_MAX,
    REASON_CHARS_MAX,
    WEIGHT_G_MAX,
    IsolationState,
)

G_PER_KG = 1000


class HoldAnimal(Schema):
    """留置这头牛."""

    reason = fields.String(required=True, maximum=REASON_CHARS_MAX)


class OpenIsolation(HoldAnimal):
    """留置一头牛."""

    animal = fields.Ref("animal", required=True)


class NotifyKeeper(Schema):
    """出具检疫处理通知单."""

    requirement = fields.String(required=True, maximum=REASON_CHARS_MAX)


class Isolate(Schema):
    """登记隔离."""

    where = fields.String(required=True, maximum=PLACE_CHARS_MAX)


class Conclude(Schema):
    """解除留置，或判定无害化处理."""

    finding = fields.String(required=True, maximum=REASON_CHARS_MAX)


class _Dispose(Schema):
    method = fields.Choice(DisposalMethod, required=True)
    where = fields.String(required=True, maximum=PLACE_CHARS_MAX)
    witness = fields.String(required=True, maximum=NAME_CHARS_MAX)


class DisposeHere(_Dispose):
    """登记无害化处理 from a page; the photograph comes beside the form."""

    weight_kg = fields.Integer(required=True, minimum=1, maximum=WEIGHT_G_MAX // G_PER_KG)


class Dispose(_Dispose):
    """登记无害化处理."""

    weight_g = fields.Integer(required=True, minimum=1, maximum=WEIGHT_G_MAX)
    photographs = fields.List(fields.Ref("evidence"), required=True, maximum=PHOTOGRAPHS_MAX)


class IsolationsQuery(PageQuery):
    """查找隔离处理."""

    under_way = fields.Boolean(load_default=False, metadata={"description": "只列未结案的"})


class IsolationOut(Answer):
    """隔离处理."""

    ref = fields.Ref("isolation")
    state = fields.Choice(IsolationState)
    animal = fields.Nested(AnimalOut)
    holding = fields.Nested(PlaceOut)
    opened_at = fields.Instant()
    reason = fields.String()
    notice_no = fields.String(allow_none=True, metadata={"example": "2026000001"})
    requirement = fields.String(allow_none=True)
    isolated_at = fields.Instant(allow_none=True)
    isolated_where = fields.String(allow_none=True)
    finding = fields.String(allow_none=True)
    method = fields.Choice(DisposalMethod, allow_none=True)
    disposed_where = fields.String(allow_none=True)
    witness = fields.String(allow_none=True)
    weight_g = fields.Integer(allow_none=True)
    photographs = fields.List(fields.Ref("evidence"), allow_none=True)
    closed_on = fields.Date(allow_none=True)


class IsolationsOut(PageOut):
    """隔离处理列表."""

    rows = fields.List(fields.Nested(IsolationOut))
