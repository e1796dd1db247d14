"""资金安排 · money arranged for a cluster: source, year, amount and use; two people decide.

The uses are those that chapter 三（三） of the founding document allows, and the yearly floor is
its own figure; `spending` tells what was paid out and spent.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from registry import quantities
from registry.clusters import KEY_CHARS_MAX, Cluster
from registry.founding import Passage, PassageSort
from registry.indicators import Figure
from registry.projects import Project
from traceability.base import clock
from traceability.base.db import Base, Subject
from traceability.base.errors import Conflict, NotFound, RuleViolation
from traceability.chain import events, folding
from traceability.chain.events import EventView
from traceability.chain.folding import State
from traceability.chain.kinds import Kind
from traceability.evidence import Evidence
from traceability.parties import Party

AMOUNT_FEN_MAX = 10**13  # a hundred billion yuan: beyond it somebody's finger slipped
PAPER_CHARS_MAX = 80
TEXT_CHARS_MAX = 400
YEAR_FIRST, YEAR_LAST = 2021, 2060
FLOOR = "programme.figure.yearly-funding"


class FundSource(StrEnum):
    """资金来源."""

    GUANGDONG = "guangdong"
    PROVINCE = "province"
    LOCAL = "local"
    BANK = "bank"
    ENTERPRISE = "enterprise"
    OTHER = "other"


FUND_SOURCE_LABELS = {
    FundSource.GUANGDONG: "广东财政援助资金",
    FundSource.PROVINCE: "省级财政专项",
    FundSource.LOCAL: "市（州）、县财政",
    FundSource.BANK: "银行贷款",
    FundSource.ENTERPRISE: "企业自筹",
    FundSource.OTHER: "其他",
}
assert FUND_SOURCE_LABELS.keys() == set(FundSource)


class FundState(StrEnum):
    """资金安排状态."""

    PLANNED = "planned"
    APPROVED = "approved"
    RETURNED = "returned"


FUND_STATE_LABELS = {
    FundState.PLANNED: "待批准",
    FundState.APPROVED: "已批准",
    FundState.RETURNED: "已退回",
}
assert FUND_STATE_LABELS.keys() == set(FundState)


class Fund(Subject, Base):
    """资金安排 · an amount of one source for one year and one use."""

    __tablename__ = "fund"
    __ref_prefix__ = "fund"

    id: Mapped[int] = mapped_column(primary_key=True)
    cluster_id: Mapped[int] = mapped_column(ForeignKey("cluster.id"), index=True)
    project_id: Mapped[int | None] = mapped_column(ForeignKey("project.id"), index=True)
    source: Mapped[FundSource]
    year: Mapped[int] = mapped_column(index=True)
    amount_fen: Mapped[int]
    use_key: Mapped[str] = mapped_column(String(KEY_CHARS_MAX))
    purpose: Mapped[str] = mapped_column(Text)
    document_no: Mapped[str] = mapped_column(String(PAPER_CHARS_MAX))
    evidence_id: Mapped[int] = mapped_column(ForeignKey("evidence.id"))
    state: Mapped[FundState]
    planned_at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("party.id"))
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("party.id"))
    return_reason: Mapped[str | None] = mapped_column(Text)

    cluster: Mapped[Cluster] = relationship()
    project: Mapped[Project | None] = relationship()
    evidence: Mapped[Evidence] = relationship()
    by: Mapped[Party] = relationship(foreign_keys=[by_id])
    decided_by: Mapped[Party | None] = relationship(foreign_keys=[decided_by_id])

    __table_args__ = (CheckConstraint("amount_fen > 0", name="positive"),)


def amount_fen_of(value: str, unit: str) -> int:
    """An amount as people write it, in whole fen.

    >>> amount_fen_of("1,200.5", "万元"), amount_fen_of("0.01", "元")
    (1200500000, 1)

    Raises:
        RuleViolation: `quantity.not_a_number`, `quantity.unit_mismatch`, `fund.bad_amount`.
    """
    yuan = Fraction(quantities.convert(quantities.parse_value(value), unit, "元"))
    fen = yuan * 100
    if fen.denominator != 1 or not 0 < fen <= AMOUNT_FEN_MAX:
        raise RuleViolation("fund.bad_amount", "金额应大于 0，最多到分，请核对数字和单位")
    return int(fen)


def uses(session: Session) -> Sequence[Passage]:
    """The uses that chapter 三（三） allows for all clusters, as printed."""
    wanted = select(Passage).where(
        Passage.sort == PassageSort.FUND_USE, Passage.cluster_id.is_(None)
    )
    return session.scalars(wanted.order_by(Passage.order_no, Passage.id)).all()


def plan(
    session: Session,
    cluster: Cluster,
    *,
    source: FundSource,
    year: int,
    amount_fen: int,
    use_key: str,
    purpose: str,
    document_no: str,
    evidence: Evidence | None,
    at: datetime,
    by: Party,
    project: Project | None = None,
) -> Fund:
    """Arrange money for a cluster, or for one of its projects; a second person approves it.

    Raises:
        RuleViolation: `fund.bad_year`, `fund.bad_amount`, `fund.use_not_allowed`,
            `fund.no_purpose`, `fund.no_document`, `fund.other_project`.
    """
    wanted = {
        "fund.bad_year": YEAR_FIRST <= year <= YEAR_LAST,
        "fund.bad_amount": 0 < amount_fen <= AMOUNT_FEN_MAX,
        "fund.use_not_allowed": use_key in {each.key for each in uses(session)},
        "fund.no_purpose": 0 < len(purpose.strip()) <= TEXT_CHARS_MAX,
        "fund.no_document": 0 < len(document_no.strip()) <= PAPER_CHARS_MAX and evidence,
        "fund.other_project": project is None or project.cluster_id == cluster.id,
    }
    refuse_first(wanted, SENTENCES)
    assert evidence is not None
    row = Fund(
        cluster=cluster,
        project=project,
        source=source,
        year=year,
        amount_fen=amount_fen,
        use_key=use_key,
        purpose=purpose.strip(),
        document_no=document_no.strip(),
        evidence=evidence,
        state=FundState.PLANNED,
        planned_at=clock.to_ms(at),
        by=by,
    )
    events.hold(session, cluster.ref, row.ref)
    session.add(row)
    session.flush()
    told: dict[str, Any] = {name: getattr(row, name) for name in TOLD_OF_FUND}
    events.append(
        session,
        Kind.FUND_PLANNED,
        row.ref,
        at=at,
        by=by.ref,
        **{name: folding.plain(value) for name, value in told.items()},
        cluster=cluster.ref,
        project=None if project is None else project.ref,
        evidence=evidence.ref,
    )
    return row


TOLD_OF_FUND = ("source", "year", "amount_fen", "use_key", "purpose", "document_no")
SENTENCES = {
    "fund.bad_year": f"年度应在 {YEAR_FIRST} 到 {YEAR_LAST} 之间，请核对",
    "fund.bad_amount": "金额应大于 0，最多到分，请核对数字和单位",
    "fund.use_not_allowed": "用途不在方案第三部分（三）允许的范围内，请从列表里选",
    "fund.no_purpose": "请写明用来做什么，不超过 400 字",
    "fund.no_document": "请填写下达文件的文号，并附文件照片或 PDF",
    "fund.other_project": "这个项目属于另一个集群，请重选",
}


def refuse_first(wanted: Mapping[str, object], sentences: Mapping[str, str]) -> None:
    """Refuse for the first thing that is not as it must be."""
    for code, right in wanted.items():
        if not right:
            raise RuleViolation(code, sentences[code])


def approve(session: Session, fund: Fund, *, at: datetime, by: Party) -> None:
    """Approve an arrangement; never by the person who planned it.

    Raises:
        RuleViolation: `fund.same_person`.
        Conflict: `fund.decided`.
    """
    _decide(session, fund)
    if by.id == fund.by_id:
        raise RuleViolation("fund.same_person", "安排人不能批准自己的安排，请另一位人员批准")
    fund.state, fund.decided_at, fund.decided_by = FundState.APPROVED, clock.to_ms(at), by
    events.append(session, Kind.FUND_APPROVED, fund.ref, at=at, by=by.ref)


def send_back(session: Session, fund: Fund, *, reason: str, at: datetime, by: Party) -> None:
    """Return an arrangement with the reason; also one's own, to take it back.

    Raises:
        RuleViolation: `fund.return_without_reason`.
        Conflict: `fund.decided`.
    """
    if not reason.strip():
        raise RuleViolation("fund.return_without_reason", "请写明退回原因")
    _decide(session, fund)
    fund.state, fund.decided_at, fund.decided_by = FundState.RETURNED, clock.to_ms(at), by
    fund.return_reason = reason.strip()[:TEXT_CHARS_MAX]
    events.append(
        session, Kind.FUND_RETURNED, fund.ref, at=at, by=by.ref, reason=fund.return_reason
    )


def _decide(session: Session, fund: Fund) -> None:
    events.hold(session, fund.ref)
    session.refresh(fund)
    if fund.state is not FundState.PLANNED:
        now = FUND_STATE_LABELS[fund.state]
        raise Conflict("fund.decided", f"这笔安排{now}，请刷新后再看")


def floor(session: Session) -> Figure | None:
    """The founding document's yearly floor of money from Guangdong."""
    return session.scalars(select(Figure).where(Figure.key == FLOOR)).one_or_none()


