"""免疫与用药接口 · doses and courses, from the tag of the animal that got them."""

from collections.abc import Sequence
from typing import Any

from app import database, herd
from app.api.base import Blueprint
from app.auth.privileges import permission
from app.schemas.treatments import ImmunisationOut, Immunise, Treat, TreatmentOut
from traceability import treatments
from traceability.treatments import Immunisation, Treatment

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
def treat(form: dict[str, Any]) -> Treatment:
    """记用药.

    休药期取休药期表与标签中较长者；表中没有的药按 28 天。
    """
    animal = herd.by_text(database.session(), str(form.pop("ear_tag")))
    return treatments.treat(database.session(), animal, **form, **herd.actors())


@blueprint.get("/animals/<ref:ref>/treatments")
@permission("animal.view")
@blueprint.response(200, TreatmentOut(many=True))
def courses(ref: str) -> Sequence[Treatment]:
    """一头牛的用药记录."""
    session = database.session()
    return treatments.courses(session, herd.get(session, ref))
