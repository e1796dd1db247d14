"""首页 · where each role starts: its main task first, then everything else it may do."""

from flask import Blueprint, render_template

from app import menu, whoami
from app.auth.privileges import permission

blueprint = Blueprint("home", __name__)


@blueprint.get("/")
@permission("home.view")
def show() -> str:
    """首页."""
    return render_template("home/show.html", tiles=menu.tiles(whoami.account()))