def get(session: Session, ref: str) -> Fund:
    """The arrangement of that reference.

    Raises:
        NotFound: `fund.not_found`.
    """
    found = session.scalars(select(Fund).where(Fund.ref == ref)).one_or_none()
    if found is None:
        raise NotFound("fund.not_found", "没有找到这笔资金安排")
    return found


def fold(state: State | None, event: EventView) -> State | None:
    """An arrangement as its events tell it."""
    match event.kind:
        case Kind.FUND_PLANNED:
            refs = ("cluster", "project", "evidence", "by")
            return {
                **{name: folding.private(event, name) for name in TOLD_OF_FUND},
                **{f"{name}_id": folding.private(event, name) for name in refs},
                "state": FundState.PLANNED.value,
                "planned_at": clock.stamp(event.at),
                **dict.fromkeys(("decided_at", "decided_by_id", "return_reason")),
            }
        case Kind.FUND_REDIRECTED:
            moved = {name: folding.private(event, name) for name in ("use_key", "purpose")}
            return {**(state or {}), **moved}
        case Kind.FUND_APPROVED | Kind.FUND_RETURNED:
            approved = event.kind is Kind.FUND_APPROVED
            return {
                **(state or {}),
                "state": (FundState.APPROVED if approved else FundState.RETURNED).value,
                "decided_at": clock.stamp(event.at),
                "decided_by_id": folding.private(event, "by"),
                "return_reason": None if approved else folding.private(event, "reason"),
            }
        case _:
            return state


folding.register(Fund, fold)
