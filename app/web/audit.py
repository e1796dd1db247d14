"""核查追溯链 · search, read a whole line, run the audit and see what it found."""

import json
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import EXCLUDE, ValidationError
from sqlalchemy.orm import Session

from app import database, outside, whoami
from app.audit import acts, lines, running
from app.audit.acts import Sought
from app.auth.privileges import permission
from app.factory import settings_of
from app.schemas.chain import ActsQuery
from app.schemas.fields import messages_of
from traceability.base import clock
from traceability.base.errors import NotFound
from traceability.chain import events
from traceability.chain.kinds import SPECS
from traceability.checkpoints import stamps, witness
from traceability.checkpoints.stamps import Checkpoint

blueprint = Blueprint("audit", __name__, url_prefix="/audit")


@blueprint.get("/")
@permission("chain.audit")
def show() -> str:
    """核查: the search box first, then the newest run and the newest events."""
    session, text = database.session(), request.args.get("q", "")
    return render_template(
        "audit/show.html",
        words=text,
        found=lines.search(session, text),
        run=running.newest(settings_of(current_app)),
        can_resume=running.can_resume(settings_of(current_app)),
        size=events.count(session),
        stamp=_stamp(session),
        halt=witness.halt(session),
        newest=lines.newest(session),
        labels={kind: spec.label for kind, spec in SPECS.items()},
        unstamp=clock.unstamp,
    )


@blueprint.post("/run")
@permission("chain.audit")
def run() -> ResponseReturnValue:
    """开始核查, or go on with one broken off; a run that is going on is shown instead."""
    me = whoami.account()
    running.begin(
        settings_of(current_app),
        by=f"{me.name}（{me.role_label}）",
        now=whoami.clock,
        resume="resume" in request.form,
    )
    return redirect(url_for("audit.show"), 303)


@blueprint.get("/progress")
@permission("chain.audit")
def progress() -> str:
    """核查进度: the part of the page that renews itself while a run goes on."""
    settings = settings_of(current_app)
    return render_template(
        "audit/_run.html",
        run=running.newest(settings),
        can_resume=running.can_resume(settings),
        unstamp=clock.unstamp,
    )


@blueprint.get("/acts")
@permission("chain.audit")
def list_acts() -> ResponseReturnValue:
    """办理记录: who did what, when, from where, on whose behalf."""
    try:
        sought, before = _sought()
    except ValidationError as error:
        return _acts_page(Sought(), None, messages_of(error)), 422
    return _acts_page(sought, before, {})


def _sought() -> tuple[Sought, int | None]:
    given = {name: value for name, value in request.args.items() if value.strip()}
    told = ActsQuery(unknown=EXCLUDE).load(given)
    before = told.pop("before")
    return Sought(**told), before


def _acts_page(sought: Sought, before: int | None, errors: Mapping[str, Any]) -> str:
    session = database.session()
    return render_template(
        "audit/acts.html",
        sought=sought,
        people=acts.people(session, sought.who),
        found=acts.search(session, sought, before=before),
        kinds=[(kind.value, spec.label) for kind, spec in SPECS.items()],
        bundle_max=acts.BUNDLE_MAX,
        form=request.args,
        errors=errors,
    )


@blueprint.get("/acts/bundle.json")
@permission("chain.audit")
def acts_bundle() -> ResponseReturnValue:
    """证明文件: what was found, for the inspector's program."""
    try:
        sought, before = _sought()
    except ValidationError as error:
        return _acts_page(Sought(), None, messages_of(error)), 422
    keepers = outside.keepers(settings_of(current_app))
    told = acts.proofs(database.session(), sought, keepers, before=before)
    response = Response(json.dumps(told, ensure_ascii=False), content_type="application/json")
    response.headers["Content-Disposition"] = "attachment; filename=acts-bundle.json"
    return response


@blueprint.get("/<ref:ref>")
@permission("chain.search")
def line(ref: str) -> str:
    """通读: every event of one subject, with what proves it."""
    session = database.session()
    told = lines.line(session, ref)
    mentions = lines.mentions(session, ref)
    if not told and not mentions:
        raise NotFound("subject.not_found", "没有找到这个主体")
    return render_template(
        "audit/line.html",
        ref=ref,
        kind=lines.kind_of(ref),
        name=lines.name_of(session, ref),
        told=told,
        mentions=mentions,
        stamp=_stamp(session),
        now=whoami.now(),
    )


def _stamp(session: Session) -> Checkpoint | None:
    """The newest checkpoint; none where its row was spoilt, for these pages must open then."""
    try:
        found = stamps.newest(session)
    except (ValueError, TypeError):
        return None
    return found if found is not None and isinstance(found.tree_size, int) else None
