"""项目 · what officers send about stages and progress, and what a project looks like."""

from app.schemas import fields
from app.schemas.fields import Schema
from registry.clusters import NAME_CHARS_MAX
from registry.projects import PERCENT_MAX, TEXT_CHARS_MAX, Stage


class RegisterProject(Schema):
    """登记项目 · one that the founding document does not name."""

    task = fields.Ref("task", load_default=None)
    name = fields.String(required=True, maximum=NAME_CHARS_MAX)
    stage = fields.Choice(Stage, load_default=Stage.INTENDED)


class RecordProgress(Schema):
    """登记进展."""

    percent = fields.Integer(required=True, minimum=0, maximum=PERCENT_MAX)
    text = fields.String(required=True, maximum=TEXT_CHARS_MAX)


class AdvanceProject(Schema):
    """变更阶段."""

    to = fields.Choice(Stage, required=True)
    reason = fields.String(required=True, maximum=TEXT_CHARS_MAX)


class PlanMilestone(Schema):
    """计划节点."""

    name = fields.String(required=True, maximum=NAME_CHARS_MAX)
    due_on = fields.Date(required=True)


class ReachMilestone(Schema):
    """节点完成."""

    reached_on = fields.Date(required=True)


class MilestoneOut(Schema):
    """节点."""

    ref = fields.Ref("milestone")
    name = fields.String(maximum=NAME_CHARS_MAX)
    due_on = fields.Date()
    reached_on = fields.Date()


class ProgressOut(Schema):
    """进展."""

    ref = fields.Ref("progress")
    at = fields.Instant()
    percent = fields.Integer()
    text = fields.String(maximum=TEXT_CHARS_MAX)


class ProjectOut(Schema):
    """项目."""

    ref = fields.Ref("project")
    key = fields.String()
    number = fields.String()
    name = fields.String(maximum=NAME_CHARS_MAX)
    stage = fields.Choice(Stage)
    percent = fields.Integer()
    quote = fields.String()
    first_line = fields.Integer()
    last_line = fields.Integer()
