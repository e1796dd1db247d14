"""免疫与用药接口 · doses and courses, from the tag of the animal that got them."""

from collections.abc import Sequence
from typing import Any

from app import database, herd, treating
from app.api.base import Blueprint
from app.auth.privileges import permission
from app.schemas.treatments import ImmunisationOut, Immunise, Treat, TreatmentOut
from app.treating import Course
from traceability import treatments
from traceability.treatments import Immunisation

blueprint = Blueprint("api_treatments", __name__, url_prefix="/api", description="免疫与用药")


@blueprint.post("/treatments/immunisations")
@permission("immunisation.record")
@blueprint.arguments(Immunise)
@blueprint.response(201, ImmunisationOut)
def immunise(form: dict[str, Any]) -> Immunisation:
    """记免疫."""
    animal = herd.by_text(database.session(), str(form.pop("ear_tag")))
    return treatments.immunise(database.session(), animal, **form, **herd.actors())


@blueprint.get("/animals/<ref:ref>/immunisations")
@permission("animal.view")
@blueprint.response(200, ImmunisationOut(many=True))
def doses(ref: str) -> Sequence[Immunisation]:
    """一头牛的免疫记录."""
    session = database.session()
    return treatments.doses(session, herd.get(session, ref))


@blueprint.post("/treatments/")
@permission("treatment.record")
@blueprint.arguments(Treat)
@blueprint.response(201, TreatmentOut)
def treat(form: dict[str, Any]) -> Course:
    """记用药.

    休药期按批准文号和途径查复核过的标签，没有的查休药期表；自报的标签天数只会使它变长；标签外用药
    取较长的；都没有的按 28 天，并在 warnings 里说明。
    """
    return treating.treat(database.session(), form)


@blueprint.get("/animals/<ref:ref>/treatments")
@permission("animal.view")
@blueprint.response(200, TreatmentOut(many=True))
def courses(ref: str) -> Sequence[Course]:
    """一头牛的用药记录."""
    return treating.courses(database.session(), ref)
