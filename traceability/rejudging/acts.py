"""办理记录 · acts that the register holds, each with the facts of its instant.

The facts are those known today: a dose entered later counts, a certificate revoked later was not
yet revoked, an animal that died later was alive. What other papers a vehicle had at that instant is
not kept; an act done was not stopped for it. Read in a fixed number of questions.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, aliased, joinedload

from traceability import carriers, restrictions, standing
from traceability.animals import Animal, AnimalState
from traceability.checks import CertificateFacts
from traceability.holdings import Holding, HoldingKind
from traceability.identifiers.certificates import CertificateForm
from traceability.movements import Movement
from traceability.quarantine import declarations, laboratory
from traceability.quarantine.declarations import Declaration
from traceability.quarantine.inspections import Inspection
from traceability.quarantine.papers import Certificate, CertificateAnimal
from traceability.rejudging.turns import Act

Read = Callable[[Session, ColumnElement[bool], int], list[Act]]
PLACES = (
    joinedload(Certificate.origin),
    joinedload(Certificate.destination),
)


def paper_facts(paper: Certificate | None, place: Holding) -> CertificateFacts | None:
    """A certificate as it was when it was used: not revoked yet."""
    return None if paper is None else replace(paper.facts_for(place), revoked=False)


def of_declarations(session: Session, where: ColumnElement[bool], limit: int) -> list[Act]:
    """The newest declarations that fit."""
    rows = session.scalars(
        select(Declaration)
        .where(where)
        .order_by(Declaration.filed_at.desc())
        .limit(limit)
        .options(joinedload(Declaration.origin), joinedload(Declaration.destination))
    )
    return [
        Act(
            stage="declaration.file",
            ref=row.ref,
            label=f"{row.origin.name} 到 {row.destination.name}",
            at=row.filed_at,
            facts=declarations.facts_of(row),
        )
        for row in rows
    ]


def of_certificates(session: Session, where: ColumnElement[bool], limit: int) -> list[Act]:
    """The newest animals certified, of the certificates that fit."""
    rows = session.execute(
        select(Certificate, Animal)
        .join(CertificateAnimal, CertificateAnimal.certificate_id == Certificate.id)
        .join(Animal, Animal.id == CertificateAnimal.animal_id)
        .where(where)
        .order_by(Certificate.issued_at.desc(), Animal.id)
        .limit(limit)
        .options(*PLACES)
    ).all()
    known = known_of(session, [animal for _, animal in rows])
    reports = laboratory.Reports(session, [animal.id for _, animal in rows])
    checks = _checks(session, {paper.declaration_id for paper, _ in rows})
    filings = Filings(session)
    papers = Papers(session, [a for paper, a in rows if paper.origin.kind is HoldingKind.MARKET])
    found = []
    for paper, animal in rows:
        at, way = paper.issued_at, (paper.origin, paper.destination)
        facts = known.facts(animal, at=at, purpose=paper.purpose.value, places=way)
        resold = paper.origin.kind is HoldingKind.MARKET
        original = papers.to(paper.origin, animal.id, at=at) if resold else None
        shared: dict[str, Any] = {
            "state": AnimalState.ALIVE.value,
            "certificate": paper_facts(paper, paper.destination),
            "crosses_province": paper.form is CertificateForm.ANIMAL_A,
            "resold": resold,
            "original": paper_facts(original, paper.origin),
            "plate": paper.plate,
            **filings.of(paper.plate, at=at),
            "inspection": checks.get((paper.declaration_id, animal.id), {}),
        }
        shared |= reports.facts(animal.id, at=at, purpose=paper.purpose.value)
        facts = replace(facts, **shared)
        found.append(Act("certificate.issue", paper.ref, animal.ear_tag, at, facts))
    return found


def of_departures(session: Session, where: ColumnElement[bool], limit: int) -> list[Act]:
    """The newest departures that fit."""
    rows = _journeys(session, where, limit, Movement.departed_at)
    return _moved(session, rows, "movement.depart", lambda row: row.departed_at)


def of_arrivals(session: Session, where: ColumnElement[bool], limit: int) -> list[Act]:
    """The newest arrivals that fit."""
    rows = _journeys(session, where & Movement.arrived_at.is_not(None), limit, Movement.arrived_at)
    return _moved(session, rows, "movement.arrive", lambda row: row.arrived_at or row.departed_at)


def _journeys(
    session: Session, where: ColumnElement[bool], limit: int, newest: Any
) -> Sequence[Movement]:
    paper = joinedload(Movement.certificate)
    return session.scalars(
        select(Movement)
        .where(where)
        .order_by(newest.desc(), Movement.id)
        .limit(limit)
        .options(
            joinedload(Movement.animal),
            joinedload(Movement.origin),
            joinedload(Movement.destination),
            paper.joinedload(Certificate.origin),
            paper.joinedload(Certificate.destination),
        )
    ).all()


def _moved(
    session: Session, rows: Sequence[Movement], stage: str, when: Callable[[Movement], datetime]
) -> list[Act]:
    known, filings = known_of(session, [row.animal for row in rows]), Filings(session)
    found = []
    for row in rows:
        at, paper, goal = when(row), row.certificate, row.destination
        purpose = None if paper is None else paper.purpose.value
        places = [row.origin, goal] if stage == "movement.depart" else [goal]
        facts = replace(
            known.facts(row.animal, at=at, purpose=purpose, places=places),
            state=AnimalState.ALIVE.value,
            certificate=paper_facts(paper, goal),
        )
        if stage == "movement.depart" and (row.plate or (paper and paper.plate)):
            intended = paper.plate if paper else None
            others = () if intended is None else (intended,)
            plate = row.plate or intended
            facts = replace(facts, plate=plate, other_plates=others, **filings.of(plate, at=at))
        found.append(Act(stage, row.ref, row.animal.ear_tag, at, facts))
    return found


def known_of(session: Session, animals: Collection[Animal]) -> standing.Known:
    """What is known of animals, with every order that ever was."""
    return standing.Known(session, animals, restrictions.listed(session))


def _checks(session: Session, declaration_ids: set[int]) -> Mapping[tuple[int, int], Any]:
    """The newest inspection of each animal of each declaration."""
    rows = session.execute(
        select(Inspection.declaration_id, Inspection.animal_id, Inspection.checks)
        .where(Inspection.declaration_id.in_(declaration_ids))
        .order_by(Inspection.id)
    )
    return {(declaration, animal): checks for declaration, animal, checks in rows}


class Filings:
    """The filings of vehicles and carriers, asked once for each vehicle and instant."""

    def __init__(self, session: Session) -> None:
        """Nothing is read yet."""
        self._session = session
        self._known: dict[tuple[str, datetime], dict[str, Any]] = {}

    def of(self, plate: str | None, *, at: datetime) -> dict[str, Any]:
        """What the rules need to know of a vehicle's filings; nothing where none is named."""
        if plate is None:
            return {}
        if (plate, at) not in self._known:
            found = carriers.facts_of_filings(self._session, plate, at=at)
            self._known[plate, at] = found
        return self._known[plate, at]


class Papers:
    """The certificates of many animals, in one question: which led where, and when."""

    def __init__(self, session: Session, animals: Collection[Animal]) -> None:
        """Read the certificates of the animals, the earliest first."""
        goal = aliased(Holding)
        self._papers: dict[int, list[Certificate]] = defaultdict(list)
        rows = session.execute(
            select(CertificateAnimal.animal_id, Certificate)
            .join(Certificate, Certificate.id == CertificateAnimal.certificate_id)
            .join(goal, goal.id == Certificate.destination_id)
            .where(
                CertificateAnimal.animal_id.in_({animal.id for animal in animals}),
                goal.kind == HoldingKind.MARKET,
            )
            .order_by(Certificate.issued_at)
            .options(*PLACES)
        )
        for animal_id, paper in rows:
            self._papers[animal_id].append(paper)

    def to(self, market: Holding, animal_id: int, *, at: datetime) -> Certificate | None:
        """The newest one that led an animal to a market before an instant."""
        fitting = [
            paper
            for paper in self._papers[animal_id]
            if paper.destination_id == market.id and paper.issued_at <= at
        ]
        return fitting[-1] if fitting else None
