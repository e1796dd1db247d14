"""一扫即知 · may this animal be sold or moved, in one word that is read at arm's length."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import database, whoami
from app.auth.privileges import permission
from traceability import animals, holdings, verdict
from traceability.animals import BREED_LABELS, SEX_LABELS, Animal
from traceability.base.errors import RuleViolation
from traceability.holdings import HoldingKind
from traceability.identifiers import eids
from traceability.identifiers.ear_tags import parse_ear_tag
from traceability.identifiers.refusals import IdentifierError
from traceability.quarantine import certificates
from traceability.verdict import Level, Verdict

blueprint = Blueprint("verdict", __name__, url_prefix="/v")
TONES = {Level.GREEN: "ok", Level.AMBER: "warn", Level.RED: "stop"}
WORDS = {Level.GREEN: "可", Level.AMBER: "注意", Level.RED: "不可"}


@blueprint.get("/")
@permission("verdict.view")
def scan() -> ResponseReturnValue:
    """扫一扫: type or scan a tag."""
    text = request.args.get("q", "")
    if not text:
        return render_template("verdict/scan.html", sentence=None, words="")
    try:
        return redirect(url_for("verdict.show", tag=_number(text)), 303)
    except RuleViolation as refusal:
        page = render_template("verdict/scan.html", sentence=refusal.sentence, words=text)
        return page, refusal.status


def _number(text: str) -> str:
    try:
        return str(parse_ear_tag(text))
    except IdentifierError as refusal:
        try:
            return str(eids.parse_eid(text))
        except IdentifierError:
            raise refusal from None


@blueprint.get("/<tag>")
@permission("verdict.view")
def show(tag: str) -> str:
    """判定 of one animal: may it leave home, or, at a market, be sold."""
    session = database.session()
    animal = animals.by_tag(session, _number(tag))
    found, act = _judged(animal)
    return render_template(
        "verdict/show.html",
        animal=animal,
        tone=TONES[found.level],
        word=f"{WORDS[found.level]}{act}" if found.level is not Level.AMBER else WORDS[found.level],
        act=act,
        reasons=[
            {"sentence": each.sentence, "source": f"{each.citation}（{each.since} 起）"}
            for each in found.reasons
        ],
        certificate=found.certificate,
        breeds=BREED_LABELS,
        sexes=SEX_LABELS,
        now=whoami.now(),
    )


def _judged(animal: Animal) -> tuple[Verdict, str]:
    """At a market the question is selling, elsewhere leaving for the nearest market."""
    session, at = database.session(), whoami.now()
    place = animal.holding
    if place is not None and place.kind is HoldingKind.MARKET:
        found = verdict.of_sale(session, animal, market=place, purpose="keeping", scale=None, at=at)
        return found, "售"
    markets = holdings.of_kind(session, HoldingKind.MARKET)
    goal = goal_of(animal) or (markets[0] if markets else place)
    assert goal is not None, "reference data hold a market"
    return verdict.of_departure(session, animal, to=goal, at=at), "调运"


def goal_of(animal: Animal) -> holdings.Holding | None:
    """Where the animal's newest certificate sends it."""
    paper = certificates.newest_of(database.session(), animal)
    return None if paper is None else paper.destination
