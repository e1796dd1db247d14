"""政策 · what a policy gives to whom until when; it lapses by itself.

Whether a policy is in force is a question about a day, never a column: nothing has to run for it
to end. A change of its last day rests on a collective decision and leaves the old day in its line.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, String, Text, and_, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from registry import decisions
from registry.clusters import NAME_CHARS_MAX, Cluster
from registry.decisions import Decision, Matter
from traceability.base.db import Base, Subject
from traceability.base.errors import NotFound, RuleViolation
from traceability.chain import events, folding
from traceability.chain.events import EventView
from traceability.chain.folding import State
from traceability.chain.kinds import Kind
from traceability.evidence import Evidence
from traceability.parties import Party

PAPER_CHARS_MAX = 80
TEXT_CHARS_MAX = 500
ENDING_SOON = timedelta(days=60)  # when lists begin to say so; no law names it


class PolicyState(StrEnum):
    """政策状态 · on a day; computed, never stored."""

    COMING = "coming"
    IN_FORCE = "in_force"
    ENDING = "ending"
    LAPSED = "lapsed"


POLICY_STATE_LABELS = {
    PolicyState.COMING: "未生效",
    PolicyState.IN_FORCE: "有效",
    PolicyState.ENDING: "将到期",
    PolicyState.LAPSED: "已失效",
}
assert POLICY_STATE_LABELS.keys() == set(PolicyState)


class Policy(Subject, Base):
    """政策 · one policy of a cluster."""

    __tablename__ = "policy"
    __ref_prefix__ = "policy"

    id: Mapped[int] = mapped_column(primary_key=True)
    cluster_id: Mapped[int] = mapped_column(ForeignKey("cluster.id"), index=True)
    title: Mapped[str] = mapped_column(String(NAME_CHARS_MAX))
    issuer: Mapped[str] = mapped_column(String(PAPER_CHARS_MAX))
    document_no: Mapped[str] = mapped_column(String(PAPER_CHARS_MAX))
    eligible: Mapped[str] = mapped_column(Text)
    benefit: Mapped[str] = mapped_column(Text)
    valid_from: Mapped[date]
    valid_until: Mapped[date] = mapped_column(index=True)
    evidence_id: Mapped[int] = mapped_column(ForeignKey("evidence.id"))
    by_id: Mapped[int] = mapped_column(ForeignKey("party.id"))

    cluster: Mapped[Cluster] = relationship()
    evidence: Mapped[Evidence] = relationship()
    by: Mapped[Party] = relationship()


def state_on(policy: Policy, day: date) -> PolicyState:
    """How a policy stands on a day; its last day still counts."""
    if day < policy.valid_from:
        return PolicyState.COMING
    if day > policy.valid_until:
        return PolicyState.LAPSED
    soon = policy.valid_until < day + ENDING_SOON
    return PolicyState.ENDING if soon else PolicyState.IN_FORCE


def standing(state: PolicyState, day: date) -> ColumnElement[bool]:
    """The condition that keeps the policies which stand so on a day."""
    begun, last = Policy.valid_from <= day, day + ENDING_SOON
    return {
        PolicyState.COMING: Policy.valid_from > day,
        PolicyState.IN_FORCE: and_(begun, Policy.valid_until >= last),
        PolicyState.ENDING: and_(begun, Policy.valid_until >= day, Policy.valid_until < last),
        PolicyState.LAPSED: Policy.valid_until < day,
    }[state]


TOLD = (
    "title",
    "issuer",
    "document_no",
    "eligible",
    "benefit",
    "valid_from",
    "valid_until",
)


def register(
    session: Session,
    cluster: Cluster,
    *,
    title: str,
    issuer: str,
    document_no: str,
    eligible: str,
    benefit: str,
    valid_from: date,
    valid_until: date,
    evidence: Evidence | None,
    at: datetime,
    by: Party,
) -> Policy:
    """Register a policy of a cluster with its document.

    Raises:
        RuleViolation: `policy.no_document`, `policy.for_nobody`, `policy.ends_before_it_begins`.
    """
    papers = {"title": title.strip(), "issuer": issuer.strip(), "document_no": document_no.strip()}
    if evidence is None or not all(0 < len(each) <= PAPER_CHARS_MAX for each in papers.values()):
        raise RuleViolation("policy.no_document", "请填写政策名称、发文单位和文号，并附文件")
    whom = {"eligible": eligible.strip(), "benefit": benefit.strip()}
    if not all(0 < len(each) <= TEXT_CHARS_MAX for each in whom.values()):
        raise RuleViolation("policy.for_nobody", "请写明谁可以享受、享受什么，各不超过 500 字")
    _require_order(valid_from, valid_until)
    row = Policy(cluster=cluster, evidence=evidence, by=by, **papers, **whom)
    row.valid_from, row.valid_until = valid_from, valid_until
    events.hold(session, row.ref)
    session.add(row)
    session.flush()
    said: dict[str, Any] = {name: folding.plain(getattr(row, name)) for name in TOLD}
    said |= {"cluster": cluster.ref, "evidence": evidence.ref}
    said |= {"evidence_sha256": evidence.sha256.hex()}
    events.append(session, Kind.POLICY_REGISTERED, row.ref, at=at, by=by.ref, **said)
    return row


def _require_order(valid_from: date, valid_until: date) -> None:
    if valid_until < valid_from:
        raise RuleViolation("policy.ends_before_it_begins", "政策的截止日期早于开始日期，请核对")


def extend(
    session: Session,
    policy: Policy,
    *,
    valid_until: date,
    decision: Decision | None,
    at: datetime,
    by: Party,
) -> None:
    """Give a policy another last day, earlier or later, by a collective decision.

    Raises:
        RuleViolation: `policy.ends_before_it_begins`, `policy.same_day`,
            what `decisions.require` refuses.
    """
    events.hold(session, policy.ref)
    session.refresh(policy)
    found = decisions.require(decision, policy.cluster_id, Matter.POLICY)
    _require_order(policy.valid_from, valid_until)
    if valid_until == policy.valid_until:
        raise RuleViolation("policy.same_day", "截止日期没有变，请核对")
    said: dict[str, Any] = {
        "old": policy.valid_until.isoformat(),
        "valid_until": valid_until.isoformat(),
        "decision": found.ref,
    }
    policy.valid_until = valid_until
    events.append(session, Kind.POLICY_EXTENDED, policy.ref, at=at, by=by.ref, **said)


def get(session: Session, ref: str) -> Policy:
    """The policy of that reference.

    Raises:
        NotFound: `policy.not_found`.
    """
    found = session.scalars(select(Policy).where(Policy.ref == ref)).one_or_none()
    if found is None:
        raise NotFound("policy.not_found", "没有找到这项政策")
    return found


def of_cluster(session: Session, cluster: Cluster) -> Sequence[Policy]:
    """A cluster's policies, the one that ends first on top."""
    wanted = select(Policy).where(Policy.cluster_id == cluster.id)
    return session.scalars(wanted.order_by(Policy.valid_until, Policy.id)).all()


def fold(state: State | None, event: EventView) -> State | None:
    """A policy as its events tell it."""
    match event.kind:
        case Kind.POLICY_REGISTERED:
            return {
                **{name: folding.private(event, name) for name in TOLD},
                **{f"{n}_id": folding.private(event, n) for n in ("cluster", "evidence", "by")},
            }
        case Kind.POLICY_EXTENDED:
            return {**(state or {}), "valid_until": folding.private(event, "valid_until")}
        case _:
            return state


folding.register(Policy, fold)
