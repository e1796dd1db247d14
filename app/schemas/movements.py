"""调运 · what goes in and out about departures and arrivals."""

from app.schemas import fields
from app.schemas.common import Answer, PlaceOut
from app.schemas.fields import LateEntry

HAPPENED = {"description": "发生的时间；不填为现在。超过 30 分钟前的为补录，须写原因"}


class Depart(LateEntry):
    """登记启运."""

    animal = fields.Ref("animal", required=True)
    destination = fields.Ref("holding", required=True)
    plate = fields.String(load_default="", maximum=20, metadata={"example": "贵F12345"})
    at = fields.Instant(load_default=None, metadata=HAPPENED)


class Arrive(LateEntry):
    """登记到达."""

    animal = fields.Ref("animal", required=True)
    at = fields.Instant(load_default=None, metadata=HAPPENED)


class ArriveAtGate(LateEntry):
    """登记入场; `came_at` is typed at the gate when it is entered late."""

    animal = fields.Ref("animal", required=True)
    came_at = fields.LocalTime(load_default=None)


class MovementOut(Answer):
    """调运记录."""

    ref = fields.Ref("movement")
    animal = fields.Ref("animal", attribute="animal.ref")
    ear_tag = fields.String(attribute="animal.ear_tag")
    origin = fields.Nested(PlaceOut)
    destination = fields.Nested(PlaceOut)
    certificate = fields.Ref(
        "certificate", attribute="certificate.ref", allow_none=True, dump_default=None
    )
    plate = fields.String(allow_none=True)
    departed_at = fields.Instant()
    arrived_at = fields.Instant(allow_none=True)
