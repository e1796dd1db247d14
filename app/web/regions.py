"""行政区划 · the codes the platform knows, with what they were before."""

from contextlib import suppress

from flask import Blueprint, render_template, request
from sqlalchemy.orm import Session

from app import database
from app.auth.privileges import permission
from traceability import regions
from traceability.base.errors import NotFound
from traceability.regions import Region

blueprint = Blueprint("regions", __name__, url_prefix="/regions")
WORDS_CHARS_MAX = 20


@blueprint.get("/")
@permission("region.view")
def index() -> str:
    """威宁的乡镇, or what a name, an initial or a code leads to."""
    session = database.session()
    words = request.args.get("q", "").strip()[:WORDS_CHARS_MAX]
    found = _found(session, words) if words else regions.townships(session)
    return render_template("regions/index.html", found=found, words=words)


def _found(session: Session, words: str) -> list[Region]:
    """What a code names, or what a name or its initials lead to."""
    if not words.isdigit():
        return regions.search_regions(session, words)
    with suppress(NotFound):
        return [regions.region(session, words)]
    return []


@blueprint.get("/<code>")
@permission("region.view")
def show(code: str) -> str:
    """一个行政区划: where it belongs, what lies in it, what it was called before."""
    session = database.session()
    place = regions.region(session, code[:12])
    return render_template(
        "regions/show.html",
        place=place,
        name=regions.full_name(session, place),
        children=regions.children(session, place.code),
        before=regions.predecessors(session, place),
    )
