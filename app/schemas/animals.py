"""牛只 · what people send to register, re-tag or report an animal."""

from app.schemas import fields
from app.schemas.fields import LateEntry, Schema
from traceability.animals import Breed, Origin, Sex


class RegisterAnimal(Schema):
    """登记牛只."""

    ear_tag = fields.EarTag(required=True, metadata={"example": "252052600012345"})
    breed = fields.Choice(Breed, required=True)
    sex = fields.Choice(Sex, required=True)
    born_on = fields.Date(required=True)
    holding = fields.Ref("holding", required=True)
    origin = fields.Choice(Origin, load_default=Origin.BORN)
    dam = fields.EarTag(load_default=None)
    eid = fields.Eid(load_default=None)


class Retag(Schema):
    """补戴耳标."""

    ear_tag = fields.EarTag(required=True)
    reason = fields.String(required=True, maximum=100)


class ReportDeath(LateEntry):
    """报告死亡."""

    cause = fields.String(required=True, maximum=100)
    disposal = fields.String(required=True, maximum=100)


class AnimalOut(Schema):
    """牛只."""

    ref = fields.Ref("animal")
    ear_tag = fields.String()
    eid = fields.String()
    short_code = fields.String()
    breed = fields.Choice(Breed)
    sex = fields.Choice(Sex)
    born_on = fields.Date()
    state = fields.String()
