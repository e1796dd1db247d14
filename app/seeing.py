"""可见 · whether the signed-in person may see the thing a reference names, whatever it is."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress

from sqlalchemy import select
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
    undertaking,
    whoami,
)
from app.auth.privileges import OVERSEERS
from traceability.base.errors import NotFound
from traceability.base.refs import prefix_of
from traceability.chain import events
from traceability.chain.folding import FOLDS, ref_column
from traceability.chain.tables import table_of
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
    "procedure": undertaking.procedure,
    "issue": undertaking.issue,
    "task": deciding.task,
    "plan": deciding.plan,
    "decision": deciding.decision,
    "policy": deciding.policy,
}


OWNERS: Mapping[str, Callable[[Session, str], object]] = {
    "animal_id": herd.get,
    "holding_id": places.holding,
    "market_id": places.holding,
}
"""Column of a subject without a viewer → who may see what it points to may hear of the subject."""


def require(session: Session, ref: str) -> None:
    """Refuse to tell of a thing outside the scope; of what has no place, only overseers hear.

    A dose, a sale, a weighing has no page of its own: it lies where its animal or its place lies.

    Raises:
        NotFound: the noun's own, or `event.no_subject`; the same as for what does not exist.
    """
    view = VIEWERS.get(prefix_of(ref))
    if view is not None:
        view(session, ref)
        return
    if (
        whoami.account().role not in OVERSEERS
        or events.head(session, ref)[0] == 0
        or not _owner_seen(session, ref)
    ):
        raise NotFound("event.no_subject", "追溯链上没有这个主体")


def _owner_seen(session: Session, ref: str) -> bool:
    """Whether one of those it belongs to may be seen; true of what belongs to none."""
    owners = list(_owners(session, ref))
    for view, owner in owners:
        with suppress(NotFound):
            view(session, owner)
            return True
    return not owners


def _owners(session: Session, ref: str) -> Iterator[tuple[Callable[[Session, str], object], str]]:
    if (entry := FOLDS.get(prefix_of(ref))) is None:
        return
    table = table_of(entry.model)
    for name, view in OWNERS.items():
        target = ref_column(table, name) if name in table.c else None
        if target is not None:
            joined = select(target.c.ref).join(table, table.c[name] == target.c.id)
            if (owner := session.scalar(joined.where(table.c.ref == ref))) is not None:
                yield view, owner


def may_see(session: Session, ref: str) -> bool:
    """Whether `require` would let it pass."""
    try:
        require(session, ref)
    except NotFound:
        return False
    return True
