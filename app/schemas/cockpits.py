"""产业大脑 · what a program reads of a cockpit; the page draws its charts from the same."""

from app.schemas import fields
from app.schemas.common import Answer
from app.schemas.fields import Schema
from registry.projects import Stage


class CockpitQuery(Schema):
    """看哪个指标的历年完成值."""

    indicator = fields.String(load_default="", maximum=60)


class StageCountOut(Answer):
    """某一阶段有几个项目."""

    stage = fields.Choice(Stage)
    label = fields.String()
    count = fields.Integer()


class OverdueOut(Answer):
    """逾期的."""

    projects = fields.Integer(metadata={"description": "有节点逾期的项目"})
    procedures = fields.Integer()
    issues = fields.Integer()
    meetings = fields.Integer(metadata={"description": "有交办事项逾期的会商、调度"})


class ClusterCockpitOut(Answer):
    """一个集群."""

    ref = fields.Ref("cluster")
    key = fields.String()
    order_no = fields.Integer()
    name = fields.String()
    place = fields.String()
    partner = fields.String(allow_none=True)
    prefecture_code = fields.String(metadata={"description": "所在市州代码前四位"})
    stages = fields.List(fields.Nested(StageCountOut))
    projects = fields.Integer()
    overdue = fields.Nested(OverdueOut)
    tasks_overdue = fields.Integer()
    plans = fields.Integer(metadata={"description": "六个一中现行的有几个"})
    targets = fields.Integer()
    measured = fields.Integer(metadata={"description": "有完成值可以比的"})
    reached = fields.Integer()


class StandingOut(Answer):
    """一个指标：接下来的目标和最近确认的完成值，单位照目标."""

    ref = fields.Ref("indicator")
    cluster = fields.Ref("cluster", attribute="cluster_ref")
    name = fields.String()
    unit = fields.String(allow_none=True)
    year = fields.Integer(allow_none=True)
    comparator_text = fields.String()
    target = fields.String()
    is_adjusted = fields.Boolean()
    actual_ref = fields.Ref("actual", allow_none=True)
    actual = fields.String(allow_none=True)
    period = fields.String(allow_none=True)
    permille = fields.Integer(allow_none=True)


class MoneyOfYearOut(Answer):
    """一年的资金，分."""

    year = fields.Integer()
    arranged_fen = fields.Integer()
    paid_out_fen = fields.Integer()
    spent_fen = fields.Integer()


class DayTurnoverOut(Answer):
    """一天的成交；不足 5 头不写金额."""

    on = fields.Date()
    head = fields.Integer()
    amount_fen = fields.Integer(allow_none=True)


class PointOut(Answer):
    """一期完成值，单位照指标."""

    ref = fields.Ref("actual")
    period = fields.String()
    value = fields.String()


class SeriesOut(Answer):
    """一个指标的历年完成值."""

    ref = fields.Ref("indicator")
    name = fields.String()
    unit = fields.String(allow_none=True)
    points = fields.List(fields.Nested(PointOut))


class CockpitOut(Answer):
    """产业大脑."""

    on = fields.Date()
    clusters = fields.List(fields.Nested(ClusterCockpitOut))
    targets = fields.List(fields.Nested(StandingOut))
    money = fields.List(fields.Nested(MoneyOfYearOut))
    trade = fields.List(fields.Nested(DayTurnoverOut))
    series = fields.Nested(SeriesOut, allow_none=True)
