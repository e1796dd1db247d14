"""免疫 · which vaccine an animal got, against what, on which day and by whom."""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from traceability.animals import Animal, ref_of, require_alive
from traceability.base.db import Base, Subject
from traceability.chain import events, folding
from traceability.chain.events import EventView
from traceability.chain.folding import State
from traceability.chain.kinds import Kind
from traceability.parties import Party
from traceability.treatments.giving import check_day, named, place_of


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
        vaccine=named(vaccine, "疫苗名称"),
        batch_no=batch_no.strip(),
        given_on=given_on,
        given_by=by,
    )
    events.hold(session, animal.ref, row.ref)
    require_alive(animal)
    check_day(animal, given_on, at)
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


def doses(session: Session, animal: Animal) -> Sequence[Immunisation]:
    """The vaccine doses of an animal, newest first."""
    mine = select(Immunisation).where(Immunisation.animal_id == animal.id)
    return session.scalars(
        mine.order_by(Immunisation.given_on.desc(), Immunisation.id.desc())
    ).all()


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


folding.register(Immunisation, fold_immunisation)
