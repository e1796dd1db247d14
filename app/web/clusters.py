"""集群 · the list of clusters, a cluster with all that is printed of it, the programme's rules."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app import database, forms, programme, whoami
from app.auth.privileges import permission
from app.labels import printing
from app.schemas.projects import RegisterProject
from registry import adjustments, clusters, doubts, overview, projects
from registry.clusters import Cluster
from registry.founding import PASSAGE_SORT_LABELS, PassageSort
from registry.indicators import FIGURE_ROLE_LABELS
from registry.projects import STAGE_LABELS, ProjectCard, Stage

blueprint = Blueprint("clusters", __name__, url_prefix="/clusters")
SHOWN = (
    PassageSort.GOAL,
    PassageSort.INSTITUTION,
    PassageSort.BRAND,
    PassageSort.POLICY,
    PassageSort.MECHANISM,
    PassageSort.FUND,
    PassageSort.FUND_RULE,
    PassageSort.FUND_USE,
    PassageSort.ROUTE,
    PassageSort.TRAINING,
    PassageSort.EVENT,
    PassageSort.PLACE,
    PassageSort.TERM,
    PassageSort.HOST,
    PassageSort.PARTNER,
)
RULES = (
    PassageSort.TITLE,
    PassageSort.AIM,
    PassageSort.PRINCIPLE,
    PassageSort.MEASURE,
    PassageSort.SAFEGUARD,
    PassageSort.MECHANISM,
    PassageSort.SIX_ONE,
    PassageSort.FUND,
    PassageSort.FUND_RULE,
    PassageSort.FUND_USE,
    PassageSort.POLICY,
    PassageSort.INSTITUTION,
    PassageSort.TRAINING,
    PassageSort.PLACE,
    PassageSort.TERM,
    PassageSort.GOAL,
)


@blueprint.get("/")
@permission("cluster.view")
def index() -> str:
    """集群台账."""
    return render_template("clusters/index.html", rows=programme.clusters_seen(database.session()))


@blueprint.get("/programme")
@permission("cluster.view")
def rules() -> str:
    """方案通则: measures, safeguards, bodies and duties for all clusters alike."""
    session = database.session()
    passages = overview.programme(session)
    duties: dict[str | None, list[str]] = {}
    for duty in passages[PassageSort.DUTY]:
        duties.setdefault(duty.parent_key, []).append(duty.quote)
    return render_template(
        "clusters/rules.html",
        passages=passages,
        bodies=passages[PassageSort.BODY],
        duties=duties,
        shown=RULES,
        figures=overview.programme_figures(session),
        doubts=overview.doubts(session, None),
        labels=PASSAGE_SORT_LABELS,
        roles=FIGURE_ROLE_LABELS,
        readings=doubts.readings(session),
    )


@blueprint.get("/<ref:ref>")
@permission("cluster.view")
def show(ref: str) -> str:
    """一个集群: tasks, boxes and projects, figures beside their sentences, doubts."""
    session = database.session()
    found = programme.cluster(session, ref)
    page = overview.cluster_page(session, found)
    printed = [*(row.ref for row in page.tasks), *(row.ref for row in page.figures)]
    return render_template(
        "clusters/show.html",
        page=page,
        adjusted=adjustments.newest(session, printed),
        cluster=found,
        indicators=overview.indicator_rows(session, found),
        link=printing.project_link(session, found.ref),
        approach=page.passages[PassageSort.APPROACH],
        shown=SHOWN,
        labels=PASSAGE_SORT_LABELS,
        readings=doubts.readings(session),
        roles=FIGURE_ROLE_LABELS,
        stages=STAGE_LABELS,
    )


@blueprint.get("/<ref:ref>/projects/new")
@permission("project.register")
def project(ref: str) -> str:
    """登记项目."""
    return _project_page(programme.cluster(database.session(), ref), {}, {})


def _project_page(cluster: Cluster, form: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    tasks = clusters.tasks(database.session(), cluster)
    return render_template(
        "clusters/project.html",
        cluster=cluster,
        tasks=[(task.ref, f"{task.number}{task.name}") for task in tasks],
        stages=[(key, label) for key, label in STAGE_LABELS.items() if key is not Stage.STOPPED],
        first=Stage.INTENDED,
        form=form,
        errors=errors,
    )


@blueprint.post("/<ref:ref>/projects/new")
@permission("project.register")
def register_project(ref: str) -> ResponseReturnValue:
    """登记项目: take the form."""
    session = database.session()
    found = programme.cluster(session, ref)

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        task = given["task"] and clusters.task(session, given["task"])
        made = projects.register(
            session,
            found,
            ProjectCard(name=given["name"]),
            task=task,
            stage=given["stage"],
            **whoami.acted(),
        )
        flash(f"已登记项目“{made.name}”", "success")
        return redirect(url_for("projects.show", ref=made.ref), 303)

    return forms.handled(
        RegisterProject, act, lambda form, errors: _project_page(found, form, errors)
    )
