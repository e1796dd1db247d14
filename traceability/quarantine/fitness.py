"""出证条件 · may the animals of a declaration be certified: the facts of each, by the rules."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from traceability import carriers, rules, standing
from traceability.animals import Animal
from traceability.base.clock import legal_day
from traceability.base.errors import Conflict, RuleViolation
from traceability.checks import CertificateFacts, Facts
from traceability.holdings import HoldingKind
from traceability.identifiers.certificates import CertificateForm
from traceability.quarantine import inspections, laboratory
from traceability.quarantine.papers import Certificate, CertificateAnimal, CertificateState

Warnings = dict[int, list[dict[str, str]]]  # by the animal's id


def require_fit(
    session: Session, certificate: Certificate, animals: Sequence[Animal], *, at: datetime
) -> Warnings:
    """Judge every animal: one refusal names every rule that any fails; else the warnings.

    Raises:
        RuleViolation: `certificate.not_inspected`; every failed outcome of `certificate.issue`.
    """
    found: list[rules.Outcome] = []
    warnings: Warnings = {}
    with session.no_autoflush:
        for animal, facts in _facts(session, certificate, animals, at=at):
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
    session: Session, certificate: Certificate, animals: Sequence[Animal], *, at: datetime
) -> Iterator[tuple[Animal, Facts]]:
    inspected = inspections.newest(session, certificate.declaration)
    shared = facts_of_journey(session, certificate, at=at)
    originals = originals_of(session, animals, certificate)
    reports = laboratory.Reports(session, [animal.id for animal in animals])
    for animal in animals:
        row = inspected.get(animal.id)
        if row is None:
            raise RuleViolation(
                "certificate.not_inspected", f"{animal.ear_tag} 还没有检查结果，先登记检查"
            )
        tests = reports.facts(animal.id, at=at, purpose=certificate.purpose.value)
        known = facts_of(session, certificate, animal, at=at)
        original = originals.get(animal.id)
        told = {**shared, **tests, "inspection": row.checks, "original": original}
        yield animal, replace(known, **told)


def facts_of(session: Session, certificate: Certificate, animal: Animal, *, at: datetime) -> Facts:
    """The facts of one animal at either end of the journey."""
    purpose, way = certificate.purpose.value, (certificate.origin, certificate.destination)
    return standing.facts_of(session, animal, at=at, purpose=purpose, places=way)


def facts_of_journey(session: Session, certificate: Certificate, *, at: datetime) -> dict[str, Any]:
    """The facts that all animals of a certificate share: the paper and the vehicle."""
    return {
        "certificate": certificate.facts_for(certificate.destination),
        "crosses_province": certificate.form is CertificateForm.ANIMAL_A,
        "resold": certificate.origin.kind is HoldingKind.MARKET,
        "plate": certificate.plate,
        "vehicle_certificates": _on_the_vehicle(session, certificate, at=at),
        **filings_of(session, certificate.plate, at=at),
    }


def filings_of(session: Session, plate: str | None, *, at: datetime) -> dict[str, Any]:
    """The filings of a vehicle and its carrier, where a vehicle is named."""
    return {} if plate is None else carriers.facts_of_filings(session, plate, at=at)


def _on_the_vehicle(session: Session, certificate: Certificate, *, at: datetime) -> tuple[str, ...]:
    """Certificates for the same vehicle whose animals wait for it or are on it."""
    if certificate.plate is None:
        return ()
    found = session.scalars(
        select(Certificate.number)
        .join(CertificateAnimal, CertificateAnimal.certificate_id == Certificate.id)
        .join(Animal, Animal.id == CertificateAnimal.animal_id)
        .where(
            Certificate.plate == certificate.plate,
            Certificate.number != certificate.number,
            Certificate.state == CertificateState.ISSUED,
            Certificate.valid_until >= legal_day(at),
            or_(Animal.holding_id.is_(None), Animal.holding_id == Certificate.origin_id),
        )
        .distinct()
    )
    return tuple(sorted(found))


def originals_of(
    session: Session, animals: Sequence[Animal], certificate: Certificate
) -> dict[int, CertificateFacts]:
    """Under which certificate each animal had come to the market that it now leaves."""
    market = certificate.origin
    if market.kind is not HoldingKind.MARKET:
        return {}
    rows = session.execute(
        select(CertificateAnimal.animal_id, Certificate)
        .join(Certificate, Certificate.id == CertificateAnimal.certificate_id)
        .where(
            CertificateAnimal.animal_id.in_([animal.id for animal in animals]),
            Certificate.destination_id == market.id,
        )
        .order_by(Certificate.issued_at)
    )
    return {animal_id: paper.facts_for(market) for animal_id, paper in rows}


def require_none_live(session: Session, animals: Sequence[Animal], *, at: datetime) -> None:
    """Refuse animals that another certificate still waits for.

    Raises:
        Conflict: `certificate.live_elsewhere`.
    """
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
