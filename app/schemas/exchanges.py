"""互访、培训、挂职 · what goes in and out about them."""

from app.schemas import fields
from app.schemas.common import Answer, PageOut
from app.schemas.fields import Schema
from registry.exchanges import NAME_CHARS_MAX, PEOPLE_MAX, TEXT_CHARS_MAX, ExchangeKind
from registry.teams import Side


class RecordExchange(Schema):
    """登记互访、培训或挂职."""

    kind = fields.Choice(ExchangeKind, required=True)
    title = fields.String(required=True, maximum=NAME_CHARS_MAX)
    side = fields.Choice(Side, required=True)
    place = fields.String(required=True, maximum=NAME_CHARS_MAX)
    from_on = fields.Date(required=True)
    until_on = fields.Date(load_default=None)
    people = fields.Integer(required=True, minimum=1, maximum=PEOPLE_MAX)
    outcome = fields.String(required=True, maximum=TEXT_CHARS_MAX)


class ExchangeOut(Answer):
    """互访、培训或挂职."""

    ref = fields.Ref("exchange")
    cluster = fields.Ref("cluster", attribute="cluster.ref")
    kind = fields.Choice(ExchangeKind)
    title = fields.String()
    side = fields.Choice(Side)
    place = fields.String()
    from_on = fields.Date()
    until_on = fields.Date(allow_none=True)
    people = fields.Integer()
    outcome = fields.String()


class ExchangesOut(PageOut):
    """互访、培训和挂职，一页."""

    rows = fields.List(fields.Nested(ExchangeOut))
