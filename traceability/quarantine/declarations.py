"""检疫申报 · the owner declares which animals go where and when; the vet accepts or refuses.

动物检疫管理办法（农业农村部令2022年第7号）第八条, and before it the order of 2010: the dated rule
table holds the lead times.
"""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, PrimaryKeyConstraint, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from traceability import rules
from traceability.animals import Animal, ref_of, require_alive
from traceability.base import clock
from traceability.base.clock import legal_day
from traceability.base.db import Base, Subject
from traceability.base.errors import Conflict, NotFound, RuleViolation
from traceability.chain import events, folding
from traceability.chain.events import EventView
from traceability.chain.folding import Members, State
from traceability.chain.kinds import Kind
from traceability.checks import Facts
from traceability.holdings import Holding
from traceability.identifiers import plates
from traceability.parties import Party

HEAD_MAX = 500  # as many as one group operation may take


class Purpose(StrEnum):
    """用途 · what the animals move for."""

    SLAUGHTER = "slaughter"
    KEEPING = "keeping"
    TRADE = "trade"
    BREEDING = "breeding"


PURPOSE_LABELS = {
    Purpose.SLAUGHTER: "屠宰",
    Purpose.KEEPING: "饲养",
    Purpose.TRADE: "交易",
    Purpose.BREEDING: "种用乳用",
}


class DeclarationState(StrEnum):
    """申报状态."""

    FILED = "filed"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    CERTIFIED = "certified"


DECLARATION_STATE_LABELS = {
    DeclarationState.FILED: "待受理",
    DeclarationState.ACCEPTED: "待检查",
    DeclarationState.REFUSED: "不予受理",
    DeclarationState.CERTIFIED: "已出证",
}


class Declaration(Subject, Base):
    """检疫申报 · animals of one owner from one place to another."""

    __tablename__ = "declaration"
    __ref_prefix__ = "declaration"

    id: Mapped[int] = mapped_column(primary_key=True)
    declarant_id: Mapped[int] = mapped_column(ForeignKey("party.id"), index=True)
    origin_id: Mapped[int] = mapped_column(ForeignKey("holding.id"), index=True)
    destination_id: Mapped[int] = mapped_column(ForeignKey("holding.id"))
    purpose: Mapped[Purpose]
    leaves_on: Mapped[date]
    plate: Mapped[str | None] = mapped_column(String(12))
    filed_at: Mapped[datetime]
    state: Mapped[DeclarationState]
    refusal: Mapped[str | None] = mapped_column(String(400))
    answered_at: Mapped[datetime | None]  # accepted or refused, whichever came first

    declarant: Mapped[Party] = relationship()
    origin: Mapped[Holding] = relationship(foreign_keys=[origin_id])
    destination: Mapped[Holding] = relationship(foreign_keys=[destination_id])


class DeclarationAnimal(Base):
    """申报牛只 · an animal a declaration names."""

    __tablename__ = "declaration_animal"

    declaration_id: Mapped[int] = mapped_column(ForeignKey("declaration.id"))
    animal_id: Mapped[int] = mapped_column(ForeignKey("animal.id"), index=True)

    __table_args__ = (PrimaryKeyConstraint("declaration_id", "animal_id"),)


def journey(origin: Holding, destination: Holding) -> dict[str, Any]:
    """A journey as the public may know it: kinds of place and townships."""
    return {
        "from_kind": origin.kind.value,
        "from_township": origin.township,
        "to_kind": destination.kind.value,
        "to_township": destination.township,
    }


