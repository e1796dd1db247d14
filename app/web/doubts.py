"""存疑 · the list of doubtful prints, and deciding how one is to be read."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app import database, forms, programme, whoami
from app.auth.privileges import permission
from app.schemas.doubts import DecideWording
from registry import doubts
from registry.doubts import CHOICE_LABELS
from registry.founding import DOUBT_KIND_LABELS, Doubt

blueprint = Blueprint("doubts", __name__, url_prefix="/doubts")


@blueprint.get("/")
@permission("cluster.view")
def index() -> str:
    """存疑清单."""
    rows = programme.doubts_seen(database.session())
    return render_template(
        "doubts/index.html",
        rows=rows,
        open_ones=sum(row.wording is None for row in rows),
        labels=DOUBT_KIND_LABELS,
        choices=CHOICE_LABELS,
    )


@blueprint.get("/<string:key>")
@permission("doubt.decide")
def show(key: str) -> str:
    """定读法."""
    return _page(programme.doubt(database.session(), key), {}, {})


def _page(doubt: Doubt, form: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    return render_template(
        "doubts/show.html",
        doubt=doubt,
        earlier=doubts.of_doubt(database.session(), doubt),
        labels=DOUBT_KIND_LABELS,
        choices=CHOICE_LABELS,
        options=list(CHOICE_LABELS.items()),
        form=form,
        errors=errors,
    )


@blueprint.post("/<string:key>")
@permission("doubt.decide")
def decide(key: str) -> ResponseReturnValue:
    """定读法: take the form."""
    session = database.session()
    doubt = programme.doubt(session, key)

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        row = doubts.decide(session, doubt, **given, **whoami.acted())
        flash(f"已定读法：{row.text}", "success")
        return redirect(url_for("doubts.index"), 303)

    return forms.handled(DecideWording, act, lambda form, errors: _page(doubt, form, errors))
