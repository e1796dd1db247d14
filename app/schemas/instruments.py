"""计量器具 · what goes in about scales as legal instruments."""

from app.schemas import fields
from app.schemas.fields import Schema


class RegisterInstrument(Schema):
    """登记计量器具; division and range are those of its device."""

    device_code = fields.String(required=True, maximum=32)
    serial_no = fields.String(required=True, maximum=40, metadata={"example": "A9-2026-001"})


class VerifyInstrument(Schema):
    """登记检定."""

    certificate_no = fields.String(required=True, maximum=40)
    verified_on = fields.Date(required=True)
    valid_until = fields.Date(required=True)
