"""演示县的过去 · births, tags, vaccinations, a market day, in the order in which they happened.

Every step is an operation, recorded at the instant at which it happened; nothing is inserted.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from app.demo import cast, stock
from traceability import (
    animals,
    carriers,
    holdings,
    inputs,
    instruments,
    parties,
    tagging,
    treatments,
)
from traceability.animals import Animal, Breed, Sex
from traceability.base.clock import legal_day, start_of
from traceability.base.db import Recording
from traceability.carriers import FilingKind
from traceability.holdings import Holding, HoldingKind
from traceability.identifiers.ear_tags import parse_ear_tag
from traceability.identifiers.eids import parse_eid
from traceability.inputs import InputKind, Voucher
from traceability.instruments import Instrument
from traceability.parties import Party, PartyKind
from traceability.regions import townships
from traceability.treatments import AmountUnit, Disease, Prescription, Route

SEED = 520526
Tell = Callable[[str], None]
Step = tuple[datetime, Callable[[datetime], object]]


@dataclass
class County:
    """演示县 · who and what there is, by name."""

    session: Session
    now: datetime
    people: dict[str, Party] = field(default_factory=dict)
    places: dict[str, Holding] = field(default_factory=dict)
    herd: list[Animal] = field(default_factory=list)
    chance: random.Random = field(default_factory=lambda: random.Random(SEED))  # noqa: S311 - a play, the same every time
    steps: list[Step] = field(default_factory=list)
    serial: int = 10_000

    @property
    def today(self) -> date:
        """The legal day of the demonstration's present."""
        return legal_day(self.now)

    def plan(self, day: date, step: Callable[[datetime], object]) -> None:
        """Put a step into the past, at some minute of a working day."""
        minutes = self.chance.randrange(9 * 60, 17 * 60)
        self.steps.append((start_of(day) + timedelta(minutes=minutes), step))

    def play(self, tell: Tell) -> None:
        """Do everything that was planned, in the order in which it happened."""
        planned = sorted(self.steps, key=lambda step: step[0])
        self.steps = []
        for done, (at, act) in enumerate(planned, start=1):
            self.session.info["recording"] = Recording(at)
            act(at)
            if done % 100 == 0 or done == len(planned):
                tell(f"演示县：已记录 {done}/{len(planned)} 件事")

    def next_tag(self) -> str:
        """A fresh printed number."""
        self.serial += 7
        return f"2520526{self.serial:08d}"


def build(session: Session, *, now: datetime, tell: Tell) -> County:
    """Build the county up to yesterday."""
    county = County(session, now)
    begin = start_of(county.today - timedelta(days=1500))
    session.info["recording"] = Recording(begin)
    _settle_people(county, begin)
    _install_scale(county)
    spans: dict[str, tuple[int, int]] = {}
    for name, share in _keepers():
        first = county.serial + 1
        for _ in range(share):
            _plan_life(county, county.places[name])
        spans[name] = (first, county.serial)
    stock.supply(session, spans, county.places, county.people, at=begin)
    county.play(tell)
    return county


def _keepers() -> list[tuple[str, int]]:
    households = [(name, 3 + index % 3) for index, (name, _) in enumerate(cast.HOUSEHOLDS)]
    return [*households, (cast.COOPERATIVE[0], 12), (cast.FAMILY_FARM[0], 8)]


def _settle_people(county: County, at: datetime) -> None:
    session = county.session
    codes = {place.name: place.code for place in townships(session)}

    def party(name: str, kind: PartyKind) -> Party:
        office = county.people.get("office")
        county.people[name] = parties.register(session, kind=kind, name=name, at=at, by=office)
        return county.people[name]

    def place(name: str, kind: HoldingKind, township: str, keeper: Party) -> None:
        county.places[name] = holdings.register(
            session,
            kind=kind,
            name=name,
            region_code=codes[township],
            keeper=keeper,
            at=at,
            by=county.people["office"],
        )

    county.people["office"] = party(cast.OFFICE, PartyKind.AUTHORITY)
    for role, name in cast.STAFF.items():
        county.people[role] = party(name, PartyKind.PERSON)
    for name, township in cast.HOUSEHOLDS:
        place(name, HoldingKind.HOUSEHOLD, township, party(name, PartyKind.HOUSEHOLD))
    for (name, township), kind in (
        (cast.COOPERATIVE, PartyKind.COOPERATIVE),
        (cast.FAMILY_FARM, PartyKind.FAMILY_FARM),
    ):
        place(name, HoldingKind.FARM, township, party(name, kind))
    for name in cast.BUYERS:
        party(name, PartyKind.COMPANY)
    place(cast.FEEDLOT, HoldingKind.FARM, "小海镇", county.people[cast.BUYERS[0]])
    _file(session, party(cast.CARRIER, PartyKind.COMPANY), by=county.people["official_vet"], at=at)
    abattoir = party(cast.ABATTOIR[0], PartyKind.COMPANY)
    place(cast.ABATTOIR[0], HoldingKind.ABATTOIR, cast.ABATTOIR[1], abattoir)
    place(cast.MARKET_NAME, HoldingKind.MARKET, "小海镇", county.people["office"])


