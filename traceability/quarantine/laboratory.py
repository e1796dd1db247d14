"""实验室检测 · what a laboratory's report says of one animal and one disease.

A positive result stops the certificate until a newer report of the same disease is negative, or
the entry is withdrawn because it was wrong. 动物检疫管理办法第十四条.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship

from traceability.animals import Animal
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
from traceability.quarantine import declarations, diseases
from traceability.quarantine.declarations import Declaration

REPORT_CHARS_MAX = 60
LABORATORY_CHARS_MAX = 80
REASON_CHARS_MAX = 200
LISTED_MAX = 100


class LabResult(Subject, Base):
    """检测结果 · one animal, one disease, one report."""

    __tablename__ = "lab_result"
    __ref_prefix__ = "lab_result"

    id: Mapped[int] = mapped_column(primary_key=True)
    animal_id: Mapped[int] = mapped_column(ForeignKey("animal.id"), index=True)
    declaration_id: Mapped[int | None] = mapped_column(ForeignKey("declaration.id"), index=True)
    vet_id: Mapped[int] = mapped_column(ForeignKey("party.id"))
    tested_for: Mapped[str] = mapped_column(String(40))
    positive: Mapped[bool]
    report_no: Mapped[str] = mapped_column(String(REPORT_CHARS_MAX))
    laboratory: Mapped[str] = mapped_column(String(LABORATORY_CHARS_MAX))
    tested_on: Mapped[date]
    report: Mapped[str | None] = mapped_column(String(60))  # reference of the evidence
    entered_at: Mapped[datetime]
    withdrawn: Mapped[str | None] = mapped_column(String(REASON_CHARS_MAX))

    animal: Mapped[Animal] = relationship()
    declaration: Mapped[Declaration | None] = relationship()
    vet: Mapped[Party] = relationship()


def record(
    session: Session,
    animal: Animal,
    *,
    tested_for: str,
    positive: bool,
    report_no: str,
    laboratory: str,
    tested_on: date,
    at: datetime,
    by: Party,
    declaration: Declaration | None = None,
    report: Evidence | None = None,
) -> LabResult:
    """Enter what a report says, for a declaration or for the animal alone.

    Raises:
        RuleViolation: `laboratory.unknown_disease`, `laboratory.without_number`,
            `laboratory.without_name`, `laboratory.in_future`, `laboratory.before_birth`,
            `laboratory.not_declared`.
        Conflict: `laboratory.entered`.
    """
    row = LabResult(
        animal=animal,
        declaration=declaration,
        vet=by,
        tested_for=tested_for,
        positive=positive,
        report_no=_said("laboratory.without_number", "请填写报告编号", report_no),
        laboratory=_said("laboratory.without_name", "请照报告填写检测单位", laboratory),
        tested_on=tested_on,
        report=None if report is None else report.ref,
        entered_at=clock.to_ms(at),
    )
    events.hold(session, animal.ref, row.ref)
    _require_possible(session, row, at=at)
    session.add(row)
    session.flush()
    events.append(
        session,
        Kind.LABORATORY_RECORDED,
        row.ref,
        animal.ref,
        at=at,
        by=by.ref,
        declaration=None if declaration is None else declaration.ref,
        tested_for=tested_for,
        positive=positive,
        report_no=row.report_no,
        laboratory=row.laboratory,
        tested_on=tested_on.isoformat(),
        report=row.report,
    )
    return row


def _said(code: str, sentence: str, words: str) -> str:
    if not (said := words.strip()):
        raise RuleViolation(code, sentence)
    return said


def _require_possible(session: Session, row: LabResult, *, at: datetime) -> None:
    if row.tested_for not in {each.name for each in diseases.listed()}:
        raise RuleViolation("laboratory.unknown_disease", "这个病不在检疫规程的病种表里，请重选")
    if row.tested_on > legal_day(at):
        raise RuleViolation("laboratory.in_future", "报告日期还没有到，请核对")
    if row.tested_on < row.animal.born_on:
        raise RuleViolation(
            "laboratory.before_birth", "报告日期早于这头牛的出生日期，请核对耳标和日期"
        )
    if row.declaration is not None and row.animal not in declarations.animals_of(
        session, row.declaration
    ):
        raise RuleViolation("laboratory.not_declared", f"{row.animal.ear_tag} 不在这份申报里")
    with session.no_autoflush:
        known = session.scalar(
            select(LabResult.id).where(
                LabResult.animal_id == row.animal.id,
                LabResult.tested_for == row.tested_for,
                LabResult.report_no == row.report_no,
                LabResult.withdrawn.is_(None),
            )
        )
    if known is not None:
        raise Conflict(
            "laboratory.entered", f"报告 {row.report_no} 的{row.tested_for}结果已经登记过"
        )


def withdraw(session: Session, found: LabResult, *, reason: str, at: datetime, by: Party) -> None:
    """Take back a wrong entry; it is still shown, and counts no more.

    Raises:
        RuleViolation: `laboratory.withdrawn_without_reason`.
        Conflict: `laboratory.withdrawn`.
    """
    events.hold(session, found.ref, found.animal.ref)
    session.refresh(found, ["withdrawn"])
    if found.withdrawn is not None:
        raise Conflict("laboratory.withdrawn", "这条检测结果已经撤销，请刷新后再看")
    if not reason.strip():
        raise RuleViolation("laboratory.withdrawn_without_reason", "请写明撤销的原因")
    found.withdrawn = reason.strip()[:REASON_CHARS_MAX]
    events.append(
        session,
        Kind.LABORATORY_WITHDRAWN,
        found.ref,
        found.animal.ref,
        at=at,
        by=by.ref,
        reason=found.withdrawn,
    )


class Reports:
    """检测情况 · the results of many animals, read in one question however many they are."""

    def __init__(self, session: Session, animal_ids: Collection[int]) -> None:
        """Read what counts."""
        self._rows: dict[int, list[LabResult]] = defaultdict(list)
        wanted = select(LabResult).where(
            LabResult.animal_id.in_(set(animal_ids)), LabResult.withdrawn.is_(None)
        )
        for row in session.scalars(wanted.order_by(LabResult.tested_on, LabResult.id)):
            self._rows[row.animal_id].append(row)

    def newest(self, animal_id: int, *, on: date) -> dict[str, LabResult]:
        """The newest result of each disease known on a day; on one day a positive one counts."""
        found: dict[str, LabResult] = {}
        for row in self._rows[animal_id]:
            held = found.get(row.tested_for)
            same_day = held is not None and held.tested_on == row.tested_on
            if row.tested_on <= on and not (same_day and held is not None and held.positive):
                found[row.tested_for] = row
        return found

    def facts(self, animal_id: int, *, at: datetime, purpose: str) -> dict[str, Any]:
        """What the rules need to know of an animal's tests, for a journey of that purpose."""
        day = legal_day(at)
        newest = self.newest(animal_id, on=day)
        negative = [row for row in newest.values() if not row.positive]
        return {
            "lab_known": tuple(_told(row) for row in newest.values()),
            "lab_positive": tuple(row.tested_for for row in newest.values() if row.positive),
            "lab_missing": tuple(
                each.name for each in diseases.wanted(purpose, day) if each.name not in newest
            ),
            "lab_wanted": bool(diseases.wanted(purpose, day)),
            "lab_report_on": min((row.tested_on for row in negative), default=None),
        }


