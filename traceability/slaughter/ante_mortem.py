"""宰前检查 · what the official vet found on one animal before slaughter; passed, it is its pass."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship

from traceability import movements, rules, standing
from traceability.animals import Animal
from traceability.base import clock
from traceability.base.db import Base, Subject
from traceability.base.errors import Conflict, RuleViolation
from traceability.chain import events, folding
from traceability.chain.events import EventView
from traceability.chain.folding import State
from traceability.chain.kinds import Kind
from traceability.checks import Facts
from traceability.holdings import Holding
from traceability.parties import Party
from traceability.slaughter import declarations
from traceability.slaughter.declarations import SlaughterDeclaration, SlaughterState

REMARKS_CHARS_MAX = 400
ANTE_MORTEM_CHECKS = {
    "documents": "入场查验：检疫证明有效，证物相符",
    "tag": "畜禽标识符合规定",
    "group": "群体检查：静态、动态和饮食状态未见异常",
    "individual": "个体检查：精神、呼吸、反刍和体表未见异常",
}


class AnteMortem(Subject, Base):
    """宰前检查记录 · one animal of one slaughter declaration; `passed` lets it be killed."""

    __tablename__ = "ante_mortem"
    __ref_prefix__ = "ante_mortem"

    id: Mapped[int] = mapped_column(primary_key=True)
    declaration_id: Mapped[int] = mapped_column(ForeignKey("slaughter_declaration.id"), index=True)
    animal_id: Mapped[int] = mapped_column(ForeignKey("animal.id"), index=True)
    vet_id: Mapped[int] = mapped_column(ForeignKey("party.id"))
    inspected_at: Mapped[datetime]
    passed: Mapped[bool]
    checks: Mapped[dict[str, Any]]  # name of the check → whether it passed
    remarks: Mapped[str] = mapped_column(String(REMARKS_CHARS_MAX))

    declaration: Mapped[SlaughterDeclaration] = relationship()
    animal: Mapped[Animal] = relationship()
    vet: Mapped[Party] = relationship()


def record(
    session: Session,
    declaration: SlaughterDeclaration,
    animal: Animal,
    *,
    checks: Mapping[str, bool],
    at: datetime,
    by: Party,
    remarks: str = "",
) -> AnteMortem:
    """Record what the vet found; every check passed lets the animal be killed, if the rules do.

    An animal inspected again gets a new record; the newest counts.

    Raises:
        RuleViolation: `ante_mortem.unknown_check`, `ante_mortem.not_declared`; of an animal that
            would pass, every failed outcome of the stage `slaughter`.
        Conflict: `ante_mortem.not_accepted`.
    """
    row = AnteMortem(
        declaration=declaration,
        animal=animal,
        vet=by,
        inspected_at=clock.to_ms(at),
        passed=all(checks.get(name, False) for name in ANTE_MORTEM_CHECKS),
        checks=dict(checks),
        remarks=remarks.strip()[:REMARKS_CHARS_MAX],
    )
    events.hold(session, declaration.ref, animal.ref, row.ref)
    with session.no_autoflush:
        session.refresh(declaration, ["state"])
        session.refresh(animal, ["state", "holding_id"])
        _require_possible(session, row)
        warnings = require_killable(session, declaration, animal, at=at) if row.passed else []
    session.add(row)
    session.flush()
    events.append(
        session,
        Kind.SLAUGHTER_INSPECTED,
        row.ref,
        animal.ref,
        at=at,
        by=by.ref,
        passed=row.passed,
        slaughter_declaration=declaration.ref,
        checks=row.checks,
        remarks=row.remarks,
        warnings=rules.noted(warnings),
    )
    return row


def _require_possible(session: Session, row: AnteMortem) -> None:
    if row.declaration.state is not SlaughterState.ACCEPTED:
        raise Conflict("ante_mortem.not_accepted", "先受理屠宰申报，再登记宰前检查")
    if not row.checks.keys() <= ANTE_MORTEM_CHECKS.keys():
        raise RuleViolation("ante_mortem.unknown_check", "检查项目不在规定之列，请刷新页面")
    if row.animal not in declarations.animals_of(session, row.declaration):
        raise RuleViolation("ante_mortem.not_declared", f"{row.animal.ear_tag} 不在这份屠宰申报里")


def require_killable(
    session: Session, declaration: SlaughterDeclaration, animal: Animal, *, at: datetime
) -> list[rules.Outcome]:
    """What the rules of the stage `slaughter` warn of.

    Raises:
        RuleViolation: every outcome that fails.
    """
    facts = facts_of(session, animal, declaration.abattoir, at=at)
    return rules.require(session, "slaughter", facts, at=at)


def facts_of(session: Session, animal: Animal, abattoir: Holding, *, at: datetime) -> Facts:
    """What the rules of slaughter need to know: the animal, and the paper it came here under."""
    known = standing.facts_of(session, animal, at=at, purpose="slaughter", places=[abattoir])
    arrival = movements.arrival_at(session, animal, abattoir)
    paper = None if arrival is None else arrival.certificate
    return replace(known, certificate=None if paper is None else paper.facts_for(abattoir))


def newest(session: Session, declaration: SlaughterDeclaration) -> dict[int, AnteMortem]:
    """The newest inspection of each animal of a declaration, by the animal's id."""
    wanted = (
        select(AnteMortem)
        .where(AnteMortem.declaration_id == declaration.id)
        .order_by(AnteMortem.id)
        .options(joinedload(AnteMortem.vet))
    )
    return {row.animal_id: row for row in session.scalars(wanted)}


def fold(state: State | None, event: EventView) -> State | None:
    """A slaughter inspection as its event tells it."""
    if event.kind is not Kind.SLAUGHTER_INSPECTED:
        return state
    return {
        "declaration_id": folding.private(event, "slaughter_declaration"),
        "animal_id": event.links[1].ref,
        "vet_id": folding.private(event, "by"),
        "inspected_at": clock.stamp(event.at),
        "passed": event["passed"],
        "checks": folding.private(event, "checks"),
        "remarks": folding.private(event, "remarks"),
    }


folding.register(AnteMortem, fold)
