"""投入品台账 · the ledger of a holding within one's scope, shared by pages and API."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from app import files, herd, whoami
from app.auth import scopes
from traceability import holdings, inputs
from traceability.base.errors import NotFound
from traceability.evidence import Evidence
from traceability.holdings import Holding
from traceability.inputs import Purchase, Voucher


def place(session: Session, ref: str) -> Holding:
    """The holding of that reference, if it lies within scope.

    Raises:
        NotFound: `holding.not_found`, as for one that does not exist.
    """
    return scopes.require(whoami.scope(), holdings.get(session, ref))


def places(session: Session) -> Sequence[Holding]:
    """One's own places, or of those for whom one acts."""
    return herd.places(session)


def purchase(session: Session, ref: str) -> Purchase:
    """The purchase of that reference, if its holding lies within scope.

    Raises:
        NotFound: `purchase.not_found`, as for one that does not exist.
    """
    found = inputs.get(session, ref)
    if not scopes.covers(whoami.scope(), found.holding):
        raise NotFound("purchase.not_found", "没有找到这笔购入")
    return found


def buy(
    session: Session, holding: Holding, given: Mapping[str, Any], evidence: Evidence | None
) -> Purchase:
    """Record a purchase, as a form or a request asked for it."""
    told = dict(given)
    voucher = Voucher(quantity_milli=told.pop("quantity"), **told)
    return inputs.buy(session, holding, voucher, evidence=evidence, **herd.actors())


def named(session: Session, ref: str | None) -> Evidence | None:
    """The photograph of the paper that a request names, if it names one.

    Raises:
        RuleViolation: `evidence.unknown`.
    """
    return files.named(session, ref) if ref else None
