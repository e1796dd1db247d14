"""要素保障问题接口 · what holds projects up, and how it was solved."""

from typing import Any

from app import database, files, programme, undertaking, whoami
from app.api.base import Blueprint
from app.api.projects import of_ones_own
from app.auth.privileges import permission
from app.lists import Listed
from app.schemas.issues import (
    IssueOut,
    IssuesOut,
    IssuesQuery,
    ReportIssue,
    SolveIssueByProgram,
)
from registry import issues
from registry.issues import Issue, IssueState

blueprint = Blueprint("api_issues", __name__, url_prefix="/api", description="要素保障问题")


@blueprint.get("/issues/")
@permission("project.view")
@blueprint.arguments(IssuesQuery, location="query", as_kwargs=True)
@blueprint.response(200, IssuesOut)
def index(page: int, state: str) -> Listed[Issue]:
    """问题.

    `state`：open 在办，late 逾期，solved 已解决。
    """
    wanted = IssueState(state) if state in set(IssueState) else None
    return undertaking.issues_listed(database.session(), wanted, page=page)


@blueprint.post("/projects/<ref:ref>/issues")
@permission("project.report")
@of_ones_own
@blueprint.arguments(ReportIssue)
@blueprint.response(201, IssueOut)
def report(form: dict[str, Any], ref: str) -> Issue:
    """报告问题."""
    session = database.session()
    return issues.report(session, programme.project(session, ref), **form, **whoami.acted())


@blueprint.get("/issues/<ref:ref>")
@permission("project.view")
@blueprint.response(200, IssueOut)
def show(ref: str) -> Issue:
    """一个问题."""
    return undertaking.issue(database.session(), ref)


@blueprint.post("/issues/<ref:ref>/solve")
@permission("project.report")
@blueprint.arguments(SolveIssueByProgram)
@blueprint.response(200, IssueOut)
def solve(form: dict[str, Any], ref: str) -> Issue:
    """登记解决."""
    session = database.session()
    row = undertaking.issue(session, ref)
    paper = form.pop("evidence")
    proof = files.named(session, paper) if paper else None
    issues.solve(session, row, evidence=proof, **form, **whoami.acted())
    return row
