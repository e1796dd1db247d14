"""要素保障问题 · what holds projects up, whose each is, and how it was solved."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import database, deciding, forms, programme, undertaking, whoami, workbooks
from app.auth.privileges import permission
from app.schemas.issues import ReportIssue, SolveIssue
from registry import issues
from registry.issues import ISSUE_KIND_LABELS, ISSUE_STATE_LABELS, Issue, IssueState
from registry.projects import Project

blueprint = Blueprint("issues", __name__)


def _labels() -> dict[str, Any]:
    return {
        "kinds": ISSUE_KIND_LABELS,
        "issue_states": ISSUE_STATE_LABELS,
        "today": deciding.today(),
    }


@blueprint.get("/issues/")
@permission("project.view")
def index() -> str:
    """要素保障问题."""
    state = request.args.get("state", "")
    wanted = IssueState(state) if state in set(IssueState) else None
    page = request.args.get("page", 1, type=int)
    return render_template(
        "issues/index.html",
        listed=undertaking.issues_listed(
            database.session(), wanted, page=page, cluster_key=request.args.get("cluster", "")
        ),
        state=state,
        **_labels(),
    )


@blueprint.get("/issues/issues.xlsx")
@permission("project.view")
def workbook() -> Response:
    """要素保障问题, as a workbook."""
    return workbooks.answer(undertaking.issues_book(database.session()), "issues.xlsx")


@blueprint.get("/projects/<ref:ref>/issues/new")
@permission("project.report")
def new(ref: str) -> str:
    """报告问题."""
    return _new_page(programme.project(database.session(), ref), {}, {})


def _new_page(project: Project, form: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    return render_template(
        "issues/new.html", project=project, form=form, errors=errors, **_labels()
    )


@blueprint.post("/projects/<ref:ref>/issues/new")
@permission("project.report")
def report(ref: str) -> ResponseReturnValue:
    """报告问题: take the form."""
    session = database.session()
    project = programme.project(session, ref)

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        row = issues.report(session, project, **given, **whoami.acted())
        flash("已登记，逾期会提醒", "success")
        return redirect(url_for("issues.show", ref=row.ref), 303)

    return forms.handled(ReportIssue, act, lambda form, errors: _new_page(project, form, errors))


@blueprint.get("/issues/<ref:ref>")
@permission("project.view")
def show(ref: str) -> str:
    """一个问题."""
    return _page(undertaking.issue(database.session(), ref), {}, {})


def _page(row: Issue, form: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    return render_template(
        "issues/show.html",
        row=row,
        state=row.state_on(deciding.today()),
        steps=programme.steps(database.session(), row.ref),
        form=form,
        errors=errors,
        **_labels(),
    )


@blueprint.post("/issues/<ref:ref>/solve")
@permission("project.report")
def solve(ref: str) -> ResponseReturnValue:
    """登记解决."""
    session = database.session()
    row = undertaking.issue(session, ref)

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        proof = programme.photograph(session, "问题解决")
        issues.solve(session, row, evidence=proof, **given, **whoami.acted())
        flash("已登记解决", "success")
        return redirect(url_for("issues.show", ref=ref), 303)

    return forms.handled(SolveIssue, act, lambda form, errors: _page(row, form, errors))
