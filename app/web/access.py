"""访问日志 · who looked at what, for the regulator."""

from flask import Blueprint, render_template, request

from app import database
from app.auth import access_log
from app.auth.privileges import permission
from app.auth.roles import ROLE_LABELS

blueprint = Blueprint("access", __name__, url_prefix="/access")
PAGE_ROWS = 100


@blueprint.get("/")
@permission("access.view")
def index() -> str:
    """访问日志, newest first, page by page."""
    before = request.args.get("before", "")
    start = int(before) if before.isascii() and before.isdigit() and len(before) < 16 else None  # noqa: PLR2004 - fits every column
    rows = access_log.recent(database.session(), before=start, limit=PAGE_ROWS)
    older = rows[-1].id if len(rows) == PAGE_ROWS else None
    return render_template("access/index.html", rows=rows, older=older, role_labels=ROLE_LABELS)
