"""养殖户报告 · two taps from the keeper's first page, and the list of who sees to it."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import alerting, database, files, forms, herd, whoami
from app.auth.privileges import permission
from app.schemas.alerts import CloseAlert, RaiseAlert
from traceability import alerts
from traceability.alerts import ALERT_KIND_LABELS, Alert, AlertKind, AlertState
from traceability.animals import Animal
from traceability.evidence import Evidence

blueprint = Blueprint("alerts", __name__)
TOLD = {
    AlertKind.SICK: "已报告，防疫员和官方兽医的名单上看得到；先把这头牛单独圈开，不要出售",
    AlertKind.TAG_LOST: "已报告，等防疫员带新耳标来补戴",
}
assert TOLD.keys() == set(AlertKind)


@blueprint.get("/alerts/")
@permission("alert.view")
def index() -> str:
    """养殖户报告: what waits, sick animals first."""
    chosen = request.args.get("state", "")
    state = AlertState(chosen) if chosen in set(AlertState) else None
    page = request.args.get("page", 1, type=int)
    found = alerting.listed(database.session(), state=state, page=page)
    return render_template("alerts/index.html", found=found, kinds=ALERT_KIND_LABELS, chosen=chosen)


@blueprint.get("/animals/<ref:ref>/alert")
@permission("alert.raise")
def choose(ref: str) -> str:
    """报告: one tap for each thing that may have happened."""
    return _page(herd.get(database.session(), ref), {}, {})


def _page(animal: Animal, form: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    told = alerts.of_animal(database.session(), animal)
    waiting = [each for each in told if each.state is AlertState.OPEN]
    return render_template(
        "alerts/choose.html",
        animal=animal,
        waiting=waiting,
        kinds=ALERT_KIND_LABELS,
        form=form,
        errors=errors,
    )


@blueprint.post("/animals/<ref:ref>/alert")
@permission("alert.raise")
def tell(ref: str) -> ResponseReturnValue:
    """报告耳标掉了或牛病了; a photograph may come along."""
    session = database.session()
    animal = herd.get(session, ref)

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        picture = _picture(animal)
        made = alerting.tell(session, animal, given, photograph=picture)
        flash(TOLD[made.kind], "success")
        return redirect(url_for("home.show"), 303)

    return forms.handled(RaiseAlert, act, lambda form, errors: _page(animal, form, errors))


def _picture(animal: Animal) -> Evidence | None:
    sent = request.files.get("picture")
    if sent is None or not sent.filename:
        return None
    return files.store(database.session(), sent.read(), title=f"{animal.ear_tag} 病状照片")


@blueprint.get("/alerts/<ref:ref>")
@permission("alert.view")
def show(ref: str) -> str:
    """一条报告: what was told, and what was done."""
    return _show_page(alerting.get(database.session(), ref), {}, {})


def _show_page(found: Alert, form: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    return render_template(
        "alerts/show.html", alert=found, kinds=ALERT_KIND_LABELS, form=form, errors=errors
    )


@blueprint.post("/alerts/<ref:ref>/close")
@permission("alert.close")
def close(ref: str) -> ResponseReturnValue:
    """登记怎样处理的; the keeper sees it."""
    session = database.session()
    found = alerting.get(session, ref)

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        alerts.close(session, found, **given, **whoami.acted())
        flash("已登记处理结果，养殖户看得到", "success")
        return redirect(url_for("alerts.index", state="open"), 303)

    return forms.handled(CloseAlert, act, lambda form, errors: _show_page(found, form, errors))
