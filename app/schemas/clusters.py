"""集群 · what a cluster and its printed figures look like to a program."""

from app.schemas import fields
from app.schemas.fields import Schema
from app.schemas.projects import ProjectOut
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
    role = fields.Choice(FigureRole)
    year = fields.Integer()
    comparator = fields.Choice(Comparator)
    value = fields.String()
    unit = fields.String()
    printed = fields.String()
    scope = fields.String()
    quote = fields.String()
    first_line = fields.Integer()
    last_line = fields.Integer()


class ClusterPageOut(Schema):
    """集群全貌."""

    cluster = fields.Nested(ClusterOut)
    tasks = fields.List(fields.Nested(TaskOut))
    projects = fields.List(fields.Nested(ProjectOut))
    figures = fields.List(fields.Nested(FigureOut))
