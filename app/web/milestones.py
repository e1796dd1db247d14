"""节点 · recording that a project reached what was planned."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app import database, forms, programme, whoami
from app.auth.privileges import permission
from app.schemas.projects import ReachMilestone
from registry import milestones
from registry.milestones import Milestone
from traceability.base.clock import legal_day

blueprint = Blueprint("milestones", __name__, url_prefix="/milestones")


@blueprint.get("/<ref:ref>")
@permission("project.report")
def reach(ref: str) -> str:
    """节点完成."""
    return _page(programme.milestone(database.session(), ref), {}, {})


def _page(milestone: Milestone, form: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    return render_template(
        "milestones/reach.html",
        milestone=milestone,
        form=form,
        errors=errors,
        today=legal_day(whoami.now()),
    )


@blueprint.post("/<ref:ref>")
@permission("project.report")
def reach_milestone(ref: str) -> ResponseReturnValue:
    """节点完成: take the form and the photograph."""
    session = database.session()
    milestone = programme.milestone(session, ref)

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        proof = programme.photograph(session, f"{milestone.name} 完成")
        milestones.reach(session, milestone, evidence=proof, **given, **whoami.acted())
        flash(f"节点“{milestone.name}”已登记完成", "success")
        return redirect(url_for("projects.show", ref=milestone.project.ref), 303)

    return forms.handled(ReachMilestone, act, lambda form, errors: _page(milestone, form, errors))
