"""投资与用工 · what a project costs, what has been invested, whom it employs, as of a day.

Money is integer fen. The newest statement counts; the earlier ones stay with their evidence.
"""

from collections.abc import Sequence
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship, selectinload

from registry import quantities
from registry.projects import Project, proof, require_going
from traceability.base import clock
from traceability.base.clock import legal_day
from traceability.base.db import Base, Subject
from traceability.base.errors import RuleViolation
from traceability.chain import events, folding
from traceability.chain.events import EventView
from traceability.chain.folding import State
from traceability.chain.kinds import Kind
from traceability.evidence import Evidence
from traceability.parties import Party

FEN_MAX = 10**14
JOBS_MAX = 1_000_000
BAD_AMOUNT = "投资额应在 0 到 1 万亿元之间，最多到分，请核对数字和单位"


class Scale(Subject, Base):
    """投资与用工 · planned and reached, as of a day."""

    __tablename__ = "project_scale"
    __ref_prefix__ = "scale"

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"), index=True)
    as_of: Mapped[date]
    planned_fen: Mapped[int] = mapped_column(BigInteger)
    invested_fen: Mapped[int] = mapped_column(BigInteger)
    jobs_planned: Mapped[int]
    jobs: Mapped[int]
    evidence_id: Mapped[int | None] = mapped_column(ForeignKey("evidence.id"))
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("party.id"))

    project: Mapped[Project] = relationship()
    evidence: Mapped[Evidence | None] = relationship()
    by: Mapped[Party] = relationship()

    __table_args__ = (
        CheckConstraint("planned_fen >= 0 AND invested_fen >= 0", name="money"),
        CheckConstraint("jobs_planned >= 0 AND jobs >= 0", name="jobs"),
    )


def fen_of(value: str, unit: str) -> int:
    """An amount as people write it, nothing included, in whole fen.

    >>> fen_of("3,000", "万元"), fen_of("0", "元")
    (3000000000, 0)

    Raises:
        RuleViolation: `quantity.not_a_number`, `quantity.unit_mismatch`, `scale.bad_amount`.
    """
    fen = Fraction(quantities.convert(quantities.parse_value(value), unit, "元")) * 100
    if fen.denominator != 1 or not 0 <= fen <= FEN_MAX:
        raise RuleViolation("scale.bad_amount", BAD_AMOUNT)
    return int(fen)


def record(
    session: Session,
    project: Project,
    *,
    as_of: date,
    planned_fen: int,
    invested_fen: int,
    jobs_planned: int,
    jobs: int,
    at: datetime,
    by: Party,
    evidence: Evidence | None = None,
) -> Scale:
    """Record what a project costs and employs as of a day.

    Raises:
        RuleViolation: `scale.bad_amount`, `scale.bad_jobs`, `scale.in_future`.
        Conflict: `project.stopped`.
    """
    events.hold(session, project.ref)
    require_going(session, project)
    if not all(0 <= amount <= FEN_MAX for amount in (planned_fen, invested_fen)):
        raise RuleViolation("scale.bad_amount", BAD_AMOUNT)
    if not all(0 <= people <= JOBS_MAX for people in (jobs_planned, jobs)):
        raise RuleViolation("scale.bad_jobs", "用工人数应在 0 到 100 万之间")
    if as_of > legal_day(at):
        raise RuleViolation("scale.in_future", "截至日期在将来，请核对")
    told = {"planned_fen": planned_fen, "invested_fen": invested_fen}
    told |= {"jobs_planned": jobs_planned, "jobs": jobs}
    row = Scale(project=project, as_of=as_of, at=clock.to_ms(at), by=by, evidence=evidence, **told)
    events.hold(session, row.ref)
    session.add(row)
    session.flush()
    said: dict[str, Any] = {**told, **proof(evidence), "project": project.ref}
    said |= {"as_of": as_of.isoformat()}
    both = project.ref, row.ref
    events.append(session, Kind.SCALE_STATED, *both, at=at, by=by.ref, **said)
    return row


def of_project(session: Session, project: Project) -> Sequence[Scale]:
    """What was stated of a project, the newest first: that one counts."""
    wanted = select(Scale).where(Scale.project_id == project.id)
    ordered = wanted.order_by(Scale.as_of.desc(), Scale.id.desc())
    return session.scalars(ordered.options(selectinload(Scale.by))).all()


def fold(state: State | None, event: EventView) -> State | None:
    """A statement as its event tells it."""
    if event.kind is not Kind.SCALE_STATED:
        return state
    told = ("as_of", "planned_fen", "invested_fen", "jobs_planned", "jobs")
    return {
        **{name: folding.private(event, name) for name in told},
        **{f"{name}_id": folding.private(event, name) for name in ("project", "evidence", "by")},
        "at": clock.stamp(event.at),
    }


folding.register(Scale, fold)
