"""免疫与用药 · a dose or a course, from the tag of the animal that got it."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import database, filters, forms, herd, treating, whoami
from app.auth.privileges import permission
from app.schemas.treatments import Immunise, Treat
from traceability import treatments
from traceability.base.clock import legal_day
from traceability.rules import CERTAINTY_LABELS
from traceability.treatments import AMOUNT_UNIT_LABELS, DISEASE_LABELS, ROUTE_LABELS
from traceability.treatments.withdrawal import OFF_LABEL_CERTAINTY, UNKNOWN_CERTAINTY

blueprint = Blueprint("treatments", __name__, url_prefix="/treatments")


@blueprint.get("/immunise")
@permission("immunisation.record")
def immunise() -> str:
    """记免疫."""
    return _immunise_page(request.args, {})


def _immunise_page(form: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    return render_template(
        "treatments/immunise.html",
        form=form,
        errors=errors,
        today=legal_day(whoami.now()),
        diseases=list(DISEASE_LABELS.items()),
    )


@blueprint.post("/immunise")
@permission("immunisation.record")
def immunise_animal() -> ResponseReturnValue:
    """记免疫: take the form."""

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        told = dict(given)
        animal = herd.by_text(database.session(), str(told.pop("ear_tag")))
        treatments.immunise(database.session(), animal, **told, **herd.actors())
        flash(f"{animal.ear_tag} 的免疫已记录", "success")
        return redirect(url_for("animals.show", ref=animal.ref), 303)

    return forms.handled(Immunise, act, _immunise_page)


@blueprint.get("/treat")
@permission("treatment.record")
def record() -> str:
    """记用药."""
    return _treat_page(request.args, {})


def _treat_page(form: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    return render_template(
        "treatments/treat.html",
        form=form,
        errors=errors,
        today=legal_day(whoami.now()),
        drugs=treatments.drugs().values(),
        unknown_days=treatments.UNKNOWN_DRUG_DAYS,
        unknown_certainty=CERTAINTY_LABELS[UNKNOWN_CERTAINTY],
        off_label_certainty=CERTAINTY_LABELS[OFF_LABEL_CERTAINTY],
        certainties=CERTAINTY_LABELS,
        routes=list(ROUTE_LABELS.items()),
        units=list(AMOUNT_UNIT_LABELS.items()),
    )


@blueprint.post("/treat")
@permission("treatment.record")
def treat_animal() -> ResponseReturnValue:
    """记用药: take the form; what must be known of the course is said at once."""

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        course = treating.treat(database.session(), given)
        for caution in course.warnings:
            flash(caution.sentence, "warning")
        clear_on = filters.cn_date(course.treatment.clear_on)
        flash(f"用药已记录，{clear_on}起可以屠宰", "success")
        return redirect(url_for("animals.show", ref=course.treatment.animal.ref), 303)

    return forms.handled(Treat, act, _treat_page)
