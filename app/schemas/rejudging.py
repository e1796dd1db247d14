"""重判 · which acts are judged again and by what, and what came of it."""

from app.schemas import fields
from app.schemas.common import Answer
from app.schemas.fields import Schema
from traceability.checks import Result
from traceability.rejudging.turns import Effect
from traceability.rules import Severity


class PeriodQuery(Schema):
    """哪一段日子办的事."""

    since = fields.Date(load_default=None, metadata={"description": "默认一年前"})
    until = fields.Date(load_default=None, metadata={"description": "默认今天"})


class RejudgedQuery(PeriodQuery):
    """按哪一天的规则重判哪个环节."""

    stage = fields.String(required=True, maximum=40)
    day = fields.Date(required=True, metadata={"description": "用这一天有效的规则"})


class TotalOut(Answer):
    """改判合计 · how many acts of a stage turn from one effect to another."""

    stage = fields.String()
    before = fields.Choice(Effect)
    after = fields.Choice(Effect)
    acts = fields.Integer()


class TurnOut(Answer):
    """一次改判."""

    stage = fields.String(attribute="act.stage")
    subject = fields.String(
        attribute="act.ref", metadata={"description": "申报、证明、调运或成交的引用"}
    )
    label = fields.String(attribute="act.label")
    at = fields.Instant(attribute="act.at")
    code = fields.String(metadata={"description": "规则编号"})
    before = fields.Choice(Effect)
    after = fields.Choice(Effect)
    sentence = fields.String(attribute="outcome.sentence")
    evidence = fields.String(attribute="outcome.evidence")
    source = fields.String(attribute="outcome.citation")


class RejudgedOut(Answer):
    """重判结果."""

    counted = fields.Told(metadata={"description": "各环节重判了几次办理"})
    cut = fields.List(fields.String(), metadata={"description": "只重判了最近一部分的环节"})
    unkept = fields.List(fields.String(), metadata={"description": "平台没有保存办理记录的环节"})
    totals = fields.List(fields.Nested(TotalOut))
    turns = fields.List(fields.Nested(TurnOut), metadata={"description": "最多 200 条"})


class OutcomeOut(Answer):
    """一条规则的判定."""

    code = fields.String()
    result = fields.Choice(Result)
    sentence = fields.String()
    evidence = fields.String(metadata={"description": "用到的事实"})
    severity = fields.Choice(Severity)
    certainty = fields.String()
    source = fields.String(attribute="citation")
    since = fields.Date()


class JudgedOut(Answer):
    """一次办理的判定依据 · every outcome: passed, failed, warned, not applicable."""

    label = fields.String(metadata={"description": "耳标，或从哪里到哪里"})
    at = fields.Instant()
    outcomes = fields.List(fields.Nested(OutcomeOut))
