"""重判 · what a proposed change, or the rules of another day, would have made of what was done."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import EXCLUDE, ValidationError

from app import database, herd, judging, papers, rejudging, rulebook, whoami
from app.auth.privileges import permission
from app.rejudging import Judged, Period, Rejudged
from app.schemas.fields import Schema, messages_of
from app.schemas.rejudging import PeriodQuery, RejudgedQuery
from traceability import amendments, rules
from traceability.base.clock import legal_day
from traceability.base.errors import Conflict, RuleViolation
from traceability.checks import Result
from traceability.rejudging.turns import EFFECT_LABELS, Effect
from traceability.rules import CERTAINTY_LABELS, STAGE_LABELS

blueprint = Blueprint("rejudging", __name__)
TONES = {Effect.ALLOWED: "ok", Effect.WARNED: "warn", Effect.STOPPED: "stop"}
RESULTS = {
    Result.FAILED: ("stop", "未通过"),
    Result.WARNED: ("warn", "提示"),
    Result.PASSED: ("ok", "通过"),
    Result.NOT_APPLICABLE: ("", "不涉及"),
}
"""Result → its tone and word, what matters most first."""
assert RESULTS.keys() == set(Result)
PAGES = {
    "declaration.file": "declarations.show",
    "certificate.issue": "certificates.show",
    "movement.depart": "movements.show",
    "movement.arrive": "movements.show",
    "sale.agree": "sales.receipt",
}


@blueprint.get("/amendments/<ref:ref>/effect")
@permission("rule.rejudge")
def of_amendment(ref: str) -> ResponseReturnValue:
    """改动会改变什么."""
    session = database.session()
    found = amendments.get(session, ref)
    return _page(
        PeriodQuery,
        lambda given: rejudging.of_amendment(session, found, _period(given)),
        amendment=found,
        card=found.proposed,
    )


@blueprint.get("/rules/rejudged")
@permission("rule.rejudge")
def of_another_day() -> ResponseReturnValue:
    """按另一天的规则重判."""
    session = database.session()
    return _page(
        RejudgedQuery,
        lambda given: rejudging.of_another_day(
            session, given["stage"], given["day"], _period(given)
        ),
        amendment=None,
    )


@blueprint.get("/certificates/<ref:ref>/outcomes")
@permission("certificate.view")
def of_certificate(ref: str) -> str:
    """出证依据: every rule, for each animal, with its evidence."""
    paper = papers.certificate(database.session(), ref)
    back = url_for("certificates.show", ref=ref)
    found = rejudging.of_certificate(database.session(), paper)
    return _outcomes(found, paper.number, back)


@blueprint.get("/declarations/<ref:ref>/outcomes")
@permission("declaration.view")
def of_declaration(ref: str) -> str:
    """申报依据: every rule a declaration was filed under."""
    declaration = papers.declaration(database.session(), ref)
    back = url_for("declarations.show", ref=ref)
    found = rejudging.of_declaration(database.session(), declaration)
    return _outcomes(found, "检疫申报", back)


@blueprint.get("/v/<tag>/outcomes")
@permission("verdict.view")
def of_animal(tag: str) -> str:
    """判定依据: every rule that is asked of an animal here and now."""
    session = database.session()
    animal = herd.at_hand(session, tag)
    verdict, act = judging.judged(session, animal)
    found = [Judged(animal.ear_tag, whoami.now(), verdict.outcomes)]
    return _outcomes(
        found, f"{animal.ear_tag} 能否{judging.ACT_WORDS[act]}", url_for("verdict.show", tag=tag)
    )


def _outcomes(found: Sequence[Judged], of_what: str, back: str) -> str:
    book = rules.cards(database.session())
    return render_template(
        "rejudging/outcomes.html",
        found=found,
        of_what=of_what,
        back=back,
        said={(card.code, card.effective_from): rulebook.said(card) for card in book},
        results=RESULTS,
        certainties=CERTAINTY_LABELS,
    )


def _period(given: Mapping[str, Any]) -> Period:
    return Period.of(given["since"], given["until"], today=legal_day(whoami.now()))


def _page(
    schema: type[Schema], judge: Callable[[Mapping[str, Any]], Rejudged], **more: Any
) -> ResponseReturnValue:
    form = {name: value for name, value in request.args.items() if value.strip()}
    errors: Mapping[str, Any] = {}
    found, status = None, 200
    try:
        if form or schema is PeriodQuery:
            found = judge(schema(unknown=EXCLUDE).load(form))
    except ValidationError as error:
        errors, status = messages_of(error), 422
    except (RuleViolation, Conflict) as refusal:
        errors, status = {"_schema": [refusal.sentence]}, refusal.status
    today = legal_day(whoami.now())
    page = render_template(
        "rejudging/show.html",
        found=found,
        form={"since": today - rejudging.YEAR, "until": today, **form},
        errors=errors,
        stages=STAGE_LABELS,
        choices=[(stage, STAGE_LABELS[stage]) for stage in rejudging.STAGES],
        effects=EFFECT_LABELS,
        tones=TONES,
        said=rulebook.said,
        link=_link,
        acts_max=rejudging.ACTS_MAX,
        turns_max=rejudging.TURNS_MAX,
        **more,
    )
    return page, status


def _link(stage: str, ref: str) -> str:
    return url_for(PAGES[stage], ref=ref)
