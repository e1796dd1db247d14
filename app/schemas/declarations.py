"""检疫申报 · what owners and vets send about declarations and inspections."""

from app.schemas import fields
from app.schemas.animals import AnimalOut
from app.schemas.common import Answer, PageOut, PageQuery, PersonOut, PlaceOut
from app.schemas.fields import Happened, HappenedHere, Schema
from traceability.checks import INSPECTION_CHECKS
from traceability.quarantine.declarations import DeclarationState, Purpose


class FileDeclaration(Happened):
    """申报检疫."""

    animals = fields.List(fields.Ref("animal"), required=True)
    destination = fields.Ref("holding", required=True)
    purpose = fields.Choice(Purpose, load_default=Purpose.TRADE)
    leaves_on = fields.Date(required=True, metadata={"example": "2026-11-22"})
    plate = fields.String(load_default="", maximum=20, metadata={"example": "贵F12345"})


class FileDeclarationHere(HappenedHere, FileDeclaration):
    """申报检疫 from a page."""


class RefuseDeclaration(Schema):
    """不予受理."""

    reason = fields.String(required=True, maximum=400)


class RecordInspection(Happened):
    """登记检查结果 · the named checks that were passed; one not named was not passed."""

    animal = fields.Ref("animal", required=True)
    passed = fields.List(
        fields.String(maximum=20), load_default=list, maximum=len(INSPECTION_CHECKS)
    )
    remarks = fields.String(load_default="", maximum=400)
    seen = fields.String(
        load_default=None,
        maximum=60,
        metadata={
            "description": "登记人看到的最近一次检查；从未检查填空串。其间别人又检查过则不登记"
        },
    )


class RecordInspectionHere(HappenedHere, RecordInspection):
    """登记检查结果 from a page."""


class IssueCertificate(Schema):
    """签发检疫证明."""

    valid_days = fields.Integer(load_default=1, minimum=1, maximum=5)
    official_number = fields.String(load_default="", maximum=40)


class DeclarationsQuery(PageQuery):
    """查找申报."""

    state = fields.Choice(DeclarationState, load_default=None)


class DeclarationOut(Answer):
    """检疫申报."""

    ref = fields.Ref("declaration")
    state = fields.Choice(DeclarationState)
    purpose = fields.Choice(Purpose)
    declarant = fields.Nested(PersonOut)
    origin = fields.Nested(PlaceOut)
    destination = fields.Nested(PlaceOut)
    leaves_on = fields.Date()
    filed_at = fields.Instant()
    plate = fields.String(allow_none=True)
    refusal = fields.String(allow_none=True)


class DeclarationsOut(PageOut):
    """检疫申报列表."""

    rows = fields.List(fields.Nested(DeclarationOut))


class InspectionOut(Answer):
    """检查记录."""

    ref = fields.Ref("inspection")
    animal = fields.Ref("animal", attribute="animal.ref")
    vet = fields.Nested(PersonOut)
    passed = fields.Boolean()
    checks = fields.Checks(metadata={"description": "检查项目 → 是否合格"})
    remarks = fields.String()
    inspected_at = fields.Instant()


class DeclaredOut(Answer):
    """检疫申报, its animals and what the vet found."""

    declaration = fields.Nested(DeclarationOut)
    animals = fields.List(fields.Nested(AnimalOut))
    inspections = fields.List(fields.Nested(InspectionOut))
    certificate = fields.Ref("certificate", allow_none=True)
