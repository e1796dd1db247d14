"""屠宰申报 · the abattoir declares which animals in its pens it kills and when; the vet decides.

动物检疫管理办法（农业农村部令2022年第7号）, and before it the order of 2010: six hours before, in
an emergency at any time; the dated rule table holds the lead time.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, PrimaryKeyConstraint, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from traceability import rules
from traceability.animals import Animal, ref_of, require_alive
from traceability.base import clock
from traceability.base.db import Base, Subject
from traceability.base.errors import Conflict, NotFound, RuleViolation
from traceability.chain import events, folding
from traceability.chain.events import EventView
from traceability.chain.folding import Members, State
from traceability.chain.kinds import Kind
from traceability.checks import Facts
from traceability.holdings import Holding, HoldingKind
from traceability.parties import Party

HEAD_MAX = 500  # as many as one group operation may take
REASON_CHARS_MAX = 400


class SlaughterState(StrEnum):
    """屠宰申报状态."""

    FILED = "filed"
    ACCEPTED = "accepted"
    REFUSED = "refused"


SLAUGHTER_STATE_LABELS = {
    SlaughterState.FILED: "待受理",
    SlaughterState.ACCEPTED: "已受理",
    SlaughterState.REFUSED: "不予受理",
}


class SlaughterDeclaration(Subject, Base):
    """屠宰申报 · animals in one abattoir that are to be killed at one time."""

    __tablename__ = "slaughter_declaration"
    __ref_prefix__ = "slaughter_declaration"

    id: Mapped[int] = mapped_column(primary_key=True)
    abattoir_id: Mapped[int] = mapped_column(ForeignKey("holding.id"), index=True)
    slaughters_at: Mapped[datetime]
    emergency: Mapped[str | None] = mapped_column(String(REASON_CHARS_MAX))  # why; None: in time
    filed_at: Mapped[datetime]
    state: Mapped[SlaughterState]
    refusal: Mapped[str | None] = mapped_column(String(REASON_CHARS_MAX))

    abattoir: Mapped[Holding] = relationship()


class SlaughterAnimal(Base):
    """待宰牛只 · an animal a slaughter declaration names."""

    __tablename__ = "slaughter_animal"

    declaration_id: Mapped[int] = mapped_column(ForeignKey("slaughter_declaration.id"))
    animal_id: Mapped[int] = mapped_column(ForeignKey("animal.id"), index=True)

    __table_args__ = (PrimaryKeyConstraint("declaration_id", "animal_id"),)


def file(
    session: Session,
    abattoir: Holding,
    animals: Sequence[Animal],
    *,
    slaughters_at: datetime,
    at: datetime,
    by: Party,
    on_behalf_of: Party | None = None,
    emergency: str = "",
) -> SlaughterDeclaration:
    """Declare animals in an abattoir's pens for slaughter; an emergency says why.

    Raises:
        RuleViolation: `slaughter.not_abattoir`, `slaughter.no_animals`, `slaughter.too_many`,
            `slaughter.not_here`, `slaughter.in_past`, `animal.not_alive`; every failed outcome of
            the stage `slaughter.declare`.
        Conflict: `slaughter.pending`.
    """
    row = SlaughterDeclaration(
        abattoir=abattoir,
        slaughters_at=clock.to_ms(slaughters_at),
        emergency=emergency.strip()[:REASON_CHARS_MAX] or None,
        filed_at=clock.to_ms(at),
        state=SlaughterState.FILED,
    )
    events.hold(session, row.ref, *[animal.ref for animal in animals])
    with session.no_autoflush:
        _require_possible(session, row, animals)
        warnings = rules.require(session, "slaughter.declare", facts_of(row), at=at)
    session.add(row)
    session.flush()
    session.add_all(
        SlaughterAnimal(declaration_id=row.id, animal_id=animal.id) for animal in animals
    )
    events.append(
        session,
        Kind.SLAUGHTER_DECLARED,
        row.ref,
        at=at,
        by=by.ref,
        on_behalf_of=ref_of(on_behalf_of),
        head_count=len(animals),
        place_kind=abattoir.kind.value,
        township=abattoir.township,
        abattoir=abattoir.ref,
        animals=sorted(animal.ref for animal in animals),
        slaughters_at=clock.stamp(row.slaughters_at),
        emergency=row.emergency,
        warnings=rules.noted(warnings),
    )
    return row


def facts_of(row: SlaughterDeclaration) -> Facts:
    """What the rules of declaring need to know."""
    return Facts(
        declared_at=row.filed_at,
        slaughters_at=row.slaughters_at,
        emergency=row.emergency is not None,
        purpose="slaughter",
    )


def _require_possible(
    session: Session, row: SlaughterDeclaration, animals: Sequence[Animal]
) -> None:
    if row.abattoir.kind is not HoldingKind.ABATTOIR:
        raise RuleViolation("slaughter.not_abattoir", "只有屠宰场才能申报屠宰，请重选场所")
    if not animals:
        raise RuleViolation("slaughter.no_animals", "请至少选一头牛")
    if len(animals) > HEAD_MAX:
        raise RuleViolation("slaughter.too_many", f"一次最多申报 {HEAD_MAX} 头，请分批申报")
    for animal in animals:
        require_alive(animal)
        if animal.holding_id != row.abattoir.id:
            raise RuleViolation(
                "slaughter.not_here", f"{animal.ear_tag} 不在这个屠宰场，先登记到达"
            )
    if row.slaughters_at < row.filed_at:
        raise RuleViolation("slaughter.in_past", "屠宰时间已经过去，请核对")
    pending = session.scalars(
        select(Animal.ear_tag)
        .join(SlaughterAnimal, SlaughterAnimal.animal_id == Animal.id)
        .join(SlaughterDeclaration, SlaughterDeclaration.id == SlaughterAnimal.declaration_id)
        .where(
            Animal.id.in_([animal.id for animal in animals]),
            SlaughterDeclaration.state != SlaughterState.REFUSED,
        )
    )
    if tags := sorted(set(pending)):
        raise Conflict("slaughter.pending", f"已经申报过屠宰：{'、'.join(tags[:5])}")


def accept(session: Session, row: SlaughterDeclaration, *, at: datetime, by: Party) -> None:
    """Accept a declaration: the vet comes to the pens.

    Raises:
        Conflict: `slaughter.decided`.
    """
    _require_open(session, row)
    row.state = SlaughterState.ACCEPTED
    events.append(session, Kind.SLAUGHTER_ACCEPTED, row.ref, at=at, by=by.ref)


def refuse(
    session: Session, row: SlaughterDeclaration, *, reason: str, at: datetime, by: Party
) -> None:
    """Refuse a declaration, with the reason the abattoir is told.

    Raises:
        RuleViolation: `slaughter.refusal_without_reason`.
        Conflict: `slaughter.decided`.
    """
    _require_open(session, row)
    if not reason.strip():
        raise RuleViolation("slaughter.refusal_without_reason", "请写明不予受理的原因")
    row.state, row.refusal = SlaughterState.REFUSED, reason.strip()[:REASON_CHARS_MAX]
    events.append(session, Kind.SLAUGHTER_REFUSED, row.ref, at=at, by=by.ref, reason=row.refusal)


def _require_open(session: Session, row: SlaughterDeclaration) -> None:
    events.hold(session, row.ref)
    session.refresh(row, ["state"])
    if row.state is not SlaughterState.FILED:
        label = SLAUGHTER_STATE_LABELS[row.state]
        raise Conflict("slaughter.decided", f"这份屠宰申报的状态已是“{label}”，请刷新后再看")


def get(session: Session, ref: str) -> SlaughterDeclaration:
    """The declaration of that reference.

    Raises:
        NotFound: `slaughter.not_found`.
    """
    wanted = select(SlaughterDeclaration).where(SlaughterDeclaration.ref == ref)
    if (found := session.scalars(wanted).one_or_none()) is None:
        raise NotFound("slaughter.not_found", "没有找到这份屠宰申报")
    return found


def animals_of(session: Session, row: SlaughterDeclaration) -> Sequence[Animal]:
    """The animals a declaration names, by ear tag."""
    named = (
        select(Animal)
        .join(SlaughterAnimal, SlaughterAnimal.animal_id == Animal.id)
        .where(SlaughterAnimal.declaration_id == row.id)
    )
    return session.scalars(named.order_by(Animal.ear_tag)).all()


def waiting_at(session: Session, abattoir: Holding) -> Sequence[Animal]:
    """The animals in an abattoir's pens that no declaration names yet, by ear tag."""
    declared = (
        select(SlaughterAnimal.animal_id)
        .join(SlaughterDeclaration, SlaughterDeclaration.id == SlaughterAnimal.declaration_id)
        .where(SlaughterDeclaration.state != SlaughterState.REFUSED)
    )
    here = select(Animal).where(Animal.holding_id == abattoir.id, Animal.id.not_in(declared))
    return session.scalars(here.order_by(Animal.ear_tag).limit(HEAD_MAX)).all()


def fold(state: State | None, event: EventView) -> State | None:
    """A slaughter declaration as its events tell it."""
    match event.kind:
        case Kind.SLAUGHTER_DECLARED:
            return {
                "abattoir_id": folding.private(event, "abattoir"),
                "filed_at": clock.stamp(event.at),
                "state": SlaughterState.FILED.value,
                "refusal": None,
                **{
                    name: folding.private(event, name)
                    for name in ("slaughters_at", "emergency", "animals")
                },
            }
        case Kind.SLAUGHTER_ACCEPTED:
            return {**(state or {}), "state": SlaughterState.ACCEPTED.value}
        case Kind.SLAUGHTER_REFUSED:
            reason = folding.private(event, "reason")
            return {**(state or {}), "state": SlaughterState.REFUSED.value, "refusal": reason}
        case _:
            return state


folding.register(
    SlaughterDeclaration,
    fold,
    members={"animals": Members(SlaughterAnimal, "declaration_id", "animal_id")},
)
