"""提醒接口 · one's own notices."""

from typing import Any

from app import database, whoami
from app.api.base import Blueprint
from app.auth.privileges import permission
from app.notices import notices
from app.schemas.notices import NoticesOut, NoticesQuery, ReadNotices, ReadOut

blueprint = Blueprint("api_notices", __name__, url_prefix="/api/notices", description="提醒")


@blueprint.get("/")
@permission("notice.own")
@blueprint.arguments(NoticesQuery, location="query", as_kwargs=True)
@blueprint.response(200, NoticesOut)
def index(page: int) -> dict[str, Any]:
    """自己的提醒.

    没看的在前，新的在前。
    """
    session, mine = database.session(), whoami.account().account_id
    found = notices.listed(session, mine, page=page)
    return {
        "page": found.page,
        "pages": found.pages,
        "total": found.total,
        "rows": found.rows,
        "unread": notices.unread(session, mine),
    }


@blueprint.post("/read")
@permission("notice.own")
@blueprint.arguments(ReadNotices, as_kwargs=True)
@blueprint.response(200, ReadOut)
def read(upto: int) -> dict[str, int]:
    """标为已读."""
    mine = whoami.account().account_id
    return {"read": notices.read(database.session(), mine, upto=upto, at=whoami.now())}