def file(
    session: Session,
    animals: Sequence[Animal],
    *,
    declarant: Party,
    destination: Holding,
    purpose: Purpose,
    leaves_on: date,
    at: datetime,
    by: Party,
    on_behalf_of: Party | None = None,
    plate: str | None = None,
) -> Declaration:
    """Declare animals for quarantine.

    Raises:
        RuleViolation: `declaration.no_animals`, `declaration.too_many`, `declaration.many_origins`,
            `declaration.not_owner`, `declaration.same_holding`, `declaration.in_past`,
            `animal.not_alive`; every failed outcome of the stage `declaration.file`.
        Conflict: `declaration.pending`.
    """
    origin = _check_animals(animals, declarant, destination)
    if leaves_on < legal_day(at):
        raise RuleViolation("declaration.in_past", "启运日期已经过去，请核对")
    declaration = Declaration(
        declarant=declarant,
        origin=origin,
        destination=destination,
        purpose=purpose,
        leaves_on=leaves_on,
        plate=plates.parse_plate(plate) if plate else None,
        filed_at=clock.to_ms(at),
        state=DeclarationState.FILED,
    )
    events.hold(session, declaration.ref, *[animal.ref for animal in animals])
    for animal in animals:
        require_alive(animal)
    _require_none_pending(session, animals)
    facts = facts_of(declaration)
    warnings = rules.require(session, "declaration.file", facts, at=at)
    session.add(declaration)
    session.flush()
    session.add_all(
        DeclarationAnimal(declaration_id=declaration.id, animal_id=animal.id) for animal in animals
    )
    events.append(
        session,
        Kind.DECLARATION_FILED,
        declaration.ref,
        at=at,
        by=by.ref,
        on_behalf_of=ref_of(on_behalf_of),
        head_count=len(animals),
        animals=sorted(animal.ref for animal in animals),
        warnings=rules.noted(warnings),
        **_filed(declaration),
    )
    return declaration


def facts_of(declaration: Declaration) -> Facts:
    """What the rules of filing need to know of a declaration."""
    return Facts(
        declared_at=declaration.filed_at,
        leaves_on=declaration.leaves_on,
        purpose=declaration.purpose.value,
        crosses_province=declaration.origin.province != declaration.destination.province,
    )


def _filed(declaration: Declaration) -> dict[str, Any]:
    """What the event of filing says of the declaration itself."""
    return {
        **journey(declaration.origin, declaration.destination),
        "purpose": declaration.purpose.value,
        "declarant": declaration.declarant.ref,
        "origin": declaration.origin.ref,
        "destination": declaration.destination.ref,
        "leaves_on": declaration.leaves_on.isoformat(),
        "plate": declaration.plate,
    }


def _check_animals(animals: Sequence[Animal], declarant: Party, destination: Holding) -> Holding:
    if not animals:
        raise RuleViolation("declaration.no_animals", "请至少选一头牛")
    if len(animals) > HEAD_MAX:
        raise RuleViolation("declaration.too_many", f"一次最多申报 {HEAD_MAX} 头，请分批申报")
    origins = {animal.holding for animal in animals}
    origin = origins.pop()
    if origins or origin is None:
        raise RuleViolation("declaration.many_origins", "一次申报的牛应在同一个场所，请分开申报")
    if any(animal.owner_id != declarant.id for animal in animals):
        raise RuleViolation("declaration.not_owner", "只能申报自己的牛；代办请先取得货主授权")
    if origin is destination:
        raise RuleViolation("declaration.same_holding", "起运地与到达地相同，请重选到达地")
    return origin


def _require_none_pending(session: Session, animals: Sequence[Animal]) -> None:
    pending = session.execute(
        select(Animal.ear_tag)
        .join(DeclarationAnimal, DeclarationAnimal.animal_id == Animal.id)
        .join(Declaration, Declaration.id == DeclarationAnimal.declaration_id)
        .where(
            Animal.id.in_([animal.id for animal in animals]),
            Declaration.state.in_([DeclarationState.FILED, DeclarationState.ACCEPTED]),
        )
    ).scalars()
    if tags := sorted(set(pending)):
        raise Conflict("declaration.pending", f"已有未办结的申报：{'、'.join(tags[:5])}")


def accept(session: Session, declaration: Declaration, *, at: datetime, by: Party) -> None:
    """Accept a declaration: the vet will come and inspect.

    Raises:
        Conflict: `declaration.not_open`.
    """
    events.hold(session, declaration.ref)
    session.refresh(declaration, ["state"])
    _require_state(declaration, DeclarationState.FILED)
    declaration.state = DeclarationState.ACCEPTED
    declaration.answered_at = clock.to_ms(at)
    events.append(session, Kind.DECLARATION_ACCEPTED, declaration.ref, at=at, by=by.ref)


