"""过磅 · what goes in and out about weighings."""

from app.schemas import fields
from app.schemas.fields import Schema
from traceability.weighings import Basis


class WeighingsQuery(Schema):
    """查询过磅."""

    ear_tag = fields.EarTag(required=True)


class AnnulWeighing(Schema):
    """作废过磅记录 · the second person signs with an account of their own."""

    reason = fields.String(required=True, maximum=200)
    second_login = fields.String(required=True, maximum=40)
    second_password = fields.Password(required=True)
    second_code = fields.String(load_default="", maximum=20)


class WeighingOut(Schema):
    """过磅记录."""

    ref = fields.Ref("weighing")
    ear_tag = fields.String(attribute="animal.ear_tag")
    animal = fields.Ref("animal", attribute="animal.ref")
    instrument = fields.Ref("instrument", attribute="instrument.ref")
    weight_g = fields.Integer()
    basis = fields.Choice(Basis)
    weighed_at = fields.Instant()
    for_trade = fields.Boolean()
    reading_key = fields.String()
    annulled_at = fields.Instant(allow_none=True)
