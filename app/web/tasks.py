"""重点任务 · a main task as printed, who is in charge of it, how far it has come."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app import database, deciding, forms, programme, undertaking, whoami
from app.auth.privileges import permission
from app.schemas.projects import RecordProgress
from registry import adjustments, task_progress
from registry.clusters import Task
from registry.projects import STAGE_LABELS

blueprint = Blueprint("tasks", __name__, url_prefix="/tasks")


@blueprint.get("/<ref:ref>")
@permission("project.view")
def show(ref: str) -> str:
    """一项重点任务."""
    session = database.session()
    found = deciding.task(session, ref)
    return render_template(
        "tasks/show.html",
        page=undertaking.task_page(session, found),
        task=found,
        adjusted=adjustments.of_thing(session, ref),
        steps=programme.steps(session, ref),
        stages=STAGE_LABELS,
        today=deciding.today(),
    )


@blueprint.get("/<ref:ref>/progress")
@permission("project.report")
def progress(ref: str) -> str:
    """登记任务进展."""
    return _progress_page(deciding.task(database.session(), ref), {}, {})


def _progress_page(task: Task, form: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    return render_template("tasks/progress.html", task=task, form=form, errors=errors)


@blueprint.post("/<ref:ref>/progress")
@permission("project.report")
def record_progress(ref: str) -> ResponseReturnValue:
    """登记任务进展: take the form."""
    session = database.session()
    task = deciding.task(session, ref)

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        proof = programme.photograph(session, f"{task.name} 进展")
        row = task_progress.record(session, task, evidence=proof, **given, **whoami.acted())
        flash(f"已登记进展：完成 {row.percent}%", "success")
        return redirect(url_for("tasks.show", ref=ref), 303)

    return forms.handled(
        RecordProgress, act, lambda form, errors: _progress_page(task, form, errors)
    )
