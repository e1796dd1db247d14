"""要素保障问题 · what goes in and out about what holds a project up."""

from app.schemas import fields
from app.schemas.common import Answer, PageOut, PageQuery
from app.schemas.fields import Schema
from registry.issues import ASSIGNEE_CHARS_MAX, TEXT_CHARS_MAX, IssueKind


class ReportIssue(Schema):
    """报告问题."""

    kind = fields.Choice(IssueKind, required=True)
    text = fields.String(required=True, maximum=TEXT_CHARS_MAX)
    assignee = fields.String(required=True, maximum=ASSIGNEE_CHARS_MAX)
    due_on = fields.Date(required=True)


class SolveIssue(Schema):
    """登记解决."""

    outcome = fields.String(required=True, maximum=TEXT_CHARS_MAX)


class SolveIssueByProgram(SolveIssue):
    """登记解决；佐证先存好."""

    evidence = fields.Ref("evidence", load_default=None)


class IssuesQuery(PageQuery):
    """按状态筛选."""

    state = fields.String(load_default="", maximum=10)


class IssueOut(Answer):
    """一个问题."""

    ref = fields.Ref("issue")
    project = fields.Ref("project", attribute="project.ref")
    kind = fields.Choice(IssueKind)
    text = fields.String()
    assignee = fields.String()
    due_on = fields.Date()
    solved_at = fields.Instant(allow_none=True)
    outcome = fields.String(allow_none=True)


class IssuesOut(PageOut):
    """问题，一页."""

    rows = fields.List(fields.Nested(IssueOut))
