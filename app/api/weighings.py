"""过磅 · weights and their evidence; annulled by two people, never edited."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import current_app

from app import database, equipment, herd, whoami
from app.api.base import Blueprint
from app.auth import second_person
from app.auth.privileges import permission
from app.factory import settings_of
from app.limits import GUESSING, limiter
from app.schemas.weighings import AnnulWeighing, WeighingOut, WeighingsQuery
from traceability import weighings
from traceability.identifiers.ear_tags import EarTag
from traceability.weighings import Weighing

blueprint = Blueprint("api_weighings", __name__, url_prefix="/api/weighings", description="过磅")


@blueprint.get("/")
@permission("weighing.view")
@blueprint.arguments(WeighingsQuery, location="query", as_kwargs=True)
@blueprint.response(200, WeighingOut(many=True))
def index(ear_tag: EarTag) -> Sequence[Weighing]:
    """一头牛的过磅记录, newest first, without those annulled."""
    session = database.session()
    return weighings.of_animal(session, herd.by_text(session, str(ear_tag)))


@blueprint.get("/<ref:ref>")
@permission("weighing.view")
@blueprint.response(200, WeighingOut)
def show(ref: str) -> Weighing:
    """一次过磅."""
    return equipment.weighing(database.session(), ref)


@blueprint.post("/<ref:ref>/annul")
@permission("weighing.annul")
@limiter.limit(GUESSING)
@blueprint.arguments(AnnulWeighing)
@blueprint.response(200, WeighingOut)
def annul(given: Mapping[str, Any], ref: str) -> Weighing:
    """作废过磅记录; the second person signs with login and password."""
    session, at = database.session(), whoami.now()
    weighing = equipment.weighing(session, ref)
    second = second_person.sign(
        given["second_login"],
        given["second_password"],
        given["second_code"],
        permission="weighing.record",
        settings=settings_of(current_app),
    )
    weighings.annul(
        session,
        weighing,
        reason=given["reason"],
        second=second,
        at=at,
        by=whoami.actor(),
    )
    return weighing
