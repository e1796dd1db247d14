"""成交台 · the operator's one screen: who is on the scale, may it be sold, to whom, how dear."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app import database, filters, herd, whoami
from app.auth.privileges import permission
from app.desk import crates, feed, selling, standing
from app.desk.crates import Crate
from app.desk.selling import Offer
from app.desk.standing import Standing
from app.schemas.sales import AssignWeight, DeskSale, UndoSale
from market.sales import agreeing, records
from traceability import parties
from traceability.animals import BREED_LABELS, SEX_LABELS
from traceability.base.clock import legal_day, start_of
from traceability.base.units import PRICE_UNIT_LABELS, PriceUnit
from traceability.holdings import Holding
from traceability.parties import PARTY_KIND_LABELS, Party
from traceability.quarantine.certificates import Certificate
from traceability.rules import Outcome
from traceability.verdict import Level

blueprint = Blueprint("desk", __name__, url_prefix="/desk")
TONES = {Level.GREEN: "ok", Level.AMBER: "warn", Level.RED: "stop"}
BUYERS_FOUND_MAX = 8
REFERENCE_MIN = 5  # fewer sales say nothing about a price
REFERENCE_DAYS = 30
MONTHS_PER_YEAR = 12


@blueprint.get("/")
@permission("desk.operate")
def show() -> str:
    """成交台."""
    session = database.session()
    place = crates.market(session)
    crate = crates.chosen(session, place, request.args.get("crate", ""))
    return render_template(
        "desk/show.html",
        market=place,
        crate=crate,
        crates=crates.of_market(session, place),
        panel=_panel(session, place, crate),
        buyers=records.last_buyers(session, place),
        units=[(unit.value, PRICE_UNIT_LABELS[unit]) for unit in PriceUnit],
        party_kinds=PARTY_KIND_LABELS,
        now=whoami.now(),
    )


@blueprint.get("/panel")
@permission("desk.operate")
def panel() -> ResponseReturnValue:
    """What the desk shows now; 204 if that is what the page already has."""
    session = database.session()
    place = crates.market(session)
    crate = crates.chosen(session, place, request.args.get("crate", ""))
    since = request.args.get("since")
    if since and since == standing.version(session, crate, place.id, at=whoami.now()):
        return "", 204
    return jsonify(_panel(session, place, crate))


def _panel(session: Session, place: Holding, crate: Crate | None) -> dict[str, Any]:
    """The parts of the page that change, with what its script must know."""
    at, buyer = whoami.now(), _buyer(session)
    if tag := request.args.get("tag", "").strip():
        animal = herd.by_text(session, tag)
        seen = standing.typed(session, animal, place, buyer=buyer, at=at)
    else:
        seen = standing.at_crate(session, crate, place, buyer=buyer, at=at)
    weight_g = seen.weighing.weight_g if seen.weighing else seen.case.weight_g if seen.case else 0
    last = records.newest_of(session, place)
    return {
        "version": seen.version,
        "animal": seen.animal and seen.animal.ref,
        "weighing": seen.weighing and seen.weighing.ref,
        "weight_g": weight_g or None,
        "case": seen.case and seen.case.pairing_id,
        "typed": bool(tag),
        "stops": [asdict(stop) for stop in seen.stops],
        "scale": render_template("desk/_scale.html", **_scale_facts(seen, crate, at)),
        "card": render_template("desk/_animal.html", **_card(session, seen, place, at)),
        "sold": records.count_of_day(session, place, at),
        "last": render_template("desk/_last.html", sale=last),
        "last_sale": last and {"ref": last.ref, "words": _words(last)},
    }


def _words(sale: records.Sale) -> str:
    return f"{filters.tag(sale.animal.ear_tag)} {filters.yuan(sale.amount_fen)} {sale.buyer.name}"


def _buyer(session: Session) -> Party | None:
    ref = request.args.get("buyer", "")
    return parties.get(session, ref) if ref else None


def _scale_facts(seen: Standing, crate: Crate | None, at: datetime) -> dict[str, Any]:
    scale = seen.scale
    return {
        "seen": seen,
        "crate": crate,
        "scale": scale,
        "verified": scale is not None and scale.for_trade(at),
    }


def _card(session: Session, seen: Standing, place: Holding, at: datetime) -> dict[str, Any]:
    animal, found = seen.animal, seen.verdict
    told: dict[str, Any] = {"seen": seen, "animal": animal}
    if animal is None or found is None:
        return told
    paper = found.certificate
    return {
        **told,
        "tone": TONES[found.level],
        "reasons": [reason_of(each) for each in found.reasons],
        "breed": BREED_LABELS[animal.breed],
        "sex": SEX_LABELS[animal.sex],
        "months": _months(animal.born_on, legal_day(at)),
        "paper": paper,
        "left": filters.time_left(_end_of(paper), at) if paper else None,
        "reference": _reference(session, seen, place, at),
    }


def reason_of(outcome: Outcome) -> dict[str, str]:
    """A sentence of the law's says what is wrong, and after its colon what to do."""
    wrong, _, todo = outcome.sentence.partition("：")
    return {"sentence": wrong, "todo": todo, "source": outcome.citation}


