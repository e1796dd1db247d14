"""项目 · the officers' projects: look, record progress with evidence, change the stage."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from app import database, forms, programme, undertaking, whoami
from app.attention import PROJECT_NEED_LABELS
from app.auth.privileges import permission
from app.labels import printing
from app.schemas.projects import AdvanceProject, PlanMilestone, RecordProgress
from registry import adjustments, doubts, milestones, overview, projects
from registry.indicators import FIGURE_ROLE_LABELS
from registry.projects import NEXT_STAGES, STAGE_LABELS, Project, Stage

blueprint = Blueprint("projects", __name__, url_prefix="/projects")


@blueprint.get("/")
@permission("project.view")
def index() -> str:
    """项目进展."""
    words, stage = request.args.get("q", ""), request.args.get("stage", "")
    page = request.args.get("page", 1, type=int)
    need, cluster_key = request.args.get("need", ""), request.args.get("cluster", "")
    rows, pages, total = programme.listed(
        database.session(),
        words=words,
        stage=stage,
        need=need,
        cluster_key=cluster_key,
        page=page,
    )
    return render_template(
        "projects/index.html",
        rows=rows,
        page=min(max(1, page), pages),
        pages=pages,
        total=total,
        words=words,
        stage=stage,
        stages=STAGE_LABELS,
        need=need,
        needs=PROJECT_NEED_LABELS,
    )


@blueprint.get("/<ref:ref>")
@permission("project.view")
def show(ref: str) -> str:
    """一个项目: stage, milestones, progress, what is printed of it, its history."""
    session = database.session()
    project = programme.project(session, ref)
    link = printing.project_link(session, ref)
    page = overview.project_page(session, project)
    return render_template(
        "projects/show.html",
        project=project,
        page=page,
        adjusted=adjustments.newest(session, [row.ref for row in page.milestones]),
        **undertaking.of_project(session, page),
        steps=programme.steps(session, project.ref),
        link=link,
        code=Markup(printing.qr_svg(link)),  # noqa: S704 - our own SVG
        stages=STAGE_LABELS,
        ended=project.stage is Stage.STOPPED,
        roles=FIGURE_ROLE_LABELS,
        readings=doubts.readings(session),
    )


@blueprint.get("/<ref:ref>/progress")
@permission("project.report")
def progress(ref: str) -> str:
    """登记进展."""
    return _progress_page(programme.project(database.session(), ref), {}, {})


def _progress_page(project: Project, form: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    return render_template("projects/progress.html", project=project, form=form, errors=errors)


@blueprint.post("/<ref:ref>/progress")
@permission("project.report")
def record_progress(ref: str) -> ResponseReturnValue:
    """登记进展: take the form and the photograph."""
    session = database.session()
    project = programme.project(session, ref)

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        proof = programme.photograph(session, f"{project.name} 现场")
        projects.record_progress(session, project, evidence=proof, **given, **whoami.acted())
        flash(f"已登记进展：完成 {project.percent}%", "success")
        return redirect(url_for("projects.show", ref=ref), 303)

    return forms.handled(
        RecordProgress, act, lambda form, errors: _progress_page(project, form, errors)
    )


@blueprint.get("/<ref:ref>/stage")
@permission("project.report")
def stage(ref: str) -> str:
    """变更阶段."""
    return _stage_page(programme.project(database.session(), ref), {}, {})


def _stage_page(project: Project, form: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    allowed = NEXT_STAGES[project.stage]
    return render_template(
        "projects/stage.html",
        project=project,
        form=form,
        errors=errors,
        stages=STAGE_LABELS,
        options=[(key, label) for key, label in STAGE_LABELS.items() if key in allowed],
    )


@blueprint.post("/<ref:ref>/stage")
@permission("project.report")
def advance(ref: str) -> ResponseReturnValue:
    """变更阶段: take the form."""
    session = database.session()
    project = programme.project(session, ref)

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        projects.advance(session, project, **given, **whoami.acted())
        flash(f"项目阶段已变更为“{STAGE_LABELS[project.stage]}”", "success")
        return redirect(url_for("projects.show", ref=ref), 303)

    return forms.handled(
        AdvanceProject, act, lambda form, errors: _stage_page(project, form, errors)
    )


@blueprint.get("/<ref:ref>/milestone")
@permission("project.report")
def milestone(ref: str) -> str:
    """计划节点."""
    return _milestone_page(programme.project(database.session(), ref), {}, {})


def _milestone_page(project: Project, form: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    return render_template("projects/milestone.html", project=project, form=form, errors=errors)


@blueprint.post("/<ref:ref>/milestone")
@permission("project.report")
def plan_milestone(ref: str) -> ResponseReturnValue:
    """计划节点: take the form."""
    session = database.session()
    project = programme.project(session, ref)

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        row = milestones.plan(session, project, **given, **whoami.acted())
        flash(f"已计划节点“{row.name}”", "success")
        return redirect(url_for("projects.show", ref=ref), 303)

    return forms.handled(
        PlanMilestone, act, lambda form, errors: _milestone_page(project, form, errors)
    )
