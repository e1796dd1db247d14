"""检疫证明 · the paper an animal travels under: 动物A leaves the province, 动物B stays within it.

The platform keeps its own record, with the official certificate's number when there is one; it
never imitates the official form.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, PrimaryKeyConstraint, String, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from traceability import rules, standing
from traceability.animals import Animal
from traceability.base import clock
from traceability.base.clock import legal_day
from traceability.base.db import Base, Subject, take_turn
from traceability.base.errors import Conflict, NotFound, RuleViolation
from traceability.chain import events, folding
from traceability.chain.events import EventView
from traceability.chain.folding import Members, State
from traceability.chain.kinds import Kind
from traceability.checks import CertificateFacts, Facts
from traceability.holdings import Holding
from traceability.identifiers import short_codes
from traceability.identifiers.certificates import (
    CertificateForm,
    CertificateNumber,
    parse_official_number,
)
from traceability.parties import Party
from traceability.quarantine import declarations, inspections
from traceability.quarantine.declarations import Declaration, DeclarationState, Purpose
from traceability.quarantine.inspections import Inspection

VALID_DAYS_MAX = 5
Warnings = dict[int, list[dict[str, str]]]  # by the animal's id
PROVINCE_DIGITS = 2


class CertificateState(StrEnum):
    """检疫证明状态."""

    ISSUED = "issued"
    REVOKED = "revoked"


CERTIFICATE_STATE_LABELS = {
    CertificateState.ISSUED: "有效",
    CertificateState.REVOKED: "已作废",
}


class Certificate(Subject, Base):
    """检疫证明 · the animals of one declaration, on one journey."""

    __tablename__ = "certificate"
    __ref_prefix__ = "certificate"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(24), unique=True)
    official_number: Mapped[str | None] = mapped_column(String(40))
    short_code: Mapped[str] = mapped_column(String(20), unique=True)
    form: Mapped[CertificateForm]
    declaration_id: Mapped[int] = mapped_column(ForeignKey("declaration.id"), unique=True)
    purpose: Mapped[Purpose]
    owner_id: Mapped[int] = mapped_column(ForeignKey("party.id"))
    origin_id: Mapped[int] = mapped_column(ForeignKey("holding.id"))
    destination_id: Mapped[int] = mapped_column(ForeignKey("holding.id"), index=True)
    vet_id: Mapped[int] = mapped_column(ForeignKey("party.id"))
    plate: Mapped[str | None] = mapped_column(String(12))
    issued_at: Mapped[datetime]
    valid_until: Mapped[date]
    state: Mapped[CertificateState]

    declaration: Mapped[Declaration] = relationship()
    owner: Mapped[Party] = relationship(foreign_keys=[owner_id])
    origin: Mapped[Holding] = relationship(foreign_keys=[origin_id])
    destination: Mapped[Holding] = relationship(foreign_keys=[destination_id])
    vet: Mapped[Party] = relationship(foreign_keys=[vet_id])

    def facts_for(self, destination: Holding) -> CertificateFacts:
        """What the rules need to know of it, for a journey to that place."""
        return CertificateFacts(
            number=self.number,
            form=self.form.value,
            valid_from=self.issued_at,
            valid_until=self.valid_until,
            origin_region=self.origin.region_code,
            destination_region=self.destination.region_code,
            revoked=self.state is CertificateState.REVOKED,
            names_destination=self.destination_id == destination.id,
        )


class CertificateAnimal(Base):
    """证明牛只 · an animal a certificate names."""

    __tablename__ = "certificate_animal"

    certificate_id: Mapped[int] = mapped_column(ForeignKey("certificate.id"))
    animal_id: Mapped[int] = mapped_column(ForeignKey("animal.id"), index=True)

    __table_args__ = (PrimaryKeyConstraint("certificate_id", "animal_id"),)


def form_for(origin: Holding, destination: Holding) -> CertificateForm:
    """Form A where the journey leaves the province, form B where it does not."""
    here, there = (place.region_code[:PROVINCE_DIGITS] for place in (origin, destination))
    return CertificateForm.ANIMAL_B if here == there else CertificateForm.ANIMAL_A


def issue(
    session: Session,
    declaration: Declaration,
    *,
    at: datetime,
    by: Party,
    valid_days: int = 1,
    official_number: str | None = None,
) -> Certificate:
    """Issue the certificate of an inspected declaration; all its animals, or none.

    Raises:
        RuleViolation: `certificate.bad_days`, `certificate.not_inspected`; every failed outcome of
            the stage `certificate.issue`, of every animal.
        Conflict: `certificate.declaration_closed`, `certificate.live_elsewhere`.
    """
    animals = declarations.animals_of(session, declaration)
    events.hold(session, declaration.ref, *[animal.ref for animal in animals])
    session.refresh(declaration, ["state"])
    if declaration.state is not DeclarationState.ACCEPTED:
        raise Conflict("certificate.declaration_closed", "这份申报已经办结，请刷新后再看")
    if not 1 <= valid_days <= VALID_DAYS_MAX:
        raise RuleViolation("certificate.bad_days", f"有效期应为 1 到 {VALID_DAYS_MAX} 天")
    certificate = _drafted(session, declaration, valid_days, at=at, by=by)
    if official_number:
        certificate.official_number = parse_official_number(official_number)
    warnings = _require_fit(session, certificate, animals, at=at)
    _require_none_live(session, animals, at=at)
    session.add(certificate)
    session.flush()
    declaration.state = DeclarationState.CERTIFIED
    session.add_all(
        CertificateAnimal(certificate_id=certificate.id, animal_id=animal.id) for animal in animals
    )
    _append_issued(session, certificate, animals, warnings, at=at, by=by)
    return certificate


def _drafted(
    session: Session, declaration: Declaration, valid_days: int, *, at: datetime, by: Party
) -> Certificate:
    form = form_for(declaration.origin, declaration.destination)
    return Certificate(
        number=_next_number(session, form, declaration.origin.county, legal_day(at).year),
        short_code=short_codes.new_public_code(),
        form=form,
        declaration=declaration,
        purpose=declaration.purpose,
        owner=declaration.declarant,
        origin=declaration.origin,
        destination=declaration.destination,
        vet=by,
        plate=declaration.plate,
        issued_at=clock.to_ms(at),
        valid_until=legal_day(at) + timedelta(days=valid_days - 1),
        state=CertificateState.ISSUED,
    )


def _next_number(session: Session, form: CertificateForm, county: str, year: int) -> str:
    series = f"{form.value}-{county}-{year}-"
    take_turn(session, series)
    with session.no_autoflush:
        newest = session.scalar(
            select(func.max(Certificate.number)).where(Certificate.number.startswith(series))
        )
    serial = 1 if newest is None else int(newest.removeprefix(series)) + 1
    return str(CertificateNumber(form, county, year, serial))


def _require_fit(
    session: Session, certificate: Certificate, animals: Sequence[Animal], *, at: datetime
) -> Warnings:
    """Judge every animal: one refusal names every rule that any fails; else the warnings."""
    found: list[rules.Outcome] = []
    warnings: Warnings = {}
    with session.no_autoflush:
        inspected = inspections.newest(session, certificate.declaration)
        for animal in animals:
            row = inspected.get(animal.id)
            if row is None:
                raise RuleViolation(
                    "certificate.not_inspected", f"{animal.ear_tag} 还没有检查结果，先登记检查"
                )
            facts = _facts(session, certificate, animal, row, at=at)
            judged = rules.examine(session, "certificate.issue", facts, at=at)
            warnings[animal.id] = rules.noted(rules.warned(judged))
            many = len(animals) > 1
            found += [
                replace(each, sentence=f"{animal.ear_tag}：{each.sentence}") if many else each
                for each in rules.failed(judged)
            ]
    if found:
        raise RuleViolation.of(found)
    return warnings


def _facts(
    session: Session, certificate: Certificate, animal: Animal, row: Inspection, *, at: datetime
) -> Facts:
    purpose, way = certificate.purpose.value, (certificate.origin, certificate.destination)
    known = standing.facts_of(session, animal, at=at, purpose=purpose, places=way)
    paper = certificate.facts_for(certificate.destination)
    return replace(known, inspection=row.checks, certificate=paper)


def _require_none_live(session: Session, animals: Sequence[Animal], *, at: datetime) -> None:
    live = session.execute(
        select(Animal.ear_tag, Certificate.number)
        .join(CertificateAnimal, CertificateAnimal.animal_id == Animal.id)
        .join(Certificate, Certificate.id == CertificateAnimal.certificate_id)
        .where(
            Animal.id.in_([animal.id for animal in animals]),
            Certificate.state == CertificateState.ISSUED,
            Certificate.valid_until >= legal_day(at),
            Certificate.origin_id == Animal.holding_id,
        )
        .limit(1)
    ).first()
    if live is not None:
        raise Conflict(
            "certificate.live_elsewhere",
            f"{live.ear_tag} 已有有效的检疫证明 {live.number}，先作废再重新出证",
        )


def _append_issued(
    session: Session,
    certificate: Certificate,
    animals: Sequence[Animal],
    warnings: Warnings,
    *,
    at: datetime,
    by: Party,
) -> None:
    told: dict[str, Any] = {
        "number": certificate.number,
        "form": certificate.form.value,
        "purpose": certificate.purpose.value,
        "head_count": len(animals),
        "valid_from": clock.stamp(at),
        "valid_until": certificate.valid_until.isoformat(),
        **declarations.journey(certificate.origin, certificate.destination),
    }
    events.append(
        session,
        Kind.CERTIFICATE_ISSUED,
        certificate.ref,
        certificate.declaration.ref,
        at=at,
        by=by.ref,
        group=certificate.ref,
        **told,
        owner=certificate.owner.ref,
        origin=certificate.origin.ref,
        destination=certificate.destination.ref,
        official_number=certificate.official_number,
        short_code=certificate.short_code,
        plate=certificate.plate,
        animals=sorted(animal.ref for animal in animals),
    )
    for animal in animals:
        events.append(
            session,
            Kind.CERTIFICATE_ISSUED,
            animal.ref,
            at=at,
            by=by.ref,
            group=certificate.ref,
            **told,
            certificate=certificate.ref,
            warnings=warnings[animal.id],
        )


def revoke(
    session: Session, certificate: Certificate, *, reason: str, at: datetime, by: Party
) -> None:
    """Revoke a certificate; from then on nothing travels under it.

    Raises:
        RuleViolation: `certificate.revoke_without_reason`.
        Conflict: `certificate.revoked`.
    """
    animals = animals_of(session, certificate)
    events.hold(session, certificate.ref, *[animal.ref for animal in animals])
    session.refresh(certificate, ["state"])
    if certificate.state is CertificateState.REVOKED:
        raise Conflict("certificate.revoked", f"检疫证明 {certificate.number} 已经作废")
    if not reason.strip():
        raise RuleViolation("certificate.revoke_without_reason", "请写明作废的原因")
    certificate.state = CertificateState.REVOKED
    told: dict[str, Any] = {"number": certificate.number, "reason": reason.strip()}
    for ref in (certificate.ref, *[animal.ref for animal in animals]):
        events.append(
            session,
            Kind.CERTIFICATE_REVOKED,
            ref,
            at=at,
            by=by.ref,
            group=certificate.ref,
            **told,
        )


def get(session: Session, ref: str) -> Certificate:
    """The certificate of that reference.

    Raises:
        NotFound: `certificate.not_found`.
    """
    found = session.scalars(select(Certificate).where(Certificate.ref == ref)).one_or_none()
    if found is None:
        raise NotFound("certificate.not_found", "没有找到这份检疫证明")
    return found


def animals_of(session: Session, certificate: Certificate) -> Sequence[Animal]:
    """The animals a certificate names, by ear tag."""
    named = (
        select(Animal)
        .join(CertificateAnimal, CertificateAnimal.animal_id == Animal.id)
        .where(CertificateAnimal.certificate_id == certificate.id)
    )
    return session.scalars(named.order_by(Animal.ear_tag)).all()


def of_declaration(session: Session, declaration: Declaration) -> Certificate | None:
    """The certificate that a declaration led to."""
    wanted = select(Certificate).where(Certificate.declaration_id == declaration.id)
    return session.scalars(wanted).one_or_none()


def newest_of(session: Session, animal: Animal) -> Certificate | None:
    """The newest certificate that names an animal, revoked or not."""
    mine = (
        select(Certificate)
        .join(CertificateAnimal, CertificateAnimal.certificate_id == Certificate.id)
        .where(CertificateAnimal.animal_id == animal.id)
    )
    return session.scalars(mine.order_by(Certificate.issued_at.desc()).limit(1)).one_or_none()


def fold(state: State | None, event: EventView) -> State | None:
    """A certificate as its events tell it."""
    match event.kind:
        case Kind.CERTIFICATE_ISSUED:
            refs = ("owner", "origin", "destination")
            private = ("official_number", "short_code", "plate", "animals")
            return {
                **{field: event[field] for field in ("number", "form", "purpose", "valid_until")},
                **{f"{field}_id": folding.private(event, field) for field in refs},
                **{field: folding.private(event, field) for field in private},
                "declaration_id": event.links[1].ref,
                "vet_id": folding.private(event, "by"),
                "issued_at": clock.stamp(event.at),
                "state": CertificateState.ISSUED.value,
            }
        case Kind.CERTIFICATE_REVOKED:
            return {**(state or {}), "state": CertificateState.REVOKED.value}
        case _:
            return state


folding.register(
    Certificate,
    fold,
    members={"animals": Members(CertificateAnimal, "certificate_id", "animal_id")},
)
