"""调运 · one animal on one journey; on the road until it arrives.

Gate-in and gate-out of a market are arrival and departure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, Index, String, and_, func, or_, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship, selectinload

from traceability import carriers, rules, standing
from traceability.animals import Animal, ref_of
from traceability.base import clock
from traceability.base.db import Base, Subject
from traceability.base.errors import Conflict, NotFound, RuleViolation
from traceability.chain import events, folding
from traceability.chain.events import EventView
from traceability.chain.folding import State
from traceability.chain.kinds import Kind
from traceability.holdings import Holding
from traceability.parties import Party
from traceability.quarantine import certificates
from traceability.quarantine.certificates import Certificate
from traceability.quarantine.declarations import journey

NO_VEHICLE: Mapping[str, Any] = {}


class Movement(Subject, Base):
    """移动记录 · one animal on one journey; in transit until `arrived_at` is set."""

    __tablename__ = "movement"
    __ref_prefix__ = "movement"

    id: Mapped[int] = mapped_column(primary_key=True)
    animal_id: Mapped[int] = mapped_column(ForeignKey("animal.id"), index=True)
    origin_id: Mapped[int] = mapped_column(ForeignKey("holding.id"), index=True)
    destination_id: Mapped[int] = mapped_column(ForeignKey("holding.id"), index=True)
    certificate_id: Mapped[int | None] = mapped_column(ForeignKey("certificate.id"), index=True)
    plate: Mapped[str | None] = mapped_column(String(12), index=True)
    departed_at: Mapped[datetime]
    arrived_at: Mapped[datetime | None]
    lost_at: Mapped[datetime | None]  # died or got away on the road

    animal: Mapped[Animal] = relationship()
    origin: Mapped[Holding] = relationship(foreign_keys=[origin_id])
    destination: Mapped[Holding] = relationship(foreign_keys=[destination_id])
    certificate: Mapped[Certificate | None] = relationship()

    @property
    def ended_at(self) -> datetime | None:
        """When the animal was on the vehicle no more: lost on the road, or arrived."""
        return self.lost_at or self.arrived_at

    __table_args__ = (
        Index("ix_movement_departed_at_id", "departed_at", "id"),  # the order of lists
        Index(
            "uq_movement_on_the_road",
            "animal_id",
            unique=True,
            sqlite_where=text("arrived_at IS NULL"),
            postgresql_where=text("arrived_at IS NULL"),
        ),
    )


def depart(
    session: Session,
    animal: Animal,
    *,
    to: Holding,
    at: datetime,
    by: Party,
    on_behalf_of: Party | None = None,
    plate: str | None = None,
) -> Movement:
    """Send an animal on its way, under its newest certificate.

    Raises:
        RuleViolation: `movement.same_holding`; every failed outcome of the stage `movement.depart`.
        Conflict: `movement.on_the_road`.
    """
    events.hold(session, animal.ref)
    session.refresh(animal)
    origin = animal.holding
    if origin is None:
        raise Conflict("movement.on_the_road", f"{animal.ear_tag} 正在路上，先登记到达")
    if to is origin:
        raise RuleViolation("movement.same_holding", "起运地与目的地相同")
    paper = certificates.newest_of(session, animal)
    vehicle = facts_of_vehicle(session, plate, paper, at=at)
    warnings = judge(session, "movement.depart", animal, paper, at_place=to, at=at, vehicle=vehicle)
    movement = Movement(
        animal=animal,
        origin=origin,
        destination=to,
        certificate=paper,
        plate=plate,
        departed_at=clock.to_ms(at),
    )
    events.hold(session, movement.ref)
    animal.holding = None
    session.add(movement)
    session.flush()
    events.append(
        session,
        Kind.MOVEMENT_DEPARTED,
        animal.ref,
        movement.ref,
        at=at,
        by=by.ref,
        on_behalf_of=ref_of(on_behalf_of),
        certificate_number=None if paper is None else paper.number,
        warnings=rules.noted(warnings),
        **journey(origin, to),
        **_private_part(movement),
    )
    return movement


def facts_of_vehicle(
    session: Session, plate: str | None, paper: Certificate | None, *, at: datetime
) -> dict[str, Any]:
    """What the rules need to know of the vehicle: its filing, its papers, the paper's vehicles."""
    intended = None if paper is None else paper.plate
    plate = plate or intended
    if plate is None:
        return {}
    same_vehicle = select(Movement).where(under_way(), Movement.plate == plate)
    others = {row.certificate for row in session.scalars(same_vehicle) if row.certificate}
    return {
        "plate": plate,
        "vehicle_certificates": tuple(sorted(row.number for row in others if row is not paper)),
        "other_plates": () if intended is None else (intended,),
        **carriers.facts_of_filings(session, plate, at=at),
    }


