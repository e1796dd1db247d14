"""办事手续 · approvals and filings a project needs: who handles each, by when the law wants it.

The legal days are told by the officer with their source, never assumed: they differ by place and
year. Working days leave out Saturdays and Sundays only; public holidays move by yearly notice, so
a day reckoned here may be earlier than the office's own, never later.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, String, and_, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from registry.projects import Project, proof, require_going
from traceability.base.clock import legal_day
from traceability.base.db import Base, Subject
from traceability.base.errors import Conflict, NotFound, RuleViolation
from traceability.chain import events, folding
from traceability.chain.events import EventView
from traceability.chain.folding import State
from traceability.chain.kinds import Kind
from traceability.evidence import Evidence
from traceability.parties import Party

NAME_CHARS_MAX = 80
BASIS_CHARS_MAX = 200
DOCUMENT_CHARS_MAX = 60
DAYS_MAX = 400
SATURDAY = 5


class ProcedureKind(StrEnum):
    """手续类别."""

    APPROVAL = "approval"
    FILING = "filing"
    ENERGY = "energy"
    ENVIRONMENT = "environment"
    LAND = "land"
    SOIL = "soil"
    CONSTRUCTION = "construction"


PROCEDURE_KIND_LABELS = {
    ProcedureKind.APPROVAL: "核准",
    ProcedureKind.FILING: "备案",
    ProcedureKind.ENERGY: "能评",
    ProcedureKind.ENVIRONMENT: "环评",
    ProcedureKind.LAND: "用地",
    ProcedureKind.SOIL: "水保",
    ProcedureKind.CONSTRUCTION: "施工许可",
}
assert PROCEDURE_KIND_LABELS.keys() == set(ProcedureKind)


class DayKind(StrEnum):
    """怎样算天数."""

    WORKING = "working"
    CALENDAR = "calendar"


DAY_KIND_LABELS = {DayKind.WORKING: "工作日", DayKind.CALENDAR: "自然日"}
assert DAY_KIND_LABELS.keys() == set(DayKind)


class Outcome(StrEnum):
    """办理结果."""

    GRANTED = "granted"
    REFUSED = "refused"


OUTCOME_LABELS = {Outcome.GRANTED: "办结", Outcome.REFUSED: "不予办理"}
assert OUTCOME_LABELS.keys() == set(Outcome)


class ProcedureState(StrEnum):
    """手续办到哪一步."""

    WAITING = "waiting"
    RUNNING = "running"
    LATE = "late"
    ENDED = "ended"


PROCEDURE_STATE_LABELS = {
    ProcedureState.WAITING: "未受理",
    ProcedureState.RUNNING: "在办",
    ProcedureState.LATE: "超过法定天数",
    ProcedureState.ENDED: "已有结果",
}
assert PROCEDURE_STATE_LABELS.keys() == set(ProcedureState)


class Procedure(Subject, Base):
    """手续 · one approval of a project, from the list of what it needs to its number."""

    __tablename__ = "procedure"
    __ref_prefix__ = "procedure"

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"), index=True)
    kind: Mapped[ProcedureKind]
    agency: Mapped[str] = mapped_column(String(NAME_CHARS_MAX))
    assignee: Mapped[str] = mapped_column(String(NAME_CHARS_MAX))
    is_green: Mapped[bool]
    legal_days: Mapped[int]
    day_kind: Mapped[DayKind]
    basis: Mapped[str] = mapped_column(String(BASIS_CHARS_MAX))
    accepted_on: Mapped[date | None]
    due_on: Mapped[date | None]
    ended_on: Mapped[date | None]
    outcome: Mapped[Outcome | None]
    document_no: Mapped[str | None] = mapped_column(String(DOCUMENT_CHARS_MAX))
    evidence_id: Mapped[int | None] = mapped_column(ForeignKey("evidence.id"))

    project: Mapped[Project] = relationship()
    evidence: Mapped[Evidence | None] = relationship()

    __table_args__ = (
        CheckConstraint("legal_days > 0", name="legal_days"),
        CheckConstraint("(accepted_on IS NULL) = (due_on IS NULL)", name="accepted_is_due"),
        CheckConstraint("(ended_on IS NULL) = (outcome IS NULL)", name="ended_is_told"),
        Index(
            "uq_procedure_open",
            "project_id",
            "kind",
            unique=True,
            sqlite_where=text("ended_on IS NULL"),
            postgresql_where=text("ended_on IS NULL"),
        ),
    )

    def state_on(self, day: date) -> ProcedureState:
        """How far it has come on a legal day."""
        if self.ended_on is not None:
            return ProcedureState.ENDED
        if self.due_on is None:
            return ProcedureState.WAITING
        return ProcedureState.LATE if self.due_on < day else ProcedureState.RUNNING


def standing(state: ProcedureState, day: date) -> ColumnElement[bool]:
    """The condition on `Procedure` that keeps those which stand so on a legal day."""
    going = Procedure.ended_on.is_(None)
    match state:
        case ProcedureState.WAITING:
            return and_(going, Procedure.due_on.is_(None))
        case ProcedureState.RUNNING:
            return and_(going, Procedure.due_on >= day)
        case ProcedureState.LATE:
            return and_(going, Procedure.due_on < day)
        case ProcedureState.ENDED:
            return Procedure.ended_on.is_not(None)


def due_day(accepted_on: date, days: int, kind: DayKind) -> date:
    """The last of so many days, counted from the day after the acceptance.

    >>> due_day(date(2026, 11, 20), 1, DayKind.WORKING)  # accepted on a Friday
    datetime.date(2026, 11, 23)
    >>> due_day(date(2026, 11, 20), 1, DayKind.CALENDAR)
    datetime.date(2026, 11, 21)
    """
    if kind is DayKind.CALENDAR:
        return accepted_on + timedelta(days=days)
    day = accepted_on
    while days:
        day += timedelta(days=1)
        days -= day.weekday() < SATURDAY
    return day


@dataclass(frozen=True, slots=True)
class ProcedureCard:
    """What a project needs: which approval, from whom, by whom, in how many days by which law."""

    kind: ProcedureKind
    agency: str
    assignee: str
    legal_days: int
    day_kind: DayKind
    basis: str
    is_green: bool = False


def plan(
    session: Session, project: Project, card: ProcedureCard, *, at: datetime, by: Party
) -> Procedure:
    """Put an approval on the list of what a project needs.

    Raises:
        RuleViolation: `procedure.no_agency`, `procedure.no_assignee`, `procedure.no_basis`,
            `procedure.bad_days`.
        Conflict: `procedure.open_already`, `project.stopped`.
    """
    events.hold(session, project.ref)
    require_going(session, project)
    told = _checked(card)
    same = select(Procedure.id).where(
        Procedure.project_id == project.id,
        Procedure.kind == card.kind,
        Procedure.ended_on.is_(None),
    )
    if session.scalar(same) is not None:
        label = PROCEDURE_KIND_LABELS[card.kind]
        raise Conflict("procedure.open_already", f"这个项目的{label}手续已列入，还没有结果")
    row = Procedure(project=project, kind=card.kind, day_kind=card.day_kind, **told)
    events.hold(session, row.ref)
    session.add(row)
    session.flush()
    said: dict[str, Any] = {**told, "procedure_kind": card.kind.value, "project": project.ref}
    said |= {"day_kind": card.day_kind.value}
    both = project.ref, row.ref
    events.append(session, Kind.PROCEDURE_PLANNED, *both, at=at, by=by.ref, **said)
    return row


def _checked(card: ProcedureCard) -> dict[str, Any]:
    told: dict[str, Any] = {
        "agency": card.agency.strip(),
        "assignee": card.assignee.strip(),
        "basis": card.basis.strip(),
        "legal_days": card.legal_days,
        "is_green": card.is_green,
    }
    if not 0 < len(told["agency"]) <= NAME_CHARS_MAX:
        raise RuleViolation("procedure.no_agency", "请填写办理单位，不超过 80 字")
    if not 0 < len(told["assignee"]) <= NAME_CHARS_MAX:
        raise RuleViolation("procedure.no_assignee", "请填写由谁去办（单位和人），不超过 80 字")
    if not 0 < len(told["basis"]) <= BASIS_CHARS_MAX:
        raise RuleViolation(
            "procedure.no_basis", "请写明法定天数的出处，如文件名和条款，不超过 200 字"
        )
    if not 0 < card.legal_days <= DAYS_MAX:
        raise RuleViolation("procedure.bad_days", f"法定天数应在 1 到 {DAYS_MAX} 之间")
    return told


def accept(session: Session, row: Procedure, *, accepted_on: date, at: datetime, by: Party) -> None:
    """Record that the office took the papers; from that day its legal days run.

    Raises:
        RuleViolation: `procedure.in_future`.
        Conflict: `procedure.accepted_already`, `procedure.ended_already`.
    """
    events.hold(session, row.ref, row.project.ref)
    _require_open(session, row)
    if row.accepted_on is not None:
        raise Conflict("procedure.accepted_already", "这项手续已登记受理，请刷新后再看")
    if accepted_on > legal_day(at):
        raise RuleViolation("procedure.in_future", "日期在将来，请核对")
    row.accepted_on = accepted_on
    row.due_on = due_day(accepted_on, row.legal_days, row.day_kind)
    said = {"accepted_on": accepted_on.isoformat(), "due_on": row.due_on.isoformat()}
    _tell(session, row, Kind.PROCEDURE_ACCEPTED, said, at=at, by=by)


def end(
    session: Session,
    row: Procedure,
    *,
    outcome: Outcome,
    ended_on: date,
    document_no: str,
    at: datetime,
    by: Party,
    evidence: Evidence | None = None,
) -> None:
    """Record what the office decided, with the number of its paper.

    Raises:
        RuleViolation: `procedure.in_future`, `procedure.before_acceptance`,
            `procedure.no_document`.
        Conflict: `procedure.not_accepted`, `procedure.ended_already`.
    """
    events.hold(session, row.ref, row.project.ref)
    _require_open(session, row)
    if row.accepted_on is None:
        raise Conflict("procedure.not_accepted", "这项手续还没有登记受理，请先登记受理日期")
    if ended_on > legal_day(at):
        raise RuleViolation("procedure.in_future", "日期在将来，请核对")
    if ended_on < row.accepted_on:
        raise RuleViolation("procedure.before_acceptance", "结果的日期早于受理日期，请核对")
    if not 0 < len(document_no.strip()) <= DOCUMENT_CHARS_MAX:
        raise RuleViolation("procedure.no_document", "请填写批复、备案或不予办理通知的文号")
    row.outcome, row.ended_on, row.document_no = outcome, ended_on, document_no.strip()
    row.evidence = evidence
    said: dict[str, Any] = {"procedure_outcome": outcome.value, "ended_on": ended_on.isoformat()}
    said |= {"document_no": row.document_no, **proof(evidence)}
    _tell(session, row, Kind.PROCEDURE_ENDED, said, at=at, by=by)


def _require_open(session: Session, row: Procedure) -> None:
    session.refresh(row)
    if row.ended_on is not None:
        raise Conflict("procedure.ended_already", "这项手续已有结果，请刷新后再看")


def _tell(
    session: Session, row: Procedure, kind: Kind, said: dict[str, Any], *, at: datetime, by: Party
) -> None:
    told = {**said, "procedure_kind": row.kind.value}
    events.append(session, kind, row.project.ref, row.ref, at=at, by=by.ref, **told)


def get(session: Session, ref: str) -> Procedure:
    """The procedure of that reference.

    Raises:
        NotFound: `procedure.not_found`.
    """
    found = session.scalars(select(Procedure).where(Procedure.ref == ref)).one_or_none()
    if found is None:
        raise NotFound("procedure.not_found", "没有找到这项手续")
    return found


def of_project(session: Session, project: Project) -> Sequence[Procedure]:
    """What a project needs, in the order it was put on the list."""
    wanted = select(Procedure).where(Procedure.project_id == project.id)
    return session.scalars(wanted.order_by(Procedure.id)).all()


def fold(state: State | None, event: EventView) -> State | None:
    """A procedure as its events tell it."""
    match event.kind:
        case Kind.PROCEDURE_PLANNED:
            told = ("agency", "assignee", "basis", "legal_days", "is_green", "day_kind")
            later = ("accepted_on", "due_on", "ended_on", "outcome", "document_no", "evidence_id")
            return {
                **{name: folding.private(event, name) for name in told},
                "kind": folding.private(event, "procedure_kind"),
                "project_id": folding.private(event, "project"),
                **dict.fromkeys(later),
                **(state or {}),
            }
        case Kind.PROCEDURE_ACCEPTED:
            days = {name: folding.private(event, name) for name in ("accepted_on", "due_on")}
            return {**(state or {}), **days}
        case Kind.PROCEDURE_ENDED:
            return {
                **(state or {}),
                **{name: folding.private(event, name) for name in ("ended_on", "document_no")},
                "outcome": folding.private(event, "procedure_outcome"),
                "evidence_id": folding.private(event, "evidence"),
            }
        case _:
            return state


folding.register(Procedure, fold)
