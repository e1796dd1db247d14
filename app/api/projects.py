"""项目接口 · reading projects, recording progress and stages, planning milestones."""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, TypeVar, cast

from app import database, programme, whoami
from app.api.base import Blueprint
from app.auth.privileges import permission
from app.schemas.projects import (
    AdvanceProject,
    MilestoneOut,
    PlanMilestone,
    ProgressOut,
    ProjectOut,
    RecordProgress,
)
from registry import milestones, overview, projects
from registry.milestones import Milestone
from registry.projects import Progress, Project

View = TypeVar("View", bound=Callable[..., Any])


def of_ones_own(view: View) -> View:
    """Look for the project before the body is read: a foreign one is not there at all."""

    @wraps(view)
    def looked_for(*args: Any, ref: str, **kwargs: Any) -> Any:
        programme.project(database.session(), ref)
        return view(*args, ref=ref, **kwargs)

    return cast("View", looked_for)


blueprint = Blueprint("api_projects", __name__, url_prefix="/api/projects", description="项目")


@blueprint.get("/<ref:ref>")
@permission("project.view")
@blueprint.response(200, ProjectOut)
def show(ref: str) -> Project:
    """一个项目."""
    return programme.project(database.session(), ref)


@blueprint.get("/<ref:ref>/progress")
@permission("project.view")
@blueprint.response(200, ProgressOut(many=True))
def progress(ref: str) -> Sequence[Progress]:
    """进展记录, newest first."""
    session = database.session()
    return overview.project_page(session, programme.project(session, ref)).progress


@blueprint.post("/<ref:ref>/progress")
@permission("project.report")
@of_ones_own
@blueprint.arguments(RecordProgress)
@blueprint.response(201, ProgressOut)
def record_progress(form: dict[str, Any], ref: str) -> Progress:
    """登记进展."""
    session = database.session()
    found = programme.project(session, ref)
    return projects.record_progress(session, found, **form, **whoami.acted())


@blueprint.post("/<ref:ref>/stage")
@permission("project.report")
@of_ones_own
@blueprint.arguments(AdvanceProject)
@blueprint.response(200, ProjectOut)
def advance(form: dict[str, Any], ref: str) -> Project:
    """变更阶段."""
    session = database.session()
    found = programme.project(session, ref)
    projects.advance(session, found, **form, **whoami.acted())
    return found


@blueprint.post("/<ref:ref>/milestones")
@permission("project.report")
@of_ones_own
@blueprint.arguments(PlanMilestone)
@blueprint.response(201, MilestoneOut)
def plan_milestone(form: dict[str, Any], ref: str) -> Milestone:
    """计划节点."""
    session = database.session()
    found = programme.project(session, ref)
    return milestones.plan(session, found, **form, **whoami.acted())
