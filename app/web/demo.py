"""演示 · asks the demonstration's devices to lead the next animal over the crate.

The request is a file in the run folder; the process that plays the devices takes it from there.
Not registered in production.
"""

import json

from flask import Blueprint, current_app, jsonify, request
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select

from app import database, filters, whoami
from app.auth.privileges import permission
from app.desk import crates
from app.factory import settings_of
from market.sales.records import Sale, SaleState
from traceability.animals import Animal, AnimalState
from traceability.base.clock import legal_day, start_of
from traceability.base.errors import NotFound
from traceability.holdings import Holding
from traceability.weighings import Weighing

blueprint = Blueprint("demo", __name__, url_prefix="/demo")
REQUEST_FILE = "demo-step.json"
LIGHTEST_G, SPREAD_G, DIVISION_G = 320_000, 260_000, 500


@blueprint.post("/step")
@permission("desk.operate")
def step() -> ResponseReturnValue:
    """牵下一头上秤: the animal here that was not sold today and waits longest for the crate."""
    session = database.session()
    place = crates.market(session)
    body = request.get_json(silent=True)
    wanted = body.get("crate", "") if isinstance(body, dict) else ""
    crate = crates.chosen(session, place, str(wanted))
    animal = _next(place)
    asked = {
        "eid": animal.eid,
        "weight_g": _plausible(animal),
        "crate": "" if crate is None else crate.name,
        "asked_at": whoami.now().isoformat(),
    }
    folder = settings_of(current_app).run_dir
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f"{REQUEST_FILE}.{animal.id}"
    draft.write_text(json.dumps(asked), encoding="utf-8")
    draft.replace(folder / REQUEST_FILE)
    return jsonify({"words": f"正在牵 {filters.tag(animal.ear_tag)} 上秤", **asked}), 202


def _next(place: Holding) -> Animal:
    begin = start_of(legal_day(whoami.now()))
    sold = select(Sale.animal_id).where(Sale.agreed_at >= begin, Sale.state != SaleState.CANCELLED)
    weighed_at = (
        select(func.max(Weighing.weighed_at))
        .where(Weighing.animal_id == Animal.id, Weighing.weighed_at >= begin)
        .correlate(Animal)
        .scalar_subquery()
    )
    waiting = (
        select(Animal)
        .where(
            Animal.holding_id == place.id,
            Animal.state == AnimalState.ALIVE,
            Animal.eid.is_not(None),
            Animal.id.not_in(sold),
        )
        .order_by(weighed_at.is_not(None), weighed_at, Animal.id)
        .limit(1)
    )
    found = database.session().scalars(waiting).one_or_none()
    if found is None:
        raise NotFound("demo.nobody_left", "今天入场的牛都已成交，再办几头入场")
    return found


def _plausible(animal: Animal) -> int:
    weight_g = LIGHTEST_G + animal.id * 37_500 % SPREAD_G
    return weight_g - weight_g % DIVISION_G
