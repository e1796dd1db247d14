"""共用 · pieces that the shapes of several nouns are made of: answers, lists, places, people."""

from typing import Any

from app.schemas import fields
from app.schemas.fields import Schema
from traceability.holdings import HoldingKind

PAGE_MAX = 10_000


class Answer(Schema):
    """What the API says: every field is always there."""

    def on_bind_field(self, _field_name: str, field_obj: Any) -> None:
        """Say so in the documentation."""
        field_obj.required = True


class PageQuery(Schema):
    """Which page of a list."""

    page = fields.Integer(
        load_default=1,
        minimum=1,
        maximum=PAGE_MAX,
        metadata={"description": "第几页；超出时给最后一页"},
    )


class PageOut(Answer):
    """How much there is of a list; `rows` holds one page of it."""

    page = fields.Integer(minimum=1)
    pages = fields.Integer(minimum=1)
    total = fields.Integer(minimum=0)


class PlaceOut(Answer):
    """场所 · as other things name it."""

    ref = fields.Ref("holding")
    kind = fields.Choice(HoldingKind)
    name = fields.String()
    region_code = fields.String(metadata={"example": "520526104"})


class PersonOut(Answer):
    """主体 · as other things name it."""

    ref = fields.Ref("party")
    name = fields.String()
