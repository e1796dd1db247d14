"""法定保全 · what may not be deleted while somebody asks for it: a case, an inspection, a claim.

Placed and lifted by two people, each time an event. A hold names one person, or one kind of record
of the retention table; while it lasts nothing of it is erased or tidied away.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from traceability.base.clock import to_ms
from traceability.base.db import Base, Subject
from traceability.base.errors import Conflict, NotFound, RuleViolation
from traceability.chain import events, folding
from traceability.chain.events import EventView
from traceability.chain.folding import State
from traceability.chain.kinds import Kind
from traceability.parties import Party

SCOPE_CHARS_MAX = 60
REASON_CHARS_MAX = 200


class LegalHold(Subject, Base):
    """法定保全 · one hold on one person or one kind of record."""

    __tablename__ = "legal_hold"
    __ref_prefix__ = "hold"

    id: Mapped[int] = mapped_column(primary_key=True)
    scope: Mapped[str] = mapped_column(String(SCOPE_CHARS_MAX), index=True)
    reason: Mapped[str] = mapped_column(String(REASON_CHARS_MAX))
    placed_by_id: Mapped[int] = mapped_column(ForeignKey("party.id"))
    placed_at: Mapped[datetime]
    lifted_at: Mapped[datetime | None]

    placed_by: Mapped[Party] = relationship()


def place(
    session: Session, scope: str, *, reason: str, second: Party, at: datetime, by: Party
) -> LegalHold:
    """Forbid deletion of a person's data (a party's reference) or of a kind of record.

    Raises:
        RuleViolation: `hold.one_person`, `hold.without_reason`.
        Conflict: `hold.placed`.
    """
    _require_two(by, second)
    said = _reason(reason)
    if on(session, scope):
        raise Conflict("hold.placed", "已经保全，不用再加")
    hold = LegalHold(scope=scope, reason=said, placed_by=by, placed_at=to_ms(at))
    events.hold(session, hold.ref)
    session.add(hold)
    session.flush()
    events.append(
        session,
        Kind.HOLD_PLACED,
        hold.ref,
        at=at,
        by=by.ref,
        scope=scope,
        reason=said,
        second=second.ref,
    )
    return hold


def lift(
    session: Session, hold: LegalHold, *, reason: str, second: Party, at: datetime, by: Party
) -> None:
    """Let what was held be deleted again when its time comes.

    Raises:
        RuleViolation: `hold.one_person`, `hold.without_reason`.
        Conflict: `hold.lifted`.
    """
    _require_two(by, second)
    said = _reason(reason)
    events.hold(session, hold.ref)
    if hold.lifted_at is not None:
        raise Conflict("hold.lifted", "这项保全已经解除")
    hold.lifted_at = to_ms(at)
    events.append(
        session,
        Kind.HOLD_LIFTED,
        hold.ref,
        at=at,
        by=by.ref,
        reason=said,
        second=second.ref,
    )


def _require_two(by: Party, second: Party) -> None:
    if second.id == by.id:
        raise RuleViolation("hold.one_person", "须由两个不同的人共同办理")


def _reason(text: str) -> str:
    said = text.strip()
    if not 0 < len(said) <= REASON_CHARS_MAX:
        raise RuleViolation(
            "hold.without_reason", f"请写明依据（文号或案由），{REASON_CHARS_MAX} 字以内"
        )
    return said


def on(session: Session, scope: str) -> bool:
    """Whether something may not be deleted now."""
    wanted = select(LegalHold.id).where(LegalHold.scope == scope, LegalHold.lifted_at.is_(None))
    return session.scalar(wanted.limit(1)) is not None


def standing(session: Session) -> Sequence[LegalHold]:
    """The holds that last, oldest first."""
    wanted = select(LegalHold).where(LegalHold.lifted_at.is_(None)).order_by(LegalHold.id)
    return session.scalars(wanted).all()


def get(session: Session, ref: str) -> LegalHold:
    """The hold of that reference.

    Raises:
        NotFound: `hold.not_found`.
    """
    found = session.scalars(select(LegalHold).where(LegalHold.ref == ref)).one_or_none()
    if found is None:
        raise NotFound("hold.not_found", "没有找到这项保全")
    return found


def of_scope(session: Session, scope: str) -> LegalHold:
    """The hold that lasts on something.

    Raises:
        NotFound: `hold.not_found`.
    """
    wanted = select(LegalHold).where(LegalHold.scope == scope, LegalHold.lifted_at.is_(None))
    found = session.scalars(wanted).one_or_none()
    if found is None:
        raise NotFound("hold.not_found", "没有保全，不用解除")
    return found


def fold(state: State | None, event: EventView) -> State | None:
    """A hold as its events tell it."""
    match event.kind:
        case Kind.HOLD_PLACED:
            return {
                "scope": folding.private(event, "scope"),
                "reason": folding.private(event, "reason"),
                "placed_by_id": folding.private(event, "by"),
                "placed_at": folding.plain(event.at),
                "lifted_at": None,
            }
        case Kind.HOLD_LIFTED:
            return {**(state or {}), "lifted_at": folding.plain(event.at)}
        case _:
            return state


folding.register(LegalHold, fold)
