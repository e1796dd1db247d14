"""投入品台账 · what a purchase tells, and what the ledger looks like to a program."""

from app.schemas import fields
from app.schemas.common import Answer, PersonOut
from app.schemas.fields import Schema
from app.schemas.treatments import Amount
from traceability.inputs import NAME_CHARS_MAX, NUMBER_CHARS_MAX, InputKind
from traceability.treatments import AmountUnit

MILLI = {"description": "千分之一单位"}


class BuyInput(Schema):
    """登记购入 from a page; the photograph of the paper comes beside the form."""

    input_kind = fields.Choice(InputKind, required=True)
    name = fields.String(
        required=True, maximum=NAME_CHARS_MAX, metadata={"example": "土霉素注射液"}
    )
    source = fields.String(
        required=True, maximum=NAME_CHARS_MAX, metadata={"description": "从哪里买的"}
    )
    approval_no = fields.String(load_default="", maximum=NUMBER_CHARS_MAX)
    batch_no = fields.String(
        load_default="", maximum=NUMBER_CHARS_MAX, metadata={"description": "兽药和疫苗必填"}
    )
    quantity = Amount(required=True, maximum=12, metadata={"example": "20"})
    amount_unit = fields.Choice(AmountUnit, required=True)
    bought_on = fields.Date(required=True)


class BuyInputOf(BuyInput):
    """登记购入；凭证照片先存为佐证."""

    evidence = fields.Ref("evidence", load_default=None)


class PurchaseOut(Answer):
    """投入品购入."""

    ref = fields.Ref("purchase")
    holding = fields.Ref("holding", attribute="holding.ref")
    input_kind = fields.Choice(InputKind)
    name = fields.String()
    source = fields.String()
    approval_no = fields.String(allow_none=True)
    batch_no = fields.String(allow_none=True)
    quantity_milli = fields.Integer(metadata=MILLI)
    amount_unit = fields.Choice(AmountUnit)
    bought_on = fields.Date()
    evidence = fields.Ref("evidence", attribute="evidence.ref", allow_none=True, dump_default=None)
    by = fields.Nested(PersonOut)


class StockOut(Answer):
    """投入品库存，按批号."""

    input_kind = fields.Choice(InputKind)
    name = fields.String()
    batch_no = fields.String(allow_none=True)
    amount_unit = fields.Choice(AmountUnit)
    bought_milli = fields.Integer(metadata=MILLI)
    used_milli = fields.Integer(metadata=MILLI)
    left_milli = fields.Integer(metadata=MILLI)
    unmeasured = fields.Integer(
        metadata={"description": "用了这个批号、没写用量或单位不同的用药次数，没有扣减"}
    )