def refuse(
    session: Session, declaration: Declaration, *, reason: str, at: datetime, by: Party
) -> None:
    """Refuse a declaration, with the reason the owner is told.

    Raises:
        RuleViolation: `declaration.refusal_without_reason`.
        Conflict: `declaration.not_open`.
    """
    events.hold(session, declaration.ref)
    session.refresh(declaration, ["state", "answered_at"])
    if declaration.state is not DeclarationState.ACCEPTED:
        _require_state(declaration, DeclarationState.FILED)
    if not reason.strip():
        raise RuleViolation("declaration.refusal_without_reason", "请写明不予受理的原因")
    declaration.state, declaration.refusal = DeclarationState.REFUSED, reason.strip()[:400]
    declaration.answered_at = declaration.answered_at or clock.to_ms(at)
    events.append(
        session,
        Kind.DECLARATION_REFUSED,
        declaration.ref,
        at=at,
        by=by.ref,
        reason=declaration.refusal,
    )


def _require_state(declaration: Declaration, state: DeclarationState) -> None:
    if declaration.state is not state:
        label = DECLARATION_STATE_LABELS[declaration.state]
        raise Conflict("declaration.not_open", f"这份申报的状态已是“{label}”，请刷新后再看")


def get(session: Session, ref: str) -> Declaration:
    """The declaration of that reference.

    Raises:
        NotFound: `declaration.not_found`.
    """
    found = session.scalars(select(Declaration).where(Declaration.ref == ref)).one_or_none()
    if found is None:
        raise NotFound("declaration.not_found", "没有找到这份检疫申报")
    return found


def animals_of(session: Session, declaration: Declaration) -> Sequence[Animal]:
    """The animals a declaration names, by ear tag."""
    named = (
        select(Animal)
        .join(DeclarationAnimal, DeclarationAnimal.animal_id == Animal.id)
        .where(DeclarationAnimal.declaration_id == declaration.id)
    )
    return session.scalars(named.order_by(Animal.ear_tag)).all()


def waiting(session: Session, *, county: str) -> Sequence[Declaration]:
    """What the vets of a county have yet to do, the earliest departure first."""
    open_states = [DeclarationState.FILED, DeclarationState.ACCEPTED]
    mine = (
        select(Declaration)
        .join(Holding, Holding.id == Declaration.origin_id)
        .where(Declaration.state.in_(open_states), Holding.region_code.startswith(county))
    )
    return session.scalars(mine.order_by(Declaration.leaves_on, Declaration.id)).all()


def of_declarant(session: Session, party: Party, *, limit: int = 50) -> Sequence[Declaration]:
    """The declarations of an owner, newest first."""
    mine = select(Declaration).where(Declaration.declarant_id == party.id)
    return session.scalars(mine.order_by(Declaration.id.desc()).limit(limit)).all()


def fold(state: State | None, event: EventView) -> State | None:
    """A declaration as its events tell it."""
    match event.kind:
        case Kind.DECLARATION_FILED:
            parties = ("declarant", "origin", "destination")
            return {
                "purpose": event["purpose"],
                "filed_at": clock.stamp(event.at),
                "state": DeclarationState.FILED.value,
                "refusal": None,
                "answered_at": None,
                **{f"{name}_id": folding.private(event, name) for name in parties},
                **{f: folding.private(event, f) for f in ("leaves_on", "plate", "animals")},
            }
        case Kind.DECLARATION_ACCEPTED:
            answered = {"answered_at": clock.stamp(event.at)}
            return {**(state or {}), "state": DeclarationState.ACCEPTED.value, **answered}
        case Kind.DECLARATION_REFUSED:
            reason = folding.private(event, "reason")
            before = state or {}
            return {
                **before,
                "state": DeclarationState.REFUSED.value,
                "refusal": reason,
                "answered_at": before.get("answered_at") or clock.stamp(event.at),
            }
        case Kind.CERTIFICATE_ISSUED:
            return {**(state or {}), "state": DeclarationState.CERTIFIED.value}
        case _:
            return state


folding.register(
    Declaration,
    fold,
    members={"animals": Members(DeclarationAnimal, "declaration_id", "animal_id")},
)
