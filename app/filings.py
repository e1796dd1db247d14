"""运输备案 · the filings of vehicles and carriers that the signed-in person may see and keep.

Officials and markets see all: a vehicle is often filed in another county. A carrier sees his own.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select, true
from sqlalchemy.orm import Session, joinedload

from app import files, places, whoami
from app.auth.roles import Role
from app.lists import Listed, paged
from traceability import carriers
from traceability.base.clock import legal_day
from traceability.base.errors import NotFound
from traceability.carriers import Filing, FilingKind
from traceability.evidence import Evidence
from traceability.parties import Party

EXPIRES_SOON = timedelta(days=30)


def _mine() -> ColumnElement[bool]:
    if whoami.account().role is not Role.CARRIER:
        return true()
    return Filing.carrier_id.in_(select(Party.id).where(Party.ref.in_(whoami.scope().keepers)))


def ending(today: date) -> ColumnElement[bool]:
    """Filings that end within thirty days, or ended within the last thirty, and were not revoked.

    One that a newer filing of the same vehicle or carrier has followed wants nothing any more.
    """
    newer = Filing.__table__.alias("newer")
    follows = (
        select(newer.c.id)
        .where(
            newer.c.kind == Filing.kind,
            newer.c.carrier_id == Filing.carrier_id,
            newer.c.plate.is_not_distinct_from(Filing.plate),
            newer.c.revoked_at.is_(None),
            or_(newer.c.filed_until.is_(None), newer.c.filed_until > Filing.filed_until),
        )
        .exists()
    )
    near = Filing.filed_until.between(today - EXPIRES_SOON, today + EXPIRES_SOON)
    return and_(near, Filing.revoked_at.is_(None), ~follows)


def listed(
    session: Session, *, words: str, kind: FilingKind | None, only_ending: bool, page: int
) -> Listed[Filing]:
    """The filings whose plate, number or carrier holds the words, those that end first in front."""
    wanted = select(Filing).join(Party, Party.id == Filing.carrier_id).where(_mine())
    if words:
        told = [Filing.plate, Filing.number, Party.name]
        wanted = wanted.where(or_(*(each.contains(words, autoescape=True) for each in told)))
    if kind is not None:
        wanted = wanted.where(Filing.kind == kind)
    if only_ending:
        wanted = wanted.where(ending(legal_day(whoami.now())))
    last = Filing.filed_until.is_(None), Filing.filed_until
    wanted = wanted.order_by(Filing.revoked_at.is_not(None), *last, Filing.id)
    return paged(session, wanted, joinedload(Filing.carrier), page=page)


def get(session: Session, ref: str) -> Filing:
    """The filing, if one may see it.

    Raises:
        NotFound: `filing.not_found`, as for one that does not exist.
    """
    found = carriers.get(session, ref)
    if whoami.account().role is Role.CARRIER and found.carrier.ref not in whoami.scope().keepers:
        raise NotFound("filing.not_found", "没有找到这份备案")
    return found


def record(session: Session, given: Mapping[str, Any], *, evidence: Evidence | None) -> Filing:
    """Record a filing as a form or a program tells it."""
    told = {name: value for name, value in given.items() if name not in {"carrier", "evidence"}}
    carrier = places.party(session, given["carrier"])
    return carriers.file(session, carrier=carrier, evidence=evidence, **told, **whoami.acted())


def evidence_of(session: Session, ref: str | None) -> Evidence | None:
    """The evidence that a program names."""
    return files.named(session, ref) if ref else None


def badge(filing: Filing) -> tuple[str, str]:
    """The tone and the word of how a filing stands."""
    at = whoami.now()
    today = legal_day(at)
    if filing.revoked_at is not None:
        return "", "已注销"
    if not filing.facts.stands_at(at):
        return "stop", "已过期"
    if filing.filed_until is not None and filing.filed_until <= today + EXPIRES_SOON:
        return "warn", "快到期"
    return "ok", "有效"
