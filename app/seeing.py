"""可见 · whether the signed-in person may see the thing a reference names, whatever it is."""

from collections.abc import Callable, Mapping

from sqlalchemy.orm import Session

from app import (
    alerting,
    consigning,
    convening,
    deciding,
    herd,
    isolating,
    papers,
    places,
    programme,
    purchasing,
    slaughtering,
    stocking,
    teaming,
    whoami,
)
from app.auth.privileges import OVERSEERS
from traceability.base.errors import NotFound
from traceability.base.refs import prefix_of
from traceability.chain import events
from traceability.treatments import drug_labels

VIEWERS: Mapping[str, Callable[[Session, str], object]] = {
    "animal": herd.get,
    "movement": herd.movement,
    "declaration": papers.declaration,
    "certificate": papers.certificate,
    "alert": alerting.get,
    "isolation": isolating.get,
    "slaughter_declaration": slaughtering.get,
    "carcass": slaughtering.carcass,
    "consignment": consigning.get,
    "holding": places.holding,
    "drug_label": drug_labels.get,
    "purchase": purchasing.purchase,
    "tag_range": stocking.get,
    "party": places.party,
    "cluster": programme.cluster,
    "project": programme.project,
    "milestone": programme.milestone,
    "meeting": convening.meeting,
    "action_item": convening.item,
    "team": teaming.team,
    "team_member": teaming.member,
    "exchange": teaming.exchange,
    "plan": deciding.plan,
    "decision": deciding.decision,
    "policy": deciding.policy,
}


def require(session: Session, ref: str) -> None:
    """Refuse to tell of a thing outside the scope; of what has no place, only overseers hear.

    Raises:
        NotFound: the noun's own, or `event.no_subject`; the same as for what does not exist.
    """
    view = VIEWERS.get(prefix_of(ref))
    if view is not None:
        view(session, ref)
    elif whoami.account().role not in OVERSEERS or events.head(session, ref)[0] == 0:
        raise NotFound("event.no_subject", "追溯链上没有这个主体")


def may_see(session: Session, ref: str) -> bool:
    """Whether `require` would let it pass."""
    try:
        require(session, ref)
    except NotFound:
        return False
    return True
