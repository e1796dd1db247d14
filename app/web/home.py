"""首页 · where each role starts: its main task first, then everything else it may do."""

from flask import Blueprint, render_template

from app import database, menu, whoami
from app.auth.privileges import permission
from app.today import todos
from traceability.base.clock import legal_day

blueprint = Blueprint("home", __name__)


@blueprint.get("/")
@permission("home.view")
def show() -> str:
    """首页: what waits today, then everything one may do."""
    me = whoami.account()
    waiting = todos.todos(database.session(), me.role, whoami.scope(), at=whoami.now())
    return render_template(
        "home/show.html",
        todos=waiting,
        day=legal_day(whoami.now()),
        tiles=menu.tiles(me),
    )
