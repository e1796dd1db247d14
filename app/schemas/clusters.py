"""集群 · what a cluster and its printed figures look like to a program."""

from app.schemas import fields
from app.schemas.fields import Schema
from app.schemas.projects import ProjectOut
from registry.founding import DoubtKind, PassageSort
from registry.indicators import Comparator, FigureRole


class ClusterOut(Schema):
    """集群."""

    ref = fields.Ref("cluster")
    key = fields.String()
    order_no = fields.Integer()
    name = fields.String()
    host_place = fields.String()
    prefecture = fields.String()
    region_code = fields.String()
    partner = fields.String()


class TaskOut(Schema):
    """重点任务 · numbered as printed."""

    ref = fields.Ref("task")
    number = fields.String()
    name = fields.String()
    quote = fields.String()
    first_line = fields.Integer()
    last_line = fields.Integer()


class FigureOut(Schema):
    """数值 · as printed, with its quotation."""

    ref = fields.Ref("figure")
    key = fields.String()
    name = fields.String()
    role = fields.Choice(FigureRole)
    year_from = fields.Integer()
    year = fields.Integer()
    period = fields.String()
    comparator = fields.Choice(Comparator)
    comparator_text = fields.String()
    value = fields.String()
    value_max = fields.String()
    unit = fields.String()
    printed = fields.String()
    scope = fields.String()
    quote = fields.String()
    first_line = fields.Integer()
    last_line = fields.Integer()


class PassageOut(Schema):
    """立项文件的条目 · with its quotation and lines."""

    key = fields.String()
    parent_key = fields.String()
    sort = fields.Choice(PassageSort)
    number = fields.String()
    name = fields.String()
    role = fields.String()
    kind = fields.String()
    year = fields.Integer()
    quote = fields.String()
    first_line = fields.Integer()
    last_line = fields.Integer()


class DoubtOut(Schema):
    """存疑 · what looks wrong in the print, and a proposed reading for a person to confirm."""

    key = fields.String()
    about_key = fields.String()
    kind = fields.Choice(DoubtKind)
    reason = fields.String()
    proposed = fields.String()
    quote = fields.String()
    first_line = fields.Integer()
    last_line = fields.Integer()


class ProgrammeOut(Schema):
    """方案通则."""

    passages = fields.List(fields.Nested(PassageOut), attribute="said")
    figures = fields.List(fields.Nested(FigureOut))
    doubts = fields.List(fields.Nested(DoubtOut), attribute="doubted")


class ClusterPageOut(Schema):
    """集群全貌."""

    cluster = fields.Nested(ClusterOut)
    tasks = fields.List(fields.Nested(TaskOut))
    projects = fields.List(fields.Nested(ProjectOut))
    figures = fields.List(fields.Nested(FigureOut))
    passages = fields.List(fields.Nested(PassageOut), attribute="said")
    doubts = fields.List(fields.Nested(DoubtOut), attribute="doubted")
