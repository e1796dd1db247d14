"""检疫单证 · the declarations and certificates that the signed-in person may see and act on.

Shared by pages and API; what lies outside the scope looks like what does not exist.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from app import herd, whoami
from app.auth import scopes
from app.lists import Listed, paged
from traceability import holdings, movements
from traceability.animals import Animal
from traceability.base.errors import NotFound
from traceability.checks import INSPECTION_CHECKS
from traceability.consignments import records as consignments
from traceability.evidence import Evidence
from traceability.holdings import Holding
from traceability.parties import Party
from traceability.quarantine import certificates, declarations, inspections, laboratory
from traceability.quarantine.certificates import Certificate, CertificateState
from traceability.quarantine.declarations import Declaration, DeclarationState
from traceability.quarantine.inspections import Inspection
from traceability.quarantine.laboratory import LabResult

TO_INSPECT_MAX = 100  # more than a vet sees in a day, and a phone carries it


def declaration(session: Session, ref: str) -> Declaration:
    """The declaration, if it is one's own, leaves from one's area, or comes to one's place.

    Raises:
        NotFound: `declaration.not_found`, as for one that does not exist.
    """
    found, scope = declarations.get(session, ref), whoami.scope()
    if found.declarant.ref in scope.keepers or scopes.covers(scope, found.origin):
        return found
    if found.destination.ref in scope.holdings:
        return found
    raise NotFound("declaration.not_found", "没有找到这份检疫申报")


def certificate(session: Session, ref: str) -> Certificate:
    """The certificate, if it is one's own or either end of the journey is in one's area.

    Raises:
        NotFound: `certificate.not_found`, as for one that does not exist.
    """
    found, scope = certificates.get(session, ref), whoami.scope()
    ends = (found.origin, found.destination)
    if found.owner.ref in scope.keepers or any(scopes.covers(scope, place) for place in ends):
        return found
    raise NotFound("certificate.not_found", "没有找到这份检疫证明")


def declarations_listed(
    session: Session, *, state: DeclarationState | None, page: int
) -> Listed[Declaration]:
    """The declarations within scope, newest first."""
    scope = whoami.scope()
    mine = select(Party.id).where(Party.ref.in_(scope.keepers))
    here = select(Holding.id).where(scopes.within(scope))
    coming = select(Holding.id).where(Holding.ref.in_(scope.holdings))
    wanted = select(Declaration).where(
        Declaration.declarant_id.in_(mine)
        | Declaration.origin_id.in_(here)
        | Declaration.destination_id.in_(coming)
    )
    if state is not None:
        wanted = wanted.where(Declaration.state == state)
    ends = (Declaration.declarant, Declaration.origin, Declaration.destination)
    loaded = [selectinload(end) for end in ends]
    return paged(session, wanted.order_by(Declaration.id.desc()), *loaded, page=page)


def certificates_listed(
    session: Session, *, words: str, state: CertificateState | None, page: int
) -> Listed[Certificate]:
    """The certificates within scope whose number holds the words, newest first."""
    scope = whoami.scope()
    mine = select(Party.id).where(Party.ref.in_(scope.keepers))
    here = select(Holding.id).where(scopes.within(scope))
    wanted = select(Certificate).where(
        Certificate.owner_id.in_(mine)
        | Certificate.origin_id.in_(here)
        | Certificate.destination_id.in_(here)
    )
    if words:
        wanted = wanted.where(Certificate.number.contains(words, autoescape=True))
    if state is not None:
        wanted = wanted.where(Certificate.state == state)
    ends = (Certificate.owner, Certificate.origin, Certificate.destination, Certificate.declaration)
    loaded = [selectinload(end) for end in ends]
    return paged(session, wanted.order_by(Certificate.id.desc()), *loaded, page=page)


def depart(session: Session, paper: Certificate, *, at: datetime | None) -> int:
    """Send every animal of a certificate that is still at its origin; how many went.

    Raises:
        Conflict: `consignment.departs_together`.
    """
    consignments.require_none_open(session, paper)
    told = {**herd.actors(), "at": at or whoami.now()}
    here = [
        each
        for each in certificates.animals_of(session, paper)
        if each.holding_id == paper.origin_id
    ]
    for animal in here:
        movements.depart(session, animal, to=paper.destination, plate=paper.plate, **told)
    return len(here)


def file(session: Session, given: Mapping[str, Any]) -> Declaration:
    """Declare animals for quarantine, as a form or a request asked for it.

    Raises:
        NotFound: `animal.not_found`, `holding.not_found`.
    """
    told = dict(given)
    chosen = [herd.get(session, ref) for ref in dict.fromkeys(told.pop("animals"))]
    told["destination"] = holdings.get(session, told["destination"])
    return declarations.file(session, chosen, declarant=herd.owner(), **herd.told(told))


def to_inspect(session: Session) -> list[dict[str, Any]]:
    """The accepted declarations that leave from one's area, with animals and what was found."""
    here = select(Holding.id).where(scopes.within(whoami.scope()))
    accepted = select(Declaration).where(
        Declaration.state == DeclarationState.ACCEPTED, Declaration.origin_id.in_(here)
    )
    ends = (Declaration.declarant, Declaration.origin, Declaration.destination)
    wanted = accepted.order_by(Declaration.leaves_on, Declaration.id).limit(TO_INSPECT_MAX)
    return [
        {
            "declaration": each,
            "animals": declarations.animals_of(session, each),
            "inspections": [*inspections.newest(session, each).values()],
        }
        for each in session.scalars(wanted.options(*[selectinload(end) for end in ends]))
    ]


def inspect(session: Session, found: Declaration, given: Mapping[str, Any]) -> Inspection:
    """Record what the vet found on one animal; a check that is not named was not passed.

    Raises:
        NotFound: `animal.not_found`.
        Conflict: `inspection.changed_meanwhile` where `seen` says what the vet knew of.
    """
    passed, animal = set(given["passed"]), herd.get(session, given["animal"])
    if given["seen"] is not None:
        inspections.require_newest(session, found, animal, seen=given["seen"], by=whoami.actor())
    return inspections.record(
        session,
        found,
        animal,
        checks={name: name in passed for name in {*INSPECTION_CHECKS, *passed}},
        remarks=given["remarks"],
        at=given["at"] or whoami.now(),
        by=whoami.actor(),
    )


def lab_result(session: Session, ref: str) -> LabResult:
    """The laboratory's result, if one may see its animal.

    Raises:
        NotFound: `laboratory.not_found`, as for one that does not exist.
    """
    found = laboratory.get(session, ref)
    try:
        herd.get(session, found.animal.ref)
    except NotFound as missing:
        raise NotFound("laboratory.not_found", "没有找到这条检测结果") from missing
    return found


def enter_result(
    session: Session, animal: Animal, given: Mapping[str, Any], report: Evidence | None
) -> LabResult:
    """Enter what a report says of an animal, for a declaration if one is named.

    Raises:
        NotFound: `declaration.not_found`.
    """
    ref = given["declaration"]
    named = None if ref is None else declaration(session, ref)
    told = {**given, "declaration": named, "report": report}
    return laboratory.record(session, animal, **told, at=whoami.now(), by=whoami.actor())
