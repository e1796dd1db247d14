"""判定 · what the API says about whether an animal may be sold or moved."""

from enum import StrEnum

from app.schemas import fields
from app.schemas.common import Answer
from app.schemas.rejudging import OutcomeOut
from traceability.verdict import Act, Level


class Question(StrEnum):
    """On what act a verdict is."""

    SALE = "sale"
    DEPARTURE = "departure"
    ARRIVAL = "arrival"


QUESTIONS = {
    Act.SALE: Question.SALE,
    Act.DEPARTURE: Question.DEPARTURE,
    Act.ARRIVAL: Question.ARRIVAL,
}
assert QUESTIONS.keys() == set(Act)


class ReasonOut(Answer):
    """理由 · one rule that forbids or warns, and the paper it rests on."""

    code = fields.String()
    sentence = fields.String()
    source = fields.String(attribute="citation")
    since = fields.Date()


class VerdictOut(Answer):
    """判定."""

    ear_tag = fields.String()
    question = fields.Choice(Question)
    level = fields.Choice(Level, metadata={"description": "green 可，amber 注意，red 不可"})
    reasons = fields.List(fields.Nested(ReasonOut))
    outcomes = fields.List(fields.Nested(OutcomeOut), metadata={"description": "问过的每一条规则"})
    certificate = fields.String(allow_none=True, metadata={"description": "检疫证明编号"})
    judged_at = fields.Instant()
