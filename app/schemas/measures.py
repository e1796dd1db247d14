"""统计 · which period is asked for, the numbers with their definitions, the records behind them."""

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, validates_schema

from app.schemas import fields
from app.schemas.common import Answer, PageOut, PageQuery
from app.schemas.fields import Schema
from traceability.measures import Measure
from traceability.regions import CODE_CHARS
from traceability.treatments import Disease


class PeriodQuery(Schema):
    """统计期间和病种."""

    first = fields.Date(
        load_default=None, metadata={"description": "从哪天；不填为“到哪天”那一年的第一天"}
    )
    last = fields.Date(
        load_default=None, metadata={"description": "到哪天，这一天也算；不填为今天"}
    )
    disease = fields.Choice(Disease, load_default=Disease.FMD)

    @validates_schema
    def _in_order(self, told: Mapping[str, Any], **_: object) -> None:
        first, last = told.get("first"), told.get("last")
        if first and last and last < first:
            raise ValidationError({"last": ["结束日期早于开始日期，请核对"]})


class RecordsQuery(PeriodQuery, PageQuery):
    """哪个数背后的记录."""

    measure = fields.Choice(Measure, load_default=Measure.TAGGED)
    region = fields.String(
        load_default="",
        maximum=CODE_CHARS,
        metadata={"description": "县、乡镇或村的代码；不填为自己管辖的全部"},
    )
    met = fields.Boolean(
        load_default=None, metadata={"description": "只看做到的或没做到的；不填为全部"}
    )


class DefinitionOut(Answer):
    """统计口径."""

    title = fields.String()
    numerator = fields.String(metadata={"description": "分子"})
    denominator = fields.String(metadata={"description": "分母"})
    period = fields.String(metadata={"description": "怎样算落在期间内"})
    left_out = fields.String(metadata={"description": "不计的"})
    place = fields.String(metadata={"description": "记在哪个乡镇"})
    unit = fields.String()


class MeasureRowOut(Answer):
    """一个县或乡镇."""

    region_code = fields.String(metadata={"description": "合计时为空"})
    whole = fields.Integer(minimum=0, metadata={"description": "分母"})
    met = fields.Integer(minimum=0, metadata={"description": "分子"})
    permille = fields.Integer(
        allow_none=True, metadata={"description": "千分数，舍去尾数；分母为 0 时为空"}
    )


class CountyOut(Answer):
    """一个县和它的乡镇."""

    whole = fields.Nested(MeasureRowOut)
    townships = fields.List(fields.Nested(MeasureRowOut))


class MeasuredOut(Answer):
    """一项统计."""

    measure = fields.Choice(Measure)
    defined = fields.Nested(DefinitionOut)
    basis = fields.String(metadata={"description": "依据的规则和数字；没有则为空"})
    whole = fields.Nested(MeasureRowOut)
    counties = fields.List(fields.Nested(CountyOut))


class MeasurementsOut(Answer):
    """一个期间的各项统计."""

    first = fields.Date(attribute="asked.first")
    last = fields.Date(attribute="asked.last")
    disease = fields.Choice(Disease, attribute="asked.disease")
    measures = fields.List(fields.Nested(MeasuredOut))


class CaseOut(Answer):
    """一条记录."""

    ref = fields.String(metadata={"description": "牛只、运输批次或检疫申报"})
    label = fields.String()
    place = fields.String()
    region_code = fields.String()
    due_on = fields.Date(allow_none=True, metadata={"description": "期限"})
    done_on = fields.Date(allow_none=True, metadata={"description": "办理的日子"})
    met = fields.Boolean()


class CasesOut(PageOut):
    """一个数背后的记录."""

    rows = fields.List(fields.Nested(CaseOut))
