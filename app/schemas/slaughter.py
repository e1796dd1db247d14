"""屠宰 · what abattoirs and vets send about slaughter, and what the API answers."""

from app.schemas import fields
from app.schemas.animals import AnimalOut
from app.schemas.carcasses import CarcassOut
from app.schemas.common import Answer, PageOut, PageQuery, PersonOut, PlaceOut
from app.schemas.fields import Happened, HappenedHere, Schema
from traceability.slaughter.ante_mortem import ANTE_MORTEM_CHECKS, REMARKS_CHARS_MAX
from traceability.slaughter.declarations import REASON_CHARS_MAX, SlaughterState

EMERGENCY = {"description": "急宰的原因；不填为按时申报"}


class DeclareSlaughter(Happened):
    """屠宰申报."""

    abattoir = fields.Ref("holding", required=True)
    animals = fields.List(fields.Ref("animal"), required=True)
    slaughters_at = fields.Instant(required=True, metadata={"description": "计划屠宰时间"})
    emergency = fields.String(load_default="", maximum=REASON_CHARS_MAX, metadata=EMERGENCY)


class DeclareSlaughterHere(HappenedHere):
    """屠宰申报 from a page."""

    abattoir = fields.Ref("holding", required=True)
    animals = fields.List(fields.Ref("animal"), required=True)
    slaughters_at = fields.LocalTime(required=True, maximum=16)
    emergency = fields.String(load_default="", maximum=REASON_CHARS_MAX, metadata=EMERGENCY)


class RefuseSlaughter(Schema):
    """屠宰申报不予受理."""

    reason = fields.String(required=True, maximum=REASON_CHARS_MAX)


class RecordAnteMortem(Happened):
    """登记宰前检查 · the named checks that were passed; one not named was not passed."""

    animal = fields.Ref("animal", required=True)
    passed = fields.List(
        fields.String(maximum=20), load_default=list, maximum=len(ANTE_MORTEM_CHECKS)
    )
    remarks = fields.String(load_default="", maximum=REMARKS_CHARS_MAX)


class RecordAnteMortemHere(HappenedHere, RecordAnteMortem):
    """登记宰前检查 from a page."""


class SlaughterQuery(PageQuery):
    """查找屠宰申报."""

    state = fields.Choice(SlaughterState, load_default=None)


class SlaughterDeclarationOut(Answer):
    """屠宰申报."""

    ref = fields.Ref("slaughter_declaration")
    state = fields.Choice(SlaughterState)
    abattoir = fields.Nested(PlaceOut)
    slaughters_at = fields.Instant()
    emergency = fields.String(allow_none=True, metadata=EMERGENCY)
    filed_at = fields.Instant()
    refusal = fields.String(allow_none=True)


class SlaughterDeclarationsOut(PageOut):
    """屠宰申报列表."""

    rows = fields.List(fields.Nested(SlaughterDeclarationOut))


class AnteMortemOut(Answer):
    """宰前检查记录."""

    ref = fields.Ref("ante_mortem")
    animal = fields.Ref("animal", attribute="animal.ref")
    vet = fields.Nested(PersonOut)
    passed = fields.Boolean(metadata={"description": "真为准宰"})
    checks = fields.Checks(metadata={"description": "检查项目 → 是否合格"})
    remarks = fields.String()
    inspected_at = fields.Instant()


class SlaughterDeclaredOut(Answer):
    """屠宰申报, its animals and what the vet found."""

    declaration = fields.Nested(SlaughterDeclarationOut)
    animals = fields.List(fields.Nested(AnimalOut))
    inspections = fields.List(fields.Nested(AnteMortemOut))
    carcasses = fields.List(fields.Nested(CarcassOut))
