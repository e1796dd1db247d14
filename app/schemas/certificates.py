"""检疫证明 · what goes in and out about certificates."""

from app.schemas import fields
from app.schemas.fields import Schema
from traceability.identifiers.certificates import CertificateForm
from traceability.quarantine.certificates import CertificateState
from traceability.quarantine.declarations import Purpose


class RevokeCertificate(Schema):
    """作废检疫证明."""

    reason = fields.String(required=True, maximum=200)


class CertificateOut(Schema):
    """检疫证明."""

    ref = fields.Ref("certificate")
    number = fields.String()
    official_number = fields.String()
    form = fields.Choice(CertificateForm)
    purpose = fields.Choice(Purpose)
    issued_at = fields.Instant()
    valid_until = fields.Date()
    state = fields.Choice(CertificateState)
