"""临床检查接口字段 · what waits for the official vet's inspection."""

from app.schemas import fields
from app.schemas.animals import AnimalOut
from app.schemas.common import Answer
from app.schemas.declarations import DeclarationOut, InspectionOut


class ToInspectRow(Answer):
    """待检查的申报 · with its animals and what was found so far, the newest last."""

    declaration = fields.Nested(DeclarationOut)
    animals = fields.List(fields.Nested(AnimalOut))
    inspections = fields.List(fields.Nested(InspectionOut))


class ToInspectOut(Answer):
    """待检查名单."""

    rows = fields.List(fields.Nested(ToInspectRow))
