"""集体决策 · what a body of a cluster decided together, signed by its principal and filed.

Principle 3 of the founding document: a change follows from a collective decision, the principal's
signature and the filing. One officer records the decision, another person confirms it, and only
then does any change rest on it.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from registry.clusters import Cluster
from traceability.base import clock
from traceability.base.clock import legal_day
from traceability.base.db import Base, Subject
from traceability.base.errors import Conflict, NotFound, RuleViolation
from traceability.chain import events, folding
from traceability.chain.events import EventView
from traceability.chain.folding import State
from traceability.chain.kinds import Kind
from traceability.evidence import Evidence
from traceability.parties import Party

PAPER_CHARS_MAX = 80
TEXT_CHARS_MAX = 400
PARTICIPANTS_MAX = 10_000


class Matter(StrEnum):
    """决定事项 · what a decision allows to be changed."""

    PLAN = "plan"
    POLICY = "policy"
    TASK = "task"
    TARGET = "target"
    DUE = "due"
    FUND_USE = "fund_use"
    OTHER = "other"


MATTER_LABELS = {
    Matter.PLAN: "方案、规划、清单",
    Matter.POLICY: "政策期限",
    Matter.TASK: "重点任务",
    Matter.TARGET: "目标",
    Matter.DUE: "时间节点",
    Matter.FUND_USE: "资金用途",
    Matter.OTHER: "其他重大事项",
}
assert MATTER_LABELS.keys() == set(Matter)


class DecisionState(StrEnum):
    """决策状态."""

    RECORDED = "recorded"
    CONFIRMED = "confirmed"
    RETURNED = "returned"


DECISION_STATE_LABELS = {
    DecisionState.RECORDED: "待核对",
    DecisionState.CONFIRMED: "已核对",
    DecisionState.RETURNED: "已退回",
}
assert DECISION_STATE_LABELS.keys() == set(DecisionState)


class Decision(Subject, Base):
    """集体决策 · matter, meeting, signature and filing number."""

    __tablename__ = "decision"
    __ref_prefix__ = "decision"

    id: Mapped[int] = mapped_column(primary_key=True)
    cluster_id: Mapped[int] = mapped_column(ForeignKey("cluster.id"), index=True)
    matters: Mapped[list[str]]
    text: Mapped[str] = mapped_column(Text)
    met_on: Mapped[date]
    body: Mapped[str] = mapped_column(String(PAPER_CHARS_MAX))
    participants: Mapped[str] = mapped_column(Text)
    participant_count: Mapped[int]
    principal: Mapped[str] = mapped_column(String(PAPER_CHARS_MAX))
    filing_no: Mapped[str] = mapped_column(String(PAPER_CHARS_MAX))
    is_major: Mapped[bool]
    evidence_id: Mapped[int] = mapped_column(ForeignKey("evidence.id"))
    state: Mapped[DecisionState]
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("party.id"))
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("party.id"))
    return_reason: Mapped[str | None] = mapped_column(Text)

    cluster: Mapped[Cluster] = relationship()
    evidence: Mapped[Evidence] = relationship()
    by: Mapped[Party] = relationship(foreign_keys=[by_id])
    decided_by: Mapped[Party | None] = relationship(foreign_keys=[decided_by_id])


TOLD = (
    "text",
    "met_on",
    "body",
    "participants",
    "participant_count",
    "principal",
    "filing_no",
    "is_major",
)
SENTENCES = {
    "decision.no_matter": "请选择这次会议决定了哪些事项，并写明决定的内容，不超过 400 字",
    "decision.no_meeting": "请填写开会的组织和参加人（或人数），日期不能在将来",
    "decision.no_signature": "请填写签字的主要负责人，并附签字页照片或 PDF",
    "decision.no_filing": "请填写上报备案的文号",
}


def record(
    session: Session,
    cluster: Cluster,
    *,
    matters: Collection[Matter],
    text: str,
    met_on: date,
    body: str,
    participants: str,
    participant_count: int,
    principal: str,
    filing_no: str,
    is_major: bool,
    evidence: Evidence | None,
    at: datetime,
    by: Party,
) -> Decision:
    """Record what was decided together; another person confirms it against the papers.

    Raises:
        RuleViolation: `decision.no_matter`, `decision.no_meeting`, `decision.no_signature`,
            `decision.no_filing`.
    """
    told: dict[str, Any] = {
        "text": text.strip(),
        "met_on": met_on,
        "body": body.strip(),
        "participants": participants.strip(),
        "participant_count": participant_count,
        "principal": principal.strip(),
        "filing_no": filing_no.strip(),
        "is_major": is_major,
    }
    _require_complete(told, matters, evidence, today=legal_day(at))
    assert evidence is not None
    row = Decision(
        cluster=cluster,
        matters=sorted(each.value for each in set(matters)),
        evidence=evidence,
        state=DecisionState.RECORDED,
        at=clock.to_ms(at),
        by=by,
        **told,
    )
    events.hold(session, row.ref)
    session.add(row)
    session.flush()
    said: dict[str, Any] = {name: folding.plain(value) for name, value in told.items()}
    said |= {"cluster": cluster.ref, "matters": row.matters}
    said |= {"evidence": evidence.ref, "evidence_sha256": evidence.sha256.hex()}
    events.append(session, Kind.DECISION_RECORDED, row.ref, at=at, by=by.ref, **said)
    return row


def _require_complete(
    told: dict[str, Any], matters: Collection[Matter], evidence: Evidence | None, *, today: date
) -> None:
    """Refuse for the first thing that is missing."""
    papers = range(1, PAPER_CHARS_MAX + 1)
    met = told["met_on"] <= today and 0 < told["participant_count"] <= PARTICIPANTS_MAX
    wanted = {
        "decision.no_matter": matters and 0 < len(told["text"]) <= TEXT_CHARS_MAX,
        "decision.no_meeting": met
        and len(told["body"]) in papers
        and len(told["participants"]) <= TEXT_CHARS_MAX,
        "decision.no_signature": len(told["principal"]) in papers and evidence is not None,
        "decision.no_filing": len(told["filing_no"]) in papers,
    }
    for code, right in wanted.items():
        if not right:
            raise RuleViolation(code, SENTENCES[code])


def confirm(session: Session, decision: Decision, *, at: datetime, by: Party) -> None:
    """Confirm a decision against its papers; never by the person who recorded it.

    Raises:
        RuleViolation: `decision.same_person`.
        Conflict: `decision.decided`.
    """
    _open(session, decision)
    if by.id == decision.by_id:
        raise RuleViolation(
            "decision.same_person", "登记人不能核对自己登记的决策，请另一位人员核对"
        )
    decision.state = DecisionState.CONFIRMED
    decision.decided_at, decision.decided_by = clock.to_ms(at), by
    events.append(session, Kind.DECISION_CONFIRMED, decision.ref, at=at, by=by.ref)


def send_back(
    session: Session, decision: Decision, *, reason: str, at: datetime, by: Party
) -> None:
    """Return a decision that its papers do not bear out; also one's own, to take it back.

    Raises:
        RuleViolation: `decision.return_without_reason`.
        Conflict: `decision.decided`.
    """
    if not reason.strip():
        raise RuleViolation("decision.return_without_reason", "请写明退回原因")
    _open(session, decision)
    decision.state = DecisionState.RETURNED
    decision.decided_at, decision.decided_by = clock.to_ms(at), by
    decision.return_reason = reason.strip()[:TEXT_CHARS_MAX]
    said: dict[str, Any] = {"reason": decision.return_reason}
    events.append(session, Kind.DECISION_RETURNED, decision.ref, at=at, by=by.ref, **said)


def _open(session: Session, decision: Decision) -> None:
    events.hold(session, decision.ref)
    session.refresh(decision)
    if decision.state is not DecisionState.RECORDED:
        now = DECISION_STATE_LABELS[decision.state]
        raise Conflict("decision.decided", f"这项决策{now}，请刷新后再看")


def require(decision: Decision | None, cluster_id: int, matter: Matter) -> Decision:
    """The decision on which a change rests; refuse the change without it.

    Raises:
        RuleViolation: `decision.missing`, `decision.other_cluster`, `decision.not_confirmed`,
            `decision.other_matter`.
    """
    if decision is None:
        raise RuleViolation(
            "decision.missing",
            "没有集体决策不能变更，请先登记集体决策（会议、主要负责人签字、备案文号），并经另一人核对",
            source="原则 3：集体决策、主要负责人签字确认、上报备案",
        )
    if decision.cluster_id != cluster_id:
        raise RuleViolation("decision.other_cluster", "所选的集体决策属于另一个集群，请重选")
    if decision.state is not DecisionState.CONFIRMED:
        now = DECISION_STATE_LABELS[decision.state]
        raise RuleViolation(
            "decision.not_confirmed", f"所选的集体决策{now}，须经另一人核对后才能据以变更"
        )
    if matter.value not in decision.matters:
        label = MATTER_LABELS[matter]
        raise RuleViolation(
            "decision.other_matter", f"所选的集体决策没有决定“{label}”，请选决定了这件事的那一项"
        )
    return decision


def get(session: Session, ref: str) -> Decision:
    """The decision of that reference.

    Raises:
        NotFound: `decision.not_found`.
    """
    found = session.scalars(select(Decision).where(Decision.ref == ref)).one_or_none()
    if found is None:
        raise NotFound("decision.not_found", "没有找到这项集体决策")
    return found


def usable(session: Session, cluster: Cluster, matter: Matter) -> Sequence[Decision]:
    """The confirmed decisions of a cluster that allow such a change, the newest first."""
    wanted = select(Decision).where(
        Decision.cluster_id == cluster.id, Decision.state == DecisionState.CONFIRMED
    )
    rows = session.scalars(wanted.order_by(Decision.met_on.desc(), Decision.id.desc()))
    return [row for row in rows if matter.value in row.matters]


def fold(state: State | None, event: EventView) -> State | None:
    """A decision as its events tell it."""
    match event.kind:
        case Kind.DECISION_RECORDED:
            refs = ("cluster", "evidence", "by")
            return {
                **{name: folding.private(event, name) for name in (*TOLD, "matters")},
                **{f"{name}_id": folding.private(event, name) for name in refs},
                "state": DecisionState.RECORDED.value,
                "at": clock.stamp(event.at),
                **dict.fromkeys(("decided_at", "decided_by_id", "return_reason")),
            }
        case Kind.DECISION_CONFIRMED | Kind.DECISION_RETURNED:
            confirmed = event.kind is Kind.DECISION_CONFIRMED
            now = DecisionState.CONFIRMED if confirmed else DecisionState.RETURNED
            return {
                **(state or {}),
                "state": now.value,
                "decided_at": clock.stamp(event.at),
                "decided_by_id": folding.private(event, "by"),
                "return_reason": None if confirmed else folding.private(event, "reason"),
            }
        case _:
            return state


folding.register(Decision, fold)
