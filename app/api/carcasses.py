"""胴体接口 · look, weigh, inspect after slaughter, dispose of."""

from typing import Any

from app import database, files, slaughtering, whoami
from app.api.base import Blueprint
from app.auth.privileges import permission
from app.schemas.carcasses import CarcassOut, DisposeCarcass, InspectCarcass, WeighCarcass
from traceability.slaughter import carcasses
from traceability.slaughter.carcasses import Carcass

blueprint = Blueprint("api_carcasses", __name__, url_prefix="/api/carcasses", description="胴体")


@blueprint.get("/<ref:ref>")
@permission("slaughter.view")
@blueprint.response(200, CarcassOut)
def show(ref: str) -> Carcass:
    """一个胴体."""
    return slaughtering.carcass(database.session(), ref)


@blueprint.post("/<ref:ref>/weight")
@permission("slaughter.record")
@blueprint.arguments(WeighCarcass)
@blueprint.response(200, CarcassOut)
def weigh(form: dict[str, Any], ref: str) -> Carcass:
    """登记胴体重.

    登记同步检疫以前可以改。
    """
    session = database.session()
    found = slaughtering.own_carcass(session, ref)
    carcasses.weigh(session, found, **_told(form))
    return found


@blueprint.post("/<ref:ref>/inspection")
@permission("slaughter.inspect")
@blueprint.arguments(InspectCarcass)
@blueprint.response(200, CarcassOut)
def inspect(form: dict[str, Any], ref: str) -> Carcass:
    """登记同步检疫.

    各项都合格的胴体才能出场；有一项不合格的判为不合格，须无害化处理。重新检疫以最近一次为准。
    """
    session = database.session()
    found = slaughtering.carcass(session, ref)
    slaughtering.open_up(session, found, form)
    return found


@blueprint.post("/<ref:ref>/disposal")
@permission("slaughter.record")
@blueprint.arguments(DisposeCarcass)
@blueprint.response(200, CarcassOut)
def dispose(form: dict[str, Any], ref: str) -> Carcass:
    """登记不合格胴体的无害化处理.

    照片先上传为证据，再在这里列出。
    """
    session = database.session()
    found = slaughtering.own_carcass(session, ref)
    told = {**form, "photographs": [files.named(session, each) for each in form["photographs"]]}
    carcasses.dispose(session, found, **_told(told))
    return found


def _told(given: dict[str, Any]) -> dict[str, Any]:
    return {**given, "at": given["at"] or whoami.now(), "by": whoami.actor()}
