"""代办授权 · who acts for whom: granting, taking back, and choosing in whose name one acts now."""

from datetime import timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue
from marshmallow import ValidationError
from werkzeug.wrappers import Response

from app import database, forms, whoami
from app.auth import accounts
from app.auth.privileges import permission
from app.schemas.consents import GrantConsent
from app.schemas.fields import messages_of
from app.whoami import ON_BEHALF_KEY
from traceability import consents
from traceability.base.clock import end_of, legal_day
from traceability.base.errors import NotFound, RuleViolation
from traceability.consents import CONSENT_ACT_LABELS, Consent
from traceability.parties import Party

blueprint = Blueprint("consents", __name__, url_prefix="/consents")
USUAL_SPAN = timedelta(days=365)


@blueprint.get("/")
@permission("consent.manage")
def index() -> str:
    """代办授权: what one has granted, and what one was granted."""
    session, me, at = database.session(), whoami.actor(), whoami.now()
    found = consents.of_party(session, me)
    return render_template(
        "consents/index.html",
        granted=[each for each in found if each.grantor_id == me.id],
        received=[each for each in found if each.agent_id == me.id],
        labels=CONSENT_ACT_LABELS,
        acting_for=whoami.chosen_grantor(),
        at=at,
    )


@blueprint.get("/new")
@permission("consent.manage")
def new() -> str:
    """授权他人代办."""
    return _page({}, {})


def _page(form: object, errors: object) -> str:
    return render_template(
        "consents/new.html",
        acts=[(act.value, label) for act, label in CONSENT_ACT_LABELS.items()],
        until=legal_day(whoami.now() + USUAL_SPAN),
        form=form,
        errors=errors,
    )


@blueprint.post("/new")
@permission("consent.manage")
def grant() -> ResponseReturnValue:
    """授权他人代办: the agent is named by the login name they gave."""
    session, at = database.session(), whoami.now()
    try:
        form = forms.load(GrantConsent)
        agent = _agent(form["agent_login"])
        consents.grant(
            session,
            grantor=whoami.actor(),
            agent=agent,
            acts=form["acts"],
            until=end_of(form["until"]),
            at=at,
            by=whoami.actor(),
        )
    except ValidationError as error:
        return _page(request.form, messages_of(error)), 422
    except NotFound as refusal:
        return _page(request.form, {"agent_login": [refusal.sentence]}), 422
    except RuleViolation as refusal:
        return _page(request.form, {"_schema": [refusal.sentence]}), 422
    flash(f"已授权 {agent.name} 代办", "success")
    return redirect(url_for("consents.index"), 303)


def _agent(login: str) -> Party:
    """The party of an account, in this session."""
    found = accounts.find(database.session(), login)
    if found is None:
        raise NotFound("account.not_found", "没有这个登录名，请向代办人问清")
    return found.party


@blueprint.post("/<ref:consent>/revoke")
@permission("consent.manage")
def revoke(consent: str) -> Response:
    """收回授权; only its grantor may."""
    session = database.session()
    found = _mine(consent)
    consents.revoke(session, found, at=whoami.now(), by=whoami.actor())
    flash("已收回授权", "success")
    return redirect(url_for("consents.index"), 303)


def _mine(ref: str) -> Consent:
    found = consents.get(database.session(), ref)
    if found.grantor_id != whoami.actor().id:
        raise consents.not_found()
    return found


@blueprint.post("/act-for")
@permission("consent.manage")
def act_for() -> Response:
    """代办切换: from now on in the name of another, or again in one's own."""
    chosen = request.form.get("grantor", "")
    cookie.pop(ON_BEHALF_KEY, None)
    if chosen:
        given = consents.in_force(database.session(), agent=whoami.actor(), at=whoami.now())
        grantors = {each.grantor.ref: each.grantor for each in given}
        if chosen not in grantors:
            raise consents.not_found()
        cookie[ON_BEHALF_KEY] = chosen
        flash(f"现在替 {grantors[chosen].name} 办事", "success")
    return redirect(url_for("home.show"), 303)
