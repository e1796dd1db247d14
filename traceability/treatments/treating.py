"""用药 · which drug an animal got, by whom, and from which day it may be slaughtered."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from traceability.animals import Animal, AnimalState, ref_of, require_alive
from traceability.base.db import Base, Subject
from traceability.base.errors import RuleViolation
from traceability.chain import events, folding
from traceability.chain.events import EventView
from traceability.chain.folding import State
from traceability.chain.kinds import Kind
from traceability.parties import Party
from traceability.treatments.giving import check_day, named
from traceability.treatments.withdrawal import (
    WITHDRAWAL_DAYS_MAX,
    first_clear_day,
    withdrawal_days_of,
)


class Treatment(Subject, Base):
    """用药记录 · one course of one drug; from `clear_on` on the animal may be slaughtered."""

    __tablename__ = "treatment"
    __ref_prefix__ = "treatment"

    id: Mapped[int] = mapped_column(primary_key=True)
    animal_id: Mapped[int] = mapped_column(ForeignKey("animal.id"), index=True)
    drug: Mapped[str] = mapped_column(String(60))
    approval_no: Mapped[str | None] = mapped_column(String(40))
    batch_no: Mapped[str | None] = mapped_column(String(40))
    dose: Mapped[str] = mapped_column(String(60))
    given_on: Mapped[date]
    withdrawal_days: Mapped[int]
    clear_on: Mapped[date]
    given_by_id: Mapped[int] = mapped_column(ForeignKey("party.id"))

    animal: Mapped[Animal] = relationship()
    given_by: Mapped[Party] = relationship()


def treat(
    session: Session,
    animal: Animal,
    *,
    drug: str,
    dose: str,
    given_on: date,
    at: datetime,
    by: Party,
    on_behalf_of: Party | None = None,
    approval_no: str | None = None,
    batch_no: str | None = None,
    label_days: int | None = None,
) -> Treatment:
    """Record a course of a drug; the withdrawal debt begins with its last day.

    Raises:
        RuleViolation: `animal.not_alive`, `treatment.in_future`, `treatment.before_birth`,
            `treatment.no_name`, `treatment.bad_label_days`.
    """
    if label_days is not None and not 0 <= label_days <= WITHDRAWAL_DAYS_MAX:
        raise RuleViolation("treatment.bad_label_days", "休药期应为 0 到 365 天")
    days = withdrawal_days_of(drug, label_days=label_days)
    row = Treatment(
        animal=animal,
        drug=named(drug, "药名"),
        approval_no=approval_no or None,
        batch_no=batch_no or None,
        dose=dose.strip(),
        given_on=given_on,
        withdrawal_days=days,
        clear_on=first_clear_day(given_on, days),
        given_by=by,
    )
    events.hold(session, animal.ref, row.ref)
    if animal.state is not AnimalState.HELD:  # a held animal may be healed
        require_alive(animal)
    check_day(animal, given_on, at)
    session.add(row)
    session.flush()
    events.append(
        session,
        Kind.TREATMENT_GIVEN,
        row.ref,
        animal.ref,
        at=at,
        by=by.ref,
        on_behalf_of=ref_of(on_behalf_of),
        given_on=given_on.isoformat(),
        clear_on=row.clear_on.isoformat(),
        **{field: getattr(row, field) for field in PRIVATE_OF_TREATMENT},
    )
    return row


PRIVATE_OF_TREATMENT = ("drug", "approval_no", "batch_no", "dose", "withdrawal_days")


def courses(session: Session, animal: Animal) -> Sequence[Treatment]:
    """The drug courses of an animal, newest first."""
    mine = select(Treatment).where(Treatment.animal_id == animal.id)
    return session.scalars(mine.order_by(Treatment.given_on.desc(), Treatment.id.desc())).all()


def fold_treatment(state: State | None, event: EventView) -> State | None:
    """A course as its event tells it."""
    if event.kind is not Kind.TREATMENT_GIVEN:
        return state
    return {
        "animal_id": event.links[1].ref,
        "given_by_id": folding.private(event, "by"),
        "given_on": event["given_on"],
        "clear_on": event["clear_on"],
        **{field: folding.private(event, field) for field in PRIVATE_OF_TREATMENT},
    }


folding.register(Treatment, fold_treatment)
