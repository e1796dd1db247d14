"""产犊疑点接口 · calves whose registered dam cannot well have borne them."""

from app import database, whoami
from app.api.base import Blueprint
from app.auth import scopes
from app.auth.privileges import permission
from app.schemas.calvings import CalvingsQuery, DoubtfulCalvingOut
from traceability import calvings
from traceability.calvings import CalvingDoubt, Doubtful

blueprint = Blueprint("api_calvings", __name__, url_prefix="/api/calvings", description="产犊疑点")


@blueprint.get("/")
@permission("calving.view")
@blueprint.arguments(CalvingsQuery, location="query", as_kwargs=True)
@blueprint.response(200, DoubtfulCalvingOut(many=True))
def index(kind: CalvingDoubt | None) -> list[Doubtful]:
    """产犊疑点列表.

    管辖范围内的牛犊，最近出生的在前，最多 500 条；登记改正后自行消失。
    """
    return calvings.doubts(database.session(), scopes.within(whoami.scope()), kind=kind)
