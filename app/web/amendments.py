"""规则修改 · a proposed change beside what holds, and the second person's answer."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app import database, forms, programme, whoami
from app.auth.privileges import permission
from app.schemas.amendments import ReturnAmendment
from app.schemas.fields import Schema
from app.web.rules import labels
from traceability import amendments
from traceability.amendments import Amendment, AmendmentState

blueprint = Blueprint("amendments", __name__, url_prefix="/amendments")


@blueprint.get("/<ref:ref>")
@permission("rule.view")
def show(ref: str) -> str:
    """一项规则修改."""
    return _page(amendments.get(database.session(), ref), {}, {})


def _page(amendment: Amendment, form: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    return render_template(
        "amendments/show.html",
        amendment=amendment,
        card=amendment.proposed,
        waiting=amendment.state is AmendmentState.PROPOSED,
        mine=amendment.by_id == whoami.actor().id,
        steps=programme.steps(database.session(), amendment.ref),
        form=form,
        errors=errors,
        **labels(),
    )


@blueprint.post("/<ref:ref>/approve")
@permission("rule.approve")
def approve(ref: str) -> ResponseReturnValue:
    """批准: the row comes into the table, in force from its day."""
    session = database.session()
    found = amendments.get(session, ref)

    def act(_given: Mapping[str, Any]) -> ResponseReturnValue:
        rule = amendments.approve(session, found, **whoami.acted())
        flash("已批准，按所写日期生效", "success")
        return redirect(url_for("rules.show", ref=rule.ref), 303)

    return forms.handled(Schema, act, lambda form, errors: _page(found, form, errors))


@blueprint.post("/<ref:ref>/return")
@permission("rule.approve")
def send_back(ref: str) -> ResponseReturnValue:
    """退回, with the reason."""
    session = database.session()
    found = amendments.get(session, ref)

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        amendments.send_back(session, found, **given, **whoami.acted())
        flash("已退回", "success")
        return redirect(url_for("amendments.show", ref=ref), 303)

    return forms.handled(ReturnAmendment, act, lambda form, errors: _page(found, form, errors))
