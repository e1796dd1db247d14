"""产犊疑点 · calves whose registered dam cannot well have borne them, with the reason."""

from flask import Blueprint, render_template, request

from app import database, whoami
from app.auth import scopes
from app.auth.privileges import permission
from traceability import calvings
from traceability.calvings import CALVING_DOUBT_LABELS, LISTED_MAX, CalvingDoubt

blueprint = Blueprint("calvings", __name__, url_prefix="/calvings")


@blueprint.get("/")
@permission("calving.view")
def index() -> str:
    """产犊疑点, the youngest calf first."""
    chosen = request.args.get("kind", "")
    kind = CalvingDoubt(chosen) if chosen in set(CalvingDoubt) else None
    found = calvings.doubts(database.session(), scopes.within(whoami.scope()), kind=kind)
    return render_template(
        "calvings/index.html",
        found=found,
        kinds=CALVING_DOUBT_LABELS,
        chosen=chosen,
        limits=calvings.limits(),
        full=len(found) == LISTED_MAX,
        most=LISTED_MAX,
    )
