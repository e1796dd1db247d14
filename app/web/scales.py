"""投资与用工 · what a project costs, what has been invested, whom it employs."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app import database, deciding, forms, programme, undertaking
from app.auth.privileges import permission
from app.schemas.scales import RecordScale
from registry import scales
from registry.projects import Project

blueprint = Blueprint("scales", __name__)
UNITS = (("万元", "万元"), ("元", "元"), ("亿元", "亿元"))


@blueprint.get("/projects/<ref:ref>/scale")
@permission("project.report")
def new(ref: str) -> str:
    """登记投资与用工."""
    return _page(programme.project(database.session(), ref), {}, {})


def _page(project: Project, form: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    return render_template(
        "scales/new.html",
        project=project,
        earlier=scales.of_project(database.session(), project),
        units=UNITS,
        today=deciding.today(),
        form=form,
        errors=errors,
    )


@blueprint.post("/projects/<ref:ref>/scale")
@permission("project.report")
def record(ref: str) -> ResponseReturnValue:
    """登记投资与用工: take the form."""
    session = database.session()
    project = programme.project(session, ref)

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        proof = programme.photograph(session, f"{project.name} 投资与用工")
        undertaking.scale(session, project, given, evidence=proof)
        flash("已登记投资与用工", "success")
        return redirect(url_for("projects.show", ref=ref), 303)

    return forms.handled(RecordScale, act, lambda form, errors: _page(project, form, errors))
