"""免疫与用药 · what people send when an animal was vaccinated or treated."""

from app.schemas import fields
from app.schemas.common import Answer
from app.schemas.fields import Schema
from traceability.treatments import WITHDRAWAL_DAYS_MAX, Disease


class Immunise(Schema):
    """记免疫."""

    ear_tag = fields.EarTag(required=True)
    disease = fields.Choice(Disease, load_default=Disease.FMD)
    vaccine = fields.String(
        required=True, maximum=60, metadata={"example": "口蹄疫 O 型、A 型二价灭活疫苗"}
    )
    batch_no = fields.String(load_default="", maximum=40)
    given_on = fields.Date(required=True)


class Treat(Schema):
    """记用药."""

    ear_tag = fields.EarTag(required=True)
    drug = fields.String(required=True, maximum=60, metadata={"example": "土霉素片"})
    dose = fields.String(required=True, maximum=60, metadata={"example": "每日 5 克，3 天"})
    given_on = fields.Date(required=True)
    approval_no = fields.String(load_default="", maximum=40)
    batch_no = fields.String(load_default="", maximum=40)
    label_days = fields.Integer(load_default=None, minimum=0, maximum=WITHDRAWAL_DAYS_MAX)


class ImmunisationOut(Answer):
    """免疫记录."""

    ref = fields.Ref("immunisation")
    animal = fields.Ref("animal", attribute="animal.ref")
    disease = fields.Choice(Disease)
    vaccine = fields.String()
    batch_no = fields.String()
    given_on = fields.Date()


class TreatmentOut(Answer):
    """用药记录."""

    ref = fields.Ref("treatment")
    animal = fields.Ref("animal", attribute="animal.ref")
    drug = fields.String()
    dose = fields.String()
    approval_no = fields.String(allow_none=True)
    batch_no = fields.String(allow_none=True)
    given_on = fields.Date()
    withdrawal_days = fields.Integer()
    clear_on = fields.Date()
