"""过磅记录 · a weight with what it rests on: the scale, its verification, the raw frames."""

from flask import Blueprint, render_template
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import database
from app.auth import scopes
from app.auth.privileges import permission
from app.whoami import scope
from devices import inbox
from devices.devices import Device
from devices.inbox import Reading
from traceability import weighings
from traceability.base.errors import NotFound
from traceability.weighings import BASIS_LABELS, Weighing

blueprint = Blueprint("weighings", __name__, url_prefix="/weighings")


@blueprint.get("/<ref:ref>")
@permission("weighing.view")
def show(ref: str) -> str:
    """一次过磅."""
    session = database.session()
    found = weighings.get(session, ref)
    if not scopes.covers(scope(), found.instrument.holding):
        raise NotFound("weighing.not_found", "没有找到这条过磅记录")
    reading = _reading(session, found)
    raw = [] if reading is None else inbox.unpacked(reading.frames)
    return render_template(
        "weighings/show.html",
        weighing=found,
        animal=found.animal,
        bases=BASIS_LABELS,
        reading=reading,
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
