"""免疫与用药 · what people send when an animal was vaccinated or treated."""

from typing import Any

from app.schemas import fields
from app.schemas.common import Answer, PersonOut
from app.schemas.fields import Schema
from traceability.treatments import (
    WITHDRAWAL_DAYS_MAX,
    AmountUnit,
    Disease,
    Route,
    WithdrawalBasis,
)
from traceability.treatments.amounts import parse_amount


class Immunise(Schema):
    """记免疫."""

    ear_tag = fields.EarTag(required=True)
    disease = fields.Choice(Disease, load_default=Disease.FMD)
    vaccine = fields.String(
        required=True, maximum=60, metadata={"example": "口蹄疫 O 型、A 型二价灭活疫苗"}
    )
    batch_no = fields.String(load_default="", maximum=40)
    given_on = fields.Date(required=True)


class Amount(fields.Parsed):
    """A quantity with at most three decimals, kept in thousandths."""

    parse = staticmethod(parse_amount)


class Treat(Schema):
    """记用药."""

    ear_tag = fields.EarTag(required=True)
    drug = fields.String(required=True, maximum=60, metadata={"example": "土霉素片"})
    dose = fields.String(required=True, maximum=60, metadata={"example": "每日 5 克，3 天"})
    given_on = fields.Date(required=True)
    approval_no = fields.String(load_default="", maximum=40)
    batch_no = fields.String(load_default="", maximum=40)
    manufacturer = fields.String(load_default="", maximum=60)
    route = fields.Choice(Route, load_default=None, metadata={"description": "给药途径"})
    prescriber = fields.String(
        load_default="", maximum=40, metadata={"description": "开处方的兽医"}
    )
    off_label = fields.Boolean(load_default=False, metadata={"description": "标签外用药"})
    label_days = fields.Integer(
        load_default=None,
        minimum=0,
        maximum=WITHDRAWAL_DAYS_MAX,
        metadata={"description": "药瓶标签上的休药期；只会使休药期变长"},
    )
    used = Amount(
        load_default=None,
        maximum=12,
        metadata={"example": "2.5", "description": "从投入品库存里用了多少"},
    )
    used_unit = fields.Choice(AmountUnit, load_default=None)


class ImmunisationOut(Answer):
    """免疫记录."""

    ref = fields.Ref("immunisation")
    animal = fields.Ref("animal", attribute="animal.ref")
    disease = fields.Choice(Disease)
    vaccine = fields.String()
    batch_no = fields.String()
    given_on = fields.Date()


class CautionOut(Answer):
    """提示."""

    code = fields.String(metadata={"example": "treatment.unknown_drug"})
    sentence = fields.String()


class TreatmentOut(Answer):
    """用药记录."""

    ref = fields.Ref("treatment")
    animal = fields.Ref("animal", attribute="animal.ref")
    drug = fields.String()
    dose = fields.String()
    approval_no = fields.String(allow_none=True)
    batch_no = fields.String(allow_none=True)
    given_on = fields.Date()
    manufacturer = fields.String(allow_none=True)
    route = fields.Choice(Route, allow_none=True)
    prescriber = fields.String(allow_none=True)
    off_label = fields.Boolean()
    used_milli = fields.Integer(allow_none=True, metadata={"description": "用量，千分之一单位"})
    used_unit = fields.Choice(AmountUnit, allow_none=True)
    label_days = fields.Integer(allow_none=True)
    withdrawal_days = fields.Integer()
    withdrawal_basis = fields.Choice(WithdrawalBasis)
    clear_on = fields.Date()
    given_by = fields.Nested(PersonOut)
    warnings = fields.List(fields.Nested(CautionOut), metadata={"description": "记下了，但须知道"})

    def get_attribute(self, obj: Any, attr: str, default: Any) -> Any:
        """A course is a treatment with its warnings."""
        whole = obj if attr == "warnings" else obj.treatment
        return super().get_attribute(whole, attr, default)