def _private_part(movement: Movement) -> dict[str, Any]:
    paper = movement.certificate
    return {
        "origin": movement.origin.ref,
        "destination": movement.destination.ref,
        "certificate": None if paper is None else paper.ref,
        "plate": movement.plate,
    }


def judge(
    session: Session,
    stage: str,
    animal: Animal,
    paper: Certificate | None,
    *,
    at_place: Holding,
    at: datetime,
    vehicle: Mapping[str, Any] = NO_VEHICLE,
) -> list[rules.Outcome]:
    """Refuse a step of a journey that the rules forbid; the warnings are returned.

    Raises:
        RuleViolation: every failed outcome of the stage.
    """
    purpose = None if paper is None else paper.purpose.value
    facts = standing.facts_of(session, animal, at=at, purpose=purpose, places=[at_place])
    known = None if paper is None else paper.facts_for(at_place)
    return rules.require(session, stage, replace(facts, certificate=known, **vehicle), at=at)


def arrive(
    session: Session,
    animal: Animal,
    *,
    at: datetime,
    by: Party,
    on_behalf_of: Party | None = None,
) -> Movement:
    """Record that an animal has arrived where it was going.

    Raises:
        RuleViolation: `movement.before_departure`; every failed outcome of `movement.arrive`.
        Conflict: `movement.not_on_the_road`.
    """
    events.hold(session, animal.ref)
    movement = on_the_road(session, animal)
    if movement is None:
        raise Conflict("movement.not_on_the_road", f"{animal.ear_tag} 没有未到达的调运记录")
    if at < movement.departed_at:
        raise RuleViolation("movement.before_departure", "到达时间早于启运时间，请核对")
    events.hold(session, movement.ref)
    warnings = judge(
        session,
        "movement.arrive",
        animal,
        movement.certificate,
        at_place=movement.destination,
        at=at,
    )
    movement.arrived_at = clock.to_ms(at)
    animal.holding = movement.destination
    session.flush()
    paper = movement.certificate
    events.append(
        session,
        Kind.MOVEMENT_ARRIVED,
        animal.ref,
        movement.ref,
        at=at,
        by=by.ref,
        on_behalf_of=ref_of(on_behalf_of),
        certificate_number=None if paper is None else paper.number,
        warnings=rules.noted(warnings),
        **journey(movement.origin, movement.destination),
        **_private_part(movement),
    )
    return movement


def lose(
    session: Session,
    animal: Animal,
    *,
    how: str,
    at: datetime,
    by: Party,
    on_behalf_of: Party | None = None,
) -> Movement:
    """Record that an animal is on its vehicle no more: it died or got away on the road.

    One that got away and is found may still arrive.

    Raises:
        Conflict: `movement.not_on_the_road`, `movement.lost`.
    """
    events.hold(session, animal.ref)
    movement = on_the_road(session, animal)
    if movement is None:
        raise Conflict("movement.not_on_the_road", f"{animal.ear_tag} 没有未到达的调运记录")
    if movement.lost_at is not None:
        raise Conflict("movement.lost", f"{animal.ear_tag} 的途中损失已经登记过")
    events.hold(session, movement.ref)
    movement.lost_at = clock.to_ms(at)
    events.append(
        session,
        Kind.MOVEMENT_LOST,
        animal.ref,
        movement.ref,
        at=at,
        by=by.ref,
        on_behalf_of=ref_of(on_behalf_of),
        loss_kind=how,
    )
    return movement


def under_way() -> ColumnElement[bool]:
    """The condition on `Movement`: on the road, and not lost there."""
    return and_(Movement.arrived_at.is_(None), Movement.lost_at.is_(None))


def aboard_after(at: datetime) -> ColumnElement[bool]:
    """The condition on `Movement`: still on its vehicle at an instant, or later."""
    return or_(under_way(), func.coalesce(Movement.lost_at, Movement.arrived_at) >= at)


