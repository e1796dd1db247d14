"""首页 · where each role starts: its main task first, then everything else it may do."""

from flask import Blueprint, render_template

from app import database, menu, whoami
from app.auth.privileges import permission
from app.auth.roles import Role
from app.notices import notices
from app.today import farmer, todos
from traceability.base.clock import legal_day

blueprint = Blueprint("home", __name__)


@blueprint.get("/")
@permission("home.view")
def show() -> str:
    """首页: what waits today, then everything one may do."""
    me = whoami.account()
    waiting = todos.todos(database.session(), me.role, whoami.scope(), at=whoami.now())
    mine = None
    if me.role is Role.FARMER:
        mine = farmer.shown(database.session(), whoami.scope(), at=whoami.now())
    return render_template(
        "home/show.html",
        farmer=mine,
        unread=notices.unread(database.session(), me.account_id),
        todos=waiting,
        day=legal_day(whoami.now()),
        tiles=menu.tiles(me),
    )