def _months(born_on: date, today: date) -> int:
    months = (today.year - born_on.year) * MONTHS_PER_YEAR + today.month - born_on.month
    return max(0, months - (today.day < born_on.day))


def _end_of(paper: Certificate) -> datetime:
    return start_of(paper.valid_until + timedelta(days=1))


def _reference(
    session: Session, seen: Standing, place: Holding, at: datetime
) -> tuple[int, int, int] | None:
    """The middle half of recent prices of such animals here, and how many they are."""
    assert seen.animal is not None, "only an animal has a price"
    since = at - timedelta(days=REFERENCE_DAYS)
    prices = records.prices_per_kg(session, place, seen.animal.breed, since=since)
    if len(prices) < REFERENCE_MIN:
        return None
    return prices[len(prices) // 4], prices[len(prices) * 3 // 4], len(prices)


@blueprint.get("/buyers")
@permission("party.search")
def buyers() -> ResponseReturnValue:
    """Parties whose name or telephone holds what was typed."""
    words = request.args.get("q", "").strip()[:40]
    found: Sequence[Party] = []
    if words:
        found = parties.search(database.session(), words, limit=BUYERS_FOUND_MAX)
    return jsonify(
        [{"ref": each.ref, "name": each.name, "phone": (each.phone or "")[-4:]} for each in found]
    )


@blueprint.get("/stream")
@permission("desk.operate")
def stream() -> Response:
    """The crate's live weight, and that something new can be fetched, as server-sent events.

    Raises:
        TooManyStreams: `desk.streams_full`.
    """
    session = database.session()
    place = crates.market(session)
    crate = crates.chosen(session, place, request.args.get("crate", ""))
    if crate is None:
        return Response("", 204)
    me, app = whoami.account().account_id, current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - werkzeug's own way to unwrap a proxy
    known = request.headers.get("Last-Event-ID") or request.args.get("since", "")
    feed.streams.enter(me)
    answer = Response(
        feed.stream(app, crate, place.id, known=known), content_type="text/event-stream"
    )
    answer.headers["Cache-Control"] = "no-cache"
    answer.headers["X-Accel-Buffering"] = "no"
    answer.call_on_close(lambda: feed.streams.leave(me))
    return answer


@blueprint.post("/sales")
@permission("sale.register")
def register() -> ResponseReturnValue:
    """登记成交: agreed and weighed, in one transaction; the same key again is the same sale."""
    given: Mapping[str, Any] = DeskSale().load(_sent())
    session, at = database.session(), whoami.now()
    place = crates.market(session)
    offer = _offer(given)
    if not given["typed"] and records.by_client_key(session, offer.client_key) is None:
        chosen = crates.chosen(session, place, given["crate"])
        selling.require_still_there(session, chosen, place, offer.weighing, at=at)
    sale = selling.register(session, offer, market=place, at=at, by=whoami.actor())
    return jsonify(_sold(sale)), 201


def _offer(told: Mapping[str, Any]) -> Offer:
    return Offer(
        client_key=told["client_key"],
        weighing=told["weighing"],
        buyer=told["buyer"],
        price_unit=told["price_unit"],
        price_fen=told["price"],
    )


def _sent() -> Mapping[str, Any]:
    body = request.get_json(silent=True)
    return body if isinstance(body, dict) else {}


def _sold(sale: records.Sale) -> dict[str, Any]:
    return {
        "ref": sale.ref,
        "amount_fen": sale.amount_fen,
        "state": sale.state.value,
        "words": f"已登记成交 {_words(sale)}",
    }


@blueprint.post("/undo")
@permission("sale.cancel")
def undo() -> ResponseReturnValue:
    """撤销: before any money has moved."""
    given = UndoSale().load(_sent())
    session = database.session()
    sale = selling.at_my_market(session, given["sale"])
    agreeing.cancel(session, sale, reason=given["reason"], at=whoami.now(), by=whoami.actor())
    return jsonify({"ref": sale.ref, "state": sale.state.value, "words": f"已撤销 {_words(sale)}"})


@blueprint.post("/weighings")
@permission("weighing.record")
def assign() -> ResponseReturnValue:
    """把没有读到耳标的称重记给一头牛."""
    given = AssignWeight().load(_sent())
    session = database.session()
    crate = crates.chosen(session, crates.market(session), given["crate"])
    assert crate is not None, "a named crate is found or refused"
    animal = herd.by_text(session, given["ear_tag"])
    found = selling.assign(
        session, crate, animal, given["case"], at=whoami.now(), by=whoami.actor()
    )
    words = f"{filters.kg(found.weight_g)} 已记给 {filters.tag(animal.ear_tag)}"
    return jsonify({"ref": found.ref, "words": words}), 201
