"""照片 · a photograph of an animal from the telephone; its keeper says who may see it."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app import database, files, forms, herd
from app.auth.privileges import permission
from app.schemas.photographs import Photograph, ShowPhotograph
from traceability import photographs
from traceability.animals import Animal

blueprint = Blueprint("photographs", __name__, url_prefix="/animals")


@blueprint.get("/<ref:ref>/photographs")
@permission("animal.photograph")
def take(ref: str) -> str:
    """给牛拍照."""
    return _page(herd.get(database.session(), ref), {}, {})


def _page(animal: Animal, form: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    return render_template(
        "photographs/take.html",
        animal=animal,
        photographs=photographs.of(database.session(), animal),
        form=form,
        errors=errors,
    )


@blueprint.post("/<ref:ref>/photographs")
@permission("animal.photograph")
def photograph(ref: str) -> ResponseReturnValue:
    """给牛拍照: take the picture, freed of place and time."""
    session = database.session()
    animal = herd.get(session, ref)

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        picture = files.store_sent(session, "picture", title=f"{animal.ear_tag} 照片")
        photographs.take(session, animal, picture, **given, **herd.actors())
        flash("照片已登记" + ("，溯源页上看得到" if given["is_public"] else ""), "success")
        return redirect(url_for("animals.show", ref=ref), 303)

    return forms.handled(Photograph, act, lambda form, errors: _page(animal, form, errors))


@blueprint.post("/<ref:ref>/photographs/show")
@permission("animal.photograph")
def show(ref: str) -> ResponseReturnValue:
    """公开或收回一张照片."""
    session = database.session()
    animal = herd.get(session, ref)

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        photographs.show(session, animal, **given, **herd.actors())
        flash("照片已公开" if given["is_public"] else "照片已收回，溯源页上看不到了", "success")
        return redirect(url_for("photographs.take", ref=ref), 303)

    return forms.handled(ShowPhotograph, act, lambda form, errors: _page(animal, form, errors))
