"""用药与免疫 · what was given to an animal, by whom, and from which day it may be slaughtered.

The withdrawal period (休药期) ends by the table of 农业部公告第278号 or by the label, the longer;
an unknown drug counts 28 days. The day of the dose is day 0; the animal is clear from day n + 1.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from traceability.animals import Animal, AnimalState, ref_of, require_alive
from traceability.base.clock import legal_day
from traceability.base.db import Base, Subject
from traceability.base.errors import RuleViolation
from traceability.chain import events, folding
from traceability.chain.events import EventView
from traceability.chain.folding import State
from traceability.chain.kinds import Kind
from traceability.parties import Party

WITHDRAWAL_DAYS_MAX = 365
DRUGS_FILE = Path(__file__).parent / "data" / "drugs.json"


class Disease(StrEnum):
    """疫病 · what an immunisation is against."""

    FMD = "fmd"
    LSD = "lsd"
    BRUCELLOSIS = "brucellosis"
    ANTHRAX = "anthrax"


DISEASE_LABELS = {
    Disease.FMD: "口蹄疫",
    Disease.LSD: "牛结节性皮肤病",
    Disease.BRUCELLOSIS: "布鲁氏菌病",
    Disease.ANTHRAX: "炭疽",
}


class Immunisation(Subject, Base):
    """免疫记录 · one dose of one vaccine."""

    __tablename__ = "immunisation"
    __ref_prefix__ = "immunisation"

    id: Mapped[int] = mapped_column(primary_key=True)
    animal_id: Mapped[int] = mapped_column(ForeignKey("animal.id"), index=True)
    disease: Mapped[Disease]
    vaccine: Mapped[str] = mapped_column(String(60))
    batch_no: Mapped[str] = mapped_column(String(40))
    given_on: Mapped[date]
    given_by_id: Mapped[int] = mapped_column(ForeignKey("party.id"))

    animal: Mapped[Animal] = relationship()
    given_by: Mapped[Party] = relationship()


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


@dataclass(frozen=True, slots=True)
class Drug:
    """兽药 · a drug of the withdrawal table, with the paper the number stands in."""

    name: str
    withdrawal_days: int
    citation: str


@cache
def drugs() -> Mapping[str, Drug]:
    """The withdrawal table for cattle, by drug name."""
    rows: list[dict[str, Any]] = json.loads(DRUGS_FILE.read_text(encoding="utf-8"))["cattle"]
    return {row["name"]: Drug(**row) for row in rows}


UNKNOWN_DRUG_DAYS = int(json.loads(DRUGS_FILE.read_text(encoding="utf-8"))["unknown_days"])


def withdrawal_days_of(drug: str, *, label_days: int | None = None) -> int:
    """Days an animal must wait: the longer of table and label; 28 where the drug is unknown.

    >>> withdrawal_days_of("土霉素片"), withdrawal_days_of("土霉素片", label_days=10)
    (7, 10)
    >>> withdrawal_days_of("没有听说过的药")
    28
    """
    known = drugs().get(drug.strip())
    table_days = UNKNOWN_DRUG_DAYS if known is None else known.withdrawal_days
    return max(table_days, label_days or 0)


def first_clear_day(given_on: date, withdrawal_days: int) -> date:
    """The first day an animal may be slaughtered for food; the day of the dose is day 0.

    >>> first_clear_day(date(2026, 11, 1), 7)
    datetime.date(2026, 11, 9)
    """
    return given_on + timedelta(days=withdrawal_days + 1)


def immunise(
    session: Session,
    animal: Animal,
    *,
    disease: Disease,
    vaccine: str,
    batch_no: str,
    given_on: date,
    at: datetime,
    by: Party,
    on_behalf_of: Party | None = None,
    group: str | None = None,
) -> Immunisation:
    """Record one dose of a vaccine.

    Raises:
        RuleViolation: `animal.not_alive`, `treatment.in_future`, `treatment.before_birth`,
            `treatment.no_name`.
    """
    row = Immunisation(
        animal=animal,
        disease=disease,
        vaccine=_named(vaccine, "疫苗名称"),
        batch_no=batch_no.strip(),
        given_on=given_on,
        given_by=by,
    )
    events.hold(session, animal.ref, row.ref)
    require_alive(animal)
    _check_day(animal, given_on, at)
    session.add(row)
    session.flush()
    events.append(
        session,
        Kind.IMMUNISATION_GIVEN,
        row.ref,
        animal.ref,
        at=at,
        by=by.ref,
        on_behalf_of=ref_of(on_behalf_of),
        group=group,
        disease=disease.value,
        vaccine=row.vaccine,
        dose_no=_dose_no(session, animal, disease),
        given_on=given_on.isoformat(),
        batch_no=row.batch_no,
        **place_of(animal),
    )
    return row


def _dose_no(session: Session, animal: Animal, disease: Disease) -> int:
    return len([dose for dose in doses(session, animal) if dose.disease is disease])


def place_of(animal: Animal) -> dict[str, Any]:
    """Where an animal is, as the public may know it."""
    if animal.holding is None:
        return {"place_kind": None, "township": None}
    return {"place_kind": animal.holding.kind.value, "township": animal.holding.township}


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
        drug=_named(drug, "药名"),
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
    _check_day(animal, given_on, at)
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


def _named(name: str, what: str) -> str:
    if not name.strip():
        raise RuleViolation("treatment.no_name", f"请填写{what}")
    return name.strip()


def _check_day(animal: Animal, given_on: date, at: datetime) -> None:
    if given_on > legal_day(at):
        raise RuleViolation("treatment.in_future", "用药或免疫日期在将来，请核对")
    if given_on < animal.born_on:
        raise RuleViolation("treatment.before_birth", "用药或免疫日期早于出生日期，请核对")


def doses(session: Session, animal: Animal) -> Sequence[Immunisation]:
    """The vaccine doses of an animal, newest first."""
    mine = select(Immunisation).where(Immunisation.animal_id == animal.id)
    return session.scalars(
        mine.order_by(Immunisation.given_on.desc(), Immunisation.id.desc())
    ).all()


def courses(session: Session, animal: Animal) -> Sequence[Treatment]:
    """The drug courses of an animal, newest first."""
    mine = select(Treatment).where(Treatment.animal_id == animal.id)
    return session.scalars(mine.order_by(Treatment.given_on.desc(), Treatment.id.desc())).all()


def fold_immunisation(state: State | None, event: EventView) -> State | None:
    """A dose as its event tells it."""
    if event.kind is not Kind.IMMUNISATION_GIVEN:
        return state
    return {
        "animal_id": event.links[1].ref,
        "given_by_id": folding.private(event, "by"),
        **{field: folding.private(event, field) for field in ("vaccine", "batch_no")},
        **{field: event[field] for field in ("disease", "given_on")},
    }


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


folding.register(Immunisation, fold_immunisation)
folding.register(Treatment, fold_treatment)
