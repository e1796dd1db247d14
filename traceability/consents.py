"""代办授权 · a party lets another act for it: what for, from when until when, revocable.

A village vet, a cooperative or a family member acts with recorded consent; the event of each act
keeps `by` and `on_behalf_of`.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from traceability.base.clock import stamp, to_ms
from traceability.base.db import Base, Subject
from traceability.base.errors import Conflict, NotFound, RuleViolation
from traceability.chain import events, folding
from traceability.chain.events import EventView
from traceability.chain.folding import State
from traceability.chain.kinds import Kind
from traceability.parties import Party


class ConsentAct(StrEnum):
    """代办事项 · what somebody may do in another's name."""

    HERD = "herd"
    DECLARATION = "declaration"
    SALE = "sale"


CONSENT_ACT_LABELS: dict[ConsentAct, str] = {
    ConsentAct.HERD: "牛只登记、防疫和用药",
    ConsentAct.DECLARATION: "检疫申报和调运",
    ConsentAct.SALE: "上市交易",
}
assert CONSENT_ACT_LABELS.keys() == set(ConsentAct)


class Consent(Subject, Base):
    """代办授权 · one grantor, one agent, some acts, a span of time."""

    __tablename__ = "consent"
    __ref_prefix__ = "consent"

    id: Mapped[int] = mapped_column(primary_key=True)
    grantor_id: Mapped[int] = mapped_column(ForeignKey("party.id"), index=True)
    agent_id: Mapped[int] = mapped_column(ForeignKey("party.id"), index=True)
    acts: Mapped[list[str]]
    valid_from: Mapped[datetime]
    valid_until: Mapped[datetime]
    revoked_at: Mapped[datetime | None]

    grantor: Mapped[Party] = relationship(foreign_keys=[grantor_id])
    agent: Mapped[Party] = relationship(foreign_keys=[agent_id])

    def covers(self, act: ConsentAct, at: datetime) -> bool:
        """Whether the agent may do such a thing at that instant."""
        return act.value in self.acts and self.in_force(at)

    def in_force(self, at: datetime) -> bool:
        """Whether it has begun, has not ended and was not revoked."""
        revoked = self.revoked_at is not None and self.revoked_at <= at
        return self.valid_from <= at < self.valid_until and not revoked


def grant(
    session: Session,
    *,
    grantor: Party,
    agent: Party,
    acts: Iterable[ConsentAct],
    until: datetime,
    at: datetime,
    by: Party,
) -> Consent:
    """Let a party act for another; the grantor says so, or signs on paper before an official.

    Raises:
        RuleViolation: `consent.with_oneself`, `consent.no_act`, `consent.ends_before_it_begins`.
    """
    wanted = sorted(act.value for act in {*acts})
    if grantor is agent:
        raise RuleViolation("consent.with_oneself", "自己办自己的事不用授权")
    if not wanted:
        raise RuleViolation("consent.no_act", "请至少选一项代办事项")
    if until <= at:
        raise RuleViolation("consent.ends_before_it_begins", "截止日期应晚于今天")
    consent = Consent(grantor=grantor, agent=agent, acts=wanted)
    consent.valid_from, consent.valid_until = to_ms(at), to_ms(until)
    events.hold(session, consent.ref)
    session.add(consent)
    session.flush()
    events.append(
        session,
        Kind.CONSENT_GRANTED,
        consent.ref,
        at=at,
        by=by.ref,
        grantor=grantor.ref,
        agent=agent.ref,
        acts=wanted,
        valid_until=stamp(until),
    )
    return consent


def revoke(session: Session, consent: Consent, *, at: datetime, by: Party) -> None:
    """Take a consent back; acts already done stay done.

    Raises:
        Conflict: `consent.already_revoked`.
    """
    events.hold(session, consent.ref)
    session.flush()
    session.refresh(consent)  # somebody may have been quicker
    if consent.revoked_at is not None:
        raise Conflict("consent.already_revoked", "这份授权已经收回")
    event = events.append(session, Kind.CONSENT_REVOKED, consent.ref, at=at, by=by.ref)
    consent.revoked_at = event.at


def get(session: Session, ref: str) -> Consent:
    """The consent of that reference.

    Raises:
        NotFound: `consent.not_found`.
    """
    found = session.scalars(select(Consent).where(Consent.ref == ref)).one_or_none()
    if found is None:
        raise not_found()
    return found


def not_found() -> NotFound:
    """The one answer for a consent that does not exist, or is not yours."""
    return NotFound("consent.not_found", "没有找到这份授权")


def of_party(session: Session, party: Party) -> Sequence[Consent]:
    """What a party has granted and what it was granted, newest first."""
    concerned = or_(Consent.grantor_id == party.id, Consent.agent_id == party.id)
    return session.scalars(select(Consent).where(concerned).order_by(Consent.id.desc())).all()


def in_force(session: Session, *, agent: Party, at: datetime) -> Sequence[Consent]:
    """The consents under which a party may act at that instant."""
    given = session.scalars(
        select(Consent).where(Consent.agent_id == agent.id).order_by(Consent.id)
    )
    return [consent for consent in given if consent.in_force(at)]


def require(
    session: Session, *, grantor: Party, agent: Party, act: ConsentAct, at: datetime
) -> None:
    """Refuse an act in another's name that no consent covers.

    Raises:
        RuleViolation: `consent.missing`.
    """
    given = in_force(session, agent=agent, at=at)
    if not any(each.grantor_id == grantor.id and each.covers(act, at) for each in given):
        label = CONSENT_ACT_LABELS[act]
        raise RuleViolation("consent.missing", f"没有对方的有效授权，不能代办“{label}”")


def fold(state: State | None, event: EventView) -> State | None:
    """A consent as its events tell it."""
    match event.kind:
        case Kind.CONSENT_GRANTED:
            return {
                "grantor_id": folding.private(event, "grantor"),
                "agent_id": folding.private(event, "agent"),
                "acts": folding.private(event, "acts"),
                "valid_from": stamp(event.at),
                "valid_until": folding.private(event, "valid_until"),
                "revoked_at": None,
            }
        case Kind.CONSENT_REVOKED:
            return {**(state or {}), "revoked_at": stamp(event.at)}
        case _:
            return state


folding.register(Consent, fold)
