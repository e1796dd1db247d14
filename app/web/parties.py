"""主体 · people and organisations: searched for, registered, shown without what is their own."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import database, forms, places, whoami
from app.auth.privileges import permission
from app.schemas.parties import RegisterParty
from traceability import holdings
from traceability.holdings import HOLDING_KIND_LABELS
from traceability.parties import PARTY_KIND_LABELS

blueprint = Blueprint("parties", __name__, url_prefix="/parties")


@blueprint.get("/")
@permission("party.search")
def index() -> str:
    """主体: all of them by name, or found by name or telephone."""
    words = request.args.get("q", "").strip()[:40]
    page = request.args.get("page", 1, type=int)
    found = places.parties_listed(database.session(), words=words, page=page)
    return render_template("parties/index.html", found=found, words=words, kinds=PARTY_KIND_LABELS)


@blueprint.get("/<ref:ref>")
@permission("party.view")
def show(ref: str) -> str:
    """一个主体: its kind and its places; the telephone in full only for itself."""
    session = database.session()
    found = places.party(session, ref)
    return render_template(
        "parties/show.html",
        party=found,
        own=found.ref in whoami.scope().keepers,
        places=holdings.of_keeper(session, found),
        kinds=PARTY_KIND_LABELS,
        place_kinds=HOLDING_KIND_LABELS,
    )


@blueprint.get("/new")
@permission("party.register")
def register() -> str:
    """登记主体."""
    return _page({}, {})


def _page(form: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    kinds = list(PARTY_KIND_LABELS.items())
    return render_template("parties/register.html", form=form, errors=errors, kinds=kinds)


@blueprint.post("/new")
@permission("party.register")
def register_party() -> ResponseReturnValue:
    """登记主体: take the form."""

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        made = places.register_party(database.session(), given)
        flash(f"已登记 {made.name}", "success")
        return redirect(url_for("parties.show", ref=made.ref), 303)

    return forms.handled(RegisterParty, act, _page)
