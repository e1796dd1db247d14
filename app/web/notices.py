"""提醒 · one's own list; looking at it does not mark it read, a button does."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import database, forms, whoami
from app.auth.privileges import permission
from app.notices import deliveries, notices, telling
from app.notices.channels import CHANNEL_LABELS
from app.notices.deliveries import DELIVERY_STATE_LABELS
from app.schemas.notices import ChooseChannels, ReadNotices

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
        sent=deliveries.of_notices(session, found.rows),
        channels=CHANNEL_LABELS,
        states=DELIVERY_STATE_LABELS,
    )


@blueprint.get("/channels")
@permission("notice.own")
def channels() -> str:
    """提醒渠道: one's own choice."""
    return _channels_page({}, {})


def _channels_page(form: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    chosen = deliveries.chosen_by(database.session(), whoami.account().account_id)
    return render_template(
        "notices/channels.html",
        chosen=chosen,
        options=[(each.value, CHANNEL_LABELS[each]) for each in telling.open_channels()],
        form=form,
        errors=errors,
    )


@blueprint.post("/channels")
@permission("notice.own")
def choose() -> ResponseReturnValue:
    """提醒渠道: take the choice."""

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        telling.choose(database.session(), given)
        flash("提醒渠道已改好", "success")
        return redirect(url_for("notices.index"), 303)

    return forms.handled(ChooseChannels, act, _channels_page)


@blueprint.post("/read")
@permission("notice.own")
def read() -> ResponseReturnValue:
    """标为已读, up to what was on the page; what came since stays unread."""
    given = forms.load(ReadNotices)
    mine = whoami.account().account_id
    notices.read(database.session(), mine, upto=given["upto"], at=whoami.now())
    return redirect(url_for("notices.index"), 303)
