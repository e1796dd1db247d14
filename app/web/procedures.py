"""办事手续 · the approvals a project needs: who handles each, by when, what came of it."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import database, deciding, forms, programme, undertaking, whoami, workbooks
from app.auth.privileges import permission
from app.schemas.procedures import AcceptProcedure, EndProcedure, PlanProcedure
from registry import procedures
from registry.procedures import (
    DAY_KIND_LABELS,
    OUTCOME_LABELS,
    PROCEDURE_KIND_LABELS,
    PROCEDURE_STATE_LABELS,
    Procedure,
    ProcedureCard,
    ProcedureState,
)
from registry.projects import Project

blueprint = Blueprint("procedures", __name__)


def _labels() -> dict[str, Any]:
    return {
        "kinds": PROCEDURE_KIND_LABELS,
        "days": DAY_KIND_LABELS,
        "procedure_outcomes": OUTCOME_LABELS,
        "procedure_states": PROCEDURE_STATE_LABELS,
        "today": deciding.today(),
    }


@blueprint.get("/procedures/")
@permission("project.view")
def index() -> str:
    """办事手续."""
    state = request.args.get("state", "")
    wanted = ProcedureState(state) if state in set(ProcedureState) else None
    page = request.args.get("page", 1, type=int)
    return render_template(
        "procedures/index.html",
        listed=undertaking.procedures_listed(
            database.session(), wanted, page=page, cluster_key=request.args.get("cluster", "")
        ),
        state=state,
        **_labels(),
    )


@blueprint.get("/procedures/procedures.xlsx")
@permission("project.view")
def workbook() -> Response:
    """办事手续, as a workbook."""
    return workbooks.answer(undertaking.procedures_book(database.session()), "procedures.xlsx")


@blueprint.get("/projects/<ref:ref>/procedures/new")
@permission("project.report")
def new(ref: str) -> str:
    """列入手续."""
    return _new_page(programme.project(database.session(), ref), {}, {})


def _new_page(project: Project, form: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    return render_template(
        "procedures/new.html", project=project, form=form, errors=errors, **_labels()
    )


@blueprint.post("/projects/<ref:ref>/procedures/new")
@permission("project.report")
def plan(ref: str) -> ResponseReturnValue:
    """列入手续: take the form."""
    session = database.session()
    project = programme.project(session, ref)

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        row = procedures.plan(session, project, ProcedureCard(**given), **whoami.acted())
        flash(f"已列入{PROCEDURE_KIND_LABELS[row.kind]}手续，受理后登记受理日期", "success")
        return redirect(url_for("procedures.show", ref=row.ref), 303)

    return forms.handled(PlanProcedure, act, lambda form, errors: _new_page(project, form, errors))


@blueprint.get("/procedures/<ref:ref>")
@permission("project.view")
def show(ref: str) -> str:
    """一项手续."""
    return _page(undertaking.procedure(database.session(), ref), {}, {})


def _page(row: Procedure, form: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    return render_template(
        "procedures/show.html",
        row=row,
        state=row.state_on(deciding.today()),
        steps=programme.steps(database.session(), row.ref),
        form=form,
        errors=errors,
        **_labels(),
    )


@blueprint.post("/procedures/<ref:ref>/accept")
@permission("project.report")
def accept(ref: str) -> ResponseReturnValue:
    """登记受理."""
    session = database.session()
    row = undertaking.procedure(session, ref)

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        procedures.accept(session, row, **given, **whoami.acted())
        flash(f"已登记受理，应在 {row.due_on} 前办结", "success")
        return redirect(url_for("procedures.show", ref=ref), 303)

    return forms.handled(AcceptProcedure, act, lambda form, errors: _page(row, form, errors))


@blueprint.post("/procedures/<ref:ref>/end")
@permission("project.report")
def end(ref: str) -> ResponseReturnValue:
    """登记结果."""
    session = database.session()
    row = undertaking.procedure(session, ref)

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        paper = programme.photograph(session, f"{PROCEDURE_KIND_LABELS[row.kind]}结果")
        procedures.end(session, row, evidence=paper, **given, **whoami.acted())
        flash("已登记结果", "success")
        return redirect(url_for("procedures.show", ref=ref), 303)

    return forms.handled(EndProcedure, act, lambda form, errors: _page(row, form, errors))
