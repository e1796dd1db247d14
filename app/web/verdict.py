"""一扫即知 · may this animal be sold or moved, in one word that is read at arm's length."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import database, herd, judging, whoami
from app.auth.privileges import permission
from traceability.animals import BREED_LABELS, SEX_LABELS
from traceability.base.errors import RuleViolation
from traceability.verdict import Level

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
        return redirect(url_for("verdict.show", tag=herd.number_of(text)), 303)
    except RuleViolation as refusal:
        page = render_template("verdict/scan.html", sentence=refusal.sentence, words=text)
        return page, refusal.status


@blueprint.get("/<tag>")
@permission("verdict.view")
def show(tag: str) -> str:
    """判定 of one animal: may it leave home, or, at a market, be sold."""
    session = database.session()
    animal = herd.at_hand(session, tag)
    found, act = judging.judged(session, animal)
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
