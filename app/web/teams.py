"""工作组与专班 · who works together on a cluster, from which side, in which role, how long."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app import database, deciding, forms, programme, teaming, whoami, workbooks
from app.auth.privileges import permission
from app.schemas.teams import AppointMember, DissolveTeam, FormTeam, ReleaseMember
from registry import teams
from registry.clusters import Cluster
from registry.teams import SIDE_LABELS, TEAM_KIND_LABELS, Team

blueprint = Blueprint("teams", __name__)


def _labels() -> dict[str, Any]:
    return {"kinds": TEAM_KIND_LABELS, "sides": SIDE_LABELS, "today": deciding.today()}


@blueprint.get("/teams/")
@permission("team.view")
def index() -> str:
    """工作组与专班."""
    session = database.session()
    return render_template(
        "teams/index.html",
        rows=teaming.teams_seen(session),
        clusters=programme.clusters_seen(session),
        **_labels(),
    )


@blueprint.get("/teams/teams.xlsx")
@permission("team.view")
def workbook() -> Response:
    """工作组与专班, as a workbook."""
    return workbooks.answer(teaming.teams_book(database.session()), "teams.xlsx")


@blueprint.get("/clusters/<ref:ref>/teams/new")
@permission("team.manage")
def new(ref: str) -> str:
    """成立工作组或专班."""
    return _new_page(programme.cluster(database.session(), ref), {}, {})


def _new_page(cluster: Cluster, form: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    return render_template("teams/new.html", cluster=cluster, form=form, errors=errors, **_labels())


@blueprint.post("/clusters/<ref:ref>/teams/new")
@permission("team.manage")
def form_team(ref: str) -> ResponseReturnValue:
    """成立工作组或专班: take the form."""
    session = database.session()
    cluster = programme.cluster(session, ref)

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        shown = programme.photograph(session, given["name"])
        made = teams.form(session, cluster, evidence=shown, **given, **whoami.acted())
        flash("已成立，接着登记两地成员", "success")
        return redirect(url_for("teams.show", ref=made.ref), 303)

    return forms.handled(FormTeam, act, lambda form, errors: _new_page(cluster, form, errors))


@blueprint.get("/teams/<ref:ref>")
@permission("team.view")
def show(ref: str) -> str:
    """一个工作组或专班."""
    return _page(teaming.team(database.session(), ref), {}, {})


def _page(team: Team, form: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    session = database.session()
    return render_template(
        "teams/show.html",
        team=team,
        members=teams.members(session, team),
        steps=programme.steps(session, team.ref),
        form=form,
        errors=errors,
        **_labels(),
    )


@blueprint.post("/teams/<ref:ref>/members")
@permission("team.manage")
def appoint(ref: str) -> ResponseReturnValue:
    """任命成员."""
    session = database.session()
    found = teaming.team(session, ref)

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        teams.appoint(session, found, **given, **whoami.acted())
        flash("已登记成员", "success")
        return redirect(url_for("teams.show", ref=ref), 303)

    return forms.handled(AppointMember, act, lambda form, errors: _page(found, form, errors))


@blueprint.post("/teams/members/<ref:member>/release")
@permission("team.manage")
def release(member: str) -> ResponseReturnValue:
    """结束任期."""
    session = database.session()
    found = teaming.member(session, member)

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        teams.release(session, found, **given, **whoami.acted())
        flash("任期已结束", "success")
        return redirect(url_for("teams.show", ref=found.team.ref), 303)

    return forms.handled(ReleaseMember, act, lambda form, errors: _page(found.team, form, errors))


@blueprint.post("/teams/<ref:ref>/dissolve")
@permission("team.manage")
def dissolve(ref: str) -> ResponseReturnValue:
    """撤销工作组或专班."""
    session = database.session()
    found = teaming.team(session, ref)

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        teams.dissolve(session, found, **given, **whoami.acted())
        flash("已撤销，记录仍在", "success")
        return redirect(url_for("teams.show", ref=ref), 303)

    return forms.handled(DissolveTeam, act, lambda form, errors: _page(found, form, errors))
