"""政策 · the policies of one's clusters: for whom, for what, until when."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import database, deciding, forms, programme, whoami, workbooks
from app.auth.privileges import permission
from app.schemas.policies import ExtendPolicy, RegisterPolicy
from registry import policies
from registry.clusters import Cluster
from registry.decisions import Matter
from registry.policies import POLICY_STATE_LABELS, Policy, PolicyState

blueprint = Blueprint("policies", __name__)
TONES = {
    PolicyState.COMING: "info",
    PolicyState.IN_FORCE: "ok",
    PolicyState.ENDING: "warn",
    PolicyState.LAPSED: "stop",
}


def _asked() -> PolicyState | None:
    """Which state the address asks for; a strange one is none."""
    given = request.args.get("state", "")
    return PolicyState(given) if given in set(PolicyState) else None


@blueprint.get("/policies/")
@permission("policy.view")
def index() -> str:
    """政策清单."""
    session = database.session()
    return render_template(
        "policies/index.html",
        rows=deciding.policies_listed(session, _asked()),
        state=_asked(),
        clusters=programme.clusters_seen(session),
        states=POLICY_STATE_LABELS,
        tones=TONES,
    )


@blueprint.get("/policies/policies.xlsx")
@permission("policy.view")
def workbook() -> Response:
    """政策清单, as a workbook."""
    rows = deciding.policies_listed(database.session(), _asked())
    return workbooks.answer(deciding.policies_book(rows), "policies.xlsx")


@blueprint.get("/clusters/<ref:ref>/policies/new")
@permission("policy.register")
def new(ref: str) -> str:
    """登记政策."""
    return _new_page(programme.cluster(database.session(), ref), {}, {})


def _new_page(cluster: Cluster, form: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    return render_template("policies/new.html", cluster=cluster, form=form, errors=errors)


@blueprint.post("/clusters/<ref:ref>/policies/new")
@permission("policy.register")
def register(ref: str) -> ResponseReturnValue:
    """登记政策: take the form and the document."""
    session = database.session()
    cluster = programme.cluster(session, ref)

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        shown = programme.photograph(session, given["title"])
        made = policies.register(session, cluster, evidence=shown, **given, **whoami.acted())
        flash(f"已登记政策“{made.title}”", "success")
        return redirect(url_for("policies.show", ref=made.ref), 303)

    return forms.handled(RegisterPolicy, act, lambda form, errors: _new_page(cluster, form, errors))


@blueprint.get("/policies/<ref:ref>")
@permission("policy.view")
def show(ref: str) -> str:
    """一项政策."""
    return _page(deciding.policy(database.session(), ref), {}, {})


def _page(policy: Policy, form: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    session = database.session()
    return render_template(
        "policies/show.html",
        policy=policy,
        state=deciding.standing(policy).state,
        states=POLICY_STATE_LABELS,
        tones=TONES,
        options=deciding.options(session, policy.cluster, Matter.POLICY),
        steps=programme.steps(session, policy.ref),
        form=form,
        errors=errors,
    )


@blueprint.post("/policies/<ref:ref>/extend")
@permission("policy.register")
def extend(ref: str) -> ResponseReturnValue:
    """变更截止日期, by a collective decision."""
    session = database.session()
    found = deciding.policy(session, ref)

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        ground = deciding.named(session, given["decision"])
        until = given["valid_until"]
        policies.extend(session, found, valid_until=until, decision=ground, **whoami.acted())
        flash("截止日期已变更，原来的日期留在经历里", "success")
        return redirect(url_for("policies.show", ref=ref), 303)

    return forms.handled(ExtendPolicy, act, lambda form, errors: _page(found, form, errors))
