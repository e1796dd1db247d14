"""用药 · which drug an animal got, by whom, and from which day it may be slaughtered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from traceability.animals import Animal, AnimalState, ref_of, require_alive
from traceability.base.db import Base, Subject
from traceability.base.errors import RuleViolation
from traceability.chain import events, folding
from traceability.chain.events import EventView
from traceability.chain.folding import State
from traceability.chain.kinds import Kind
from traceability.holdings import Holding
from traceability.parties import Party
from traceability.treatments import drug_labels
from traceability.treatments.amounts import AmountUnit
from traceability.treatments.giving import check_day, named
from traceability.treatments.withdrawal import (
    WITHDRAWAL_DAYS_MAX,
    Route,
    WithdrawalBasis,
    first_clear_day,
    withdrawal_of,
)


class Treatment(Subject, Base):
    """用药记录 · one course of one drug; from `clear_on` on the animal may be slaughtered."""

    __tablename__ = "treatment"
    __ref_prefix__ = "treatment"

    id: Mapped[int] = mapped_column(primary_key=True)
    animal_id: Mapped[int] = mapped_column(ForeignKey("animal.id"), index=True)
    holding_id: Mapped[int | None] = mapped_column(ForeignKey("holding.id"), index=True)
    drug: Mapped[str] = mapped_column(String(60))
    approval_no: Mapped[str | None] = mapped_column(String(40))
    manufacturer: Mapped[str | None] = mapped_column(String(60))
    batch_no: Mapped[str | None] = mapped_column(String(40))
    dose: Mapped[str] = mapped_column(String(60))
    route: Mapped[Route | None]
    prescriber: Mapped[str | None] = mapped_column(String(40))
    off_label: Mapped[bool]
    used_milli: Mapped[int | None]  # thousandths of `used_unit` taken from the farm's store
    used_unit: Mapped[AmountUnit | None]
    given_on: Mapped[date]
    label_days: Mapped[int | None]  # as read off the bottle
    withdrawal_days: Mapped[int]
    withdrawal_basis: Mapped[WithdrawalBasis]
    clear_on: Mapped[date]
    given_by_id: Mapped[int] = mapped_column(ForeignKey("party.id"))

    animal: Mapped[Animal] = relationship()
    holding: Mapped[Holding | None] = relationship()
    given_by: Mapped[Party] = relationship()


@dataclass(frozen=True, slots=True)
class Prescription:
    """处方 · who prescribed, how it is given, and how much of the farm's store it takes."""

    manufacturer: str | None = None
    route: Route | None = None
    prescriber: str | None = None
    off_label: bool = False
    used_milli: int | None = None
    used_unit: AmountUnit | None = None


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
    prescription: Prescription | None = None,
) -> Treatment:
    """Record a course of a drug; the withdrawal debt begins with its last day.

    Raises:
        RuleViolation: `animal.not_alive`, `treatment.in_future`, `treatment.before_birth`,
            `treatment.no_name`, `treatment.bad_label_days`, `treatment.no_unit`.
    """
    told = prescription or Prescription()
    _check_told(told, label_days)
    row = Treatment(
        animal=animal,
        holding=animal.holding,
        drug=named(drug, "药名"),
        approval_no=approval_no or None,
        manufacturer=told.manufacturer or None,
        batch_no=batch_no or None,
        dose=dose.strip(),
        route=told.route,
        prescriber=told.prescriber or None,
        used_milli=told.used_milli,
        used_unit=told.used_unit,
        given_on=given_on,
        label_days=label_days,
        given_by=by,
    )
    events.hold(session, animal.ref, row.ref)
    if animal.state is not AnimalState.HELD:  # a held animal may be healed
        require_alive(animal)
    check_day(animal, given_on, at)
    _reckon(session, row, off_label=told.off_label)
    session.add(row)
    session.flush()
    _tell(session, row, at=at, by=by, on_behalf_of=on_behalf_of)
    return row


def _check_told(told: Prescription, label_days: int | None) -> None:
    if label_days is not None and not 0 <= label_days <= WITHDRAWAL_DAYS_MAX:
        raise RuleViolation("treatment.bad_label_days", "休药期应为 0 到 365 天")
    if (told.used_milli is None) is not (told.used_unit is None):
        raise RuleViolation("treatment.no_unit", "用了多少和它的单位要一起填")


def _reckon(session: Session, row: Treatment, *, off_label: bool) -> None:
    """Find the withdrawal period of a course by table and labels."""
    with session.no_autoflush:
        labels = drug_labels.days_on(session, row.approval_no, route=row.route, on=row.given_on)
    off_label = off_label or (row.route is not None and labels.off_route)
    found = withdrawal_of(row.drug, label_days=row.label_days, labels=labels, off_label=off_label)
    row.off_label = off_label
    row.withdrawal_days, row.withdrawal_basis = found.days, found.basis
    row.clear_on = first_clear_day(row.given_on, found.days)


def _tell(
    session: Session, row: Treatment, *, at: datetime, by: Party, on_behalf_of: Party | None
) -> None:
    events.append(
        session,
        Kind.TREATMENT_GIVEN,
        row.ref,
        row.animal.ref,
        at=at,
        by=by.ref,
        on_behalf_of=ref_of(on_behalf_of),
        given_on=row.given_on.isoformat(),
        clear_on=row.clear_on.isoformat(),
        holding=None if row.holding is None else row.holding.ref,
        **{field: _plain(getattr(row, field)) for field in PRIVATE_OF_TREATMENT},
    )


PRIVATE_OF_TREATMENT = (
    "drug", "approval_no", "manufacturer", "batch_no", "dose", "route", "prescriber", "off_label",
    "used_milli", "used_unit", "label_days", "withdrawal_days", "withdrawal_basis",
)  # fmt: skip


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Route | AmountUnit | WithdrawalBasis) else value


@dataclass(frozen=True, slots=True)
class Caution:
    """提示 · what is recorded all the same, but must be known."""

    code: str
    sentence: str


def cautions(course: Treatment) -> Sequence[Caution]:
    """What must be known of a course: an unknown drug, a use off label, no prescriber."""
    found = []
    if course.withdrawal_basis is WithdrawalBasis.DEFAULT:
        found.append(
            Caution(
                "treatment.unknown_drug",
                f"休药期表和复核过的标签里没有“{course.drug}”，按 {course.withdrawal_days} 天计算",
            )
        )
    if course.off_label:
        unknown = course.withdrawal_basis is WithdrawalBasis.DEFAULT
        why = "表和标签都没有休药期" if unknown else "休药期取表和标签中较长的"
        days = course.withdrawal_days
        found.append(Caution("treatment.off_label", f"标签外用药，{why}，按 {days} 天计算"))
        if course.prescriber is None:
            found.append(
                Caution("treatment.no_prescriber", "标签外用药没有写开处方的兽医，请补上兽医处方")
            )
    return found


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
        "holding_id": folding.private(event, "holding"),
        "given_by_id": folding.private(event, "by"),
        "given_on": event["given_on"],
        "clear_on": event["clear_on"],
        **{field: folding.private(event, field) for field in PRIVATE_OF_TREATMENT},
    }


folding.register(Treatment, fold_treatment)
