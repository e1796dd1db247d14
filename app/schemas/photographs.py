"""照片 · what goes in and out about photographs of animals."""

from app.schemas import fields
from app.schemas.common import Answer
from app.schemas.fields import Schema


class Photograph(Schema):
    """给牛拍照 from a page; the picture comes beside the form."""

    is_public = fields.Boolean(load_default=False)


class ShowPhotograph(Schema):
    """登记照片，或改它是否公开."""

    evidence = fields.Ref("evidence", required=True)
    is_public = fields.Boolean(required=True, metadata={"description": "溯源页上是否给所有人看"})


class PhotographOut(Answer):
    """一张照片."""

    evidence = fields.Ref("evidence")
    is_public = fields.Boolean()
    at = fields.Instant()
