"""实验室检测 · what reports say of an animal: entered by the vet, shown to its keeper."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import database, files, forms, herd, papers, whoami
from app.auth.privileges import permission
from app.schemas.laboratory import RecordResultHere, WithdrawResult
from traceability.animals import Animal
from traceability.base.clock import legal_day
from traceability.quarantine import diseases, laboratory
from traceability.quarantine.diseases import Stage

blueprint = Blueprint("laboratory", __name__)


@blueprint.get("/animals/<ref:ref>/laboratory")
@permission("laboratory.view")
def of_animal(ref: str) -> str:
    """检测结果 of one animal, and the form for a new report."""
    return _page(herd.get(database.session(), ref), {}, {})


def _page(animal: Animal, form: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    today = legal_day(whoami.now())
    return render_template(
        "laboratory/of_animal.html",
        animal=animal,
        rows=laboratory.of_animal(database.session(), animal),
        options=[(name, name) for name in diseases.names_on(today)],
        listed=diseases.named(Stage.ORIGIN, today),
        declaration=form.get("declaration") or request.args.get("declaration"),
        form=form,
        errors=errors,
        today=today,
    )


@blueprint.post("/animals/<ref:ref>/laboratory")
@permission("laboratory.record")
def record(ref: str) -> ResponseReturnValue:
    """登记检测结果, with the report's photograph or file if there is one."""
    session = database.session()
    animal = herd.get(session, ref)

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        sent = request.files.get("report")
        title = f"{animal.ear_tag} {given['tested_for']} 检测报告"
        report = files.store_sent(session, "report", title=title) if sent else None
        made = papers.enter_result(session, animal, given, report)
        found = "阳性，不得出证" if made.positive else "阴性"
        flash(f"已登记：{made.tested_for}{found}", "warning" if made.positive else "success")
        return redirect(url_for("laboratory.of_animal", ref=ref), 303)

    return forms.handled(RecordResultHere, act, lambda form, errors: _page(animal, form, errors))


@blueprint.post("/laboratory/<ref:ref>/withdraw")
@permission("laboratory.record")
def withdraw(ref: str) -> ResponseReturnValue:
    """撤销检测结果."""
    session = database.session()
    found = papers.lab_result(session, ref)

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        laboratory.withdraw(session, found, **given, at=whoami.now(), by=whoami.actor())
        flash("已撤销；记录仍在，不再起作用", "success")
        return redirect(url_for("laboratory.of_animal", ref=found.animal.ref), 303)

    return forms.handled(
        WithdrawResult, act, lambda form, errors: _page(found.animal, form, errors)
    )
