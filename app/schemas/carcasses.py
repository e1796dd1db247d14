"""胴体 · what abattoirs and vets send about carcasses, and what the API answers."""

import re

from app.schemas import fields
from app.schemas.animals import AnimalOut
from app.schemas.common import Answer, PersonOut, PlaceOut
from app.schemas.fields import Happened, HappenedHere
from traceability.base.errors import RuleViolation
from traceability.quarantine.disposal import DisposalMethod
from traceability.slaughter.carcasses import (
    NAME_CHARS_MAX,
    PHOTOGRAPHS_MAX,
    PLACE_CHARS_MAX,
    POST_MORTEM_CHECKS,
    REMARKS_CHARS_MAX,
    WEIGHT_G_MAX,
    CarcassState,
)

G_PER_HECTOGRAM = 100
_KG = re.compile(r"(\d{1,4})(?:\.(\d))?")


def parse_kg(text: str) -> int:
    """Kilograms with at most one decimal, as a hall scale shows them, in grams.

    >>> parse_kg("280.5"), parse_kg("280")
    (280500, 280000)

    Raises:
        RuleViolation: `weight.bad_form`.
    """
    if (found := _KG.fullmatch(text)) is None:
        raise RuleViolation("weight.bad_form", "重量写公斤数，最多一位小数，如 280.5")
    return (int(found[1]) * 10 + int(found[2] or 0)) * G_PER_HECTOGRAM


class Kilograms(fields.Parsed):
    """公斤数 · typed on a page; grams inside."""

    parse = staticmethod(parse_kg)


class SlaughterAnimal(Happened):
    """登记屠宰."""

    animal = fields.Ref("animal", required=True)


class SlaughterAnimalHere(HappenedHere, SlaughterAnimal):
    """登记屠宰 from a page."""


class WeighCarcass(Happened):
    """登记胴体重."""

    hot_weight_g = fields.Integer(required=True, minimum=1, maximum=WEIGHT_G_MAX)


class WeighCarcassHere(HappenedHere):
    """登记胴体重 from a page."""

    hot_weight_g = Kilograms(required=True, maximum=6)


class InspectCarcass(Happened):
    """登记同步检疫 · the named checks that were passed; one not named was not passed."""

    passed = fields.List(
        fields.String(maximum=20), load_default=list, maximum=len(POST_MORTEM_CHECKS)
    )
    removed = fields.String(load_default="", maximum=REMARKS_CHARS_MAX)
    remarks = fields.String(load_default="", maximum=REMARKS_CHARS_MAX)


class InspectCarcassHere(HappenedHere, InspectCarcass):
    """登记同步检疫 from a page."""


class _Dispose(fields.Schema):
    method = fields.Choice(DisposalMethod, required=True)
    where = fields.String(required=True, maximum=PLACE_CHARS_MAX)
    witness = fields.String(required=True, maximum=NAME_CHARS_MAX)


class DisposeCarcass(_Dispose, Happened):
    """登记胴体无害化处理."""

    weight_g = fields.Integer(required=True, minimum=1, maximum=WEIGHT_G_MAX)
    photographs = fields.List(fields.Ref("evidence"), required=True, maximum=PHOTOGRAPHS_MAX)


class DisposeCarcassHere(_Dispose, HappenedHere):
    """登记胴体无害化处理 from a page; the photograph comes beside the form."""

    weight_g = Kilograms(required=True, maximum=6)


class CarcassOut(Answer):
    """胴体."""

    ref = fields.Ref("carcass")
    number = fields.String(metadata={"example": "20261122-0001"})
    state = fields.Choice(CarcassState)
    animal = fields.Nested(AnimalOut)
    abattoir = fields.Nested(PlaceOut)
    slaughtered_at = fields.Instant()
    hot_weight_g = fields.Integer(allow_none=True)
    vet = fields.Nested(PersonOut, allow_none=True)
    inspected_at = fields.Instant(allow_none=True)
    checks = fields.Checks(allow_none=True, metadata={"description": "检查项目 → 是否合格"})
    removed = fields.String(allow_none=True, metadata={"description": "摘除的部位"})
    remarks = fields.String(allow_none=True)
    method = fields.Choice(DisposalMethod, allow_none=True)
    disposed_where = fields.String(allow_none=True)
    disposed_weight_g = fields.Integer(allow_none=True)
    witness = fields.String(allow_none=True)
