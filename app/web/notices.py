"""提醒 · one's own list; looking at it does not mark it read, a button does."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import database, forms, whoami
from app.auth.privileges import permission
from app.notices import notices
from app.notices.notices import NOTICE_KIND_LABELS
from app.schemas.notices import ReadNotices

blueprint = Blueprint("notices", __name__, url_prefix="/notices")


@blueprint.get("/")
@permission("notice.own")
def index() -> str:
    """提醒."""
    session, mine = database.session(), whoami.account().account_id
    found = notices.listed(session, mine, page=request.args.get("page", 1, type=int))
    return render_template(
        "notices/index.html",
        found=found,
        unread=notices.unread(session, mine),
        upto=max((row.id for row in found.rows if row.read_at is None), default=None),
        kinds=NOTICE_KIND_LABELS,
    )


@blueprint.post("/read")
@permission("notice.own")
def read() -> ResponseReturnValue:
    """标为已读, up to what was on the page; what came since stays unread."""
    given = forms.load(ReadNotices)
    mine = whoami.account().account_id
    notices.read(database.session(), mine, upto=given["upto"], at=whoami.now())
    return redirect(url_for("notices.index"), 303)
