"""投入品台账 · what a holding bought, used and should have left."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import database, files, forms, purchasing, whoami
from app.auth.privileges import permission
from app.schemas.inputs import BuyInput
from traceability import inputs
from traceability.base.clock import legal_day
from traceability.holdings import Holding
from traceability.inputs import INPUT_KIND_LABELS
from traceability.treatments import AMOUNT_UNIT_LABELS
from traceability.treatments.amounts import amount_words

blueprint = Blueprint("inputs", __name__)
USES_SHOWN = 100


@blueprint.get("/inputs/")
@permission("input.view")
def index() -> ResponseReturnValue:
    """投入品台账: the own place, or which of them."""
    mine = purchasing.places(database.session())
    if len(mine) == 1:
        return redirect(url_for("inputs.ledger", ref=mine[0].ref), 303)
    return render_template("inputs/index.html", places=mine)


@blueprint.get("/holdings/<ref:ref>/inputs")
@permission("input.view")
def ledger(ref: str) -> str:
    """一处场所的投入品台账."""
    session = database.session()
    holding = purchasing.place(session, ref)
    return render_template(
        "inputs/ledger.html",
        holding=holding,
        stock=inputs.stock(session, holding),
        purchases=inputs.purchases(session, holding),
        uses=inputs.uses(session, holding)[:USES_SHOWN],
        kinds=INPUT_KIND_LABELS,
        amount=amount_words,
        at=whoami.now(),
    )


@blueprint.get("/holdings/<ref:ref>/inputs/new")
@permission("input.record")
def buy(ref: str) -> str:
    """登记购入."""
    return _page(purchasing.place(database.session(), ref), {}, {})


def _page(holding: Holding, form: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    return render_template(
        "inputs/buy.html",
        holding=holding,
        form=form,
        errors=errors,
        today=legal_day(whoami.now()),
        kinds=list(INPUT_KIND_LABELS.items()),
        units=list(AMOUNT_UNIT_LABELS.items()),
    )


@blueprint.post("/holdings/<ref:ref>/inputs/new")
@permission("input.record")
def buy_input(ref: str) -> ResponseReturnValue:
    """登记购入: take the form, and the photograph of the paper if there is one."""
    session = database.session()
    holding = purchasing.place(session, ref)

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        sent = request.files.get("photograph")
        evidence = None
        if sent is not None and sent.filename:
            evidence = files.store_sent(session, "photograph", title=f"{given['name']} 购货凭证")
        purchasing.buy(session, holding, given, evidence)
        flash(f"已登记购入 {given['name']}", "success")
        return redirect(url_for("inputs.ledger", ref=ref), 303)

    return forms.handled(BuyInput, act, lambda form, errors: _page(holding, form, errors))
