"""检疫申报 · what owners and vets send about declarations and inspections."""

from app.schemas import fields
from app.schemas.fields import Schema
from traceability.checks import INSPECTION_CHECKS
from traceability.quarantine.declarations import DeclarationState, Purpose


class FileDeclaration(Schema):
    """申报检疫."""

    animals = fields.List(fields.Ref("animal"), required=True)
    destination = fields.Ref("holding", required=True)
    purpose = fields.Choice(Purpose, load_default=Purpose.TRADE)
    leaves_on = fields.Date(required=True)
    plate = fields.String(load_default="", maximum=20)


class RefuseDeclaration(Schema):
    """不予受理."""

    reason = fields.String(required=True, maximum=400)


class RecordInspection(Schema):
    """登记检查结果 · the named checks that were passed; one not named was not passed."""

    animal = fields.Ref("animal", required=True)
    passed = fields.List(
        fields.String(maximum=20), load_default=list, maximum=len(INSPECTION_CHECKS)
    )
    remarks = fields.String(load_default="", maximum=400)


class IssueCertificate(Schema):
    """签发检疫证明."""

    valid_days = fields.Integer(load_default=1, minimum=1, maximum=5)
    official_number = fields.String(load_default="", maximum=40)


class DeclarationOut(Schema):
    """检疫申报."""

    ref = fields.Ref("declaration")
    state = fields.Choice(DeclarationState)
    purpose = fields.Choice(Purpose)
    leaves_on = fields.Date()
    filed_at = fields.Instant()
    plate = fields.String()
    refusal = fields.String()
