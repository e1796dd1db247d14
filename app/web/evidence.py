"""证据 · a file as it was kept: sent, and shown to whoever may see what rests on it."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import database, files, forms
from app.auth.privileges import permission
from app.schemas.evidence import UploadEvidence
from traceability import evidence
from traceability.chain import events
from traceability.evidence import PICTURE

blueprint = Blueprint("evidence", __name__, url_prefix="/evidence")


@blueprint.get("/")
@permission("evidence.store")
def index() -> str:
    """我上传的证据, newest first."""
    page = request.args.get("page", 1, type=int)
    found = files.sent_listed(database.session(), page=page)
    return render_template("evidence/index.html", found=found, picture=PICTURE)


@blueprint.get("/new")
@permission("evidence.store")
def upload() -> str:
    """上传证据."""
    return _page({}, {})


def _page(form: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    return render_template("evidence/upload.html", form=form, errors=errors)


@blueprint.post("/new")
@permission("evidence.store")
def store() -> ResponseReturnValue:
    """上传证据: a photograph is freed of place and time, a paper kept byte by byte."""

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        kept = files.store_sent(database.session(), "file", title=given["title"])
        flash("已存入，指纹写进了追溯链", "success")
        return redirect(url_for("evidence.show", ref=kept.ref), 303)

    return forms.handled(UploadEvidence, act, _page)


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
        is_picture=found.is_picture,
    )


@blueprint.get("/<ref:ref>/file")
@permission("evidence.view")
def file(ref: str) -> Response:
    """证据文件, checked against its fingerprint; a picture is shown, a paper downloaded."""
    found = files.get(database.session(), ref)
    response = Response(evidence.read(files.folder(), found), content_type=found.media_type)
    inline = found.is_picture
    disposition = "inline" if inline else "attachment"
    name = f"{found.sha256.hex()[:12]}.{found.media_type.partition('/')[2]}"
    response.headers["Content-Disposition"] = f"{disposition}; filename={name}"
    response.headers["Cache-Control"] = "private, max-age=3600"
    return response
