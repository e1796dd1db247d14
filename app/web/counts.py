"""点数 · a certificate's journey, or a market's day, counted several times and compared."""

from datetime import date

from flask import Blueprint, render_template, request

from app import counting, database, whoami
from app.auth.privileges import permission
from traceability.base.clock import legal_day
from traceability.counts import COUNT_LABELS, ODDITY_LABELS, Oddity

blueprint = Blueprint("counts", __name__)
TONES = {Oddity.UNCOVERED: "stop", Oddity.ABSENT: "warn", Oddity.WAITING: "info"}
assert TONES.keys() == set(Oddity)
WORDS = {"steps": COUNT_LABELS, "oddities": ODDITY_LABELS, "tones": TONES}


@blueprint.get("/certificates/<ref:ref>/counts")
@permission("certificate.view")
def show(ref: str) -> str:
    """一份证明的点数."""
    paper, counted = counting.of_certificate(database.session(), ref)
    return render_template("counts/show.html", certificate=paper, counted=counted, **WORDS)


@blueprint.get("/counts/")
@permission("count.view")
def index() -> str:
    """市场点数: one market, one legal day."""
    session, today = database.session(), legal_day(whoami.now())
    places, wrong = counting.markets(session), ""
    ref = request.args.get("market", "") or (places[0].ref if places else "")
    try:
        day = date.fromisoformat(request.args.get("day", "") or today.isoformat())
    except ValueError:
        day, wrong = today, "日期应写成 2026-11-22 的样子，下面是今天的"
    place = counting.market(session, ref) if ref else None
    return render_template(
        "counts/index.html",
        places=places,
        place=place,
        day=day,
        wrong=wrong,
        counted=counting.of_day(session, place, day) if place else None,
        **WORDS,
    )
