"""工作组与专班接口 · teams and their members by side, role and term."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from app import database, programme, teaming, whoami
from app.api.base import Blueprint
from app.auth.privileges import permission
from app.schemas.teams import (
    AppointMember,
    DissolveTeam,
    FormTeam,
    MemberOut,
    ReleaseMember,
    TeamOut,
    TeamPageOut,
)
from registry import teams
from registry.teams import Member, Team

blueprint = Blueprint("api_teams", __name__, url_prefix="/api", description="工作组与专班")


@blueprint.get("/teams/")
@permission("team.view")
@blueprint.response(200, TeamOut(many=True))
def index() -> Sequence[Team]:
    """工作组与专班."""
    return teaming.teams_seen(database.session())


@blueprint.get("/teams/<ref:ref>")
@permission("team.view")
@blueprint.response(200, TeamPageOut)
def show(ref: str) -> dict[str, Any]:
    """一个工作组或专班和它的成员."""
    session = database.session()
    found = teaming.team(session, ref)
    return {"team": found, "members": teams.members(session, found)}


@blueprint.post("/clusters/<ref:ref>/teams")
@permission("team.manage")
@blueprint.arguments(FormTeam)
@blueprint.response(201, TeamOut)
def form_team(form: dict[str, Any], ref: str) -> Team:
    """成立工作组或专班."""
    session = database.session()
    return teams.form(session, programme.cluster(session, ref), **form, **whoami.acted())


@blueprint.post("/teams/<ref:ref>/members")
@permission("team.manage")
@blueprint.arguments(AppointMember)
@blueprint.response(201, MemberOut)
def appoint(form: dict[str, Any], ref: str) -> Member:
    """任命成员."""
    session = database.session()
    return teams.appoint(session, teaming.team(session, ref), **form, **whoami.acted())


@blueprint.post("/teams/members/<ref:member>/release")
@permission("team.manage")
@blueprint.arguments(ReleaseMember, as_kwargs=True)
@blueprint.response(200, MemberOut)
def release(member: str, until_on: date) -> Member:
    """结束任期."""
    session = database.session()
    found = teaming.member(session, member)
    teams.release(session, found, until_on=until_on, **whoami.acted())
    return found


@blueprint.post("/teams/<ref:ref>/dissolve")
@permission("team.manage")
@blueprint.arguments(DissolveTeam)
@blueprint.response(200, TeamOut)
def dissolve(form: dict[str, Any], ref: str) -> Team:
    """撤销工作组或专班."""
    session = database.session()
    found = teaming.team(session, ref)
    teams.dissolve(session, found, **form, **whoami.acted())
    return found
