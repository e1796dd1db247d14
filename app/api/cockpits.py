"""产业大脑接口 · how the clusters stand, as the cockpit's charts read it."""

from app import cockpits, database, programme
from app.api.base import Blueprint
from app.auth.privileges import permission
from app.cockpits import Cockpit
from app.schemas.cockpits import CockpitOut, CockpitQuery

blueprint = Blueprint("api_cockpits", __name__, url_prefix="/api/cockpits", description="产业大脑")


@blueprint.get("/")
@permission("indicator.view")
@blueprint.arguments(CockpitQuery, location="query", as_kwargs=True)
@blueprint.response(200, CockpitOut)
def index(indicator: str) -> Cockpit:
    """看得到的集群，合在一起."""
    session = database.session()
    return cockpits.cockpit(session, cockpits.seen(session), indicator=indicator)


@blueprint.get("/<ref:ref>")
@permission("indicator.view")
@blueprint.arguments(CockpitQuery, location="query", as_kwargs=True)
@blueprint.response(200, CockpitOut)
def show(ref: str, indicator: str) -> Cockpit:
    """一个集群."""
    session = database.session()
    return cockpits.cockpit(session, [programme.cluster(session, ref)], indicator=indicator)
