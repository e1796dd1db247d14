"""调运 · what goes in and out about departures and arrivals."""

from app.journeys import Stretch
from app.schemas import fields
from app.schemas.common import Answer, PageOut, PageQuery, PlaceOut
from app.schemas.fields import Happened, LateEntry


class Depart(Happened):
    """登记启运."""

    animal = fields.Ref("animal", required=True)
    destination = fields.Ref("holding", required=True)
    plate = fields.String(load_default="", maximum=20, metadata={"example": "贵F12345"})


class Arrive(Happened):
    """登记到达."""

    animal = fields.Ref("animal", required=True)


class ArriveHere(LateEntry):
    """登记到达 of a journey; `came_at` is typed when it is entered late."""

    came_at = fields.LocalTime(load_default=None)


class ArriveAtGate(ArriveHere):
    """登记入场."""

    animal = fields.Ref("animal", required=True)


class DepartUnder(LateEntry):
    """登记启运 of what a certificate names; `left_at` is typed when it is entered late."""

    left_at = fields.LocalTime(load_default=None)


class MovementsQuery(PageQuery):
    """查找调运."""

    q = fields.String(load_default="", maximum=40, metadata={"description": "耳标号的任意一段"})
    stretch = fields.Choice(
        Stretch,
        load_default=None,
        metadata={"description": "road 在途，today 今日到达；不填为全部"},
    )


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


class MovementsOut(PageOut):
    """调运列表."""

    rows = fields.List(fields.Nested(MovementOut))
