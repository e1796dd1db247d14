"""存疑 · what an officer sends to decide a reading, and what a decision looks like."""

from app.schemas import fields
from app.schemas.clusters import DoubtOut
from app.schemas.fields import Schema
from registry.doubts import BASIS_CHARS_MAX, WORDING_CHARS_MAX, Choice


class DecideWording(Schema):
    """定读法."""

    choice = fields.Choice(Choice, required=True)
    text = fields.String(load_default="", maximum=WORDING_CHARS_MAX)
    basis = fields.String(required=True, maximum=BASIS_CHARS_MAX)


class WordingOut(Schema):
    """读法."""

    ref = fields.Ref("wording")
    doubt_key = fields.String()
    choice = fields.Choice(Choice)
    text = fields.String()
    basis = fields.String()
    at = fields.Instant()


class DoubtRowOut(Schema):
    """存疑和读法."""

    doubt = fields.Nested(DoubtOut)
    wording = fields.Nested(WordingOut)
