"""责任人 · who leads and who does each main task, project and milestone, by when."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import database, deciding, forms, undertaking, whoami, workbooks
from app.auth.privileges import permission
from app.schemas.charges import AssignCharge
from app.undertaking import DUTY_KIND_LABELS, DUTY_NEED_LABELS, DutyKind, DutyNeed
from registry import charges
from registry.charges import Thing
from registry.decisions import Matter
from registry.milestones import Milestone

blueprint = Blueprint("charges", __name__)


@blueprint.get("/charges/")
@permission("project.view")
def index() -> str:
    """责任清单."""
    kind, need = request.args.get("kind", ""), request.args.get("need", "")
    listed = undertaking.duties_listed(
        database.session(),
        DutyKind(kind) if kind in set(DutyKind) else DutyKind.TASK,
        DutyNeed(need) if need in set(DutyNeed) else None,
        page=request.args.get("page", 1, type=int),
        cluster_key=request.args.get("cluster", ""),
    )
    return render_template(
        "charges/index.html",
        listed=listed,
        kind=kind or DutyKind.TASK.value,
        kinds=DUTY_KIND_LABELS,
        need=need,
        needs=DUTY_NEED_LABELS,
    )


@blueprint.get("/charges/charges.xlsx")
@permission("project.view")
def workbook() -> Response:
    """责任清单, as a workbook."""
    return workbooks.answer(undertaking.duties_book(database.session()), "charges.xlsx")


def _page(found: Thing, form: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    session = database.session()
    earlier = charges.of_thing(session, found.ref)
    cluster = charges.cluster_of(found)
    return render_template(
        "charges/new.html",
        name=undertaking.name_of(found),
        cluster=cluster,
        back=_back(found),
        earlier=earlier,
        has_own_day=isinstance(found, Milestone),
        options=deciding.options(session, cluster, Matter.DUE) if earlier else (),
        form=form,
        errors=errors,
    )


def _back(found: Thing) -> str:
    if isinstance(found, Milestone):
        return url_for("projects.show", ref=found.project.ref)
    noun = "tasks" if found.ref.startswith("task:") else "projects"
    return url_for(f"{noun}.show", ref=found.ref)


def _taken(found: Thing) -> ResponseReturnValue:
    """Take the form about a thing."""
    session = database.session()

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        told = dict(given)
        ground = deciding.named(session, told.pop("decision"))
        charges.assign(session, found, decision=ground, **told, **whoami.acted())
        flash("已定责任人，以前的留着", "success")
        return redirect(_back(found), 303)

    return forms.handled(AssignCharge, act, lambda form, errors: _page(found, form, errors))


@blueprint.get("/tasks/<ref:ref>/charge")
@permission("project.report")
def of_task(ref: str) -> str:
    """重点任务的责任人."""
    return _page(undertaking.thing(database.session(), DutyKind.TASK, ref), {}, {})


@blueprint.post("/tasks/<ref:ref>/charge")
@permission("project.report")
def assign_task(ref: str) -> ResponseReturnValue:
    """重点任务的责任人: take the form."""
    return _taken(undertaking.thing(database.session(), DutyKind.TASK, ref))


@blueprint.get("/projects/<ref:ref>/charge")
@permission("project.report")
def of_project(ref: str) -> str:
    """项目的责任人."""
    return _page(undertaking.thing(database.session(), DutyKind.PROJECT, ref), {}, {})


@blueprint.post("/projects/<ref:ref>/charge")
@permission("project.report")
def assign_project(ref: str) -> ResponseReturnValue:
    """项目的责任人: take the form."""
    return _taken(undertaking.thing(database.session(), DutyKind.PROJECT, ref))


@blueprint.get("/milestones/<ref:ref>/charge")
@permission("project.report")
def of_milestone(ref: str) -> str:
    """节点的责任人."""
    return _page(undertaking.thing(database.session(), DutyKind.MILESTONE, ref), {}, {})


@blueprint.post("/milestones/<ref:ref>/charge")
@permission("project.report")
def assign_milestone(ref: str) -> ResponseReturnValue:
    """节点的责任人: take the form."""
    return _taken(undertaking.thing(database.session(), DutyKind.MILESTONE, ref))
