"""兽药标签 · what an officer reads off a label, and what one looks like to a program."""

from app.schemas import fields
from app.schemas.common import Answer, PersonOut
from app.schemas.fields import Schema
from traceability.treatments.drug_labels import (
    APPROVAL_CHARS_MAX,
    NAME_CHARS_MAX,
    REASON_CHARS_MAX,
    DrugLabelState,
)
from traceability.treatments.withdrawal import WITHDRAWAL_DAYS_MAX, Route


class EnterDrugLabel(Schema):
    """登记兽药标签 from a page; the photograph comes beside the form."""

    approval_no = fields.String(
        required=True, maximum=APPROVAL_CHARS_MAX, metadata={"description": "兽药批准文号"}
    )
    drug = fields.String(
        required=True, maximum=NAME_CHARS_MAX, metadata={"example": "土霉素注射液"}
    )
    manufacturer = fields.String(required=True, maximum=NAME_CHARS_MAX)
    route = fields.Choice(Route, required=True)
    withdrawal_days = fields.Integer(required=True, minimum=0, maximum=WITHDRAWAL_DAYS_MAX)
    effective_from = fields.Date(required=True, metadata={"description": "哪天起的用药按它算"})


class EnterDrugLabelOf(EnterDrugLabel):
    """登记兽药标签；标签照片先存为佐证."""

    evidence = fields.Ref("evidence", required=True)


class ReturnDrugLabel(Schema):
    """退回兽药标签."""

    reason = fields.String(required=True, maximum=REASON_CHARS_MAX)


class DrugLabelsQuery(Schema):
    """查找兽药标签."""

    state = fields.Choice(DrugLabelState, load_default=None)
    approval_no = fields.String(load_default="", maximum=APPROVAL_CHARS_MAX)


class DrugLabelOut(Answer):
    """兽药标签."""

    ref = fields.Ref("drug_label")
    approval_no = fields.String()
    drug = fields.String()
    manufacturer = fields.String()
    route = fields.Choice(Route)
    species = fields.String(metadata={"description": "耳标的畜种码，牛为 2"})
    withdrawal_days = fields.Integer()
    effective_from = fields.Date()
    evidence = fields.Ref("evidence", attribute="evidence.ref")
    state = fields.Choice(DrugLabelState)
    made_at = fields.Instant()
    by = fields.Nested(PersonOut)
    decided_at = fields.Instant(allow_none=True)
    decided_by = fields.Nested(PersonOut, allow_none=True)
    return_reason = fields.String(allow_none=True)
