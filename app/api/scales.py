"""投资与用工接口 · what a project costs and whom it employs, as of a day."""

from collections.abc import Sequence
from typing import Any

from app import database, files, programme, undertaking
from app.api.base import Blueprint
from app.api.projects import of_ones_own
from app.auth.privileges import permission
from app.schemas.scales import RecordScaleByProgram, ScaleOut
from registry import scales
from registry.scales import Scale

blueprint = Blueprint("api_scales", __name__, url_prefix="/api/projects", description="投资与用工")


@blueprint.get("/<ref:ref>/scale")
@permission("project.view")
@blueprint.response(200, ScaleOut(many=True))
def index(ref: str) -> Sequence[Scale]:
    """投资与用工, the newest first: that one counts."""
    session = database.session()
    return scales.of_project(session, programme.project(session, ref))


@blueprint.post("/<ref:ref>/scale")
@permission("project.report")
@of_ones_own
@blueprint.arguments(RecordScaleByProgram)
@blueprint.response(201, ScaleOut)
def record(form: dict[str, Any], ref: str) -> Scale:
    """登记投资与用工."""
    session = database.session()
    paper = form.pop("evidence")
    proof = files.named(session, paper) if paper else None
    return undertaking.scale(session, programme.project(session, ref), form, evidence=proof)