def get(session: Session, ref: str) -> Movement:
    """The journey of that reference.

    Raises:
        NotFound: `movement.not_found`.
    """
    found = session.scalars(select(Movement).where(Movement.ref == ref)).one_or_none()
    if found is None:
        raise NotFound("movement.not_found", "没有找到这条调运记录")
    return found


def on_the_road(session: Session, animal: Animal) -> Movement | None:
    """The journey an animal is on."""
    mine = select(Movement).where(Movement.animal_id == animal.id, Movement.arrived_at.is_(None))
    return session.scalars(mine).one_or_none()


def of_animal(session: Session, animal: Animal) -> Sequence[Movement]:
    """The journeys of an animal, newest first."""
    mine = select(Movement).where(Movement.animal_id == animal.id)
    return session.scalars(mine.order_by(Movement.departed_at.desc(), Movement.id.desc())).all()


def arrival_at(session: Session, animal: Animal, holding: Holding) -> Movement | None:
    """The journey that brought an animal to the place where it is."""
    mine = select(Movement).where(
        Movement.animal_id == animal.id,
        Movement.destination_id == holding.id,
        Movement.arrived_at.is_not(None),
    )
    return session.scalars(mine.order_by(Movement.arrived_at.desc()).limit(1)).one_or_none()


def papers_of_arrivals(
    session: Session, there: Sequence[tuple[Animal, Holding]]
) -> dict[tuple[int, int], Certificate]:
    """Under which certificate each animal came to the place named with it, by their ids."""
    if not there:
        return {}
    animals, places = ({each.id for each in side} for side in zip(*there, strict=True))
    wanted = (
        select(Movement.animal_id, Movement.destination_id, Certificate)
        .join(Certificate, Certificate.id == Movement.certificate_id)
        .where(
            Movement.animal_id.in_(animals),
            Movement.destination_id.in_(places),
            Movement.arrived_at.is_not(None),
        )
        .order_by(Movement.arrived_at)
        .options(selectinload(Certificate.origin), selectinload(Certificate.destination))
    )
    return {(animal, place): paper for animal, place, paper in session.execute(wanted)}


def on_the_road_of(session: Session, animals: Sequence[Animal]) -> dict[int, Movement]:
    """The journeys these animals are on, by the animal's id."""
    wanted = select(Movement).where(
        Movement.animal_id.in_([animal.id for animal in animals]), Movement.arrived_at.is_(None)
    )
    ends = (
        selectinload(Movement.destination),
        selectinload(Movement.certificate).options(
            selectinload(Certificate.origin), selectinload(Certificate.destination)
        ),
    )
    return {row.animal_id: row for row in session.scalars(wanted.options(*ends))}


def expected_at(session: Session, holding: Holding) -> Sequence[Movement]:
    """The journeys that have not yet arrived at a place, the oldest departure first."""
    coming = select(Movement).where(Movement.destination_id == holding.id, under_way())
    return session.scalars(coming.order_by(Movement.departed_at).options(*WHOLE)).all()


def arrived_since(session: Session, holding: Holding, since: datetime) -> Sequence[Movement]:
    """The journeys that have ended at a place since an instant, the newest arrival first."""
    come = select(Movement).where(
        Movement.destination_id == holding.id, Movement.arrived_at >= since
    )
    return session.scalars(come.order_by(Movement.arrived_at.desc()).options(*WHOLE)).all()


WHOLE = (
    selectinload(Movement.animal).selectinload(Animal.owner),
    selectinload(Movement.origin),
    selectinload(Movement.certificate),
)
"""What a list of journeys shows, loaded with it."""


def fold(state: State | None, event: EventView) -> State | None:
    """A movement as its events tell it."""
    match event.kind:
        case Kind.MOVEMENT_DEPARTED:
            refs = ("origin", "destination", "certificate")
            return {
                "animal_id": event.links[0].ref,
                **{f"{field}_id": folding.private(event, field) for field in refs},
                "plate": folding.private(event, "plate"),
                "departed_at": clock.stamp(event.at),
                "arrived_at": None,
                "lost_at": None,
            }
        case Kind.MOVEMENT_LOST:
            return {**(state or {}), "lost_at": clock.stamp(event.at)}
        case Kind.MOVEMENT_ARRIVED:
            return {**(state or {}), "arrived_at": clock.stamp(event.at)}
        case _:
            return state


folding.register(Movement, fold)
