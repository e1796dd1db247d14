"""A small county for tests, built by real operations: no test starts from the impossible."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from tempfile import gettempdir
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from traceability import (
    animals,
    evidence,
    holdings,
    instruments,
    movements,
    parties,
    tagging,
    treatments,
    weighings,
)
from traceability.animals import Animal, Breed, Sex
from traceability.base.canon import sha256
from traceability.base.clock import legal_day
from traceability.base.db import Recording
from traceability.checks import INSPECTION_CHECKS
from traceability.evidence import Evidence
from traceability.holdings import Holding, HoldingKind
from traceability.identifiers.ear_tags import parse_ear_tag
from traceability.identifiers.eids import parse_eid
from traceability.instruments import Instrument
from traceability.parties import Party, PartyKind
from traceability.quarantine import certificates, declarations, inspections
from traceability.quarantine.certificates import Certificate
from traceability.quarantine.declarations import Declaration, Purpose
from traceability.treatments import Disease
from traceability.weighings import Weighing

MORNING = datetime(2026, 11, 21, 22, 12, 3, tzinfo=UTC)  # 06:12 on 22 November in China
PDF = b"%PDF-1.7 a paper"
JPEG = b"\xff\xd8\xff\xe0 a photograph"
ALL_WELL = dict.fromkeys(INSPECTION_CHECKS, True)


@dataclass
class World:
    """A county in the morning of a market day."""

    engine: Engine
    session: Session
    at: datetime = MORNING
    _serial: count = field(default_factory=lambda: count(1))  # type: ignore[type-arg] # of int

    def __post_init__(self) -> None:
        self.record_at(self.at)
        self.office = parties.register(
            self.session, kind=PartyKind.AUTHORITY, name="威宁县农业农村局", at=self.at, by=None
        )
        self.vet = self.party("官方兽医陈", kind=PartyKind.PERSON)
        self.village_vet = self.party("防疫员马", kind=PartyKind.PERSON)
        self.operator = self.party("操作员赵", kind=PartyKind.PERSON)
        self.farmer = self.party("王大明", kind=PartyKind.HOUSEHOLD)
        self.buyer = self.party("李记屠宰有限公司", kind=PartyKind.COMPANY)
        self.home = self.holding(HoldingKind.HOUSEHOLD, "王大明家", keeper=self.farmer)
        self.market = self.holding(HoldingKind.MARKET, "小海牲畜交易市场", keeper=self.office)

    def record_at(self, at: datetime, **circumstances: Any) -> None:
        """Say when what follows is recorded, and, for late entries, why."""
        self.session.info["recording"] = Recording(at, **circumstances)

    def later(self, **time: int) -> datetime:
        """Let time pass."""
        self.at += timedelta(**time)
        self.record_at(self.at)
        return self.at

    @property
    def today(self) -> date:
        return legal_day(self.at)

    def party(self, name: str, *, kind: PartyKind = PartyKind.HOUSEHOLD) -> Party:
        return parties.register(self.session, kind=kind, name=name, at=self.at, by=self.office)

    def holding(
        self,
        kind: HoldingKind,
        name: str,
        *,
        keeper: Party | None = None,
        region: str = "520526104",
    ) -> Holding:
        return holdings.register(
            self.session,
            kind=kind,
            name=name,
            region_code=region,
            keeper=keeper or self.farmer,
            at=self.at,
            by=self.office,
        )

    def animal(self, **changes: Any) -> Animal:
        """A Simmental cross at home, eighteen months old, vaccinated two months ago."""
        serial = next(self._serial)
        vaccinated_days_ago = changes.pop("vaccinated_days_ago", 60)
        told: dict[str, Any] = {
            "breed": Breed.SIMMENTAL_CROSS,
            "sex": Sex.MALE,
            "born_on": self.today - timedelta(days=540),
            "holding": self.home,
            "owner": self.farmer,
            "at": self.at,
            "by": self.farmer,
            **changes,
        }
        tag = parse_ear_tag(told.pop("ear_tag", f"2520526{serial:08d}"))
        animal = animals.register(self.session, tag, **told)
        if vaccinated_days_ago is not None:
            self.vaccinate(animal, days_ago=vaccinated_days_ago)
        return animal

    def vaccinate(self, animal: Animal, *, days_ago: int = 60) -> None:
        treatments.immunise(
            self.session,
            animal,
            disease=Disease.FMD,
            vaccine="口蹄疫 O 型、A 型二价灭活疫苗",
            batch_no="20260901",
            given_on=self.today - timedelta(days=days_ago),
            at=self.at,
            by=self.village_vet,
        )

    def photo(self, title: str = "照片") -> Evidence:
        """A photograph."""
        return self._kept(JPEG, title)

    def paper(self, title: str = "文件") -> Evidence:
        """A paper as PDF."""
        return self._kept(PDF, title)

    def _kept(self, data: bytes, title: str) -> Evidence:
        """A file kept as evidence, beside the database if that is a file."""
        database = self.engine.url.database if self.engine.dialect.name == "sqlite" else None
        folder = Path(database).parent if database else Path(gettempdir()) / "world-evidence"
        return evidence.store(
            self.session, folder / "evidence", data, title=title, at=self.at, by=self.farmer
        )

    def retagged(self, animal: Animal, ear_tag: str, *, reason: str = "脱落") -> Animal:
        """Give an animal that lost its tag a new one, with a photograph."""
        tagging.retag(
            self.session,
            animal,
            parse_ear_tag(ear_tag),
            reason=reason,
            evidence=self.photo(),
            at=self.at,
            by=self.farmer,
        )
        return animal

    def tagged(self, animal: Animal, eid: str | None = None) -> Animal:
        """Give an animal an electronic tag."""
        number = eid or f"156{animal.id:012d}"
        tagging.bind_eid(self.session, animal, parse_eid(number), at=self.at, by=self.village_vet)
        return animal

    def declared(self, *herd: Animal, to: Holding | None = None, **changes: Any) -> Declaration:
        """A declaration for the market, accepted by the vet."""
        told: dict[str, Any] = {
            "declarant": herd[0].owner,
            "destination": to or self.market,
            "purpose": Purpose.TRADE,
            "leaves_on": self.today,
            "at": self.at,
            "by": herd[0].owner,
            **changes,
        }
        declaration = declarations.file(self.session, herd, **told)
        declarations.accept(self.session, declaration, at=self.at, by=self.vet)
        return declaration

    def inspected(
        self, declaration: Declaration, checks: Mapping[str, bool] = ALL_WELL
    ) -> Declaration:
        for animal in declarations.animals_of(self.session, declaration):
            inspections.record(
                self.session, declaration, animal, checks=checks, at=self.at, by=self.vet
            )
        return declaration

    def certified(self, *herd: Animal, to: Holding | None = None, **changes: Any) -> Certificate:
        valid_days = changes.pop("valid_days", 1)
        declaration = self.inspected(self.declared(*herd, to=to, **changes))
        return certificates.issue(
            self.session, declaration, valid_days=valid_days, at=self.at, by=self.vet
        )

    def at_market(self, animal: Animal, **changes: Any) -> Animal:
        """Certify an animal and bring it through the market's gate."""
        self.certified(animal, **changes)
        movements.depart(self.session, animal, to=self.market, at=self.at, by=animal.owner)
        movements.arrive(self.session, animal, at=self.at, by=self.operator)
        return animal

    def scale(self, code: str = "xh-scale-01", *, valid_days: int = 365) -> Instrument:
        """A crate's scale with a verification certificate."""
        scale = instruments.register(
            self.session,
            device_code=code,
            serial_no="A9-2026-001",
            holding=self.market,
            division_g=500,
            max_g=2_000_000,
            at=self.at,
            by=self.office,
        )
        instruments.verify(
            self.session,
            scale,
            certificate_no="黔计检 2026-0117",
            verified_on=self.today - timedelta(days=30),
            valid_until=self.today + timedelta(days=valid_days),
            at=self.at,
            by=self.office,
        )
        return scale

    def weighed(self, animal: Animal, scale: Instrument, weight_g: int = 425_500) -> Weighing:
        key = f"{scale.device_code}:1:{next(self._serial)}"
        return weighings.record(
            self.session,
            animal,
            weight_g=weight_g,
            instrument=scale,
            reading_key=key,
            frames_sha256=sha256(key.encode()),
            at=self.at,
            by=self.operator,
        )
