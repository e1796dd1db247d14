"""牛只 · what people send to register, re-tag or report an animal, and what the API tells."""

from typing import Any

from app.attention import AnimalNeed
from app.schemas import fields
from app.schemas.common import Answer, PageOut, PageQuery, PersonOut, PlaceOut
from app.schemas.fields import Happened, HappenedHere, Schema
from app.schemas.treatments import CautionOut
from traceability.animals import AnimalState, Breed, Origin, Sex


class RegisterAnimal(Schema):
    """登记牛只."""

    ear_tag = fields.EarTag(required=True, metadata={"example": "252052600012345"})
    breed = fields.Choice(Breed, required=True, metadata={"example": "simmental_cross"})
    sex = fields.Choice(Sex, required=True, metadata={"example": "male"})
    born_on = fields.Date(required=True, metadata={"example": "2026-05-01"})
    holding = fields.Ref("holding", required=True)
    origin = fields.Choice(Origin, load_default=Origin.BORN)
    dam = fields.EarTag(load_default=None)
    eid = fields.Eid(load_default=None)


class Retag(Happened):
    """补戴耳标."""

    ear_tag = fields.EarTag(required=True, metadata={"example": "252052600099999"})
    reason = fields.String(required=True, maximum=100, metadata={"example": "原耳标脱落"})
    evidence = fields.Ref(
        "evidence",
        load_default=None,
        metadata={"description": "新耳标戴在牛耳上的照片；没有照片不予登记"},
    )


class RetagHere(HappenedHere):
    """补戴耳标 from a page; the photograph comes beside the form."""

    ear_tag = fields.EarTag(required=True)
    reason = fields.String(required=True, maximum=100)


class BindEid(Schema):
    """绑定电子耳标."""

    eid = fields.Eid(required=True, metadata={"example": "156000000012345"})


class ReportDeath(Happened):
    """报告死亡."""

    cause = fields.String(required=True, maximum=100, metadata={"example": "不明"})
    disposal = fields.String(required=True, maximum=100, metadata={"example": "深埋"})


class ReportDeathHere(HappenedHere, ReportDeath):
    """报告死亡 from a page."""


class AnimalsQuery(PageQuery):
    """查找牛只."""

    q = fields.String(
        load_default="", maximum=40, metadata={"description": "耳标或电子耳标号的任意一段"}
    )
    need = fields.Choice(
        AnimalNeed, load_default=None, metadata={"description": "只看某一类待办的牛"}
    )


class AnimalOut(Answer):
    """牛只."""

    ref = fields.Ref("animal")
    ear_tag = fields.String(metadata={"example": "252052600012345"})
    eid = fields.String(allow_none=True)
    short_code = fields.String(metadata={"description": "溯源码"})
    breed = fields.Choice(Breed)
    sex = fields.Choice(Sex)
    born_on = fields.Date()
    origin = fields.Choice(Origin)
    state = fields.Choice(AnimalState)
    ended_on = fields.Date(allow_none=True)
    holding = fields.Nested(
        PlaceOut, allow_none=True, metadata={"description": "所在场所；在路上时为空"}
    )
    owner = fields.Nested(PersonOut)


class TaggedAnimalOut(AnimalOut):
    """牛只，和它的耳标有什么须知道的."""

    warnings = fields.List(fields.Nested(CautionOut), metadata={"description": "记下了，但须知道"})

    def get_attribute(self, obj: Any, attr: str, default: Any) -> Any:
        """An animal with the warnings of its tag."""
        whole = obj if attr == "warnings" else obj.animal
        return super().get_attribute(whole, attr, default)


class AnimalsOut(PageOut):
    """牛只列表."""

    rows = fields.List(fields.Nested(AnimalOut))
