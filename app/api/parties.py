"""主体接口 · register, search, look; what is a person's own stays with the person."""

from typing import Any

from app import database, filters, places, whoami
from app.api.base import Blueprint
from app.auth.privileges import permission
from app.schemas.parties import PartiesOut, PartiesQuery, PartyOut, RegisterParty
from traceability import parties
from traceability.parties import Party

blueprint = Blueprint("api_parties", __name__, url_prefix="/api/parties", description="主体")


def _told(party: Party) -> dict[str, Any]:
    """A party, its telephone in full only for itself and those it has act for it."""
    own = party.ref in whoami.scope().keepers
    return {
        "ref": party.ref,
        "kind": party.kind,
        "name": party.name,
        "phone": party.phone if own else filters.mask_phone(party.phone),
        "uscc": party.uscc,
    }


@blueprint.get("/")
@permission("party.search")
@blueprint.arguments(PartiesQuery, location="query", as_kwargs=True)
@blueprint.response(200, PartiesOut)
def index(q: str) -> dict[str, Any]:
    """查找主体.

    按名称或电话查找，最多 20 个。
    """
    return {"rows": [_told(each) for each in parties.search(database.session(), q)]}


@blueprint.post("/")
@permission("party.register")
@blueprint.arguments(RegisterParty)
@blueprint.response(201, PartyOut)
def register(form: dict[str, Any]) -> dict[str, Any]:
    """登记主体."""
    return _told(places.register_party(database.session(), form))


@blueprint.get("/<ref:ref>")
@permission("party.view")
@blueprint.response(200, PartyOut)
def show(ref: str) -> dict[str, Any]:
    """一个主体."""
    return _told(places.party(database.session(), ref))
