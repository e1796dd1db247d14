"""照片接口 · the photographs of an animal: which there are, a new one, who may see one."""

from collections.abc import Sequence

from app import database, files, herd
from app.api.base import Blueprint
from app.auth.privileges import permission
from app.schemas.photographs import PhotographOut, ShowPhotograph
from traceability import photographs
from traceability.photographs import Photograph

blueprint = Blueprint("api_photographs", __name__, url_prefix="/api/animals", description="照片")


@blueprint.get("/<ref:ref>/photographs")
@permission("animal.view")
@blueprint.response(200, PhotographOut(many=True))
def index(ref: str) -> Sequence[Photograph]:
    """一头牛的照片."""
    session = database.session()
    return photographs.of(session, herd.get(session, ref))


@blueprint.post("/<ref:ref>/photographs")
@permission("animal.photograph")
@blueprint.arguments(ShowPhotograph, as_kwargs=True)
@blueprint.response(201, PhotographOut(many=True))
def take(ref: str, *, evidence: str, is_public: bool) -> Sequence[Photograph]:
    """登记照片.

    照片先作为证据上传。
    """
    session = database.session()
    animal, picture = herd.get(session, ref), files.named(session, evidence)
    photographs.take(session, animal, picture, is_public=is_public, **herd.actors())
    return photographs.of(session, animal)


@blueprint.post("/<ref:ref>/photographs/show")
@permission("animal.photograph")
@blueprint.arguments(ShowPhotograph, as_kwargs=True)
@blueprint.response(200, PhotographOut(many=True))
def show(ref: str, *, evidence: str, is_public: bool) -> Sequence[Photograph]:
    """公开或收回一张照片.

    写成对原记录的更正。
    """
    session = database.session()
    animal = herd.get(session, ref)
    photographs.show(session, animal, evidence, is_public=is_public, **herd.actors())
    return photographs.of(session, animal)
