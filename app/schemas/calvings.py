"""产犊疑点 · what is asked and answered about calves and their dams."""

from app.schemas import fields
from app.schemas.common import Answer
from app.schemas.fields import Schema
from traceability.calvings import CalvingDoubt


class CalvingsQuery(Schema):
    """哪一类疑点."""

    kind = fields.Choice(CalvingDoubt, load_default=None)


class DoubtfulCalvingOut(Answer):
    """一条产犊疑点."""

    kind = fields.Choice(CalvingDoubt)
    ref = fields.Ref("animal", metadata={"description": "牛犊"})
    ear_tag = fields.String()
    born_on = fields.Date()
    dam_ref = fields.Ref("animal", metadata={"description": "登记的母牛"})
    dam_ear_tag = fields.String()
    earlier_ref = fields.Ref("animal", allow_none=True, metadata={"description": "前一犊"})
    earlier_ear_tag = fields.String(allow_none=True)
    reason = fields.String()
