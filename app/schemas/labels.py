"""标签 · what people send when they order labels."""

from app.labels.batches import LabelSize
from app.schemas import fields
from app.schemas.fields import Schema


class OrderLabels(Schema):
    """打标签: a place, or tags one a line; neither means everything within scope."""

    holding = fields.String(load_default="", maximum=80)
    tags = fields.String(load_default="", maximum=200_000)
    size = fields.Choice(LabelSize, load_default=LabelSize.SHEET)
