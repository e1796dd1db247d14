"""互访、培训、挂职 · who went where, when and what came of it, as records of one kind each."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from registry.clusters import Cluster
from registry.projects import proof
from registry.teams import Side
from traceability.base.clock import legal_day
from traceability.base.db import Base, Subject
from traceability.base.errors import NotFound, RuleViolation
from traceability.chain import events, folding
from traceability.chain.events import EventView
from traceability.chain.folding import State
from traceability.chain.kinds import Kind
from traceability.evidence import Evidence
from traceability.parties import Party

NAME_CHARS_MAX = 80
TEXT_CHARS_MAX = 500
PEOPLE_MAX = 100_000


class ExchangeKind(StrEnum):
    """往来类别."""

    VISIT = "visit"
    TRAINING = "training"
    SECONDMENT = "secondment"


EXCHANGE_KIND_LABELS = {
    ExchangeKind.VISIT: "互访对接",
    ExchangeKind.TRAINING: "培训",
    ExchangeKind.SECONDMENT: "挂职交流",
}
assert EXCHANGE_KIND_LABELS.keys() == set(ExchangeKind)


class Exchange(Subject, Base):
    """往来 · one visit, one training or one secondment of a cluster."""

    __tablename__ = "exchange"
    __ref_prefix__ = "exchange"

    id: Mapped[int] = mapped_column(primary_key=True)
    cluster_id: Mapped[int] = mapped_column(ForeignKey("cluster.id"), index=True)
    kind: Mapped[ExchangeKind]
    title: Mapped[str] = mapped_column(String(NAME_CHARS_MAX))
    side: Mapped[Side]
    place: Mapped[str] = mapped_column(String(NAME_CHARS_MAX))
    from_on: Mapped[date]
    until_on: Mapped[date | None]
    people: Mapped[int]
    outcome: Mapped[str] = mapped_column(Text)
    evidence_id: Mapped[int | None] = mapped_column(ForeignKey("evidence.id"))

    cluster: Mapped[Cluster] = relationship()
    evidence: Mapped[Evidence | None] = relationship()

    __table_args__ = (CheckConstraint("people > 0", name="people"),)


def record(
    session: Session,
    cluster: Cluster,
    *,
    kind: ExchangeKind,
    title: str,
    side: Side,
    place: str,
    from_on: date,
    people: int,
    outcome: str,
    at: datetime,
    by: Party,
    until_on: date | None = None,
    evidence: Evidence | None = None,
) -> Exchange:
    """Record a visit, a training or a secondment; `side` is whose people went or were taught.

    Raises:
        RuleViolation: `exchange.no_title`, `exchange.no_people`, `exchange.no_outcome`,
            `exchange.bad_days`.
    """
    told: dict[str, Any] = {"title": title.strip(), "place": place.strip()}
    told |= {"outcome": outcome.strip(), "people": people}
    if not all(0 < len(told[name]) <= NAME_CHARS_MAX for name in ("title", "place")):
        raise RuleViolation("exchange.no_title", "请填写事由和地点，各不超过 80 字")
    if not 0 < people <= PEOPLE_MAX:
        raise RuleViolation("exchange.no_people", "请填写人数，至少 1 人")
    if not 0 < len(told["outcome"]) <= TEXT_CHARS_MAX:
        raise RuleViolation("exchange.no_outcome", "请写明对接、培训或挂职的内容，不超过 500 字")
    if from_on > legal_day(at) or (until_on is not None and until_on < from_on):
        raise RuleViolation("exchange.bad_days", "开始日期在将来，或结束早于开始，请核对")
    row = Exchange(cluster=cluster, kind=kind, side=side, evidence=evidence, **told)
    row.from_on, row.until_on = from_on, until_on
    events.hold(session, row.ref)
    session.add(row)
    session.flush()
    said: dict[str, Any] = {**told, **proof(evidence), "cluster": cluster.ref, "side": side.value}
    said |= {"exchange_kind": kind.value, "from_on": from_on.isoformat()}
    said |= {"until_on": folding.plain(until_on)}
    events.append(session, Kind.EXCHANGE_RECORDED, row.ref, at=at, by=by.ref, **said)
    return row


def get(session: Session, ref: str) -> Exchange:
    """The exchange of that reference.

    Raises:
        NotFound: `exchange.not_found`.
    """
    found = session.scalars(select(Exchange).where(Exchange.ref == ref)).one_or_none()
    if found is None:
        raise NotFound("exchange.not_found", "没有找到这条互访、培训或挂职记录")
    return found


def fold(state: State | None, event: EventView) -> State | None:
    """An exchange as its event tells it."""
    if event.kind is not Kind.EXCHANGE_RECORDED:
        return state
    told = ("title", "place", "outcome", "people", "side", "from_on", "until_on")
    return {
        **{name: folding.private(event, name) for name in told},
        **{f"{name}_id": folding.private(event, name) for name in ("cluster", "evidence")},
        "kind": folding.private(event, "exchange_kind"),
    }


folding.register(Exchange, fold)
