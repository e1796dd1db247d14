"""入场 · the market's gate: who is expected, is the paper in order, let it in."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import EXCLUDE, ValidationError

from app import database, filters, forms, herd, whoami
from app.auth.privileges import permission
from app.desk import crates
from app.schemas.fields import messages_of
from app.schemas.movements import ArriveAtGate
from app.web.desk import TONES, reason_of
from traceability import animals, movements, verdict
from traceability.animals import BREED_LABELS, SEX_LABELS, Animal
from traceability.base.clock import legal_day, start_of
from traceability.base.errors import Conflict, Refusal, RuleViolation
from traceability.holdings import Holding
from traceability.movements import Movement

blueprint = Blueprint("gate", __name__, url_prefix="/gate")
SHOWN_MAX = 200


@blueprint.get("/")
@permission("desk.operate")
def show() -> ResponseReturnValue:
    """入场口; with a scanned or typed tag, the check of that animal on top."""
    place = crates.market(database.session())
    text = request.args.get("q", "").strip()
    if not text:
        return _page(place)
    try:
        return _page(place, check=_check(place, text), words=text)
    except Refusal as refusal:
        return _page(place, refused=[refusal.sentence], words=text), refusal.status


def _page(
    place: Holding,
    *,
    check: Mapping[str, Any] | None = None,
    refused: Sequence[str] = (),
    words: str = "",
) -> str:
    session, at = database.session(), whoami.now()
    expected = movements.expected_at(session, place)
    arrived = movements.arrived_since(session, place, start_of(legal_day(at)))
    return render_template(
        "gate/show.html",
        market=place,
        expected=expected[:SHOWN_MAX],
        expected_count=len(expected),
        arrived=arrived[:SHOWN_MAX],
        arrived_count=len(arrived),
        check=check,
        form=request.form,
        refused=refused,
        words=words,
        today=legal_day(at),
    )


def _check(place: Holding, text: str) -> Mapping[str, Any]:
    """The animal, its journey to this market and whether it may come in.

    Raises:
        Conflict: `gate.already_in`, `gate.other_destination`, `gate.not_on_the_road`.
    """
    session, at = database.session(), whoami.now()
    animal = herd.by_text(session, text)
    journey = _journey(animal, place)
    found = verdict.of_arrival(session, journey, at=at)
    return {
        "animal": animal,
        "journey": journey,
        "tone": TONES[found.level],
        "reasons": [reason_of(each) for each in found.reasons],
        "paper": found.certificate,
        "breed": BREED_LABELS[animal.breed],
        "sex": SEX_LABELS[animal.sex],
    }


def _journey(animal: Animal, place: Holding) -> Movement:
    journey = movements.on_the_road(database.session(), animal)
    tag = filters.tag(animal.ear_tag)
    if journey is None and animal.holding_id == place.id:
        raise Conflict("gate.already_in", f"{tag} 已经入场，不用再登记")
    if journey is None:
        raise Conflict(
            "gate.not_on_the_road", f"{tag} 没有启运登记：请货主先登记启运，或到检疫窗口办理"
        )
    if journey.destination_id != place.id:
        raise Conflict(
            "gate.other_destination",
            f"{tag} 的到达地是{journey.destination.name}，不是本市场：请到检疫窗口办理",
        )
    return journey


@blueprint.post("/arrivals")
@permission("desk.operate")
def arrive() -> ResponseReturnValue:
    """登记入场: every reason is shown where it is refused."""
    session = database.session()
    place = crates.market(session)
    animal = animals.get(session, request.form.get("animal", ""))
    try:
        given = ArriveAtGate(unknown=EXCLUDE).load(request.form)
        _journey(animal, place)
        at = given["came_at"] or whoami.now()
        movements.arrive(session, animal, at=at, by=whoami.actor())
    except ValidationError as error:
        session.rollback()
        told = [each for found in messages_of(error).values() for each in found]
        return _again(place, animal, told), 422
    except (RuleViolation, Conflict) as refusal:
        session.rollback()
        return _again(place, animal, forms.sentences(refusal)), refusal.status
    flash(f"{filters.tag(animal.ear_tag)} 已入场", "success")
    return redirect(url_for("gate.show"), 303)


def _again(place: Holding, animal: Animal, refused: Sequence[str]) -> str:
    """The gate with every reason, and the animal's check where it is on its way here."""
    try:
        check = _check(place, animal.ear_tag)
    except Refusal:
        check = None
    return _page(place, check=check, refused=refused, words=animal.ear_tag)
