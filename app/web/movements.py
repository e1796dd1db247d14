"""调运 · the journeys one may see: on the road, arrived today, all; arrival at one's own place."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import database, filters, forms, herd, journeys, whoami
from app.auth import scopes
from app.auth.privileges import permission
from app.journeys import STRETCH_LABELS, Stretch
from app.schemas.movements import ArriveHere
from traceability.animals import BREED_LABELS, SEX_LABELS
from traceability.base.clock import legal_day
from traceability.base.errors import RuleViolation
from traceability.movements import Movement

blueprint = Blueprint("movements", __name__, url_prefix="/movements")


@blueprint.get("/")
@permission("movement.view")
def index() -> str:
    """调运: the newest departure first; of one stretch, or of a tag."""
    chosen, words = request.args.get("stretch", ""), request.args.get("q", "")
    stretch = Stretch(chosen) if chosen in set(Stretch) else None
    page = request.args.get("page", 1, type=int)
    return render_template(
        "movements/index.html",
        found=journeys.listed(database.session(), stretch=stretch, words=words, page=page),
        stretch=stretch,
        stretches=STRETCH_LABELS,
        words=words,
        today=legal_day(whoami.now()),
    )


@blueprint.get("/<ref:ref>")
@permission("movement.view")
def show(ref: str) -> str:
    """一次调运; where it ends at one's own place, the arrival."""
    return _page(herd.movement(database.session(), ref), {}, {})


def _page(movement: Movement, form: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    return render_template(
        "movements/show.html",
        movement=movement,
        animal=movement.animal,
        ends_here=scopes.covers(whoami.scope(), movement.destination),
        form=form,
        errors=errors,
        breeds=BREED_LABELS,
        sexes=SEX_LABELS,
        today=legal_day(whoami.now()),
    )


@blueprint.post("/<ref:ref>/arrive")
@permission("movement.arrive")
def arrive(ref: str) -> ResponseReturnValue:
    """登记到达: every reason is shown where it is refused."""
    session = database.session()
    movement = herd.movement(session, ref)
    if not scopes.covers(whoami.scope(), movement.destination):
        raise RuleViolation("movement.not_your_place", "到达由到达地的人登记；您管不到那个场所")

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        herd.arrive(session, {"animal": movement.animal.ref, "at": given["came_at"]})
        flash(f"{filters.tag(movement.animal.ear_tag)} 已登记到达", "success")
        return redirect(url_for("movements.show", ref=ref), 303)

    return forms.handled(ArriveHere, act, lambda form, errors: _page(movement, form, errors))
