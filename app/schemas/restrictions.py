"""管控 · what an order tells, from a form and from a program, and what it touches."""

from app.schemas import fields
from app.schemas.common import Answer
from app.schemas.fields import Schema
from traceability.restrictions import (
    NAME_CHARS_MAX,
    ORDER_CHARS_MAX,
    PLACES_MAX,
    RADIUS_M_MAX,
    REASON_CHARS_MAX,
    Reach,
    RestrictionKind,
)

REGION_CHARS_MAX = 12
LIST_CHARS_MAX = 8_000


class _Order(Schema):
    kind = fields.Choice(RestrictionKind, required=True)
    name = fields.String(required=True, maximum=NAME_CHARS_MAX)
    disease = fields.String(required=True, maximum=NAME_CHARS_MAX)
    order_no = fields.String(required=True, maximum=ORDER_CHARS_MAX)
    reach = fields.Choice(Reach, required=True)


class DraftRestriction(_Order):
    """划定管控, as the form asks."""

    regions = fields.List(fields.String(maximum=REGION_CHARS_MAX), maximum=PLACES_MAX)
    holdings = fields.String(load_default="", maximum=LIST_CHARS_MAX)
    radius_km = fields.Integer(load_default=None, minimum=1, maximum=RADIUS_M_MAX // 1000)
    begins_at = fields.LocalTime(load_default=None, maximum=16)
    ends_at = fields.LocalTime(load_default=None, maximum=16)


class OrderRestriction(_Order):
    """划定管控."""

    places = fields.List(
        fields.String(maximum=60),
        required=True,
        maximum=PLACES_MAX,
        metadata={"description": "行政区划代码，或场所引用；按半径时为中心场所一处"},
    )
    radius_m = fields.Integer(load_default=None, minimum=1, maximum=RADIUS_M_MAX)
    begins_at = fields.Instant(load_default=None)
    ends_at = fields.Instant(load_default=None)


class LiftRestriction(Schema):
    """解除管控."""

    reason = fields.String(required=True, maximum=REASON_CHARS_MAX)


class RestrictionOut(Answer):
    """管控."""

    ref = fields.Ref("restriction")
    kind = fields.Choice(RestrictionKind)
    name = fields.String()
    disease = fields.String()
    order_no = fields.String()
    reach = fields.Choice(Reach)
    places = fields.List(fields.String())
    radius_m = fields.Integer(allow_none=True)
    begins_at = fields.Instant()
    ends_at = fields.Instant(allow_none=True)
    lift_reason = fields.String(allow_none=True)


class TouchedOut(Answer):
    """波及 · counted at this instant."""

    holdings = fields.Integer()
    animals = fields.Integer()
    declarations = fields.Integer()
    certificates = fields.Integer()
    journeys = fields.Integer()
    sales = fields.Integer()
    unplaced_total = fields.Integer()
