"""规则 · what the law asks at each step, since when, by what paper; proposing a change."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import database, forms, programme, rulebook, whoami
from app.auth.privileges import permission
from app.schemas.amendments import ProposeAmendment
from traceability import amendments, rule_file, rules
from traceability.amendments import AMENDMENT_STATE_LABELS, CHANGE_LABELS, Change
from traceability.base.clock import legal_day
from traceability.identifiers.ear_tags import SPECIES_LABELS, Species
from traceability.rules import CERTAINTY_LABELS, SEVERITY_LABELS, STAGE_LABELS, Rule

blueprint = Blueprint("rules", __name__, url_prefix="/rules")


def labels() -> dict[str, Any]:
    """The words every page of rules needs."""
    return {
        "stages": STAGE_LABELS,
        "severities": SEVERITY_LABELS,
        "certainties": CERTAINTY_LABELS,
        "species": {each.value: SPECIES_LABELS[each] for each in Species},
        "changes": CHANGE_LABELS,
        "states": AMENDMENT_STATE_LABELS,
        "whens": rulebook.WHEN_LABELS,
        "said": rulebook.said,
        "params_of": rulebook.params_of,
    }


@blueprint.get("/")
@permission("rule.view")
def index() -> str:
    """规则: by stage, those in force today unless others are asked for."""
    session, today = database.session(), legal_day(whoami.now())
    when, words = request.args.get("when", rulebook.NOW), request.args.get("q", "").strip()
    rows = [
        row
        for row in rules.rows(session)
        if when in {rulebook.when(row, today), "all"}
        and words in f"{row.code} {row.text} {row.citation}"
    ]
    return render_template(
        "rules/index.html",
        found={stage: [row for row in rows if stage in row.stages] for stage in STAGE_LABELS},
        when=when,
        words=words,
        amended=amendments.listed(session),
        differences=rule_file.differences(session) if whoami.account().may("rule.propose") else [],
        **labels(),
    )


@blueprint.get("/<ref:ref>")
@permission("rule.view")
def show(ref: str) -> str:
    """一条规则: its versions, what was changed, by what document."""
    return _page(rules.get(database.session(), ref), {}, {})


def _page(rule: Rule, form: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    session, today = database.session(), legal_day(whoami.now())
    versions = rules.of_code(session, rule.code)
    return render_template(
        "rules/show.html",
        rule=rule,
        when=rulebook.when(rule, today),
        versions=[(each, rulebook.when(each, today)) for each in reversed(versions)],
        steps=programme.steps(session, rule.ref),
        amended=amendments.of_code(session, rule.code),
        params=rulebook.params_of(rule),
        form=form,
        errors=errors,
        **labels(),
    )


@blueprint.post("/<ref:ref>/propose")
@permission("rule.propose")
def propose(ref: str) -> ResponseReturnValue:
    """提议修改: nothing changes until another person approves it."""
    session = database.session()
    rule = rules.get(session, ref)

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        card = rulebook.drafted(rule, given)
        made = amendments.propose(
            session,
            given["change"],
            card,
            rule=None if given["change"] is Change.OPEN else rule,
            reason=given["reason"],
            evidence=programme.photograph(session, f"规则 {rule.code} 修改依据"),
            **whoami.acted(),
        )
        flash("已提议，等另一位人员批准后才生效", "success")
        return redirect(url_for("amendments.show", ref=made.ref), 303)

    return forms.handled(ProposeAmendment, act, lambda form, errors: _page(rule, form, errors))