def _told(row: LabResult) -> str:
    return (
        f"{row.tested_for}{'阳性' if row.positive else '阴性'}（{row.laboratory} {row.report_no}）"
    )


def get(session: Session, ref: str) -> LabResult:
    """The result of that reference.

    Raises:
        NotFound: `laboratory.not_found`.
    """
    found = session.scalars(select(LabResult).where(LabResult.ref == ref)).one_or_none()
    if found is None:
        raise NotFound("laboratory.not_found", "没有找到这条检测结果")
    return found


def of_animals(session: Session, animal_ids: Collection[int]) -> dict[int, list[LabResult]]:
    """Every result of some animals, newest first, the withdrawn ones too."""
    wanted = (
        select(LabResult)
        .where(LabResult.animal_id.in_(set(animal_ids)))
        .order_by(LabResult.tested_on.desc(), LabResult.id.desc())
        .options(joinedload(LabResult.vet))
    )
    found: dict[int, list[LabResult]] = defaultdict(list)
    for row in session.scalars(wanted):
        found[row.animal_id].append(row)
    return found


def of_animal(session: Session, animal: Animal) -> Sequence[LabResult]:
    """The results of one animal, newest first."""
    return of_animals(session, [animal.id])[animal.id][:LISTED_MAX]


def fold(state: State | None, event: EventView) -> State | None:
    """A result as its events tell it."""
    match event.kind:
        case Kind.LABORATORY_RECORDED:
            names = ("tested_for", "positive", "report_no", "laboratory", "tested_on", "report")
            return {
                **{name: folding.private(event, name) for name in names},
                "animal_id": event.links[1].ref,
                "declaration_id": folding.private(event, "declaration"),
                "vet_id": folding.private(event, "by"),
                "entered_at": clock.stamp(event.at),
                "withdrawn": None,
            }
        case Kind.LABORATORY_WITHDRAWN:
            return {**(state or {}), "withdrawn": folding.private(event, "reason")}
        case _:
            return state


folding.register(LabResult, fold)
