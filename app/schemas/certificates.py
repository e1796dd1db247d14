"""检疫证明 · what goes in and out about certificates."""

from app.schemas import fields
from app.schemas.animals import AnimalOut
from app.schemas.common import Answer, PageOut, PageQuery, PersonOut, PlaceOut
from app.schemas.fields import Schema
from traceability.identifiers.certificates import CertificateForm
from traceability.quarantine.certificates import CertificateState
from traceability.quarantine.declarations import Purpose


class RevokeCertificate(Schema):
    """作废检疫证明."""

    reason = fields.String(required=True, maximum=200, metadata={"example": "货主取消调运"})


class CertificatesQuery(PageQuery):
    """查找检疫证明."""

    q = fields.String(load_default="", maximum=40, metadata={"description": "编号的任意一段"})
    state = fields.Choice(CertificateState, load_default=None)


class CertificateOut(Answer):
    """检疫证明."""

    ref = fields.Ref("certificate")
    number = fields.String()
    official_number = fields.String(allow_none=True)
    short_code = fields.String(metadata={"description": "溯源码"})
    form = fields.Choice(CertificateForm)
    purpose = fields.Choice(Purpose)
    declaration = fields.Ref("declaration", attribute="declaration.ref")
    owner = fields.Nested(PersonOut)
    origin = fields.Nested(PlaceOut)
    destination = fields.Nested(PlaceOut)
    plate = fields.String(allow_none=True)
    issued_at = fields.Instant()
    valid_until = fields.Date()
    state = fields.Choice(CertificateState)


class CertificatesOut(PageOut):
    """检疫证明列表."""

    rows = fields.List(fields.Nested(CertificateOut))


class CertifiedOut(Answer):
    """检疫证明 and the animals it names."""

    certificate = fields.Nested(CertificateOut)
    animals = fields.List(fields.Nested(AnimalOut))
