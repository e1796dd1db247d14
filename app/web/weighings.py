"""过磅记录 · the weights of one's market, each with what it rests on; annulled by two people."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import database, equipment, forms, whoami
from app.auth import second_person
from app.auth.privileges import permission
from app.factory import settings_of
from app.limits import GUESSING, limiter
from app.schemas.weighings import AnnulWeighing
from devices import inbox
from devices.devices import Device
from devices.inbox import Reading
from market.sales import records
from traceability import weighings
from traceability.base.errors import Refusal
from traceability.weighings import BASIS_LABELS, Weighing

blueprint = Blueprint("weighings", __name__, url_prefix="/weighings")


@blueprint.get("/")
@permission("weighing.view")
def index() -> ResponseReturnValue:
    """过磅记录, newest first; of one tag, or of today."""
    words, today = request.args.get("q", "").strip(), request.args.get("day") == "today"
    page = request.args.get("page", 1, type=int)
    try:
        found = equipment.weighings_listed(database.session(), words=words, today=today, page=page)
    except Refusal as refusal:
        return _list(None, words=words, today=today, refused=refusal.sentence), refusal.status
    return _list(found, words=words, today=today)


def _list(found: Any, *, words: str, today: bool, refused: str = "") -> str:
    return render_template(
        "weighings/index.html",
        found=found,
        words=words,
        today=today,
        refused=refused,
        bases=BASIS_LABELS,
    )


@blueprint.get("/<ref:ref>")
@permission("weighing.view")
def show(ref: str) -> str:
    """一次过磅: the scale, its verification, the raw frames."""
    session = database.session()
    found = equipment.weighing(session, ref)
    reading = _reading(session, found)
    raw = [] if reading is None else inbox.unpacked(reading.frames)
    return render_template(
        "weighings/show.html",
        weighing=found,
        animal=found.animal,
        sale=records.of_weighing(session, found),
        bases=BASIS_LABELS,
        reading=reading,
        agrees=reading is not None and reading.frames_sha256 == found.frames_sha256,
        frames=[frame.hex(" ") for frame in raw],
    )


def _reading(session: Session, weighing: Weighing) -> Reading | None:
    """The stored reading a weight rests on."""
    code, boot, seq = weighing.reading_key.split(":")
    return session.scalars(
        select(Reading)
        .join(Device, Device.id == Reading.device_id)
        .where(Device.code == code, Reading.boot == int(boot), Reading.seq == int(seq))
    ).one_or_none()


@blueprint.get("/<ref:ref>/annul")
@permission("weighing.annul")
def annul(ref: str) -> str:
    """作废过磅记录."""
    return _annul_page(equipment.weighing(database.session(), ref), {}, {})


def _annul_page(weighing: Weighing, form: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    return render_template("weighings/annul.html", weighing=weighing, form=form, errors=errors)


@blueprint.post("/<ref:ref>/annul")
@permission("weighing.annul")
@limiter.limit(GUESSING)
def annul_weighing(ref: str) -> ResponseReturnValue:
    """作废过磅记录: the second person signs with an account of their own."""
    session = database.session()
    weighing = equipment.weighing(session, ref)

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
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
            at=whoami.now(),
            by=whoami.actor(),
        )
        flash("这条过磅记录已作废，请让牛重新过磅", "success")
        return redirect(url_for("weighings.show", ref=ref), 303)

    return forms.handled(
        AnnulWeighing, act, lambda form, errors: _annul_page(weighing, form, errors)
    )
