"""证据 · a file as it was sent: shown to whoever may see what rests on it."""

from flask import Blueprint, Response, render_template

from app import database, files
from app.auth.privileges import permission
from traceability import evidence
from traceability.chain import events

blueprint = Blueprint("evidence", __name__, url_prefix="/evidence")
PICTURE = "image/"


@blueprint.get("/<ref:ref>")
@permission("evidence.view")
def show(ref: str) -> str:
    """一份证据: its fingerprint, when and by whom it was sent."""
    session = database.session()
    found = files.get(session, ref)
    return render_template(
        "evidence/show.html",
        evidence=found,
        sent=events.history(session, ref)[0],
        is_picture=found.media_type.startswith(PICTURE),
    )


@blueprint.get("/<ref:ref>/file")
@permission("evidence.view")
def file(ref: str) -> Response:
    """证据文件, checked against its fingerprint; a picture is shown, a paper downloaded."""
    found = files.get(database.session(), ref)
    response = Response(evidence.read(files.folder(), found), content_type=found.media_type)
    inline = found.media_type.startswith(PICTURE)
    disposition = "inline" if inline else "attachment"
    name = f"{found.sha256.hex()[:12]}.{found.media_type.partition('/')[2]}"
    response.headers["Content-Disposition"] = f"{disposition}; filename={name}"
    response.headers["Cache-Control"] = "private, max-age=3600"
    return response
