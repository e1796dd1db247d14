"""过磅 · weights and their evidence; annulled by two people, never edited."""

from collections.abc import Mapping, Sequence
from typing import Any

from app import database, herd, whoami
from app.api.base import Blueprint
from app.auth import logins, privileges, scopes
from app.auth.privileges import permission
from app.auth.refusals import NotSignedIn
from app.limits import GUESSING, limiter
from app.schemas.weighings import AnnulWeighing, WeighingOut, WeighingsQuery
from traceability import weighings
from traceability.base.errors import NotFound, RuleViolation
from traceability.identifiers.ear_tags import EarTag
from traceability.parties import Party
from traceability.weighings import Weighing

blueprint = Blueprint("api_weighings", __name__, url_prefix="/api/weighings", description="过磅")


@blueprint.get("/")
@permission("weighing.view")
@blueprint.arguments(WeighingsQuery, location="query", as_kwargs=True)
@blueprint.response(200, WeighingOut(many=True))
def index(ear_tag: EarTag) -> Sequence[Weighing]:
    """一头牛的过磅记录, newest first, without those annulled."""
    session = database.session()
    return weighings.of_animal(session, herd.by_text(session, str(ear_tag)))


@blueprint.get("/<ref:ref>")
@permission("weighing.view")
@blueprint.response(200, WeighingOut)
def show(ref: str) -> Weighing:
    """一次过磅."""
    return _mine(ref)


@blueprint.post("/<ref:ref>/annul")
@permission("weighing.annul")
@limiter.limit(GUESSING)
@blueprint.arguments(AnnulWeighing)
@blueprint.response(200, WeighingOut)
def annul(given: Mapping[str, Any], ref: str) -> Weighing:
    """作废过磅记录; the second person signs with login and password."""
    session, at = database.session(), whoami.now()
    weighing = _mine(ref)
    second = _signed(given["second_login"], given["second_password"])
    weighings.annul(
        session,
        weighing,
        reason=given["reason"],
        second=second,
        at=at,
        by=whoami.actor(),
    )
    return weighing


def _signed(login: str, password: str) -> Party:
    """The person who signs as the second one.

    Raises:
        RuleViolation: `weighing.second_refused`.
    """
    try:
        found = logins.authenticate(
            database.session(), login=login, password=password, at=whoami.now()
        )
    except NotSignedIn as refusal:
        raise RuleViolation("weighing.second_refused", "第二人的登录名或密码不对") from refusal
    if not privileges.allowed(found.role, "weighing.record"):
        raise RuleViolation("weighing.second_refused", "第二人应是市场操作员或市场管理员")
    return found.party


def _mine(ref: str) -> Weighing:
    """The weighing of that reference, if its scale stands within scope.

    Raises:
        NotFound: `weighing.not_found`.
    """
    found = weighings.get(database.session(), ref)
    if not scopes.covers(whoami.scope(), found.instrument.holding):
        raise NotFound("weighing.not_found", "没有找到这条过磅记录")
    return found
