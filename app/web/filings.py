"""运输备案 · vehicles and carriers: look, record, renew, revoke."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import database, filings, forms, places, programme, whoami
from app.auth.privileges import permission
from app.schemas.filings import RecordFiling, RevokeFiling
from traceability import carriers
from traceability.base.clock import legal_day
from traceability.carriers import FILING_KIND_LABELS, Filing, FilingKind

blueprint = Blueprint("filings", __name__, url_prefix="/filings")


@blueprint.get("/")
@permission("filing.view")
def index() -> str:
    """运输备案: what ends first in front."""
    words, chosen = request.args.get("q", "").strip()[:40], request.args.get("kind", "")
    kind = FilingKind(chosen) if chosen in set(FilingKind) else None
    ending, page = request.args.get("ending") == "1", request.args.get("page", 1, type=int)
    found = filings.listed(
        database.session(), words=words, kind=kind, only_ending=ending, page=page
    )
    return render_template(
        "filings/index.html",
        found=found,
        words=words,
        kind=kind,
        ending=ending,
        badge=filings.badge,
        kinds=FILING_KIND_LABELS,
        today=legal_day(whoami.now()),
    )


@blueprint.get("/new")
@permission("filing.record")
def new() -> str:
    """登记备案, of the carrier that was chosen among the parties."""
    return _new_page(request.args, {})


def _new_page(form: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    session, carrier = database.session(), form.get("carrier")
    return render_template(
        "filings/new.html",
        carrier=places.party(session, carrier) if carrier else None,
        form=form,
        errors=errors,
        kinds=FILING_KIND_LABELS,
        today=legal_day(whoami.now()),
    )


@blueprint.post("/new")
@permission("filing.record")
def record() -> ResponseReturnValue:
    """登记备案: take the form."""
    session = database.session()

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        shown = programme.photograph(session, f"备案 {given['number']}")
        made = filings.record(session, given, evidence=shown)
        flash(f"备案 {made.number} 已登记", "success")
        return redirect(url_for("filings.show", ref=made.ref), 303)

    return forms.handled(RecordFiling, act, _new_page)


@blueprint.get("/<ref:ref>")
@permission("filing.view")
def show(ref: str) -> str:
    """一份备案."""
    return _page(filings.get(database.session(), ref), {}, {})


def _page(filing: Filing, form: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    return render_template(
        "filings/show.html",
        filing=filing,
        badge=filings.badge(filing),
        kinds=FILING_KIND_LABELS,
        steps=programme.steps(database.session(), filing.ref),
        form=form,
        errors=errors,
        today=legal_day(whoami.now()),
    )


@blueprint.post("/<ref:ref>/revoke")
@permission("filing.record")
def revoke(ref: str) -> ResponseReturnValue:
    """注销备案, with the ground."""
    session = database.session()
    found = filings.get(session, ref)

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        carriers.revoke(session, found, **given, **whoami.acted())
        flash(f"备案 {found.number} 已注销", "success")
        return redirect(url_for("filings.show", ref=ref), 303)

    return forms.handled(RevokeFiling, act, lambda form, errors: _page(found, form, errors))
