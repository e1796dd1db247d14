"""下乡检查 · the vet's checklist on a phone, which goes on working without a signal."""

from typing import Any

from flask import Blueprint, render_template
from flask_wtf.csrf import generate_csrf

from app import database, papers, whoami
from app.auth.privileges import permission
from app.schemas.inspections import ToInspectOut
from traceability.animals import BREED_LABELS, SEX_LABELS
from traceability.base import clock
from traceability.checks import INSPECTION_CHECKS

blueprint = Blueprint("inspections", __name__, url_prefix="/inspections")


@blueprint.get("/")
@permission("inspection.record")
def index() -> str:
    """下乡检查: the page itself names no one; its list comes apart and stays on the phone."""
    return render_template("inspections/index.html")


@blueprint.get("/packet")
@permission("inspection.record")
def packet() -> dict[str, Any]:
    """What the phone takes along: whose list it is, of when, and the animals to inspect."""
    listed = ToInspectOut().dump({"rows": papers.to_inspect(database.session())})
    return {
        "account": str(whoami.account().account_id),
        "at": clock.stamp(whoami.now()),
        "csrf": generate_csrf(),
        "checks": [*INSPECTION_CHECKS.items()],  # in their order
        "breeds": {breed.value: label for breed, label in BREED_LABELS.items()},
        "sexes": {sex.value: label for sex, label in SEX_LABELS.items()},
        **listed,
    }
