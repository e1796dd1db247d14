"""到期名单 · which list is asked for, and what it says."""

from app.schemas import fields
from app.schemas.common import Answer, PageQuery
from app.schemas.fields import Schema
from traceability.due_lists import Due
from traceability.regions import CODE_CHARS
from traceability.treatments import Disease


class DueQuery(Schema):
    """哪种病、到哪天、哪里."""

    disease = fields.Choice(Disease, load_default=Disease.FMD)
    day = fields.Date(
        load_default=None, metadata={"description": "到这一天保护期满的也算；不填为今天"}
    )
    region = fields.String(
        load_default="",
        maximum=CODE_CHARS,
        metadata={"description": "乡镇或村的代码；不填为自己管辖的全部"},
    )


class DuePageQuery(DueQuery, PageQuery):
    """哪份名单的第几页."""


class VillageDueOut(Answer):
    """一个村该打多少头."""

    region_code = fields.String()
    heads = fields.Integer(minimum=0)
    due = fields.Integer(minimum=0)
    first = fields.Integer(minimum=0)
    booster = fields.Integer(minimum=0)
    lapsed = fields.Integer(minimum=0)


class DueAnimalOut(Answer):
    """一头该打的牛."""

    ref = fields.Ref("animal")
    ear_tag = fields.String()
    born_on = fields.Date()
    region_code = fields.String()
    place = fields.String()
    owner = fields.String()
    last_on = fields.Date(allow_none=True)
    due = fields.Choice(Due)