def _file(session: Session, carrier: Party, *, by: Party, at: datetime) -> None:
    """The filings of a carrier and of his vehicle; the vehicle's ends next month."""
    for kind, number, plate in (
        (FilingKind.CARRIER, "演示备案 承运 001", None),
        (FilingKind.VEHICLE, "演示备案 车辆 001", cast.PLATE),
    ):
        carriers.file(
            session,
            kind,
            carrier=carrier,
            number=number,
            plate=plate,
            filed_from=legal_day(at),
            filed_until=legal_day(at) + timedelta(days=1525) if plate else None,
            at=at,
            by=by,
        )


def _install_scale(county: County) -> None:
    office = county.people["office"]
    day = county.today - timedelta(days=120)

    def install(at: datetime) -> Instrument:
        scale = instruments.register(
            county.session,
            device_code="xh-scale-01",
            serial_no="A9-2024-0317",
            holding=county.places[cast.MARKET_NAME],
            division_g=500,
            max_g=2_000_000,
            at=at,
            by=office,
        )
        instruments.verify(
            county.session,
            scale,
            certificate_no="演示检定 2026-0117",
            verified_on=day,
            valid_until=day + timedelta(days=365),
            at=at,
            by=office,
        )
        return scale

    county.plan(day, install)


DOSE_DAYS_AGO = range(45, 1400, 150)  # a dose every five months, the newest in force
NEWEST_DOSES = 2  # as many misses as put an animal out of protection


def _plan_life(county: County, home: Holding) -> None:
    """One animal: born, tagged within the month, vaccinated every five months, some treated."""
    chance = county.chance
    born_on = county.today - timedelta(days=chance.randrange(200, 1400))
    traits = (
        chance.choice([Breed.WEINING, Breed.SIMMENTAL_CROSS, Breed.SIMMENTAL_CROSS]),
        chance.choice([Sex.MALE, Sex.FEMALE]),
        county.next_tag(),
    )
    life = Life(county, home, born_on, *traits)
    county.plan(born_on + timedelta(days=chance.randrange(6, 26)), life.register)
    missed = chance.random() < 1 / 12
    for days_ago in DOSE_DAYS_AGO[NEWEST_DOSES if missed else 0 :]:
        day = county.today - timedelta(days=days_ago)
        if day >= born_on + timedelta(days=95):
            county.plan(day, life.vaccinate)
    if chance.random() < 1 / 12:
        county.plan(county.today - timedelta(days=chance.randrange(3, 20)), life.treat)


@dataclass
class Life:
    """一头牛的经历 · steps that share the animal they are about."""

    county: County
    home: Holding
    born_on: date
    breed: Breed
    sex: Sex
    number: str
    animal: Animal | None = None

    def register(self, at: datetime) -> None:
        """Its registration, and the electronic tag it gets the same day."""
        session, vet = self.county.session, self.county.people["village_vet"]
        self.animal = animals.register(
            session,
            parse_ear_tag(self.number),
            breed=self.breed,
            sex=self.sex,
            born_on=self.born_on,
            holding=self.home,
            owner=self.home.keeper,
            at=at,
            by=self.home.keeper,
        )
        eid = parse_eid(f"156{252_052_000_000 + int(self.number[7:]):012d}")
        tagging.bind_eid(session, self.animal, eid, at=at, by=vet)
        self.county.herd.append(self.animal)

    def vaccinate(self, at: datetime) -> None:
        """One dose against foot-and-mouth disease."""
        assert self.animal is not None
        treatments.immunise(
            self.county.session,
            self.animal,
            disease=Disease.FMD,
            vaccine=cast.VACCINE,
            batch_no=f"演示{at:%y%m}",
            given_on=legal_day(at),
            at=at,
            by=self.county.people["village_vet"],
        )

    def _buy(self, at: datetime) -> None:
        """A bottle of the drug, once for each home."""
        if inputs.purchases(self.county.session, self.home):
            return
        voucher = Voucher(
            input_kind=InputKind.DRUG,
            name=cast.DRUG,
            source="演示兽药店",
            quantity_milli=100_000,
            amount_unit=AmountUnit.ML,
            bought_on=legal_day(at),
            batch_no=cast.DRUG_BATCH,
        )
        inputs.buy(self.county.session, self.home, voucher, at=at, by=self.home.keeper)

    def treat(self, at: datetime) -> None:
        """A course that leaves a withdrawal period open."""
        assert self.animal is not None
        self._buy(at)
        treatments.treat(
            self.county.session,
            self.animal,
            drug=cast.DRUG,
            dose="10 毫升",
            given_on=legal_day(at),
            batch_no=cast.DRUG_BATCH,
            prescription=Prescription(
                route=Route.INTRAMUSCULAR, used_milli=10_000, used_unit=AmountUnit.ML
            ),
            at=at,
            by=self.county.people["village_vet"],
        )
