"""重点任务接口 · a main task, who is in charge of it, how far it has come."""

from typing import Any

from app import database, deciding, files, undertaking, whoami
from app.api.base import Blueprint
from app.auth.privileges import permission
from app.schemas.tasks import MainTaskOut, RecordTaskProgressByProgram, TaskProgressOut
from app.undertaking import TaskPage
from registry import task_progress
from registry.task_progress import TaskProgress

blueprint = Blueprint("api_tasks", __name__, url_prefix="/api/tasks", description="重点任务")


@blueprint.get("/<ref:ref>")
@permission("project.view")
@blueprint.response(200, MainTaskOut)
def show(ref: str) -> TaskPage:
    """一项重点任务."""
    session = database.session()
    return undertaking.task_page(session, deciding.task(session, ref))


@blueprint.post("/<ref:ref>/progress")
@permission("project.report")
@blueprint.arguments(RecordTaskProgressByProgram)
@blueprint.response(201, TaskProgressOut)
def record_progress(form: dict[str, Any], ref: str) -> TaskProgress:
    """登记任务进展."""
    session = database.session()
    task = deciding.task(session, ref)
    paper = form.pop("evidence")
    proof = files.named(session, paper) if paper else None
    return task_progress.record(session, task, evidence=proof, **form, **whoami.acted())
