"""指标 · what officers report and decide, and what an indicator looks like to a program."""

from app.schemas import fields
from app.schemas.clusters import FigureOut
from app.schemas.fields import Schema
from registry.actuals import ActualSource, ActualStatus
from registry.indicators import UNIT_CHARS_MAX
from registry.projects import TEXT_CHARS_MAX
from registry.quantities import VALUE_CHARS_MAX

PERIOD_CHARS_MAX = 7


class ReviseActual(Schema):
    """修改完成值."""

    value = fields.String(required=True, maximum=VALUE_CHARS_MAX)
    unit = fields.String(maximum=UNIT_CHARS_MAX, load_default=None)


class ReportActual(ReviseActual):
    """填报完成值."""

    period = fields.String(required=True, maximum=PERIOD_CHARS_MAX)


class ReturnActual(Schema):
    """退回完成值."""

    reason = fields.String(required=True, maximum=TEXT_CHARS_MAX)


class ActualOut(Schema):
    """完成值."""

    ref = fields.Ref("actual")
    period = fields.String()
    value = fields.String()
    unit = fields.String()
    source = fields.Choice(ActualSource)
    status = fields.Choice(ActualStatus)
    return_reason = fields.String(maximum=TEXT_CHARS_MAX)


class IndicatorOut(Schema):
    """指标 · with its printed figures and what was reached."""

    ref = fields.Ref("indicator")
    key = fields.String()
    name = fields.String()
    unit = fields.String()
    scope = fields.String()
    figures = fields.List(fields.Nested(FigureOut))
    actuals = fields.List(fields.Nested(ActualOut))
