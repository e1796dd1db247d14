"""变更 · a milestone's day, a target, a main task, a use of money: by a collective decision."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app import database, deciding, forms, funds, programme, whoami
from app.auth.privileges import permission
from app.schemas.adjustments import Redirect, Reschedule, Retarget, Reword
from app.schemas.fields import Schema
from registry import adjustments, funding
from registry.clusters import Cluster
from registry.decisions import MATTER_LABELS, Matter

blueprint = Blueprint("adjustments", __name__)


@dataclass(frozen=True, slots=True)
class Subject:
    """What is to be changed: its cluster, its name, how it stands, where its page is."""

    matter: Matter
    cluster: Cluster | None
    ref: str
    name: str
    now: str
    back: str
    extra: Mapping[str, Any] = field(default_factory=dict)


def _page(about: Subject, form: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    session = database.session()
    return render_template(
        "adjustments/new.html",
        about=about,
        options=deciding.options(session, about.cluster, about.matter),
        earlier=adjustments.of_thing(session, about.ref),
        label=MATTER_LABELS[about.matter],
        form=form,
        errors=errors,
        **about.extra,
    )


def _taken(about: Subject, schema: type[Schema], change: Any) -> ResponseReturnValue:
    """Take a form, look for the decision it names, and change what it asks."""

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        told = dict(given)
        ground = deciding.named(database.session(), told.pop("decision"))
        change(decision=ground, **told, **whoami.acted())
        flash("已变更，原来的内容和依据仍可查", "success")
        return redirect(about.back, 303)

    return forms.handled(schema, act, lambda form, errors: _page(about, form, errors))


def _milestone(ref: str) -> Subject:
    row = programme.milestone(database.session(), ref)
    back = url_for("projects.show", ref=row.project.ref)
    now = f"{row.due_on:%Y-%m-%d} 前完成"
    return Subject(Matter.DUE, row.project.cluster, ref, row.name, now, back)


@blueprint.get("/milestones/<ref:ref>/due")
@permission("adjustment.record")
def due(ref: str) -> str:
    """变更节点期限."""
    return _page(_milestone(ref), {}, {})


@blueprint.post("/milestones/<ref:ref>/due")
@permission("adjustment.record")
def reschedule(ref: str) -> ResponseReturnValue:
    """变更节点期限: take the form."""
    session = database.session()
    row = programme.milestone(session, ref)

    def change(**told: Any) -> None:
        adjustments.reschedule(session, row, **told)

    return _taken(_milestone(ref), Reschedule, change)


def _figure(ref: str) -> Subject:
    row = deciding.figure(database.session(), ref)
    found = row.indicator
    back = url_for("clusters.rules") if row.cluster is None else ""
    back = back or url_for("clusters.show", ref=row.cluster.ref if row.cluster else "")
    back = url_for("indicators.show", ref=found.ref) if found else back
    name = row.name or (found.name if found else "")
    extra = {"unit": row.unit}
    return Subject(Matter.TARGET, row.cluster, ref, name, f"原文：{row.printed}", back, extra)


@blueprint.get("/figures/<ref:ref>/target")
@permission("adjustment.record")
def target(ref: str) -> str:
    """调整目标."""
    return _page(_figure(ref), {}, {})


@blueprint.post("/figures/<ref:ref>/target")
@permission("adjustment.record")
def retarget(ref: str) -> ResponseReturnValue:
    """调整目标: take the form; the printed one stays."""
    session = database.session()
    row = deciding.figure(session, ref)

    def change(**told: Any) -> None:
        adjustments.retarget(session, row, **told)

    return _taken(_figure(ref), Retarget, change)


def _task(ref: str) -> Subject:
    row = deciding.task(database.session(), ref)
    back = url_for("clusters.show", ref=row.cluster.ref)
    return Subject(Matter.TASK, row.cluster, ref, f"{row.number}{row.name}", "见原文", back)


@blueprint.get("/tasks/<ref:ref>/wording")
@permission("adjustment.record")
def wording(ref: str) -> str:
    """调整重点任务."""
    return _page(_task(ref), {}, {})


@blueprint.post("/tasks/<ref:ref>/wording")
@permission("adjustment.record")
def reword(ref: str) -> ResponseReturnValue:
    """调整重点任务: take the form; the printed one stays."""
    session = database.session()
    row = deciding.task(session, ref)

    def change(**told: Any) -> None:
        adjustments.reword(session, row, **told)

    return _taken(_task(ref), Reword, change)


def _fund(ref: str) -> Subject:
    session = database.session()
    row = funds.get(session, ref)
    uses = {each.key: each.name for each in funding.uses(session)}
    now = f"{uses.get(row.use_key, row.use_key)}：{row.purpose}"
    back = url_for("funding.show", ref=ref)
    return Subject(Matter.FUND_USE, row.cluster, ref, row.document_no, now, back, {"uses": uses})


@blueprint.get("/funds/<ref:ref>/use")
@permission("adjustment.record")
def use(ref: str) -> str:
    """变更资金用途."""
    return _page(_fund(ref), {}, {})


@blueprint.post("/funds/<ref:ref>/use")
@permission("adjustment.record")
def redirect_fund(ref: str) -> ResponseReturnValue:
    """变更资金用途: take the form."""
    session = database.session()
    row = funds.get(session, ref)

    def change(**told: Any) -> None:
        adjustments.redirect(session, row, **told)

    return _taken(_fund(ref), Redirect, change)
