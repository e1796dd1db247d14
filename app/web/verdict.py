"""一扫即知 · may this animal be sold or moved, in one word that is read at arm's length."""

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import database, herd, judging, pocket, whoami
from app.auth.privileges import permission
from traceability.animals import BREED_LABELS, SEX_LABELS
from traceability.base.errors import NotFound, RuleViolation
from traceability.verdict import Level

blueprint = Blueprint("verdict", __name__, url_prefix="/v")
TONES = {Level.GREEN: "ok", Level.AMBER: "warn", Level.RED: "stop"}


@blueprint.get("/")
@permission("verdict.view")
def scan() -> ResponseReturnValue:
    """扫一扫: type or scan a tag."""
    text = request.args.get("q", "")
    if not text:
        return _page(None, "")
    try:
        return redirect(url_for("verdict.show", tag=herd.number_of(text)), 303)
    except RuleViolation as refusal:
        return _page(refusal.sentence, text), refusal.status


def _page(sentence: str | None, words: str, *, word: str = "") -> str:
    """The page to scan on, perhaps with why the last tag has no verdict."""
    return render_template("verdict/scan.html", sentence=sentence, words=words, word=word)


@blueprint.get("/packet")
@permission("verdict.view")
def packet() -> dict[str, Any]:
    """随身名单: what the phone keeps for when the network is gone."""
    return pocket.packed(database.session())


@blueprint.get("/<tag>")
@permission("verdict.view")
def show(tag: str) -> ResponseReturnValue:
    """判定 of one animal: may it leave, pass, or be sold; a tag nobody knows does not pass."""
    session = database.session()
    try:
        animal = herd.at_hand(session, tag)
    except NotFound as refusal:
        return _page(refusal.sentence, tag, word=judging.WORDS[Level.RED]), refusal.status
    found, act = judging.judged(session, animal)
    return render_template(
        "verdict/show.html",
        animal=animal,
        tone=TONES[found.level],
        word=judging.word_of(found.level, act),
        reasons=[judging.reason_of(each) for each in found.reasons],
        certificate=found.certificate,
        breeds=BREED_LABELS,
        sexes=SEX_LABELS,
        now=whoami.now(),
    )
