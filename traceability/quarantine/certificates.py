"""检疫证明 · the paper an animal travels under: 动物A leaves the province, 动物B stays within it.

The platform keeps its own record, with the official certificate's number when there is one; it
never imitates the official form.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from traceability.animals import Animal
from traceability.base import clock
from traceability.base.clock import legal_day
from traceability.base.db import take_turn
from traceability.base.errors import Conflict, NotFound, RuleViolation
from traceability.chain import events, folding
from traceability.chain.events import EventView
from traceability.chain.folding import Members, State
from traceability.chain.kinds import Kind
from traceability.holdings import Holding
from traceability.identifiers import short_codes
from traceability.identifiers.certificates import (
    CertificateForm,
    CertificateNumber,
    parse_official_number,
)
from traceability.parties import Party
from traceability.quarantine import declarations, fitness
from traceability.quarantine.declarations import Declaration, DeclarationState
from traceability.quarantine.fitness import Warnings
from traceability.quarantine.papers import (
    CERTIFICATE_STATE_LABELS,
    Certificate,
    CertificateAnimal,
    CertificateState,
)

__all__ = ["CERTIFICATE_STATE_LABELS", "Certificate", "CertificateAnimal", "CertificateState"]

VALID_DAYS_MAX = 5


def form_for(origin: Holding, destination: Holding) -> CertificateForm:
    """Form A where the journey leaves the province, form B where it does not."""
    local = origin.province == destination.province
    return CertificateForm.ANIMAL_B if local else CertificateForm.ANIMAL_A


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
    fitness.require_none_live(session, animals, at=at)
    warnings = fitness.require_fit(session, certificate, animals, at=at)
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
