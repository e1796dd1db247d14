"""调运 · what goes in about arrivals."""

from app.schemas import fields
from app.schemas.fields import Schema


class ArriveAtGate(Schema):
    """登记入场."""

    animal = fields.Ref("animal", required=True)
