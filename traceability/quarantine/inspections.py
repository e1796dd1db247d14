"""临床检查 · what the official vet found on one animal: the named checks, each with its answer."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from traceability.animals import Animal
from traceability.base import clock
from traceability.base.db import Base, Subject
from traceability.base.errors import Conflict, RuleViolation
from traceability.chain import events, folding
from traceability.chain.events import EventView
from traceability.chain.folding import State
from traceability.chain.kinds import Kind
from traceability.checks import INSPECTION_CHECKS
from traceability.parties import Party
from traceability.quarantine import declarations
from traceability.quarantine.declarations import (
    DECLARATION_STATE_LABELS,
    Declaration,
    DeclarationState,
)


class Inspection(Subject, Base):
    """检查记录 · one animal of one declaration."""

    __tablename__ = "inspection"
    __ref_prefix__ = "inspection"

    id: Mapped[int] = mapped_column(primary_key=True)
    declaration_id: Mapped[int] = mapped_column(ForeignKey("declaration.id"), index=True)
    animal_id: Mapped[int] = mapped_column(ForeignKey("animal.id"), index=True)
    vet_id: Mapped[int] = mapped_column(ForeignKey("party.id"))
    inspected_at: Mapped[datetime]
    passed: Mapped[bool]
    checks: Mapped[dict[str, Any]]  # name of the check → whether it passed
    remarks: Mapped[str] = mapped_column(String(400))

    declaration: Mapped[Declaration] = relationship()
    animal: Mapped[Animal] = relationship()
    vet: Mapped[Party] = relationship()


def record(
    session: Session,
    declaration: Declaration,
    animal: Animal,
    *,
    checks: Mapping[str, bool],
    at: datetime,
    by: Party,
    remarks: str = "",
) -> Inspection:
    """Record what the vet found; an animal inspected again gets a new record, the newest counts.

    Raises:
        RuleViolation: `inspection.unknown_check`, `inspection.not_declared`.
        Conflict: `inspection.not_accepted`.
    """
    row = Inspection(
        declaration=declaration,
        animal=animal,
        vet=by,
        inspected_at=clock.to_ms(at),
        passed=all(checks.get(name, False) for name in INSPECTION_CHECKS),
        checks=dict(checks),
        remarks=remarks.strip()[:400],
    )
    events.hold(session, declaration.ref, animal.ref, row.ref)
    session.refresh(declaration, ["state"])
    _require_accepted(declaration)
    if not checks.keys() <= INSPECTION_CHECKS.keys():
        raise RuleViolation("inspection.unknown_check", "检查项目不在规定之列，请刷新页面")
    if animal not in declarations.animals_of(session, declaration):
        raise RuleViolation("inspection.not_declared", f"{animal.ear_tag} 不在这份申报里")
    session.add(row)
    session.flush()
    events.append(
        session,
        Kind.INSPECTION_RECORDED,
        row.ref,
        animal.ref,
        at=at,
        by=by.ref,
        passed=row.passed,
        declaration=declaration.ref,
        checks=row.checks,
        remarks=row.remarks,
    )
    return row


def _require_accepted(declaration: Declaration) -> None:
    state = declaration.state
    if state is DeclarationState.ACCEPTED:
        return
    if state is DeclarationState.FILED:
        raise Conflict("inspection.not_accepted", "先受理申报，再登记检查结果")
    label = DECLARATION_STATE_LABELS[state]
    raise Conflict("inspection.not_accepted", f"这份申报已是“{label}”，检查结果不能再登记")


def require_newest(
    session: Session, declaration: Declaration, animal: Animal, *, seen: str, by: Party
) -> None:
    """Make sure that nobody else has inspected the animal since the vet looked at the list.

    `seen` is the reference of the inspection the vet knew of, empty where there was none.

    Raises:
        Conflict: `inspection.changed_meanwhile`.
    """
    events.hold(session, declaration.ref, animal.ref)
    latest = newest(session, declaration).get(animal.id)
    if latest is None or latest.ref == seen or latest.vet_id == by.id:
        return
    found = "合格" if latest.passed else "不合格"
    when = f"{latest.inspected_at.astimezone(clock.CHINA):%m月%d日 %H:%M}"
    raise Conflict(
        "inspection.changed_meanwhile",
        f"{latest.vet.name} 已在 {when} 检查过这头牛，结果{found}；这一次没有登记，请核对后决定",
    )


def newest(session: Session, declaration: Declaration) -> Mapping[int, Inspection]:
    """The newest inspection of each animal of a declaration, by the animal's id."""
    rows: Sequence[Inspection] = session.scalars(
        select(Inspection)
        .where(Inspection.declaration_id == declaration.id)
        .order_by(Inspection.id)
    ).all()
    return {row.animal_id: row for row in rows}


def fold(state: State | None, event: EventView) -> State | None:
    """An inspection as its event tells it."""
    if event.kind is not Kind.INSPECTION_RECORDED:
        return state
    return {
        "declaration_id": folding.private(event, "declaration"),
        "animal_id": event.links[1].ref,
        "vet_id": folding.private(event, "by"),
        "inspected_at": clock.stamp(event.at),
        "passed": event["passed"],
        "checks": folding.private(event, "checks"),
        "remarks": folding.private(event, "remarks"),
    }


folding.register(Inspection, fold)
