"""存疑接口 · doubtful prints within scope, and deciding how they are to be read."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from app import database, programme, whoami
from app.api.base import Blueprint
from app.auth.privileges import permission
from app.programme import DoubtRow
from app.schemas.doubts import DecideWording, DoubtRowOut, WordingOut
from registry import doubts
from registry.doubts import Wording

View = TypeVar("View", bound=Callable[..., Any])


def of_ones_own(view: View) -> View:
    """Look for the doubt before the body is read: a foreign one is not there at all."""

    @wraps(view)
    def looked_for(*args: Any, key: str, **kwargs: Any) -> Any:
        programme.doubt(database.session(), key)
        return view(*args, key=key, **kwargs)

    return cast("View", looked_for)


blueprint = Blueprint("api_doubts", __name__, url_prefix="/api/doubts", description="存疑")


@blueprint.get("/")
@permission("cluster.view")
@blueprint.response(200, DoubtRowOut(many=True))
def index() -> list[DoubtRow]:
    """存疑清单, with the reading that counts."""
    return programme.doubts_seen(database.session())


@blueprint.post("/<string:key>")
@permission("doubt.decide")
@of_ones_own
@blueprint.arguments(DecideWording)
@blueprint.response(201, WordingOut)
def decide(form: dict[str, Any], key: str) -> Wording:
    """定读法."""
    session = database.session()
    return doubts.decide(session, programme.doubt(session, key), **form, **whoami.acted())
