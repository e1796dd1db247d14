"""提醒接口 · one's own notices."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from app import database, whoami
from app.api.base import Blueprint
from app.auth.privileges import permission
from app.notices import deliveries, notices, telling
from app.notices.notices import Notice
from app.schemas.notices import (
    ChannelsOut,
    ChooseChannels,
    NoticeOut,
    NoticesOut,
    NoticesQuery,
    ReadNotices,
    ReadOut,
)

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
        "rows": _rows(session, found.rows),
        "unread": notices.unread(session, mine),
    }


def _rows(session: Session, rows: Sequence[Notice]) -> list[dict[str, Any]]:
    """Notices with what became of their messages."""
    sent = deliveries.of_notices(session, rows)
    columns = NoticeOut().fields.keys() - {"deliveries"}
    return [
        {**{name: getattr(row, name) for name in columns}, "deliveries": sent.get(row.id, ())}
        for row in rows
    ]


@blueprint.get("/channels")
@permission("notice.own")
@blueprint.response(200, ChannelsOut)
def channels() -> dict[str, Any]:
    """自己的提醒渠道."""
    return _channels()


@blueprint.post("/channels")
@permission("notice.own")
@blueprint.arguments(ChooseChannels)
@blueprint.response(200, ChannelsOut)
def choose(form: dict[str, Any]) -> dict[str, Any]:
    """选择提醒渠道."""
    telling.choose(database.session(), form)
    return _channels()


def _channels() -> dict[str, Any]:
    """What is chosen, and what there is to choose."""
    session, mine = database.session(), whoami.account().account_id
    return {"chosen": [*deliveries.chosen_by(session, mine)], "open": telling.open_channels()}


@blueprint.post("/read")
@permission("notice.own")
@blueprint.arguments(ReadNotices, as_kwargs=True)
@blueprint.response(200, ReadOut)
def read(upto: int) -> dict[str, int]:
    """标为已读."""
    mine = whoami.account().account_id
    return {"read": notices.read(database.session(), mine, upto=upto, at=whoami.now())}
