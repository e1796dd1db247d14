"""计量器具 · what goes in about scales as legal instruments."""

from app.schemas import fields
from app.schemas.fields import Schema

COUNT_MAX = 1_000_000_000
MASS_G_MAX = 100_000_000


class RegisterInstrument(Schema):
    """登记计量器具; division and range are those of its device."""

    device_code = fields.String(required=True, maximum=32)
    serial_no = fields.String(required=True, maximum=40, metadata={"example": "A9-2026-001"})


class VerifyInstrument(Schema):
    """登记检定."""

    certificate_no = fields.String(required=True, maximum=40)
    verified_on = fields.Date(required=True)
    valid_until = fields.Date(required=True)


class SealInstrument(Schema):
    """登记封印."""

    seal_no = fields.String(required=True, maximum=40, metadata={"example": "铅封 0117"})
    setup_count = fields.Integer(required=True, minimum=0, maximum=COUNT_MAX)


class CheckInstrument(SealInstrument):
    """每日核查: a test weight, what the scale showed, what it may be off by."""

    test_weight_g = fields.Integer(required=True, minimum=1, maximum=MASS_G_MAX)
    shown_g = fields.Integer(required=True, minimum=-MASS_G_MAX, maximum=MASS_G_MAX)
    permitted_g = fields.Integer(required=True, minimum=0, maximum=MASS_G_MAX)


class ReleaseInstrument(SealInstrument):
    """恢复贸易使用."""

    reason = fields.String(required=True, maximum=200)
