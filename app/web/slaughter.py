"""屠宰申报 · declared by the abattoir, decided and inspected by the vet, then slaughtered."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import database, forms, slaughtering, whoami
from app.auth.privileges import permission
from app.schemas.carcasses import SlaughterAnimalHere
from app.schemas.slaughter import DeclareSlaughterHere, RecordAnteMortemHere, RefuseSlaughter
from traceability.animals import BREED_LABELS, SEX_LABELS
from traceability.slaughter import ante_mortem, carcasses, declarations
from traceability.slaughter.ante_mortem import ANTE_MORTEM_CHECKS
from traceability.slaughter.carcasses import CARCASS_STATE_LABELS
from traceability.slaughter.declarations import (
    SLAUGHTER_STATE_LABELS,
    SlaughterDeclaration,
    SlaughterState,
)

blueprint = Blueprint("slaughter", __name__, url_prefix="/slaughter")
LABELS = {"states": SLAUGHTER_STATE_LABELS, "breeds": BREED_LABELS, "sexes": SEX_LABELS}


@blueprint.get("/")
@permission("slaughter.view")
def index() -> str:
    """屠宰申报: of one's abattoirs, or of those one looks after; of one state, if it is named."""
    page = request.args.get("page", 1, type=int)
    state = request.args.get("state", type=SlaughterState)
    found = slaughtering.listed(database.session(), state=state, page=page)
    return render_template("slaughter/index.html", found=found, state=state, **LABELS)


@blueprint.get("/new")
@permission("slaughter.declare")
def file() -> str:
    """申报屠宰."""
    return _file_page({}, {})


def _file_page(form: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    session = database.session()
    places = slaughtering.abattoirs(session)
    return render_template(
        "slaughter/file.html",
        form=form,
        errors=errors,
        abattoirs=[(each.ref, each.name) for each in places],
        candidates=[row for each in places for row in declarations.waiting_at(session, each)],
        **LABELS,
    )


@blueprint.post("/new")
@permission("slaughter.declare")
def file_declaration() -> ResponseReturnValue:
    """申报屠宰: take the form."""

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        made = slaughtering.file(database.session(), given)
        flash("屠宰申报已提交，等官方兽医受理", "success")
        return redirect(url_for("slaughter.show", ref=made.ref), 303)

    return forms.handled(DeclareSlaughterHere, act, _file_page)


@blueprint.get("/<ref:ref>")
@permission("slaughter.view")
def show(ref: str) -> str:
    """一份屠宰申报: its animals, what the vet found, and the next step."""
    return _show_page(slaughtering.get(database.session(), ref), {}, {})


def _show_page(
    found: SlaughterDeclaration, form: Mapping[str, Any], errors: Mapping[str, Any]
) -> str:
    session = database.session()
    return render_template(
        "slaughter/show.html",
        declaration=found,
        animals=declarations.animals_of(session, found),
        inspected=ante_mortem.newest(session, found),
        checks=ANTE_MORTEM_CHECKS,
        carcasses=carcasses.of_declaration(session, found),
        carcass_states=CARCASS_STATE_LABELS,
        form=form,
        errors=errors,
        **LABELS,
    )


@blueprint.post("/<ref:ref>/accept")
@permission("slaughter.decide")
def accept(ref: str) -> ResponseReturnValue:
    """受理屠宰申报."""
    session = database.session()
    found = slaughtering.get(session, ref)
    declarations.accept(session, found, at=whoami.now(), by=whoami.actor())
    flash("已受理，请逐头登记宰前检查", "success")
    return redirect(url_for("slaughter.show", ref=ref), 303)


@blueprint.post("/<ref:ref>/refuse")
@permission("slaughter.decide")
def refuse(ref: str) -> ResponseReturnValue:
    """不予受理, with the reason the abattoir is told."""
    session = database.session()
    found = slaughtering.get(session, ref)

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        declarations.refuse(session, found, **given, at=whoami.now(), by=whoami.actor())
        flash("已写明不予受理的原因，屠宰场能看到", "success")
        return redirect(url_for("slaughter.index"), 303)

    return forms.handled(RefuseSlaughter, act, lambda form, errors: _show_page(found, form, errors))


@blueprint.post("/<ref:ref>/inspect")
@permission("slaughter.inspect")
def inspect(ref: str) -> ResponseReturnValue:
    """登记宰前检查 of one animal."""
    session = database.session()
    found = slaughtering.get(session, ref)

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        row = slaughtering.inspect(session, found, given)
        word = "准宰" if row.passed else "不准宰，请留置"
        flash(f"{row.animal.ear_tag}：{word}", "success" if row.passed else "warning")
        return redirect(url_for("slaughter.show", ref=ref), 303)

    return forms.handled(
        RecordAnteMortemHere, act, lambda form, errors: _show_page(found, form, errors)
    )


@blueprint.post("/<ref:ref>/slaughter")
@permission("slaughter.record")
def kill(ref: str) -> ResponseReturnValue:
    """登记屠宰 of one animal with its pass."""
    session = database.session()
    found = slaughtering.get(session, ref)

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        row = slaughtering.kill(session, found, given)
        flash(f"已登记屠宰，胴体编号 {row.number}；请登记胴体重", "success")
        return redirect(url_for("carcasses.show", ref=row.ref), 303)

    return forms.handled(
        SlaughterAnimalHere, act, lambda form, errors: _show_page(found, form, errors)
    )
